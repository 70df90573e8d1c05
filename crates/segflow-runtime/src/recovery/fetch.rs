//! Recovery without a usable store: a snapshot is fetched in the background, while the worker's other tasks go on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use segflow_snapshot::{Restored, SnapshotError, Within};
use tracing::{error, info, warn};

use crate::config::Config;
use crate::directories::remove_directory;
use crate::error::TaskError;
use crate::log::TaskId;
use crate::recovery::catch_up::RecoveryContext;
use crate::snapshots::{Keeper, Restoring, last_resort};

/// Between two attempts while the snapshot store does not answer.
const PAUSE: Duration = Duration::from_secs(5);
/// How often a store may be found damaged before the task stops: then it is the disk.
const DAMAGES_MAX: u32 = 3;

/// What one recovery knows of the snapshots of its task.
#[derive(Default)]
pub(super) struct SnapshotSearch {
    /// There is nothing more to be had: a snapshot is in place, or there is none.
    exhausted: bool,
    /// The epoch at which the journal was last found not to reach back.
    gone_at: Option<u64>,
    last_resort: Option<String>,
    unsound: Option<String>,
    damages: u32,
    restored: bool,
}

/// The newest snapshot that may be fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Newest {
    /// The journal ends at this epoch, and so does the snapshot at the latest.
    UpTo(u64),
    /// Any epoch will do. The task runs elsewhere: the journal can be read up to `journal`, and more may be committed.
    AtAll { journal: u64 },
}

/// A snapshot that is being fetched.
pub(super) struct Fetching {
    keeper: Arc<Keeper>,
    newest: Newest,
    attempt: Attempt,
}

enum Attempt {
    /// The next one is to be begun.
    Next,
    /// The next one waits until then.
    Paused(Instant),
    UnderWay(Restoring),
}

/// What a step did.
pub(super) enum FetchStep {
    /// Nothing: it is under way, or waits.
    Waiting,
    /// A snapshot is in place, or there is none: the store can be opened.
    Over,
}

impl Newest {
    /// Where the journal ends, as far as that is known.
    const fn journal(self) -> u64 {
        match self {
            Self::UpTo(journal) | Self::AtAll { journal } => journal,
        }
    }

    const fn at_most(self) -> Option<u64> {
        match self {
            Self::UpTo(journal) => Some(journal),
            Self::AtAll { .. } => None,
        }
    }
}

impl SnapshotSearch {
    /// Begins to fetch a snapshot, if one may help.
    pub(super) fn begin(&self, config: &Config, newest: Newest) -> Option<Fetching> {
        let keeper = config.snapshots.as_ref().filter(|_| !self.exhausted)?;
        Some(Fetching { keeper: Arc::clone(keeper), newest, attempt: Attempt::Next })
    }

    /// Begins to fetch a snapshot in place of a store of this epoch, to which the journal no longer reaches back.
    ///
    /// # Errors
    /// `Stop` if none helps.
    pub(super) fn instead(
        &mut self,
        config: &Config,
        gone: &TaskError,
        epoch: u64,
        newest: Newest,
    ) -> Result<Fetching, TaskError> {
        // It may have been trimmed since the last snapshot was fetched, for the sake of a newer one.
        if self.gone_at.is_none_or(|at| at < epoch) {
            (self.gone_at, self.exhausted) = (Some(epoch), false);
        }
        let fetching = self.begin(config, newest);
        fetching.ok_or_else(|| TaskError::Stop(format!("{gone}: {}", self.none_helps(config))))
    }

    /// Whether a snapshot was put in place.
    pub(super) const fn has_restored(&self) -> bool {
        self.restored
    }

    /// Why no snapshot helps where the journal does not reach back.
    fn none_helps(&self, config: &Config) -> String {
        match (&config.snapshots, &self.unsound) {
            (None, _) => "no snapshot store is configured (`snapshots.url`)".to_owned(),
            (Some(_), Some(unsound)) => unsound.clone(),
            (Some(keeper), None) if self.restored => {
                format!("the snapshot restored from {} is older still", keeper.url())
            }
            (Some(keeper), None) => format!("there is no snapshot of it in {}", keeper.url()),
        }
    }
}

impl Fetching {
    /// Where the journal ends, as far as that is known.
    pub(super) const fn target(&self) -> u64 {
        self.newest.journal()
    }

    /// Looks what has become of the snapshot.
    ///
    /// # Errors
    /// `Stop` if the snapshot store refuses.
    pub(super) fn step(&mut self, context: &mut RecoveryContext, config: &Config) -> Result<FetchStep, TaskError> {
        let restoring = match &self.attempt {
            Attempt::Paused(until) if config.time.now() < *until => return Ok(FetchStep::Waiting),
            Attempt::Next | Attempt::Paused(_) => return Ok(self.begin(context, config)),
            Attempt::UnderWay(restoring) => restoring,
        };
        let Some(outcome) = restoring.outcome() else { return Ok(FetchStep::Waiting) };
        let (task, known) = (context.task, &mut context.snapshots);
        match outcome {
            Ok(Some(restored)) => match restoring.put_in_place(&config.task_dir(task)) {
                Ok(()) => {
                    tell(task, &restored);
                    known.restored = true;
                }
                Err(error) => return Ok(self.pause(config, task, &format!("putting a snapshot in place: {error}"))),
            },
            Ok(None) => {}
            Err(SnapshotError::Refused(reason)) => return Err(TaskError::Stop(reason)),
            Err(SnapshotError::Damaged(reason)) => {
                error!(task = task.0, "{reason}; trying to rebuild the task from the beginning of its journal");
                known.unsound = Some(reason);
            }
            // A task that begins has nothing to wait for.
            Err(error) if self.newest.journal() == 0 => {
                warn!(task = task.0, "beginning without having seen the snapshots: {error}");
            }
            Err(error) => return Ok(self.pause(config, task, &error.to_string())),
        }
        known.exhausted = true;
        Ok(FetchStep::Over)
    }

    fn begin(&mut self, context: &RecoveryContext, config: &Config) -> FetchStep {
        let within = Within { at_most: self.newest.at_most(), last_resort: context.snapshots.last_resort.clone() };
        match self.keeper.restore(&config.state_dir, context.task, within) {
            None => FetchStep::Waiting,
            Some(Ok(restoring)) => {
                self.attempt = Attempt::UnderWay(restoring);
                FetchStep::Waiting
            }
            Some(Err(error)) => self.pause(config, context.task, &format!("starting a thread: {error}")),
        }
    }

    fn pause(&mut self, config: &Config, task: TaskId, reason: &str) -> FetchStep {
        self.attempt = Attempt::Paused(config.time.now() + PAUSE);
        warn!(task = task.0, "fetching a snapshot, to be tried again: {reason}");
        FetchStep::Waiting
    }
}

fn tell(task: TaskId, restored: &Restored) {
    let Restored { name, manifest, skipped } = restored;
    if !skipped.is_empty() {
        warn!(task = task.0, skipped = skipped.len(), "newer snapshots are damaged: run `segflow snapshots verify`");
    }
    info!(task = task.0, epoch = manifest.epoch, size = manifest.size(), name, "snapshot restored");
}

impl RecoveryContext {
    /// Moves the directory of a damaged store aside: it is never served, and what it holds can be had again. The store
    /// is closed.
    ///
    /// # Errors
    /// `Stop` if that happens too often, or the directory cannot be moved.
    pub(super) fn set_aside(&mut self, config: &Config, reason: &str) -> Result<(), TaskError> {
        let known = &mut self.snapshots;
        known.damages += 1;
        let directory = config.task_dir(self.task);
        if known.damages > DAMAGES_MAX {
            let reason =
                format!("{reason}; it was replaced {DAMAGES_MAX} times and is damaged again: is the disk well?");
            return Err(TaskError::stop(self.task, reason));
        }
        let aside = directory.with_extension("damaged");
        error!(task = self.task.0, "{reason}; it is moved to {} and replaced", aside.display());
        known.last_resort = last_resort(&directory);
        let moved = remove_directory(&aside).and_then(|()| std::fs::rename(&directory, &aside));
        moved.map_err(|error| {
            let place = aside.display();
            TaskError::stop(self.task, format_args!("{reason}; it cannot be moved to {place}: {error}; move it away"))
        })?;
        (known.exhausted, known.restored, known.gone_at) = (false, false, None);
        self.came_further();
        Ok(())
    }
}
