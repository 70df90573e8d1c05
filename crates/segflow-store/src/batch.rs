//! A batch of writes. It is encoded before the transaction begins, and written, byte for byte, after the commit.
//!
//! On disk: a batch may lie prepared under [`Meta::Prepared`] until a later process writes it. `tests/formats.rs` has
//! its bytes.

use rocksdb::WriteBatch;

use crate::store::{Meta, Store};
use crate::timers::{self, TimerKind};

/// Writes that take effect together.
///
/// ```
/// use segflow_store::{Batch, Meta, Store, StoreMemory, StoreSettings};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path();
/// let memory = StoreMemory::new(StoreSettings::default());
/// let store = Store::open(path, &memory)?;
/// let mut batch = Batch::new(&store);
/// batch.put_customer(b"C-1", b"state");
/// batch.put_meta(Meta::Epoch, b"7");
/// let bytes = batch.encode();
/// assert_eq!(store.customer(b"C-1")?, None);
///
/// store.write(&bytes)?;
/// assert_eq!(store.customer(b"C-1")?, Some(b"state".to_vec()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

    /// Adds to a customer's state, which was put as a [`Grown`](crate::grown) value: its head gives way to this one's, and
    /// this one's tail comes after its own.
    pub fn add_to_customer(&mut self, id: &[u8], grown: &[u8]) {
        self.writes.merge_cf(self.store.customers(), id, grown);
    }

    /// Removes a customer's state.
    pub fn delete_customer(&mut self, id: &[u8]) {
        self.writes.delete_cf(self.store.customers(), id);
    }

    /// Puts a timer.
    pub fn put_timer(&mut self, kind: TimerKind, instant_ms: i64, id: &[u8]) {
        self.writes.put_cf(self.store.timers(), timers::key(kind, instant_ms, id), []);
    }

    /// Removes a timer.
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

    /// The batch as the bytes that [`Store::write`] takes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.writes.data().to_vec()
    }
}
