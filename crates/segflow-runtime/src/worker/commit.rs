//! S1 to S4: all that was prepared becomes visible to everybody, or nothing of it.

use std::collections::{BTreeMap, BTreeSet};

use segflow_core::journal::JournalRecord;
use segflow_engine::unreadable::Unreadable;

use crate::log::{Group, LogError, LogResult, Offsets, Output, TaskId, Transaction};
use crate::shadow::ShadowCommit;
use crate::testing::failpoint::{Point, hit};
use crate::worker::host_clock::HostClock;

/// What a task has to say after S0.
#[derive(Clone, PartialEq, Debug)]
pub struct TaskCommit {
    /// The task.
    pub task: TaskId,
    /// Its journal record.
    pub record: JournalRecord,
    /// Changes, memberships, dead letters, and last the journal record.
    pub outputs: Vec<Output>,
    /// The bytes that S5 writes.
    pub batch: Vec<u8>,
    /// How many records were rejected, by the word of the reason.
    pub dead_letters: BTreeMap<&'static str, u64>,
    /// The values folded in that cannot be read as their attributes are declared.
    pub unreadable: Vec<Unreadable>,
    /// How many customers went over from former rules to the present ones.
    pub resegmented: u64,
}

impl TaskCommit {
    fn offsets(&self) -> Offsets {
        self.record.inputs.iter().map(|(family, position)| (*family, position.offset)).collect()
    }
}

/// The offsets of every task in a transaction. A task has none for its inputs if only its shadow has something to say.
fn offsets(commits: &[TaskCommit], shadows: &[ShadowCommit]) -> BTreeMap<TaskId, Offsets> {
    let mut offsets: BTreeMap<TaskId, Offsets> =
        shadows.iter().map(|shadow| (shadow.task, Offsets::default())).collect();
    offsets.extend(commits.iter().map(|commit| (commit.task, commit.offsets())));
    offsets
}

/// S1 to S3: produces everything, waits until it is delivered, and adds the offsets under the present generation. The
/// host's clock, if there is one to be looked at, is held against that of the log in between.
///
/// # Errors
/// What the log says; `Retry` if a task of this cycle is no longer owned, or if the host's clock is wrong.
pub fn send<L: Group + Transaction>(
    log: &mut L,
    commits: &[TaskCommit],
    shadows: &[ShadowCommit],
    host_clock: Option<HostClock<'_>>,
) -> LogResult<()> {
    log.begin()?;
    hit(Point::Begun)?;
    let beside = shadows.iter().flat_map(|shadow| &shadow.outputs);
    for output in commits.iter().flat_map(|commit| &commit.outputs).chain(beside) {
        log.produce(output)?;
        hit(Point::Produced)?;
    }
    hit(Point::Flush)?;
    log.flush()?;
    hit(Point::Flushed)?;
    if let (Some(host_clock), Some(commit)) = (host_clock, commits.first()) {
        host_clock.is_confirmed(commit.record.w, &log.appended())?;
    }
    shadows.iter().for_each(|shadow| log.mark(shadow.task, &shadow.mark));
    let offsets = offsets(commits, shadows);
    still_owned(&log.tasks()?, offsets.keys())?;
    log.send_offsets(&offsets)?;
    hit(Point::OffsetsSent)
}

/// S1 to S4: as [`send`], and then commits.
///
/// # Errors
/// As [`send`]; `Unclear` if nobody can say whether the commit happened.
pub fn publish<L: Group + Transaction>(
    log: &mut L,
    commits: &[TaskCommit],
    shadows: &[ShadowCommit],
    host_clock: Option<HostClock<'_>>,
) -> LogResult<()> {
    send(log, commits, shadows, host_clock)?;
    log.commit()?;
    hit(Point::Committed)
}

/// A generation is not ownership: a broker takes offsets for any partition from any member of the generation.
fn still_owned<'a>(owned: &BTreeSet<TaskId>, mut tasks: impl Iterator<Item = &'a TaskId>) -> LogResult<()> {
    match tasks.find(|task| !owned.contains(task)) {
        None => Ok(()),
        Some(task) => {
            Err(LogError::Retry(format!("task {} was taken away before its commit; the cycle is given up", task.0)))
        }
    }
}
