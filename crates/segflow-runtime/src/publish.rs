//! S1 to S4: what was prepared becomes visible to everybody, whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use segflow_core::journal::Record as Journal;

use crate::failpoint::{Point, pass};
use crate::log::{Log, LogError, LogResult, Offsets, Output, Task};

/// What a task has to say after S0.
#[derive(Clone, PartialEq, Debug)]
pub struct TaskCommit {
    /// The task.
    pub task: Task,
    /// Its journal record.
    pub record: Journal,
    /// Changes, memberships, dead letters, and last the journal record.
    pub outputs: Vec<Output>,
    /// The bytes that S5 writes.
    pub batch: Vec<u8>,
    /// How many records were rejected, by the word of the reason.
    pub dead_letters: BTreeMap<&'static str, u64>,
    /// How many customers went over from former rules to the present ones.
    pub resegmented: u64,
}

impl TaskCommit {
    fn offsets(&self) -> Offsets {
        self.record.inputs.iter().map(|(family, position)| (*family, position.offset)).collect()
    }
}

/// S1 to S3: produces everything, waits until it is delivered, and adds the offsets under the present generation.
///
/// # Errors
/// What the log says; `Retry` if a task of this cycle is no longer owned.
pub fn send<L: Log>(log: &mut L, commits: &[TaskCommit]) -> LogResult<()> {
    log.begin()?;
    pass(Point::Begun)?;
    for output in commits.iter().flat_map(|commit| &commit.outputs) {
        log.produce(output.clone())?;
        pass(Point::Produced)?;
    }
    pass(Point::Flush)?;
    log.flush()?;
    pass(Point::Flushed)?;
    still_owned(&log.tasks()?, commits)?;
    log.send_offsets(&commits.iter().map(|commit| (commit.task, commit.offsets())).collect())?;
    pass(Point::OffsetsSent)
}

/// S1 to S4.
///
/// # Errors
/// As [`send`]; `Unclear` if nobody can say whether the commit happened.
pub fn publish<L: Log>(log: &mut L, commits: &[TaskCommit]) -> LogResult<()> {
    send(log, commits)?;
    log.commit()?;
    pass(Point::Committed)
}

/// A generation is not ownership: a broker takes offsets for any partition from any member of the generation.
fn still_owned(owned: &BTreeSet<Task>, commits: &[TaskCommit]) -> LogResult<()> {
    match commits.iter().find(|commit| !owned.contains(&commit.task)) {
        None => Ok(()),
        Some(commit) => Err(LogError::Retry(format!(
            "task {} was taken away before its commit; the cycle is given up",
            commit.task.0
        ))),
    }
}
