//! The encodings of a topic's values. Each has a module of its own, and this file is the only one that tells them apart.
//!
//! A further encoding is a module with `encode` and `decode`, and a variant of [`Encoding`]: the compiler then names
//! every match below that lacks it. Nothing else in this crate, and nothing outside it, asks which encoding it has.

mod avro;
mod json;

use serde::{Deserialize, Serialize};

use crate::malformed::DecodeError;
pub use crate::malformed::Malformed;
use crate::schema::TopicSchema;

pub(crate) use json::decode as decode_json;

/// How the values of a topic are written. Its words stand in configuration files.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// An object with the field names of the topic's schema. The default of configuration files.
    #[default]
    Json,
    /// Avro single-object encoding by the schema of this release.
    Avro,
}

impl Encoding {
    /// Every encoding.
    pub const ALL: [Self; 2] = [Self::Json, Self::Avro];

    /// The encoding's word in configuration and in the hash of the intake, which stands in the journal.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Avro => "avro",
        }
    }

    /// The encoding of a value that Segflow wrote itself: the one whose marker it begins with, or else JSON. No text of JSON
    /// begins as Avro's single-object encoding does.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let begins = |encoding: &Self| encoding.marker().is_some_and(|marker| bytes.starts_with(marker));
        Self::ALL.into_iter().find(begins).unwrap_or(Self::Json)
    }

    /// The bytes with which every value begins, and no value of another encoding; none of JSON.
    const fn marker(self) -> Option<&'static [u8]> {
        match self {
            Self::Json => None,
            Self::Avro => Some(&avro::MARKER),
        }
    }

    /// Writes a value whose shape is that of the schema.
    pub(crate) fn encode<T: Serialize>(self, value: &T, schema: &TopicSchema) -> Vec<u8> {
        match self {
            Self::Json => json::encode(value),
            Self::Avro => avro::encode(value, schema),
        }
    }

    /// Reads one value of this schema or of an earlier one, and nothing after it.
    pub(crate) fn decode<'a, T: Deserialize<'a>>(
        self,
        bytes: &'a [u8],
        schema: &TopicSchema,
    ) -> Result<T, DecodeError> {
        match self {
            Self::Json => json::decode(bytes),
            Self::Avro => avro::decode(bytes, schema),
        }
    }

    /// How instants and dates are written.
    pub(crate) const fn times(self) -> Times {
        match self {
            Self::Json => Times::Text,
            Self::Avro => Times::Numbers,
        }
    }
}

/// How instants and dates are written.
#[derive(Clone, Copy)]
pub(crate) enum Times {
    /// RFC 3339 with milliseconds, and `YYYY-MM-DD`.
    Text,
    /// Milliseconds and days since 1970-01-01.
    Numbers,
}

/// The headers of a record, in order. Kafka allows a name more than once, and a value of null.
pub type Headers = Vec<(String, Option<Vec<u8>>)>;
