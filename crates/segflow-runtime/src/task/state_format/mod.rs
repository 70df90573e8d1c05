//! The bytes of a customer's state: a version byte, then postcard. Those of earlier releases are read too.

mod v2;

use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;

/// The version that this release writes.
pub const VERSION: u8 = 3;

/// Bytes that are no state of this release.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StateBytesError {
    /// Another release wrote them.
    #[error(
        "expected a state of version {first} to {VERSION}, found version {0}; run the release that wrote it, or rebuild \
         the store from the journal", first = v2::VERSION
    )]
    Version(u8),
    /// They are damaged.
    #[error(
        "expected the bytes of a state, found {0}; move the store's directory away, and it is rebuilt from the journal"
    )]
    Damaged(String),
}

/// The bytes to be stored.
#[must_use]
pub fn encode(state: &State) -> Vec<u8> {
    postcard::to_extend(state, vec![VERSION]).expect("a state encodes into memory")
}

/// The state of stored bytes. Those of version 2 do not say which segmentation decided them: it was `first`, the first of
/// the task's journal, since those releases knew no other.
///
/// # Errors
/// If another version wrote them, or they are damaged.
pub fn decode(bytes: &[u8], first: Option<&Segmentation>) -> Result<State, StateBytesError> {
    let damaged = |error: postcard::Error| StateBytesError::Damaged(error.to_string());
    match (bytes.split_first(), first) {
        (Some((&VERSION, state)), _) => postcard::from_bytes(state).map_err(damaged),
        (Some((&v2::VERSION, state)), Some(first)) => v2::upgrade(state, first).map_err(damaged),
        (Some((&version, _)), _) => Err(StateBytesError::Version(version)),
        (None, _) => Err(StateBytesError::Damaged("none".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_another_version_and_damaged_bytes_are_refused() {
        let bytes = encode(&State::default());
        assert_eq!(decode(&bytes, None), Ok(State::default()));
        let mut other = bytes.clone();
        other[0] = 9;
        assert_eq!(decode(&other, None), Err(StateBytesError::Version(9)));
        assert!(matches!(decode(&bytes[..1], None), Err(StateBytesError::Damaged(_))));
        assert!(matches!(decode(&[], None), Err(StateBytesError::Damaged(_))));
    }
}
