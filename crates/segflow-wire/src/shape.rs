//! Instants, dates and ordered maps in the shapes that the encodings write: times as text or as numbers.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use segflow_core::time::{Date, Timestamp};
use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::encoding::{Encoding, Times};

/// Text that a value lends, or that was read.
pub(crate) type Text<'a> = Cow<'a, str>;

/// Text that a value lends.
pub(crate) fn lent(text: &str) -> Text<'_> {
    Cow::Borrowed(text)
}

/// An instant: RFC 3339 with milliseconds, or a `timestamp-millis`. On the topic: the two forms are never changed.
#[derive(Clone, Copy)]
pub(crate) enum Stamp {
    Text(Timestamp),
    Millis(Timestamp),
}

impl Stamp {
    pub(crate) fn new(at: Timestamp, encoding: Encoding) -> Self {
        match encoding.times() {
            Times::Text => Self::Text(at),
            Times::Numbers => Self::Millis(at),
        }
    }

    pub(crate) fn at(self) -> Timestamp {
        match self {
            Self::Text(at) | Self::Millis(at) => at,
        }
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(at) => serializer.collect_str(at),
            Self::Millis(at) => serializer.serialize_i64(at.0),
        }
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StampVisitor)
    }
}

struct StampVisitor;

impl Visitor<'_> for StampVisitor {
    type Value = Stamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an instant")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Stamp, E> {
        text.parse().map(Stamp::Text).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, ms: i64) -> Result<Stamp, E> {
        Ok(Stamp::Millis(Timestamp(ms)))
    }
}

/// A date: `YYYY-MM-DD`, or days since 1970-01-01. On the topic: the two forms are never changed.
#[derive(Clone, Copy)]
pub(crate) enum Day {
    Text(Date),
    Days(Date),
}

impl Day {
    pub(crate) fn new(date: Date, encoding: Encoding) -> Self {
        match encoding.times() {
            Times::Text => Self::Text(date),
            Times::Numbers => Self::Days(date),
        }
    }

    pub(crate) fn date(self) -> Date {
        match self {
            Self::Text(date) | Self::Days(date) => date,
        }
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(date) => serializer.collect_str(date),
            Self::Days(date) => serializer.serialize_i32(date.0),
        }
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DayVisitor)
    }
}

struct DayVisitor;

impl Visitor<'_> for DayVisitor {
    type Value = Day;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Day, E> {
        text.parse().map(Day::Text).map_err(E::custom)
    }

    fn visit_i32<E: Error>(self, days: i32) -> Result<Day, E> {
        Ok(Day::Days(Date(days)))
    }
}

/// A map that keeps the order in which it was written.
pub(crate) struct Pairs<K, V>(pub(crate) Vec<(K, V)>);

impl<K: Serialize, V: Serialize> Serialize for Pairs<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Pairs<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor(PhantomData))
    }
}

struct PairsVisitor<K, V>(PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for PairsVisitor<K, V> {
    type Value = Pairs<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<K, V>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}
