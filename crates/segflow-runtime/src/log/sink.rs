//! The sinks: where outputs go.

use super::{Headers, TaskId};

/// Where an output goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sink {
    /// The segment changes.
    Changes,
    /// The compacted memberships.
    Segments,
    /// What could not be used.
    DeadLetters,
    /// The decisions: one record per epoch, whose key is the epoch in decimal.
    Journal,
    /// The compacted texts of the segmentations that journals name, under their hashes; of one partition, [`TEXTS`].
    Segmentations,
    /// What a candidate would have changed; without a candidate it has no topic.
    Shadow,
}

/// The one partition of [`Sink::Segmentations`].
pub const TEXTS: TaskId = TaskId(0);

/// A record to be written; its partition is the task's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    /// Where it goes.
    pub sink: Sink,
    /// Its partition.
    pub task: TaskId,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Its headers, in order.
    pub headers: Headers,
}
