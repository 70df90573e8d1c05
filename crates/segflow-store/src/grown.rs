//! Values that grow: a head, which is replaced, and a tail, which only gets longer. To add to such a value is to write what is
//! new, not all that was written before. RocksDB puts the parts together when it reads and when it compacts.
//!
//! On disk, as a value and as an addition to one: a byte that the caller chooses, the length of the head as four bytes,
//! little-endian, the head, the tail.

use rocksdb::MergeOperands;

/// On disk, in the options of a database: never changed.
pub(crate) const OPERATOR: &str = "segflow.grown";

const PREFIX: usize = 5;

/// The bytes of a value, or of an addition. `mark` is the caller's.
#[must_use]
pub fn encode(mark: u8, head: &[u8], tail: &[&[u8]]) -> Vec<u8> {
    let length = u32::try_from(head.len()).expect("a head is short");
    let tail_bytes: usize = tail.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(PREFIX + head.len() + tail_bytes);
    bytes.push(mark);
    bytes.extend(length.to_le_bytes());
    bytes.extend(head);
    tail.iter().for_each(|part| bytes.extend(*part));
    bytes
}

/// The head and the tail; none if the bytes are not those of a value.
#[must_use]
pub fn parts(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

/// Puts additions together, after the value that there is, if that is known: the last one's head, and every tail. RocksDB
/// takes none for damage.
pub(crate) fn merge(_: &[u8], value: Option<&[u8]>, additions: &MergeOperands) -> Option<Vec<u8>> {
    let all = || value.into_iter().chain(additions);
    let last = all().last()?;
    let (head, _) = parts(last)?;
    let tails = all().map(|bytes| parts(bytes).map(|(_, tail)| tail)).collect::<Option<Vec<_>>>()?;
    Some(encode(*last.first()?, head, &tails))
}
