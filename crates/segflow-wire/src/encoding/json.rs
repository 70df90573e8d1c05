//! JSON: objects with the field names of the schemas.

use serde::{Deserialize, Serialize};

use crate::malformed::{DecodeError, shown};

/// Room for most values, so that writing one seldom needs more.
const VALUE_BYTES: usize = 1_536;

/// Writes a value; maps have text for keys.
pub(super) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(VALUE_BYTES);
    serde_json::to_writer(&mut bytes, value).expect("the shapes written have text for keys");
    bytes
}

/// Reads an object, and nothing after it. A list is refused: serde would take its items for the fields in order.
pub(crate) fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, DecodeError> {
    let start = bytes.trim_ascii_start();
    if !start.starts_with(b"{") {
        return Err(DecodeError::Syntax(format!("expected a json object, found {}", shown(start))));
    }
    // Text that is known to be valid is read faster. Bytes that are not may still be valid within fields that nobody reads.
    let read = match str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(bytes),
    };
    read.map_err(|error| match error.classify() {
        serde_json::error::Category::Data => DecodeError::Shape(error.to_string()),
        _ => DecodeError::Syntax(format!("expected a json object, found: {error}")),
    })
}
