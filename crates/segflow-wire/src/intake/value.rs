//! A field's value of any type, as it was found. [`super::fields`] says later what is wrong with it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::malformed::shown;

/// A value. Its text is borrowed from the record where the encoding allows that.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) enum Value<'a> {
    /// Absent or null.
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number beyond an `i64`.
    Huge(u64),
    /// An Avro date, in days since 1970-01-01.
    Days(i32),
    Double(f64),
    Text(Cow<'a, str>),
    Map(Vec<(Cow<'a, str>, Value<'a>)>),
    List(Vec<Self>),
}

/// Up to here a double holds every whole number.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

impl<'a> Value<'a> {
    /// The same, where a whole number that is written as `1250.0` or `1.25e3` is one that is written as `1250`.
    pub fn whole(&self) -> Value<'a> {
        match self {
            Self::Double(value) if value.fract() == 0.0 && value.abs() <= MAX_WHOLE => Value::Int(*value as i64),
            other => other.clone(),
        }
    }
}

/// The value as a message shows it.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Huge(value) => write!(f, "{value}"),
            Self::Days(days) => write!(f, "day {days} since 1970-01-01"),
            Self::Double(value) => write!(f, "{value:?}"),
            Self::Text(text) if text.is_empty() => f.write_str("an empty text"),
            Self::Text(text) => f.write_str(&shown(text.as_bytes())),
            Self::Map(_) => f.write_str("an object"),
            Self::List(_) => f.write_str("a list"),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i32<E: Error>(self, days: i32) -> Result<Self::Value, E> {
        Ok(Value::Days(days))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(Value::Huge(value), Value::Int))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Value::Double(value))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((Name(name), value)) = map.next_entry()? {
            entries.push((name, value));
        }
        Ok(Value::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }
}

/// A map's key, borrowed where the encoding allows.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
