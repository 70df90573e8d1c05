//! What a process knows of itself: plain data, written by its workers after every cycle, read by metrics and health.

pub(crate) mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use segflow_core::clock::Clock;
use segflow_core::event::Family;
use segflow_core::journal::Counts;
use segflow_core::time::Timestamp;
use segflow_engine::unreadable::Unreadable;

use crate::time::Monotonic;

/// What a process knows of itself. All workers of the process write it; metrics and health read it.
#[derive(Default)]
pub struct Status {
    snapshot: Mutex<Snapshot>,
    /// The unreadable values that were logged, as attribute and text.
    told: Mutex<BTreeSet<(String, String)>>,
    /// When the cycles under way began, by worker, and the clock that tells.
    began: Mutex<BTreeMap<String, (Monotonic, Instant)>>,
}

/// The most unreadable values that are logged while the process lives. Their counts go on.
const TOLD_MAX: usize = 1_000;

impl Status {
    /// What is known now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.lock().clone();
        for (name, (time, began)) in &*self.began() {
            if let Some(worker) = snapshot.workers.get_mut(name) {
                worker.cycle_age = Some(time.since(*began));
            }
        }
        snapshot
    }

    /// Says whether the segmentation's file cannot be used, so that the one offered is not what the file holds.
    pub fn set_file_invalid(&self, invalid: bool) {
        self.lock().file_invalid = invalid;
    }

    /// Says whether the candidate's file cannot be used.
    pub fn set_shadow_file_invalid(&self, invalid: bool) {
        self.lock().shadow_file_invalid = invalid;
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Snapshot> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn began(&self) -> MutexGuard<'_, BTreeMap<String, (Monotonic, Instant)>> {
        self.began.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an unreadable value is to be logged: each once, up to a bound.
    pub(crate) fn is_news(&self, value: &Unreadable) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < TOLD_MAX && told.insert((value.attribute.clone(), value.to_string()))
    }
}

/// What was known at one moment.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Snapshot {
    /// The workers, by name.
    pub workers: BTreeMap<String, WorkerStatus>,
    /// The tasks owned now, and those of which a standby keeps a copy, by partition.
    pub tasks: BTreeMap<u32, TaskStatus>,
    /// What became of the records of each partition since the process started. It never falls, and tasks that were given
    /// away are in it.
    pub totals: BTreeMap<u32, Totals>,
    /// Whether the segmentation's file has changed and cannot be used.
    pub file_invalid: bool,
    /// The snapshots of each partition since the process started; tasks that were given away are in it.
    pub snapshots: BTreeMap<u32, SnapshotStatus>,
    /// The shadows, by partition; those of tasks that were given away are in it.
    pub shadows: BTreeMap<u32, ShadowStatus>,
    /// Whether the candidate's file cannot be read or used.
    pub shadow_file_invalid: bool,
}

/// The shadow of a task.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ShadowStatus {
    /// Where it stands; none if the task is not here.
    pub phase: Option<Shadowing>,
    /// How many customers the candidate puts elsewhere, by dimension that both have. Empty unless it runs.
    pub differing: BTreeMap<String, u64>,
    /// Changes committed since the process started.
    pub changes: u64,
    /// Runs begun since the process started.
    pub runs: u64,
}

/// Where a shadow stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shadowing {
    /// The candidate's file holds none.
    Invalid,
    /// The candidate could not be activated: `name`, `currency` or `version`.
    Refused(&'static str),
    /// It waits for the end of the migration that follows an activation, or for its turn to copy the live store.
    Waiting,
    /// Some customers are decided by the live rules still.
    Migrating,
    /// The candidate decides everybody.
    Running,
    /// It was given up for this reason, and begins anew after a rest.
    Failed(String),
}

impl Shadowing {
    /// Every word of [`Shadowing::word`].
    pub const WORDS: [&'static str; 6] = ["invalid", "refused", "waiting", "migrating", "running", "failed"];

    /// The word of a metric.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Refused(_) => "refused",
            Self::Waiting => "waiting",
            Self::Migrating => "migrating",
            Self::Running => "running",
            Self::Failed(_) => "failed",
        }
    }
}

/// The snapshots that this process has made of a task.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct SnapshotStatus {
    /// The last one; none before the first.
    pub last: Option<LastSnapshot>,
    /// Bytes uploaded for all of them.
    pub uploaded_bytes: u64,
    /// How often a snapshot could not be made or uploaded, or an outdated file not be deleted.
    pub failures: u64,
}

/// The last snapshot that this process has made of a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastSnapshot {
    /// Its epoch.
    pub epoch: u64,
    /// When it was made.
    pub at: Timestamp,
}

/// A worker.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct WorkerStatus {
    /// The tasks that it owns.
    pub tasks: BTreeSet<u32>,
    /// Cycles, also those with nothing to say.
    pub cycles: u64,
    /// Cycles committed.
    pub commits: u64,
    /// Transactions aborted.
    pub aborts: u64,
    /// Cycles given up, to be tried again.
    pub retries: u64,
    /// Commits whose outcome was unknown.
    pub unclear: u64,
    /// What went wrong last, if anything ever did.
    pub last_error: Option<String>,
    /// Whether the last cycle was given up.
    pub failing: bool,
    /// How long its cycle has been under way; none between two cycles.
    pub cycle_age: Option<Duration>,
    /// Why it ended; none while it runs.
    pub ended: Option<String>,
}

/// A task owned now.
#[derive(Clone, PartialEq, Debug)]
pub struct TaskStatus {
    /// The worker that owns it.
    pub worker: String,
    /// Whether it runs.
    pub phase: Phase,
    /// The last epoch on disk; 0 before the first.
    pub epoch: u64,
    /// How far its clock could be settled in the last cycle.
    pub clock: Clock,
    /// Wall time of its last cycle; none before the first.
    pub w: Option<Timestamp>,
    /// Its inputs.
    pub inputs: BTreeMap<Family, InputStatus>,
    /// The version of the segmentation that decided its last epoch; none before the first.
    pub segmentation_version: Option<u32>,
    /// Whether some customers are decided by former segmentations still: the migration runs.
    pub migrating: bool,
    /// Why the segmentation that is offered is not activated: `name`, `currency` or `version`; none if it is not refused.
    pub refused: Option<&'static str>,
}

/// Where a task stands in its life.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Phase {
    /// It waits for undecided transactions, or decides epochs of the journal again.
    Recovering {
        /// The epoch of the journal to be reached; none while it is not known.
        target: Option<u64>,
    },
    /// It takes part in every cycle.
    Running,
    /// It runs elsewhere, and a copy of it is kept here.
    Standby {
        /// The last epoch of the journal that is known; none before it was looked at.
        journal: Option<u64>,
        /// Why the copy is not kept at the moment.
        stopped: Option<String>,
    },
    /// An operator must act.
    Stopped {
        /// What was expected, found, and what to do.
        reason: String,
    },
}

/// An input of a task.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct InputStatus {
    /// The next offset, as committed.
    pub position: u64,
    /// The latest offset that the leaders answered; none without an answer.
    pub latest: Option<u64>,
    /// Wall time of the last cycle in which its leader answered; none before the first answer.
    pub answered: Option<Timestamp>,
    /// The greatest record timestamp read; none before the first record.
    pub greatest: Option<Timestamp>,
}

/// What became of records.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Totals {
    /// The counts of the epochs committed here. Epochs rolled forward were counted where they were committed.
    pub counts: Counts,
    /// Records rejected, by the word of the reason.
    pub dead_letters: BTreeMap<&'static str, u64>,
    /// Values of attributes that were folded in and cannot be read as their types, by attribute.
    pub unreadable: BTreeMap<String, u64>,
    /// Epochs decided again from the journal.
    pub rolled_forward: u64,
    /// Customers that went over from former rules to the present ones, in committed epochs.
    pub resegmented: u64,
}
