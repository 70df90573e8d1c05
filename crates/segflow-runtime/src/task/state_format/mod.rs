//! The bytes of a customer's state: a head, which is written whenever the customer is decided, and the facts, each of which is
//! written once. Both are postcard, after a byte that says the version. Those of earlier releases are read too.
//!
//! On disk. What has to be known to read earlier versions is known here alone.

mod v2;
mod v3;
mod v4;

use std::sync::Arc;

use segflow_core::customer::Customer;
use segflow_core::fact::{Beside, Fact, Facts};
use segflow_core::in_effect::Pending;
use segflow_core::journal::JournalRecord;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::{Decision, State};
use segflow_core::unsaved::Unsaved;
use segflow_engine::rules::Rules;
use segflow_store::{Batch, Meta, Store, grown};
use serde::{Deserialize, Serialize};

use crate::task::stored::{HASHED, StoredError};

/// The version that this release writes.
pub const VERSION: u8 = 5;

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

    /// The customer of stored bytes. If an earlier release wrote them, all of it is to be written again.
    ///
    /// # Errors
    /// As [`StateReader::decode`].
    pub(crate) fn customer(&self, bytes: &[u8]) -> Result<Customer, StateBytesError> {
        let mut customer = Customer::from(self.decode(bytes)?);
        if bytes.first() == Some(&VERSION) {
            customer.saved();
        }
        Ok(customer)
    }

    /// The state of stored bytes.
    ///
    /// # Errors
    /// If another version wrote them, or they are damaged.
    pub fn decode(&self, bytes: &[u8]) -> Result<State, StateBytesError> {
        let damaged = |error: postcard::Error| StateBytesError::Damaged(error.to_string());
        match (bytes.split_first(), &self.first) {
            (Some((&VERSION, _)), _) => whole(bytes).map_err(damaged),
            (Some((&v4::VERSION, state)), _) => v4::upgrade(state).map_err(damaged),
            (Some((&v3::VERSION, state)), _) => v3::upgrade(state).map_err(damaged),
            (Some((&v2::VERSION, state)), First::Known(first)) => v2::upgrade(state, first).map_err(damaged),
            (Some((&v2::VERSION, _)), First::Hash(hash)) => Err(StateBytesError::DecidedBy { hash: hash.clone() }),
            (Some((&version, _)), _) => Err(StateBytesError::Version(version)),
            (None, _) => Err(StateBytesError::Damaged("none".to_owned())),
        }
    }
}

/// What is written whenever the customer is decided.
///
/// On disk: its fields are fixed.
#[derive(Serialize)]
struct Head<'a> {
    beside: Beside,
    pending: &'a [Pending],
    decision: &'a Decision,
}

/// A head as it is read.
#[derive(Deserialize)]
struct StoredHead {
    beside: Beside,
    pending: Vec<Pending>,
    decision: Decision,
}

fn whole(bytes: &[u8]) -> Result<State, postcard::Error> {
    let (head, facts) = grown::parts(bytes).ok_or(postcard::Error::DeserializeUnexpectedEnd)?;
    let (StoredHead { beside, pending, decision }, rest) = postcard::take_from_bytes(head)?;
    if !rest.is_empty() {
        return Err(postcard::Error::DeserializeBadEncoding);
    }
    Ok(State { facts: Facts::decode(facts, beside)?, pending, decision })
}

fn head(State { facts, pending, decision }: &State) -> Vec<u8> {
    let head = Head { beside: facts.beside(), pending, decision };
    postcard::to_allocvec(&head).expect("a head encodes into memory")
}

/// The bytes of a whole state.
#[must_use]
pub fn encode(state: &State) -> Vec<u8> {
    let facts: Vec<Vec<u8>> = state.facts.iter().map(Fact::encode).collect();
    grown::encode(VERSION, &head(state), &facts.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Brings the row of a customer up to date: by what is new if the rest is on disk, else by all of it.
pub(crate) fn update(batch: &mut Batch<'_>, key: &[u8], customer: &Customer) {
    match customer.unsaved() {
        Unsaved::All => batch.put_customer(key, &encode(customer.state())),
        Unsaved::Added(added) => {
            // Recovery may read an epoch's inputs in another order, and is to write the same bytes.
            let mut added: Vec<&[u8]> = added.iter().map(Vec::as_slice).collect();
            added.sort_unstable();
            batch.add_to_customer(key, &grown::encode(VERSION, &head(customer.state()), &added));
        }
    }
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
