//! The bytes of a customer's state: a version byte, then postcard.

use segflow_core::state::State;

/// The version that this release writes.
pub const VERSION: u8 = 2;

/// Bytes that are no state of this release.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StateBytesError {
    /// Another release wrote them.
    #[error(
        "expected a state of version {VERSION}, found version {0}; run the release that wrote it, or rebuild \
         the store from the journal"
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

/// The state of stored bytes.
///
/// # Errors
/// If another version wrote them, or they are damaged.
pub fn decode(bytes: &[u8]) -> Result<State, StateBytesError> {
    match bytes.split_first() {
        Some((&VERSION, state)) => {
            postcard::from_bytes(state).map_err(|error| StateBytesError::Damaged(error.to_string()))
        }
        Some((&version, _)) => Err(StateBytesError::Version(version)),
        None => Err(StateBytesError::Damaged("none".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_another_version_and_damaged_bytes_are_refused() {
        let bytes = encode(&State::default());
        assert_eq!(decode(&bytes), Ok(State::default()));
        let mut other = bytes.clone();
        other[0] = 9;
        assert_eq!(decode(&other), Err(StateBytesError::Version(9)));
        assert!(matches!(decode(&bytes[..1]), Err(StateBytesError::Damaged(_))));
        assert!(matches!(decode(&[]), Err(StateBytesError::Damaged(_))));
    }
}
