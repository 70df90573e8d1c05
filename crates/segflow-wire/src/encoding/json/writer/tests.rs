//! The bytes are those that `serde_json` writes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use segflow_core::time::Timestamp;
use serde::Serialize;

use super::*;
use crate::encoding::Encoding;
use crate::shape::{Pairs, Stamp};

#[derive(Serialize)]
struct Shape {
    text: String,
    whole: i64,
    part: f64,
    flag: bool,
    at: Stamp,
    none: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u32>,
    some: Option<Inner>,
    list: Vec<Inner>,
    sorted: BTreeMap<String, u64>,
    ordered: Pairs<String, Option<String>>,
}

#[derive(Serialize, Clone)]
struct Inner {
    text: String,
    none: (),
}

fn written<T: Serialize>(value: &T) -> Vec<u8> {
    let mut writer = Writer::with_capacity(0);
    value.serialize(&mut writer).unwrap();
    writer.into_bytes()
}

#[test]
fn every_character_is_written_as_serde_json_does() {
    for character in ('\0'..'\u{180}').chain(['\u{2028}', '\u{fffd}', '\u{1f600}']) {
        let texts = [format!("{character}"), format!("a text of some length with {character} within, and more")];
        for text in texts {
            assert_eq!(written(&text), serde_json::to_vec(&text).unwrap());
            assert_eq!(written(&format_args!("{text}")), serde_json::to_vec(&text).unwrap());
        }
    }
}

#[test]
fn a_shape_that_no_output_has_is_refused() {
    let mut writer = Writer::with_capacity(0);
    assert_eq!((1, 2).serialize(&mut writer), Err(Error));
}

proptest! {
    #[test]
    fn any_value_is_written_as_serde_json_does(
        texts in proptest::collection::vec(any::<String>(), 0..4),
        whole: i64,
        part: f64,
        flag: bool,
        at in Timestamp::EARLIEST.0..Timestamp::LATEST.0,
    ) {
        let inner = |text: &String| Inner { text: text.clone(), none: () };
        let shape = Shape {
            text: texts.concat(),
            whole,
            part,
            flag,
            at: Stamp::new(Timestamp(at), Encoding::Json),
            none: None,
            left_out: None,
            some: texts.first().map(inner),
            list: texts.iter().map(inner).collect(),
            sorted: texts.iter().cloned().zip(0..).collect(),
            ordered: Pairs(texts.iter().map(|text| (text.clone(), flag.then(|| text.clone()))).collect()),
        };
        prop_assert_eq!(written(&shape), serde_json::to_vec(&shape).unwrap());
    }
}
