//! The configuration of a worker: plain data, which is checked where it is read from a file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use segflow_core::ENGINE_VERSION;
use segflow_core::clock::{ClockSettings, Role};
use segflow_core::digest::{self, Form};
use segflow_core::event::Family;
use segflow_store::StoreMemory;
use segflow_wire::{Encoding, Intake};

use crate::directories;
use crate::log::TaskId;
use crate::offer::Candidate;
use crate::rulebook::Rulebook;
use crate::snapshots::Keeper;
use crate::task::cache::CacheMemory;
use crate::time::Monotonic;
use crate::worker::store_pool::StorePool;

/// The configuration of a worker. All workers of a process share it.
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
    /// How far the clock of this host may be off, in milliseconds; none where no wall clock is looked at.
    pub max_host_skew_ms: Option<i64>,
    /// The bounds of a cycle.
    pub commit: Commit,
    /// The memory in which the tasks of this process keep decoded states between cycles.
    pub cache: CacheMemory,
    /// Task `p` keeps its database in the directory `task-p` of this one.
    pub state_dir: PathBuf,
    /// The candidate that is evaluated beside the rules, if there is to be one.
    pub shadow: Option<Arc<Candidate>>,
    /// The snapshots of this process's tasks, if there is a place for them.
    pub snapshots: Option<Arc<Keeper>>,
    /// The memory that the databases of this process share.
    pub store: StoreMemory,
    /// The clock of rests, back-offs, ages and alarms.
    pub time: Monotonic,
    /// Where this process keeps the stores of tasks that none of its workers has at the moment.
    pub store_pool: StorePool,
    /// What decides, and how it hashes what it decided.
    pub release: Release,
}

/// What opening the stores of tasks needs. It is known before the cluster is asked.
#[derive(Clone)]
pub struct StoreConfig {
    /// Task `p` keeps its database in the directory `task-p` of this one.
    pub state_dir: PathBuf,
    /// The memory that the databases of this process share.
    pub memory: StoreMemory,
    /// The memory in which the tasks of this process keep decoded states between cycles.
    pub cache: CacheMemory,
}

impl StoreConfig {
    /// The tasks of which the disk has a store; none if it cannot be asked, which opening one will tell.
    pub(crate) fn tasks_on_disk(&self) -> Vec<TaskId> {
        directories::tasks(&self.state_dir).unwrap_or_default()
    }
}

/// The release that decides, as journals name it.
#[derive(Clone, PartialEq, Debug)]
pub struct Release {
    /// The version of the engine, with its time-zone database.
    pub engine_version: String,
    /// The form of the digests that it writes.
    pub digest_form: &'static Form,
    /// The forms of the digests that it can compare; the one that it writes is among them.
    pub known_forms: &'static [Form],
}

impl Default for Release {
    fn default() -> Self {
        let (digest_form, known_forms) = (digest::PRESENT, digest::FORMS);
        Self { engine_version: ENGINE_VERSION.to_owned(), digest_form, known_forms }
    }
}

impl Release {
    /// The form of this number; none if a later release has added it.
    #[must_use]
    pub fn form(&self, number: u32) -> Option<&'static Form> {
        self.known_forms.iter().find(|form| form.number == number)
    }
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
    /// How soon after a commit the next one may follow: until then a cycle gathers more.
    pub interval_min: Duration,
    /// How many records a cycle takes at most.
    pub max_records: usize,
    /// How many timers of each kind an epoch judges at most, 1 or more; more facts only if they share one instant.
    pub timers_max: usize,
    /// How many customers a cycle takes over at most after a new segmentation was activated, 1 or more.
    pub resegmented_max: usize,
}

/// The bounds of one epoch of one task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bounds {
    /// How many timers of each kind it judges at most, 1 or more; more facts only if they share one instant.
    pub timers_max: usize,
    /// How many customers the migration takes over in it at most, 1 or more.
    pub resegmented_max: usize,
}

impl Default for Commit {
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(100),
            interval_min: Duration::from_millis(25),
            max_records: 10_000,
            timers_max: 10_000,
            resegmented_max: 1_000,
        }
    }
}

impl Config {
    /// The directory of a task's store.
    #[must_use]
    pub fn task_dir(&self, task: TaskId) -> PathBuf {
        directories::task(&self.state_dir, task)
    }

    /// What opening the stores of tasks needs.
    pub(crate) fn stores(&self) -> StoreConfig {
        StoreConfig { state_dir: self.state_dir.clone(), memory: self.store.clone(), cache: self.cache.clone() }
    }

    /// The directory of the store of a task's shadow.
    pub(crate) fn shadow_dir(&self, task: TaskId) -> PathBuf {
        directories::shadow(&self.state_dir, task)
    }

    /// The topic of a family; the family's word if the family is no input.
    #[must_use]
    pub fn topic(&self, family: Family) -> &str {
        self.inputs.get(&family).map_or(family.name(), |input| &input.topic)
    }
}
