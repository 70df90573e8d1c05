//! Bytes that are no state are refused, whatever they are.

use super::*;

#[test]
fn bytes_of_another_version_and_damaged_bytes_are_refused() {
    let reader = StateReader::default();
    let bytes = encode(&State::default());
    assert_eq!(reader.decode(&bytes), Ok(State::default()));
    let mut other = bytes.clone();
    other[0] = 9;
    assert_eq!(reader.decode(&other), Err(StateBytesError::Version(9)));
    assert!(matches!(reader.decode(&bytes[..1]), Err(StateBytesError::Damaged(_))));
    assert!(matches!(reader.decode(&[]), Err(StateBytesError::Damaged(_))));
}
