//! Lines of `kcat -J`, read and written.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

/// As kcat 1.7 prints a record.
const KCAT: &str = r#"{"topic":"collections.payments","partition":3,"offset":42,"tstype":"create","ts":1777800000000,"broker":1,"headers":["trace","a\"b","empty",null],"key":"C-1","payload":"{\"kind\":\"RECEIVED\"}"}"#;

fn value(line: &str) -> Option<String> {
    parse(line.as_bytes()).unwrap().value.map(|value| String::from_utf8(value).unwrap())
}

#[test]
fn a_line_of_kcat() {
    let expected = Line {
        topic: "collections.payments".to_owned(),
        partition: Some(3),
        offset: Some(42),
        timestamp: Timestamp(1_777_800_000_000),
        key: Some(b"C-1".to_vec()),
        value: Some(br#"{"kind":"RECEIVED"}"#.to_vec()),
        headers: vec![("trace".to_owned(), Some(b"a\"b".to_vec())), ("empty".to_owned(), None)],
    };
    assert_eq!(parse(KCAT.as_bytes()), Ok(expected));
}

#[test]
fn a_payload_is_an_object_a_string_or_null() {
    assert_eq!(value(r#"{"topic":"t","ts":1,"key":"k","payload": {"a": [1, 2.50]} }"#).unwrap(), r#"{"a": [1, 2.50]}"#);
    assert_eq!(value(r#"{"topic":"t","ts":1,"key":"k","payload":"A\u00e9\n"}"#).unwrap(), "Aé\n");
    assert_eq!(value(r#"{"topic":"t","ts":1,"key":"k","payload":null}"#), None);
}

#[test]
fn partition_offset_key_and_headers_may_be_absent() {
    let line = parse(br#"{"topic":"t","ts":-1,"payload":{}}"#).unwrap();
    assert_eq!((line.partition, line.offset, line.key, line.headers.len()), (None, None, None, 0));
    assert_eq!(line.timestamp, Timestamp(-1));
}

#[test]
fn malformed_lines() {
    let check = |line: &str, expected: Expect| expected.assert_eq(&parse(line.as_bytes()).unwrap_err().to_string());
    check("", expect!["expected a json object, found nothing"]);
    check("C-1,1250", expect![[r#"expected a json object, found "C-1,1250""#]]);
    check(r#"{"topic":"t","ts":1,"key":"k"}"#, expect!["missing field `payload` at line 1 column 30"]);
    check(
        r#"{"topic":"t","ts":"1","key":"k","payload":null}"#,
        expect![[r#"invalid type: string "1", expected i64 at line 1 column 21"#]],
    );
    check(r#"{"ts":1,"key":"k","payload":null}"#, expect!["missing field `topic` at line 1 column 33"]);
    check(
        r#"{"topic":"t","ts":1,"key":"k","payload":5}"#,
        expect![[r#"payload: expected an object, a string or null, found "5""#]],
    );
    check(
        r#"{"topic":"t","ts":1,"key":"k","payload":[]}"#,
        expect![[r#"payload: expected an object, a string or null, found "[]""#]],
    );
    check(
        r#"{"topic":"t","ts":1,"key":"k","payload":nul}"#,
        expect!["expected a json object, found: expected ident at line 1 column 44"],
    );
    check(
        r#"{"topic":"t","ts":1,"key":"k","payload":null,"headers":["a"]}"#,
        expect!["headers: expected names and values in turn, found 1 of them"],
    );
    check(
        r#"{"topic":"t","ts":1,"key":"k","payload":null,"headers":[null,"a"]}"#,
        expect!["headers: expected a name, found null"],
    );
    check(
        r#"{"topic":"t","partition":-1,"ts":1,"key":"k","payload":null}"#,
        expect!["invalid value: integer `-1`, expected u32 at line 1 column 27"],
    );
    check(
        r#"{"topic":"t","ts":1,"ts":2,"key":"k","payload":null}"#,
        expect!["duplicate field `ts` at line 1 column 24"],
    );
    check(
        r#"{"topic":"t","ts":1,"key":"k","payload":null} {}"#,
        expect!["expected a json object, found: trailing characters at line 1 column 47"],
    );
}

fn check_written(line: &Line, expected: Expect) {
    expected.assert_eq(&write(line).unwrap_or_else(|error| error.to_string()));
}

#[test]
fn written_lines() {
    let line = parse(KCAT.as_bytes()).unwrap();
    check_written(
        &line,
        expect![[
            r#"{"topic":"collections.payments","partition":3,"offset":42,"ts":1777800000000,"key":"C-1","payload":{"kind":"RECEIVED"},"headers":["trace","a\"b","empty",null]}"#
        ]],
    );
    let bare = Line { partition: None, offset: None, key: None, value: None, headers: Headers::new(), ..line };
    check_written(&bare, expect![[r#"{"topic":"collections.payments","ts":1777800000000,"key":null,"payload":null}"#]]);
    check_written(
        &Line { value: Some(b"{\"a\":1} ".to_vec()), ..bare.clone() },
        expect![[r#"{"topic":"collections.payments","ts":1777800000000,"key":null,"payload":"{\"a\":1} "}"#]],
    );
    check_written(
        &Line { value: Some(b"{\n}".to_vec()), ..bare.clone() },
        expect![[r#"{"topic":"collections.payments","ts":1777800000000,"key":null,"payload":"{\n}"}"#]],
    );
    check_written(
        &Line { value: Some(b"{oops".to_vec()), ..bare.clone() },
        expect![[r#"{"topic":"collections.payments","ts":1777800000000,"key":null,"payload":"{oops"}"#]],
    );
    check_written(
        &Line { value: Some(vec![0xc3, 0x01]), ..bare.clone() },
        expect!["payload: expected utf-8 text, found: invalid utf-8 sequence of 1 bytes from index 0"],
    );
    check_written(
        &Line { key: Some(vec![0xff]), ..bare },
        expect!["key: expected utf-8 text, found: invalid utf-8 sequence of 1 bytes from index 0"],
    );
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        topic in any::<String>(),
        partition in proptest::option::of(any::<u32>()),
        offset in proptest::option::of(any::<u64>()),
        ts in any::<i64>(),
        key in proptest::option::of(any::<String>()),
        value in proptest::option::of(prop_oneof![any::<String>(), "\\{\"[a-z]\": ?[0-9]\\}\n?"]),
        headers in proptest::collection::vec((any::<String>(), proptest::option::of(any::<String>())), 0..4),
    ) {
        let headers = headers.into_iter().map(|(name, value)| (name, value.map(String::into_bytes))).collect();
        let (key, value) = (key.map(String::into_bytes), value.map(String::into_bytes));
        let line = Line { topic, partition, offset, timestamp: Timestamp(ts), key, value, headers };
        let written = write(&line).unwrap();
        prop_assert!(!written.contains('\n'));
        prop_assert_eq!(parse(written.as_bytes()), Ok(line));
    }
}
