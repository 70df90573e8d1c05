//! States on disk behind a write-back cache: nothing reaches the disk before the cycle's commit.

use std::collections::BTreeMap;

use segflow_core::clock::Cursor;
use segflow_core::customer::Customer;
use segflow_core::event::CustomerId;
use segflow_core::state::{State, Wake};
use segflow_core::time::Timestamp;
use segflow_engine::rules::Rules;
use segflow_engine::states::{Due, States, TimerKind};
use segflow_store::{Batch, Meta, Store, StoreError, TimerPosition};
use sha2::{Digest, Sha256};

use crate::task::cache::{Cache, CacheMemory, Weighed};
use crate::task::state_format::{self, StateBytesError, StateReader};

/// The states of a task, on disk.
pub struct Stored {
    store: Store,
    reader: StateReader,
    /// Changed in this cycle and not yet written.
    dirty: BTreeMap<CustomerId, Box<Entry>>,
    clean: Cache<Entry>,
}

/// Why a state cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StoredError {
    /// The disk or RocksDB refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bytes are no state of this release.
    #[error("the state of a customer: {0}")]
    State(#[from] StateBytesError),
    /// A row names no customer.
    #[error(
        "a row: expected a customer id of 1 to 128 bytes of UTF-8; the store is damaged, \
         rebuild it from the journal"
    )]
    Id,
}

/// A customer, and the timers that the disk has of them.
struct Entry {
    known: Customer,
    stored: Wake,
    row: Row,
}

/// Under which key the disk has a state.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    /// It has none.
    None,
    /// The customer's id.
    Id,
    /// The hash of the id: the id of an erased customer is not kept.
    Hash,
}

/// On disk. The first byte of the key of an erased customer. No id begins with it, since ids are UTF-8.
pub(super) const HASHED: u8 = 0xff;

/// What a decoded customer takes in memory, about: with no fact, and for each fact, with its share of the index.
/// docs/decisions/0052-decoded-states-share-one-budget.md has the measurement.
const CUSTOMER_BYTES: usize = 4 << 10;
const FACT_BYTES: usize = 700;
/// A long fact takes so many times its encoded bytes.
const LONG_FACT_FACTOR: usize = 2;

impl Weighed for Entry {
    fn bytes(&self) -> usize {
        let facts = &self.known.state().facts;
        // Some facts are long: a profile may have many attributes.
        CUSTOMER_BYTES + (FACT_BYTES * facts.len()).max(LONG_FACT_FACTOR * facts.bytes())
    }
}

impl Row {
    /// The row in which a state is to be.
    fn of(state: &State) -> Self {
        if state.is_stub() { Self::Hash } else { Self::Id }
    }

    fn key(self, id: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::None => None,
            Self::Id => Some(id.to_vec()),
            Self::Hash => Some([&[HASHED], &*Sha256::digest(id)].concat()),
        }
    }
}

impl Stored {
    /// The states of a store, of which some stay decoded in memory, within what all stores of the process share.
    #[must_use]
    pub fn new(store: Store, memory: &CacheMemory) -> Self {
        Self { store, reader: StateReader::default(), dirty: BTreeMap::new(), clean: Cache::new(memory) }
    }

    /// Reads states of earlier releases too from now on. These rules decided them, present and former ones. Rows that
    /// could not be understood later are brought up to date.
    ///
    /// # Errors
    /// If a row cannot be read or written.
    pub fn upgrade(&mut self, rules: &Rules) -> Result<(), StoredError> {
        self.reader = StateReader::of(rules);
        state_format::upgrade(&self.store, &self.reader)
    }

    /// Reads states by this reader from now on. The store is only read.
    #[must_use]
    pub fn read_by(self, reader: StateReader) -> Self {
        Self { reader, ..self }
    }

    /// The store beneath.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The bytes of one atomic write: every state changed since the last one, its timers, and meta.
    #[must_use]
    pub fn encode(&self, meta: &[(Meta, &[u8])]) -> Vec<u8> {
        let mut batch = Batch::new(&self.store);
        for (customer, entry) in &self.dirty {
            let Entry { known, stored, row } = &**entry;
            let state = known.state();
            let id = customer.as_str().as_bytes();
            let (wake, now) = (state.wake(), Row::of(state));
            let key = now.key(id).expect("a state has a row");
            if *row == now {
                state_format::update(&mut batch, &key, known);
            } else {
                row.key(id).into_iter().for_each(|before| batch.delete_customer(&before));
                batch.put_customer(&key, &state_format::encode(state));
            }
            turn(&mut batch, TimerKind::Fact, id, stored.fact, wake.fact);
            turn(&mut batch, TimerKind::Silence, id, stored.silence, wake.silence);
        }
        for (meta, value) in meta {
            batch.put_meta(*meta, value);
        }
        batch.encode()
    }

    /// Writes the bytes of [`Stored::encode`], after which the changes are part of the cache.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn write(&mut self, batch: &[u8]) -> Result<(), StoreError> {
        self.store.write(batch)?;
        for (customer, mut entry) in std::mem::take(&mut self.dirty) {
            entry.known.saved();
            let state = entry.known.state();
            (entry.stored, entry.row) = (state.wake(), Row::of(state));
            self.clean.insert(customer, entry);
        }
        Ok(())
    }

    /// Forgets every change since the last write.
    pub fn discard(&mut self) {
        self.dirty.clear();
    }

    /// Keeps to the share of the memory that it has now.
    pub(crate) fn trim(&mut self) {
        self.clean.trim();
    }

    /// Keeps nothing in memory.
    pub(crate) fn rest(&mut self) {
        self.dirty.clear();
        self.clean.clear();
    }

    /// A state out of the cache or the store.
    fn take(&mut self, customer: &CustomerId) -> Result<Box<Entry>, StoredError> {
        if let Some(entry) = self.clean.remove(customer) {
            return Ok(entry);
        }
        let id = customer.as_str().as_bytes();
        for row in [Row::Id, Row::Hash] {
            let key = row.key(id).expect("a row of the disk has a key");
            if let Some(bytes) = self.store.customer(&key)? {
                let known = self.reader.customer(&bytes)?;
                return Ok(Box::new(Entry { stored: known.state().wake(), known, row }));
            }
        }
        let state = State::default();
        Ok(Box::new(Entry { stored: state.wake(), known: state.into(), row: Row::None }))
    }
}

impl States for Stored {
    type Error = StoredError;

    fn change<R>(&mut self, customer: &CustomerId, change: impl FnOnce(&mut Customer) -> R) -> Result<R, StoredError> {
        if let Some(entry) = self.dirty.get_mut(customer) {
            return Ok(change(&mut entry.known));
        }
        let mut entry = self.take(customer)?;
        let result = change(&mut entry.known);
        self.dirty.insert(customer.clone(), entry);
        Ok(result)
    }

    fn peek(&mut self, customer: &CustomerId) -> Result<&State, StoredError> {
        if !self.dirty.contains_key(customer) && self.clean.young(customer).is_none() {
            let entry = self.take(customer)?;
            self.clean.insert(customer.clone(), entry);
        }
        let entry = self.dirty.get(customer).map(|entry| &**entry).or_else(|| self.clean.young(customer));
        Ok(entry.expect("it was just inserted").known.state())
    }

    fn due(&self, kind: TimerKind, from: &Cursor, to: &Cursor, max: usize) -> Result<Vec<Due>, StoredError> {
        let rows = self.store.timers_between(stored_kind(kind), &position(from), &position(to), max)?;
        rows.into_iter()
            .map(|row| {
                let customer = customer(row.id)?;
                Ok(Due { instant: Timestamp(row.instant_ms), customer })
            })
            .collect()
    }

    fn customers(
        &self,
        after: Option<&CustomerId>,
        to: Option<&CustomerId>,
        max: usize,
    ) -> Result<Vec<CustomerId>, StoredError> {
        // The least key beyond an id, in the order of bytes.
        let beyond = |customer: &CustomerId| [customer.as_str().as_bytes(), &[0]].concat();
        let (from, to) = (after.map(beyond).unwrap_or_default(), to.map(beyond));
        let rows = self.store.customers_between(&from, Some(to.as_deref().unwrap_or(&[HASHED])), max)?;
        rows.into_iter().map(|(id, _)| customer(id)).collect()
    }
}

fn customer(id: Vec<u8>) -> Result<CustomerId, StoredError> {
    String::from_utf8(id).ok().and_then(CustomerId::new).ok_or(StoredError::Id)
}

/// The store's word for a kind of timer; on disk, the byte that its keys begin with.
const fn stored_kind(kind: TimerKind) -> segflow_store::TimerKind {
    match kind {
        TimerKind::Fact => segflow_store::TimerKind::Fact,
        TimerKind::Silence => segflow_store::TimerKind::Silence,
    }
}

fn position(cursor: &Cursor) -> TimerPosition {
    let id = cursor.customer.as_ref().map(|customer| customer.as_str().as_bytes().to_vec());
    TimerPosition { instant_ms: cursor.instant.0, id }
}

fn turn(batch: &mut Batch<'_>, kind: TimerKind, id: &[u8], before: Timestamp, after: Timestamp) {
    if before == after {
        return;
    }
    if before != Timestamp::NEVER {
        batch.delete_timer(stored_kind(kind), before.0, id);
    }
    if after != Timestamp::NEVER {
        batch.put_timer(stored_kind(kind), after.0, id);
    }
}
