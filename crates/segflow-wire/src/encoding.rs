//! What every direction shares: the two encodings, headers, and the error of reading bytes back.

use serde::{Deserialize, Serialize};

/// How the values of a topic are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// An object with the field names of the topic's schema.
    Json,
    /// Avro single-object encoding by the schema of this release.
    Avro,
}

impl Encoding {
    /// Its word in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Avro => "avro",
        }
    }
}

/// The headers of a record, in order; Kafka allows a name more than once, and a value of null.
pub type Headers = Vec<(String, Option<Vec<u8>>)>;

/// Bytes that are not what they should be: what was expected and what was found.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);
