//! JSON: objects with the field names of the schemas.

use serde::{Deserialize, Serialize};

use crate::malformed::{DecodeError, shown};

/// Writes a value; maps have text for keys.
pub(super) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("the shapes written have text for keys")
}

/// Reads an object, and nothing after it. A list is refused: serde would take its items for the fields in order.
pub(crate) fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, DecodeError> {
    let start = bytes.trim_ascii_start();
    if !start.starts_with(b"{") {
        return Err(DecodeError::Syntax(format!("expected a json object, found {}", shown(start))));
    }
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => DecodeError::Shape(error.to_string()),
        _ => DecodeError::Syntax(format!("expected a json object, found: {error}")),
    })
}
