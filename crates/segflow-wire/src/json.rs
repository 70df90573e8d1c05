//! JSON: objects with the field names of the schemas.

use serde::{Deserialize, Serialize};

use crate::encoding::Malformed;

/// Writes a value; maps have text for keys.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("the shapes written have text for keys")
}

/// Reads an object, and nothing after it. A list is refused: it would otherwise be taken for fields in order.
pub(crate) fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Error> {
    let start = bytes.trim_ascii_start();
    if !start.starts_with(b"{") {
        return Err(Error::Syntax(format!("expected a json object, found {}", shown(start))));
    }
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Error::Shape(error.to_string()),
        _ => Error::Syntax(format!("expected a json object, found: {error}")),
    })
}

/// Why an object could not be read.
pub(crate) enum Error {
    /// It is not JSON, or not an object.
    Syntax(String),
    /// It is an object that does not fit the shape.
    Shape(String),
}

impl From<Error> for Malformed {
    fn from(error: Error) -> Self {
        match error {
            Error::Syntax(detail) | Error::Shape(detail) => Self(detail),
        }
    }
}

/// The beginning of some bytes as text, in quotes, for a message.
pub(crate) fn shown(bytes: &[u8]) -> String {
    const SHOWN_CHARS: usize = 64;
    if bytes.is_empty() {
        return "nothing".to_owned();
    }
    let text = String::from_utf8_lossy(bytes);
    if text.chars().count() <= SHOWN_CHARS {
        return format!("{text:?}");
    }
    let start: String = text.chars().take(SHOWN_CHARS).collect();
    format!("{start:?}...")
}
