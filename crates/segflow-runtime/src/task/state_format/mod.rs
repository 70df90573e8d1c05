//! The bytes of a customer's state: a version byte, then postcard. Those of earlier releases are read too.
//!
//! On disk. What has to be known to read earlier versions is known here alone.

mod v2;
mod v3;

use std::sync::Arc;

use segflow_core::journal::JournalRecord;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_engine::rules::Rules;
use segflow_store::{Batch, Meta, Store};

use crate::task::stored::{HASHED, StoredError};

/// The version that this release writes.
pub const VERSION: u8 = 4;

/// How many rows are rewritten at once.
const REWRITTEN: usize = 1_000;

/// Bytes that are no state of this release.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StateBytesError {
    /// Another release wrote them.
    #[error(
        "expected a state of version {first} to {VERSION}, found version {0}; run the release that wrote it, or rebuild \
         the store from the journal", first = v2::VERSION
    )]
    Version(u8),
    /// They are of an earlier release, and what decided them is not at hand.
    #[error(
        "the state is of an earlier release, and was decided by the segmentation of hash {hash}; give that segmentation"
    )]
    DecidedBy {
        /// Its hash.
        hash: String,
    },
    /// They are damaged.
    #[error(
        "expected the bytes of a state, found {0}; move the store's directory away, and it is rebuilt from the journal"
    )]
    Damaged(String),
}

/// Reads the bytes of states. The default one reads those of this release's version.
#[derive(Clone, Default)]
pub struct StateReader {
    first: First,
}

/// The first segmentation of a task's journal. It decided every state of version 2, which does not name it.
#[derive(Clone, Default)]
enum First {
    #[default]
    Unknown,
    /// It is not at hand.
    Hash(String),
    Known(Arc<Segmentation>),
}

impl StateReader {
    /// The reader of a task's states that are decided by these rules: the oldest are those of the first segmentation, as
    /// long as some customer is decided by it.
    #[must_use]
    pub fn of(rules: &Rules) -> Self {
        Self { first: First::Known(Arc::clone(rules.former.first().unwrap_or(&rules.present))) }
    }

    /// The reader of a store that ends with this journal record, for somebody who has one of its segmentations.
    #[must_use]
    pub fn with_one(last: Option<&JournalRecord>, at_hand: &Arc<Segmentation>) -> Self {
        let first = last.map(|last| last.former.first().unwrap_or(&last.segmentation_hash));
        let first = match first {
            Some(first) if *first != at_hand.hash => First::Hash(first.clone()),
            Some(_) | None => First::Known(Arc::clone(at_hand)),
        };
        Self { first }
    }

    /// The state of stored bytes.
    ///
    /// # Errors
    /// If another version wrote them, or they are damaged.
    pub fn decode(&self, bytes: &[u8]) -> Result<State, StateBytesError> {
        let damaged = |error: postcard::Error| StateBytesError::Damaged(error.to_string());
        match (bytes.split_first(), &self.first) {
            (Some((&VERSION, state)), _) => postcard::from_bytes(state).map_err(damaged),
            (Some((&v3::VERSION, state)), _) => v3::upgrade(state).map_err(damaged),
            (Some((&v2::VERSION, state)), First::Known(first)) => v2::upgrade(state, first).map_err(damaged),
            (Some((&v2::VERSION, _)), First::Hash(hash)) => Err(StateBytesError::DecidedBy { hash: hash.clone() }),
            (Some((&version, _)), _) => Err(StateBytesError::Version(version)),
            (None, _) => Err(StateBytesError::Damaged("none".to_owned())),
        }
    }
}

/// The bytes to be stored.
#[must_use]
pub fn encode(state: &State) -> Vec<u8> {
    postcard::to_extend(state, vec![VERSION]).expect("a state encodes into memory")
}

/// Brings a store up to date, once. States of customers are rewritten when they change, since the migration after an
/// activation reaches each of them. Of somebody erased only a hash is known, which it does not reach: those rows are
/// rewritten here.
///
/// # Errors
/// If a row cannot be read or written.
pub(crate) fn upgrade(store: &Store, reader: &StateReader) -> Result<(), StoredError> {
    let version = VERSION.to_string();
    if store.meta(Meta::StateVersion)?.as_deref() == Some(version.as_bytes()) {
        return Ok(());
    }
    let mut from = vec![HASHED];
    loop {
        let rows = store.customers_between(&from, None, REWRITTEN)?;
        let mut batch = Batch::new(store);
        for (key, bytes) in &rows {
            batch.put_customer(key, &encode(&reader.decode(bytes)?));
        }
        let Some((last, _)) = rows.last().filter(|_| rows.len() == REWRITTEN) else {
            batch.put_meta(Meta::StateVersion, version.as_bytes());
            return Ok(store.write(&batch.encode())?);
        };
        store.write(&batch.encode())?;
        from = [last, &[0][..]].concat();
    }
}

#[cfg(test)]
mod tests;
