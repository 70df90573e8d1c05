//! The shadow: a candidate segmentation evaluated beside the live one, from the same facts, for a topic of its own.
//!
//! It has stores of its own and takes no part in recovery. What it has to say is committed with the epoch of its task, or
//! in a transaction of its own while the live rules have nothing to say. A *run* of it lasts as long as it and the log
//! agree; otherwise it begins anew, from the live store as it stands. Whatever fails here is told and ends the run: it
//! stops no task. A commit that fails again and again with a shadow in it is tried without.

mod candidate;
mod differing;
mod progress;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use segflow_core::segmentation::Segmentation;
use tracing::{info, warn};

use crate::config::{Bounds, Config};
use crate::error::TaskError;
use crate::log::{Log, Output, Task};
use crate::report;
use crate::rules::may_follow;
use crate::status::{Shadowing, Status};
use crate::task::{Local, Prepared};

pub(crate) use candidate::DIRECTORY;
pub use candidate::{Candidate, clear};
pub(crate) use differing::{Moves, moves};
use run::{Run, Step};

/// After a run has failed, the task is left without one for this long.
const REST: Duration = Duration::from_secs(60);
/// So many commits in a row fail with a shadow in them, then the next is tried without.
const FAILURES_MAX: u32 = 3;

/// What the shadow of a task has to say in a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShadowCommit {
    /// Whose it is.
    pub task: Task,
    /// The changes.
    pub outputs: Vec<Output>,
    /// What tells, after a crash, whether this was committed.
    pub mark: String,
}

/// The shadows of a worker's tasks.
pub(crate) struct Shadows {
    owner: String,
    runs: BTreeMap<Task, Run>,
    /// Tasks whose store was compared with the log since they were recovered: from then on only this worker knows.
    compared: BTreeSet<Task>,
    /// The number of the last run begun here, by task.
    numbers: BTreeMap<Task, u64>,
    /// Until when a task is left without a run.
    resting: BTreeMap<Task, Moment>,
    prepared: Vec<ShadowCommit>,
    failures: u32,
    /// Whether a live store was copied in this cycle: one at most, since it holds up the others.
    copied: bool,
    /// Whether one came further in this cycle without anything to commit.
    busy: bool,
}

impl Shadows {
    pub fn new(owner: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            runs: BTreeMap::new(),
            compared: BTreeSet::new(),
            numbers: BTreeMap::new(),
            resting: BTreeMap::new(),
            prepared: Vec::new(),
            failures: 0,
            copied: false,
            busy: false,
        }
    }

    /// A cycle begins.
    pub fn cycle(&mut self) {
        self.prepared.clear();
        (self.copied, self.busy) = (false, false);
    }

    /// Whether one came further in this cycle without anything to commit.
    pub const fn is_busy(&self) -> bool {
        self.busy
    }

    /// What was prepared in this cycle.
    pub fn prepared(&self) -> &[ShadowCommit] {
        &self.prepared
    }

    /// The tasks of what was prepared.
    pub fn tasks(&self) -> Vec<Task> {
        self.prepared.iter().map(|commit| commit.task).collect()
    }

    /// Before S0 of a task that runs: sees to it that its shadow is the one that is wanted, at the live store's epoch.
    pub fn attend<L: Log>(&mut self, config: &Config, status: &Status, log: &mut L, task: Task, local: &Local) {
        let Some(candidates) = &config.shadow else { return };
        let fresh = self.compared.insert(task);
        let live = local.present(config);
        let Some(candidate) = candidates.offered() else {
            self.runs.remove(&task);
            report::shadow(status, task, Shadowing::Invalid);
            return;
        };
        if self.runs.get(&task).is_some_and(|run| run.is_of(&candidate, &live)) {
            return;
        }
        self.runs.remove(&task);
        if let Err(refused) = may_follow(&candidate, &live) {
            if report::shadow(status, task, Shadowing::Refused(refused.word())) {
                let (offered, reason) = (candidate.version, refused.word());
                warn!(
                    task = task.0,
                    offered,
                    in_force = live.version,
                    "the candidate could not be activated: {reason}"
                );
            }
            return;
        }
        if self.resting.get(&task).is_some_and(|until| Moment::now() < *until) {
            return;
        }
        let marked = log.marked(task).filter(|_| fresh);
        match self.enter(config, status, task, local, (&candidate, &live), marked.as_deref()) {
            Ok(()) => {}
            Err(TaskError::Busy(_)) => {
                report::shadow(status, task, Shadowing::Waiting);
            }
            Err(error) => self.fail(config, status, task, &error.to_string()),
        }
    }

    /// Takes up the run where it was left, or begins another one.
    fn enter(
        &mut self,
        config: &Config,
        status: &Status,
        task: Task,
        local: &Local,
        (candidate, live): (&Arc<Segmentation>, &Arc<Segmentation>),
        marked: Option<&str>,
    ) -> Result<(), TaskError> {
        if let Some(marked) = marked
            && let Some(run) = Run::resume(config, task, (candidate, live), marked)?
        {
            info!(task = task.0, run = run.name(), candidate = candidate.hash, "the shadow goes on");
            report::shadow_goes(status, task, run.is_passing(), run.differing());
            self.numbers.insert(task, run.number());
            self.runs.insert(task, run);
            return Ok(());
        }
        let copies = local.epoch() > 0;
        if local.is_passing() || copies && self.copied {
            report::shadow(status, task, Shadowing::Waiting);
            return Ok(());
        }
        self.copied |= copies;
        let known = marked.and_then(progress::number_of).max(self.numbers.get(&task).copied());
        let number = known.unwrap_or(0) + 1;
        let run = Run::begin(config, local, (candidate, live), &self.owner, number)?;
        info!(
            task = task.0,
            run = run.name(),
            epoch = local.epoch(),
            candidate = candidate.hash,
            "the shadow begins from the live store"
        );
        report::shadow_begun(status, task);
        report::shadow_goes(status, task, run.is_passing(), run.differing());
        self.numbers.insert(task, number);
        self.runs.insert(task, run);
        Ok(())
    }

    /// After S0 of a task: the same facts, by the candidate.
    pub fn prepare(
        &mut self,
        config: &Config,
        status: &Status,
        local: &mut Local,
        prepared: &mut Prepared,
        task: Task,
        bounds: Bounds,
    ) {
        let (Some(run), Some(beside)) = (self.runs.get_mut(&task), prepared.beside.take()) else { return };
        match run.prepare(config, local, prepared, beside, bounds) {
            Ok(step) => {
                report::shadow_goes(status, task, run.is_passing(), run.differing());
                match step {
                    Step::Nothing => {}
                    Step::Silent => self.busy = true,
                    Step::Commit(commit) => self.prepared.push(commit),
                }
            }
            Err(error) => self.fail(config, status, task, &error.to_string()),
        }
    }

    /// After S4: what was prepared is committed, and is written.
    pub fn committed(&mut self, config: &Config, status: &Status) {
        self.failures = 0;
        for commit in std::mem::take(&mut self.prepared) {
            let Some(run) = self.runs.get_mut(&commit.task) else { continue };
            match run.apply() {
                Ok(()) => {
                    report::shadow_told(status, commit.task, commit.outputs.len() as u64);
                    report::shadow_goes(status, commit.task, run.is_passing(), run.differing());
                }
                Err(error) => self.fail(config, status, commit.task, &error.to_string()),
            }
        }
    }

    /// The transaction failed.
    pub fn gave_up(&mut self, config: &Config, status: &Status) {
        let tasks = self.tasks();
        self.prepared.clear();
        if tasks.is_empty() {
            return;
        }
        self.failures += 1;
        if self.failures >= FAILURES_MAX {
            self.failures = 0;
            let reason = format!("{FAILURES_MAX} commits in a row failed with it");
            tasks.into_iter().for_each(|task| self.fail(config, status, task, &reason));
        }
    }

    /// Nothing of this cycle was begun.
    pub fn discard(&mut self) {
        self.prepared.clear();
        self.runs.values_mut().for_each(Run::discard);
    }

    /// The task is recovered, or is somebody else's: what the log says is to be asked again.
    pub fn close(&mut self, task: Task) {
        self.runs.remove(&task);
        self.compared.remove(&task);
        self.prepared.retain(|commit| commit.task != task);
    }

    /// As [`Shadows::close`], of a task that this worker has no more.
    pub fn leave(&mut self, status: &Status, task: Task) {
        self.close(task);
        self.numbers.remove(&task);
        self.resting.remove(&task);
        report::shadow_over(status, task);
    }

    /// Ends a run, gives back its room, and tells why.
    fn fail(&mut self, config: &Config, status: &Status, task: Task, reason: &str) {
        self.runs.remove(&task);
        self.prepared.retain(|commit| commit.task != task);
        self.resting.insert(task, Moment::now() + REST);
        warn!(task = task.0, rest = ?REST, "the shadow is given up and begins anew after a rest; the task goes on: {reason}");
        report::shadow(status, task, Shadowing::Failed(reason.to_owned()));
        if let Err(error) = run::remove(&config.shadow_dir(task)) {
            warn!(task = task.0, "the shadow's store cannot be removed: {error}");
        }
    }
}
