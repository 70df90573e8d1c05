//! States in memory while they fit, and on disk beyond that.

use std::path::Path;

use segflow_core::clock::Cursor;
use segflow_core::customer::Customer;
use segflow_core::event::CustomerId;
use segflow_core::state::State;
use segflow_engine::states::{Due, Memory, States, TimerKind};
use segflow_runtime::task::cache::CacheMemory;
use segflow_runtime::task::stored::{Stored, StoredError};
use segflow_store::{Store, StoreMemory, StoreSettings};

/// How much memory the decoded states of all partitions take once they are on disk.
const CACHE_BYTES: usize = 512 << 20;
/// The number of states that are written at once when a partition moves to disk.
const MOVED_AT_ONCE: usize = 4_096;

/// The memory that the states share that are on disk.
pub struct SpilledMemory {
    /// That of their databases.
    pub store: StoreMemory,
    /// That of decoded states.
    pub cache: CacheMemory,
}

impl Default for SpilledMemory {
    fn default() -> Self {
        Self { store: StoreMemory::new(StoreSettings::default()), cache: CacheMemory::new(CACHE_BYTES) }
    }
}

/// The states of one partition.
#[allow(clippy::large_enum_variant, reason = "there are few of them")]
pub enum Customers {
    /// All in memory.
    Memory(Memory),
    /// On disk, behind a cache.
    Disk(Stored),
}

impl Default for Customers {
    fn default() -> Self {
        Self::Memory(Memory::default())
    }
}

impl Customers {
    /// How many are in memory; none of them once they are on disk.
    #[must_use]
    pub fn in_memory(&self) -> usize {
        match self {
            Self::Memory(memory) => memory.len(),
            Self::Disk(_) => 0,
        }
    }

    /// Moves them to a new store at `path`; those already on disk stay where they are.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn move_to_disk(&mut self, path: &Path, shared: &SpilledMemory) -> Result<(), StoredError> {
        let Self::Memory(memory) = self else { return Ok(()) };
        let mut stored = Stored::new(Store::open(path, &shared.store)?, &shared.cache);
        for (count, (customer, known)) in std::mem::take(memory).into_customers().enumerate() {
            stored.change(&customer, |fresh| *fresh = known)?;
            if count % MOVED_AT_ONCE == 0 {
                stored.write(&stored.encode(&[]))?;
            }
        }
        stored.write(&stored.encode(&[]))?;
        *self = Self::Disk(stored);
        Ok(())
    }

    /// Ends an epoch. On disk only states that were written have timers, so that they are written now.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn settle(&mut self) -> Result<(), StoredError> {
        if let Self::Disk(stored) = self {
            stored.store().check_room()?;
            stored.write(&stored.encode(&[]))?;
        }
        Ok(())
    }
}

impl States for Customers {
    type Error = StoredError;

    fn change<R>(&mut self, customer: &CustomerId, change: impl FnOnce(&mut Customer) -> R) -> Result<R, StoredError> {
        match self {
            Self::Memory(memory) => memory.change(customer, change).map_err(|never| match never {}),
            Self::Disk(stored) => stored.change(customer, change),
        }
    }

    fn peek(&mut self, customer: &CustomerId) -> Result<&State, StoredError> {
        match self {
            Self::Memory(memory) => memory.peek(customer).map_err(|never| match never {}),
            Self::Disk(stored) => stored.peek(customer),
        }
    }

    fn due(&self, kind: TimerKind, from: &Cursor, to: &Cursor, max: usize) -> Result<Vec<Due>, StoredError> {
        match self {
            Self::Memory(memory) => memory.due(kind, from, to, max).map_err(|never| match never {}),
            Self::Disk(stored) => stored.due(kind, from, to, max),
        }
    }

    fn customers(
        &self,
        after: Option<&CustomerId>,
        to: Option<&CustomerId>,
        max: usize,
    ) -> Result<Vec<CustomerId>, StoredError> {
        match self {
            Self::Memory(memory) => memory.customers(after, to, max).map_err(|never| match never {}),
            Self::Disk(stored) => stored.customers(after, to, max),
        }
    }
}
