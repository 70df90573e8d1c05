//! The events that a mapping makes, as producers write them.

use std::borrow::Cow;

use segflow_core::event::Kind;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// An event, as the record of Segflow's own topic would carry it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MappedEvent {
    /// Its kind, and thereby its topic.
    pub kind: Kind,
    /// The customer, and so the key.
    pub customer_id: String,
    /// The value: a JSON object by the catalogue's names.
    pub value: Vec<u8>,
}

/// A field's value, as JSON writes it.
#[derive(Clone, Debug)]
pub(crate) enum Written<'a> {
    Null,
    Truth(bool),
    /// An amount, or an instant in milliseconds.
    Whole(i64),
    /// A number that may not fit 64 bits, in digits.
    Digits(String),
    Text(Cow<'a, str>),
    Object(Vec<(&'a str, Written<'a>)>),
    List(Vec<Self>),
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Truth(truth) => serializer.serialize_bool(*truth),
            Self::Whole(number) => serializer.serialize_i64(*number),
            Self::Digits(digits) => {
                RawValue::from_string(digits.clone()).expect("digits are JSON").serialize(serializer)
            }
            Self::Text(text) => serializer.serialize_str(text),
            Self::Object(entries) => serializer.collect_map(entries.iter().map(|(name, value)| (name, value))),
            Self::List(items) => serializer.collect_seq(items),
        }
    }
}

/// The value of an event's record: its kind, then its fields.
pub(crate) fn write(kind: Kind, fields: &[(&str, Written<'_>)]) -> Vec<u8> {
    struct Fields<'f>(Kind, &'f [(&'f str, Written<'f>)]);
    impl Serialize for Fields<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let kind = Written::Text(Cow::Borrowed(self.0.word()));
            let fields = self.1.iter().map(|(name, value)| (*name, value));
            serializer.collect_map([("kind", &kind)].into_iter().chain(fields))
        }
    }
    let mut bytes = Vec::with_capacity(256);
    serde_json::to_writer(&mut bytes, &Fields(kind, fields)).expect("names are text");
    bytes
}
