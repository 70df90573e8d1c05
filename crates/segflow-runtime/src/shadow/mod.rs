//! The shadow: a candidate segmentation evaluated beside the live one, from the same facts, for a topic of its own.
//!
//! It has stores of its own and takes no part in recovery. What it has to say is committed with the epoch of its task, or
//! in a transaction of its own while the live rules have nothing to say. A *run* of it lasts as long as it and the log
//! agree; otherwise it begins anew, from the live store as it stands. A failure here is told and ends the run; it stops no
//! task. A commit that fails again and again with a shadow in it is tried without.

mod attend;
mod differing;
mod progress;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use segflow_core::segmentation::Segmentation;
use tracing::warn;

use crate::config::{Bounds, Config};
use crate::directories::remove_directory;
use crate::log::{LogError, Output, TaskId};
use crate::status::report;
use crate::status::{Shadowing, Status};
use crate::task::TaskState;
use crate::task::epoch::{Prepared, ShadowNeeds};
use crate::worker::TaskContext;

pub(crate) use differing::{Moves, note};
use run::{LiveEpoch, Run, ShadowStep};

/// After a run has failed, the task is left without one for this long. The rest doubles with every failure, until a run
/// has told something.
const REST: Duration = Duration::from_secs(60);
/// The longest rest.
const REST_MAX: Duration = Duration::from_secs(3_600);
/// After so many failed commits in a row with its shadow in them, a task commits without it.
const FAILURES_MAX: u32 = 3;

/// What the shadow of a task has to say in a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShadowCommit {
    /// The task.
    pub task: TaskId,
    /// The changes.
    pub outputs: Vec<Output>,
    /// The mark that tells, after a crash, whether this was committed.
    pub mark: String,
}

/// A candidate, and the live segmentation that it is compared with.
pub(crate) struct RulePair {
    pub candidate: Arc<Segmentation>,
    pub live: Arc<Segmentation>,
}

/// The shadows of a worker's tasks.
pub(crate) struct Shadows {
    owner: String,
    runs: BTreeMap<TaskId, Run>,
    /// Tasks whose store was compared with the log since they were recovered: from then on only this worker knows.
    compared: BTreeSet<TaskId>,
    /// The number of the last run begun here, by task.
    numbers: BTreeMap<TaskId, u64>,
    /// Until when a task is left without a run, and how long that rest is in all.
    resting: BTreeMap<TaskId, (Instant, Duration)>,
    prepared: Vec<ShadowCommit>,
    /// Commits in a row that failed with the shadow of a task in them.
    failures: BTreeMap<TaskId, u32>,
    /// Whether a live store was copied in this cycle: one at most, since it holds up the others.
    copied: bool,
    /// Whether one came further in this cycle without anything to commit.
    busy: bool,
}

impl Shadows {
    pub(crate) fn new(owner: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            runs: BTreeMap::new(),
            compared: BTreeSet::new(),
            numbers: BTreeMap::new(),
            resting: BTreeMap::new(),
            prepared: Vec::new(),
            failures: BTreeMap::new(),
            copied: false,
            busy: false,
        }
    }

    /// A cycle begins.
    pub(crate) fn cycle(&mut self) {
        self.prepared.clear();
        (self.copied, self.busy) = (false, false);
    }

    /// Whether one came further in this cycle without anything to commit.
    pub(crate) const fn is_busy(&self) -> bool {
        self.busy
    }

    /// What was prepared in this cycle.
    pub(crate) fn prepared(&self) -> &[ShadowCommit] {
        &self.prepared
    }

    /// The tasks of what was prepared.
    pub(crate) fn tasks(&self) -> Vec<TaskId> {
        self.prepared.iter().map(|commit| commit.task).collect()
    }

    /// What a task's run needs to know of an epoch.
    pub(crate) fn needs(&self, task: TaskId) -> ShadowNeeds {
        if self.runs.contains_key(&task) { ShadowNeeds::Facts } else { ShadowNeeds::Nothing }
    }

    /// After S0 of a task: decides the same facts by the candidate.
    pub(crate) fn prepare(
        &mut self,
        context: TaskContext<'_>,
        state: &mut TaskState,
        prepared: &mut Prepared,
        bounds: Bounds,
    ) {
        let TaskContext { config, status, task, .. } = context;
        let (Some(run), Some(beside)) = (self.runs.get_mut(&task), prepared.beside.take()) else { return };
        let live = LiveEpoch { state, prepared, moved: beside.moved };
        match run.prepare(config, live, beside.accepted, bounds) {
            Ok(step) => {
                report::shadow_goes(status, task, run.is_migrating(), run.differing());
                match step {
                    ShadowStep::Nothing => {}
                    ShadowStep::Silent => self.busy = true,
                    ShadowStep::Commit(commit) => self.prepared.push(commit),
                }
            }
            Err(error) => self.fail(config, status, task, &error.to_string()),
        }
    }

    /// After S4: writes what was prepared, which is committed now.
    pub(crate) fn committed(&mut self, config: &Config, status: &Status) {
        for commit in std::mem::take(&mut self.prepared) {
            self.failures.remove(&commit.task);
            if !commit.outputs.is_empty() {
                self.resting.remove(&commit.task);
            }
            let Some(run) = self.runs.get_mut(&commit.task) else { continue };
            match run.apply() {
                Ok(()) => {
                    report::shadow_told(status, commit.task, commit.outputs.len() as u64);
                    report::shadow_goes(status, commit.task, run.is_migrating(), run.differing());
                }
                Err(error) => self.fail(config, status, commit.task, &error.to_string()),
            }
        }
    }

    /// The transaction failed. Returns the error that the worker is to act on. An error that would end the process is tried
    /// again without the shadows, if there were some in the transaction: it may be theirs alone.
    pub(crate) fn gave_up(&mut self, config: &Config, status: &Status, error: LogError) -> LogError {
        let tasks = self.tasks();
        self.prepared.clear();
        if let LogError::Stop(reason) = &error
            && !tasks.is_empty()
        {
            tasks.into_iter().for_each(|task| self.fail(config, status, task, reason));
            return LogError::Retry(format!("with a shadow in it: {reason}"));
        }
        for task in tasks {
            let failures = self.failures.entry(task).or_default();
            *failures += 1;
            if *failures >= FAILURES_MAX {
                let reason = format!("{failures} commits in a row failed with it");
                self.fail(config, status, task, &reason);
            }
        }
        error
    }

    /// Nothing of this cycle was begun.
    pub(crate) fn discard(&mut self) {
        self.prepared.clear();
        self.runs.values_mut().for_each(Run::discard);
    }

    /// The task is recovered, or belongs to another worker: the log is to be asked again for its mark.
    pub(crate) fn close(&mut self, task: TaskId) {
        self.runs.remove(&task);
        self.compared.remove(&task);
        self.prepared.retain(|commit| commit.task != task);
    }

    /// As [`Shadows::close`], for a task that this worker has no more.
    pub(crate) fn leave(&mut self, status: &Status, task: TaskId) {
        self.close(task);
        self.numbers.remove(&task);
        self.resting.remove(&task);
        self.failures.remove(&task);
        report::shadow_over(status, task);
    }

    /// Ends a run, gives back its room, and tells why.
    fn fail(&mut self, config: &Config, status: &Status, task: TaskId, reason: &str) {
        self.runs.remove(&task);
        self.prepared.retain(|commit| commit.task != task);
        self.failures.remove(&task);
        let rest = self.resting.get(&task).map_or(REST, |(_, rest)| REST_MAX.min(*rest * 2));
        self.resting.insert(task, (config.time.now() + rest, rest));
        warn!(task = task.0, ?rest, "the shadow is given up and begins anew after a rest; the task goes on: {reason}");
        report::shadow(status, task, Shadowing::Failed(reason.to_owned()));
        give_back(config, task);
    }
}

/// Removes the store of a task's shadow.
fn give_back(config: &Config, task: TaskId) {
    if let Err(error) = remove_directory(&config.shadow_dir(task)) {
        warn!(task = task.0, "the shadow's store cannot be removed: {error}");
    }
}
