//! The port to a log of records: read inputs, prove their ends, commit outputs and offsets as one, read the journal.
//!
//! Two real implementations: `KafkaLog` (crate `segflow-kafka`) and [`crate::log::local::LocalLog`]. A worker is the only
//! user of its `Log`, from one thread.

pub mod local;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use segflow_core::event::Family;
use segflow_core::time::Timestamp;

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

pub use segflow_wire::Headers;

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

/// The next offset to read of each input.
pub type Offsets = BTreeMap<Family, u64>;

/// The latest offsets of each task's inputs as the leaders answered, open transactions included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ends {
    /// Wall time, taken before the question was sent.
    pub w: Timestamp,
    /// What was answered; an input without an answer is missing and counts as unfinished.
    pub latest: BTreeMap<(TaskId, Family), u64>,
}

/// A record of a task's journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalEntry {
    /// The epoch, from the record's key.
    pub epoch: u64,
    /// The record's value.
    pub bytes: Vec<u8>,
}

/// What went wrong, by what the worker does about it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LogError {
    /// Nothing was committed. Abort the cycle, back off, try again; for ever.
    #[error("{0}")]
    Retry(String),
    /// Whether the commit happened is unknown. [`Log::recycle`], then recover the tasks: their journals decide.
    #[error("outcome of the commit unknown: {0}")]
    Unclear(String),
    /// Another member has taken over, or the client is beyond use. Stop the worker and start anew with a new `Log`.
    #[error("fenced: {0}")]
    Fenced(String),
    /// An operator must act. Stop the task or the process and say so.
    #[error("{0}")]
    Stop(String),
}

/// What became of an attempt to read back a slice of an input.
pub type LogResult<T> = Result<T, LogError>;

/// A record of an output, read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// Its offset.
    pub offset: u64,
    /// Its key.
    pub key: Vec<u8>,
    /// Its value; none takes the key's earlier values away.
    pub value: Option<Vec<u8>>,
}

/// A part of an output, read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToldSlice {
    /// Its committed records that have a key, in order.
    pub records: Vec<Told>,
    /// Where it ends: everything before it has been returned, now or earlier.
    pub next: u64,
}

/// A part of an input, read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slice {
    /// Its committed records, in order.
    pub records: Vec<Record>,
    /// Where it ends: everything before it has been returned, now or earlier.
    pub next: u64,
}

/// What is settled for good, read back by recovery and standbys: journals, and slices of inputs.
///
/// No call waits longer than a moment for records: what has not come yet is [`Poll::Pending`] or a slice cut short, and
/// is asked for again. What has come is kept meanwhile, and what follows is fetched ahead.
pub trait Past {
    /// The last committed record of the task's journal; none if it has none. For recovery only after both barriers.
    fn journal_last(&mut self, task: TaskId) -> LogResult<Poll<Option<JournalEntry>>>;

    /// The committed records of the task's journal with an epoch above `after`, in order: at least one and at most `max`;
    /// empty if the journal has none.
    fn journal_after(&mut self, task: TaskId, after: u64, max: usize) -> LogResult<Poll<Vec<JournalEntry>>>;

    /// The committed records of an input from `from` on, up to but not including `to`, as far as they have come. `Stop` if
    /// the input no longer reaches back to `from`.
    fn slice(&mut self, task: TaskId, family: Family, from: u64, to: u64) -> LogResult<Slice>;

    /// The text of the segmentation of this hash, as some committed epoch wrote it; none if none did. Not before every
    /// transaction that may hold it is decided.
    fn segmentation(&mut self, hash: &str) -> LogResult<Poll<Option<Vec<u8>>>>;

    /// Where the task's memberships, of [`Sink::Segments`], begin and end for a reader of committed records. Pending while a
    /// transaction that may hold some is undecided. Recovery asks after both barriers, when nobody writes any more.
    fn memberships_within(&mut self, task: TaskId) -> LogResult<Poll<(u64, u64)>>;

    /// The task's memberships, with committed records alone, from `from` on, up to but not including `to`, as far as they
    /// have come. The last record of a key is what subscribers were told last; earlier ones may be missing.
    fn memberships(&mut self, task: TaskId, from: u64, to: u64) -> LogResult<ToldSlice>;

    /// Nothing more of this task is asked for: drops what was fetched ahead.
    fn forget(&mut self, task: TaskId);
}

/// Deletes what stands before an offset in a task's journal, from whatever thread; the offset is one that
/// [`Log::journaled`] told, now or in another process. Waits for the answer, for some seconds. What is gone already is no
/// error.
pub type Trimmer = Arc<dyn Fn(TaskId, u64) -> LogResult<()> + Send + Sync>;

/// A log of records with group ownership and atomic commits.
pub trait Log: Past {
    /// Serves the group and returns the tasks owned now. Called between cycles and again just before a commit. A task
    /// that was taken is missing at least once, also if it is back already.
    fn tasks(&mut self) -> LogResult<BTreeSet<TaskId>>;

    /// Leaves the group for good, whereupon its tasks go to others at once. Waits for the group's word, for some seconds.
    fn leave(&mut self) -> LogResult<()>;

    /// Reads the inputs of a task from these offsets on; anything fetched beyond them is dropped.
    fn seek(&mut self, task: TaskId, offsets: &Offsets) -> LogResult<()>;

    /// Stops reading the inputs of a task, and forgets what was fetched of its past.
    fn release(&mut self, task: TaskId);

    /// The next committed records of the tasks being read: at most `max`, waiting at most `wait` for the first.
    fn read(&mut self, max: usize, wait: Duration) -> LogResult<Vec<Record>>;

    /// The next offset of each input of a task, past what [`Log::read`] returned and past transaction markers.
    fn positions(&mut self, task: TaskId) -> LogResult<Offsets>;

    /// Takes `w`, then asks the leaders for the latest offsets of the inputs of these tasks.
    fn ends(&mut self, tasks: &BTreeSet<TaskId>) -> LogResult<Ends>;

    /// S1: begins a transaction.
    fn begin(&mut self) -> LogResult<()>;

    /// S2: hands an output over for delivery.
    fn produce(&mut self, output: Output) -> LogResult<()>;

    /// S2: waits until every output is delivered.
    fn flush(&mut self) -> LogResult<()>;

    /// S2: leaves a mark of a task, which [`Log::marked`] tells once this transaction is committed. At most 1,000 bytes. A
    /// commit of the task without a mark takes the one before it away.
    fn mark(&mut self, task: TaskId, mark: &str) {
        let _ = (task, mark);
    }

    /// The mark of the last commit of the task, by whomever, as the first barrier of its recovery found it. None if that
    /// commit left none, or if it cannot be told.
    fn marked(&mut self, task: TaskId) -> Option<String> {
        let _ = task;
        None
    }

    /// S3: adds the offsets of these tasks' inputs, and one for each task's journal partition, to the transaction,
    /// under the present generation of the group. Fails with `Retry` if one of the tasks is no longer owned.
    fn send_offsets(&mut self, offsets: &BTreeMap<TaskId, Offsets>) -> LogResult<()>;

    /// S4: commits.
    fn commit(&mut self) -> LogResult<()>;

    /// Aborts the transaction begun. After `Err` only [`Log::recycle`] is allowed.
    fn abort(&mut self) -> LogResult<()>;

    /// Destroys the producer and creates another, which ends whatever transaction it had open.
    fn recycle(&mut self) -> LogResult<()>;

    /// Recovery, first barrier: whether no offset of the task's partitions is pending in an undecided transaction.
    /// Returns at once or after a short wait.
    fn offsets_settled(&mut self, task: TaskId) -> LogResult<bool>;

    /// Recovery, second barrier: whether the tail of the task's journal is decided: the latest offset that a
    /// `read_committed` reader may reach is the high watermark taken after the first barrier.
    fn journal_settled(&mut self, task: TaskId) -> LogResult<bool>;

    /// Where the last record stands that this log has committed to the task's journal: at or before the journal's last
    /// record. None if it has committed none, or cannot tell; its journals are never trimmed then.
    fn journaled(&mut self, task: TaskId) -> Option<u64> {
        let _ = task;
        None
    }

    /// What trims journals; none if they are never trimmed.
    fn trimmer(&self) -> Option<Trimmer> {
        None
    }
}
