//! The ports to a log of records. Each file is one: the group that owns tasks, the inputs, the transaction, the past.
//!
//! A function takes the port that it needs. A worker needs all four, which together are a [`Log`]. Two products implement
//! them: `KafkaLog` (crate `segflow-kafka`) and [`local::LocalLog`]. A worker is the only user of its `Log`, from one
//! thread.

mod group;
mod inputs;
pub mod local;
mod past;
mod sink;
mod transaction;

use std::collections::BTreeMap;

use segflow_core::event::Family;
use segflow_core::time::Timestamp;

pub use group::{Barrier, Group};
pub use inputs::{Ends, Inputs};
pub use past::{JournalEntry, Past, Slice};
pub use segflow_wire::Headers;
pub use sink::{Kept, Output, Partitions, Sink, SinkProperties, TEXTS, Written};
pub use transaction::{Transaction, Trimmer};

/// A log of records with group ownership and atomic commits: all four ports of one worker.
pub trait Log: Group + Inputs + Transaction + Past {}

impl<L: Group + Inputs + Transaction + Past> Log for L {}

/// A task: one partition of every input, of the journal and of the outputs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TaskId(pub u32);

/// A record of an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Which input.
    pub family: Family,
    /// Its partition.
    pub task: TaskId,
    /// Its offset.
    pub offset: u64,
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Its headers, in order.
    pub headers: Headers,
}

/// The next offset to read of each input.
pub type Offsets = BTreeMap<Family, u64>;

/// What went wrong, by what the worker does about it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LogError {
    /// Nothing was committed. Abort the cycle, back off, try again; for ever.
    #[error("{0}")]
    Retry(String),
    /// Whether the commit happened is unknown. [`Transaction::recycle`], then recover the tasks: their journals decide.
    #[error("outcome of the commit unknown: {0}")]
    Unclear(String),
    /// Another member has taken over, or the client is beyond use. Stop the worker and start anew with a new `Log`.
    #[error("fenced: {0}")]
    Fenced(String),
    /// An operator must act. Stop the task or the process and say so.
    #[error("{0}")]
    Stop(String),
}

/// The answer of a port, or what went wrong.
pub type LogResult<T> = Result<T, LogError>;
