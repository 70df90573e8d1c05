//! A batch of writes, encoded before the transaction begins and written, byte for byte, after it has committed.

use rocksdb::WriteBatch;

use crate::store::{Meta, Store};
use crate::timers::{self, TimerKind};

/// Writes that take effect together.
pub struct Batch<'a> {
    store: &'a Store,
    writes: WriteBatch,
}

impl<'a> Batch<'a> {
    /// An empty batch for this store.
    #[must_use]
    pub fn new(store: &'a Store) -> Self {
        Self { store, writes: WriteBatch::default() }
    }

    /// Puts a customer's state.
    pub fn put_customer(&mut self, id: &[u8], state: &[u8]) {
        self.writes.put_cf(self.store.customers(), id, state);
    }

    /// Takes a customer's state away.
    pub fn delete_customer(&mut self, id: &[u8]) {
        self.writes.delete_cf(self.store.customers(), id);
    }

    /// Puts a timer.
    pub fn put_timer(&mut self, kind: TimerKind, instant_ms: i64, id: &[u8]) {
        self.writes.put_cf(self.store.timers(), timers::key(kind, instant_ms, id), []);
    }

    /// Takes a timer away.
    pub fn delete_timer(&mut self, kind: TimerKind, instant_ms: i64, id: &[u8]) {
        self.writes.delete_cf(self.store.timers(), timers::key(kind, instant_ms, id));
    }

    /// Puts a value of meta.
    pub fn put_meta(&mut self, meta: Meta, value: &[u8]) {
        self.writes.put_cf(self.store.meta_family(), meta.key(), value);
    }

    /// Takes a value of meta away.
    pub fn delete_meta(&mut self, meta: Meta) {
        self.writes.delete_cf(self.store.meta_family(), meta.key());
    }

    /// The bytes that [`Store::write`] takes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.writes.data().to_vec()
    }
}
