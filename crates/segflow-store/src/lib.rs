//! One RocksDB database per task, in a directory of its own: opaque bytes, timers and meta.
//!
//! This crate knows no domain types. It promises that a batch is written whole or not at all, in the order of the
//! writes; a crash of the machine may lose the last ones, never one before another that is kept.

pub mod batch;
pub mod error;
pub mod grown;
pub mod shared;
pub mod store;
pub mod timers;

pub use batch::Batch;
pub use error::StoreError;
pub use shared::{StoreMemory, StoreSettings};
pub use store::{Entry, Meta, Row, Store};
pub use timers::{Timer, TimerKind, TimerPosition};

#[cfg(test)]
mod tests;
