//! The transaction: outputs and offsets committed as one, and what a commit leaves behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use segflow_core::time::Timestamp;

use super::{LogResult, Offsets, Output, TaskId};

/// Deletes what stands before an offset in a task's journal, from any thread. The offset is one that
/// [`Transaction::journaled`] told, now or in another process. Waits for the answer, for some seconds. It is no error if
/// the records are gone already.
pub type Trimmer = Arc<dyn Fn(TaskId, u64) -> LogResult<()> + Send + Sync>;

/// One producer, which commits outputs and offsets as one. The steps are those of a cycle.
pub trait Transaction {
    /// S1: begins a transaction.
    fn begin(&mut self) -> LogResult<()>;

    /// S2: hands an output over for delivery.
    fn produce(&mut self, output: &Output) -> LogResult<()>;

    /// S2: waits until every output is delivered.
    fn flush(&mut self) -> LogResult<()>;

    /// When the log appended the journal records of the transaction under way, by its own clock: those that are delivered,
    /// by task. A task is missing where the log keeps the producer's timestamp.
    fn appended(&self) -> BTreeMap<TaskId, Timestamp>;

    /// S2: leaves a mark of a task, which [`Group::marked`](super::Group::marked) tells once this transaction is
    /// committed. At most 1,000 bytes. A commit of the task without a mark takes the one before it away.
    fn mark(&mut self, task: TaskId, mark: &str);

    /// S3: adds the offsets of these tasks' inputs, and one for each task's journal partition, to the transaction,
    /// under the present generation of the group. Fails with `Retry` if one of the tasks is no longer owned.
    fn send_offsets(&mut self, offsets: &BTreeMap<TaskId, Offsets>) -> LogResult<()>;

    /// S4: commits.
    fn commit(&mut self) -> LogResult<()>;

    /// Aborts the transaction begun. After `Err` only [`Transaction::recycle`] is allowed.
    fn abort(&mut self) -> LogResult<()>;

    /// Destroys the producer and creates another, which ends any transaction that the former one had open.
    fn recycle(&mut self) -> LogResult<()>;

    /// Where the last record stands that this log has committed to the task's journal: at or before the journal's last
    /// record. None if it has committed none, or cannot tell; its journals are never trimmed then.
    fn journaled(&mut self, task: TaskId) -> Option<u64>;

    /// What trims journals.
    fn trimmer(&self) -> Trimmer;
}
