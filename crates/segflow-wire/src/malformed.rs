//! Errors of reading bytes back: what was expected and what was found.

/// Bytes that do not hold the value that was expected of them.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// Why a value could not be decoded.
pub(crate) enum DecodeError {
    /// The bytes are not of the encoding.
    Syntax(String),
    /// The bytes are of the encoding, but their fields do not fit the shape that was asked for.
    Shape(String),
}

impl From<DecodeError> for Malformed {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Syntax(detail) | DecodeError::Shape(detail) => Self(detail),
        }
    }
}

/// The beginning of some bytes as text in quotes, for a message.
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
