//! The digest of a whole store: equal digests are equal stores, whether live, recovered, restored or standby.

use segflow_store::{Meta, Store, StoreError};
use sha2::{Digest, Sha256};

/// SHA-256, in hexadecimal, over every row of every column family in the order of their keys. How the disk holds the rows
/// makes no difference.
///
/// # Errors
/// If a row cannot be read.
pub fn digest(store: &Store) -> Result<String, StoreError> {
    let mut hash = Sha256::new();
    for row in store.rows() {
        let (family, key, value) = row?;
        for part in [family.as_bytes(), &*key, &*value] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    Ok(hex::encode(hash.finalize()))
}

/// The last epoch of a store; none if it is no task's.
#[must_use]
pub fn epoch(store: &Store) -> Option<u64> {
    let epoch = store.meta(Meta::Epoch).ok()??;
    std::str::from_utf8(&epoch).ok()?.parse().ok()
}
