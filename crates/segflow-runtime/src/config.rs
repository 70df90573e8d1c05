//! What a worker is configured with. Plain data, checked by whoever reads it from a file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use segflow_core::clock::{ClockSettings, Role};
use segflow_core::event::Family;
use segflow_wire::{Encoding, Intake};

use crate::log::TaskId;
use crate::rulebook::Rulebook;
use crate::shadow::{self, Candidate};
use crate::snapshots::Keeper;
use crate::time::Monotonic;
use crate::worker::store_pool::StorePool;

/// How the directory of a task's store begins.
const TASK: &str = "task-";

/// Of one group of workers; the same in all of them.
#[derive(Clone)]
pub struct Config {
    /// The rules: what is offered to every task. A task decides by what its journal says.
    pub segmentation: Arc<Rulebook>,
    /// How records are accepted.
    pub intake: Arc<Intake>,
    /// The inputs that are read.
    pub inputs: BTreeMap<Family, Input>,
    /// How outputs are written.
    pub outputs: Outputs,
    /// How the clocks of the tasks run.
    pub clock: ClockSettings,
    /// The bounds of a cycle.
    pub commit: Commit,
    /// States that a task keeps decoded in memory between cycles, at most about twice as many.
    pub cache_customers: usize,
    /// TaskId `p` keeps its database in the directory `task-p` of this one.
    pub state_dir: PathBuf,
    /// The candidate that is evaluated beside the rules, if there is to be one.
    pub shadow: Option<Arc<Candidate>>,
    /// The snapshots of this process's tasks, if there is a place for them.
    pub snapshots: Option<Arc<Keeper>>,
    /// The memory that the databases of this process share.
    pub store: segflow_store::StoreMemory,
    /// The clock of rests, back-offs, ages and alarms.
    pub time: Monotonic,
    /// Where this process keeps the stores of tasks that none of its workers has at the moment.
    pub store_pool: StorePool,
}

/// One input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// Its topic, named in changes and dead letters.
    pub topic: String,
    /// Whether it holds the clock back.
    pub role: Role,
}

/// How outputs are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outputs {
    /// The segment changes.
    pub changes: Encoding,
    /// The compacted memberships.
    pub segments: Encoding,
}

/// The bounds of a cycle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Commit {
    /// How long a cycle gathers records at most.
    pub interval: Duration,
    /// How many records a cycle takes at most.
    pub max_records: usize,
    /// How many timers of each kind an epoch judges at most, 1 or more; more facts only if they share one instant.
    pub timers_max: usize,
    /// How many customers a cycle passes over at most after a new segmentation was activated, 1 or more.
    pub resegmented_max: usize,
}

/// The bounds of one epoch of one task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// See [`Commit::timers_max`].
    pub timers_max: usize,
    /// See [`Commit::resegmented_max`].
    pub resegmented_max: usize,
}

impl Default for Commit {
    fn default() -> Self {
        Self { interval: Duration::from_millis(100), max_records: 10_000, timers_max: 10_000, resegmented_max: 1_000 }
    }
}

impl Config {
    /// Where a task keeps its database.
    #[must_use]
    pub fn task_dir(&self, task: TaskId) -> PathBuf {
        self.state_dir.join(format!("{TASK}{}", task.0))
    }

    /// The tasks of which the disk has a database. None if it cannot be asked: whoever needs one says why.
    #[must_use]
    pub fn tasks_on_disk(&self) -> Vec<TaskId> {
        let task = |path: PathBuf| {
            let task = TaskId(path.file_name()?.to_str()?.strip_prefix(TASK)?.parse().ok()?);
            (path == self.task_dir(task)).then_some(task)
        };
        let entries = std::fs::read_dir(&self.state_dir).into_iter().flatten().flatten();
        let mut tasks: Vec<TaskId> = entries.filter_map(|entry| task(entry.path())).collect();
        tasks.sort_unstable();
        tasks
    }

    /// Where the shadow of a task keeps its database.
    #[must_use]
    pub fn shadow_dir(&self, task: TaskId) -> PathBuf {
        self.state_dir.join(format!("{}{}", shadow::DIRECTORY, task.0))
    }

    /// The topic of a family; the family's word if the family is no input.
    #[must_use]
    pub fn topic(&self, family: Family) -> &str {
        self.inputs.get(&family).map_or(family.name(), |input| &input.topic)
    }
}
