//! Recovery without a usable store: a snapshot is fetched in the background, while the worker's other tasks go on.

use std::time::{Duration, Instant};

use segflow_snapshot::{Restored, SnapshotError, Within};
use tracing::{error, info, warn};

use super::{Recovery, RecoveryStep, Stage};
use crate::config::Config;
use crate::error::TaskError;
use crate::snapshots::{Restoring, last_resort};

/// Between two attempts while the snapshot store does not answer.
const PAUSE: Duration = Duration::from_secs(5);
/// How often a store may be found damaged before the task stops: then it is the disk.
const DAMAGES_MAX: u32 = 3;

/// What is known of snapshots in this recovery.
#[derive(Default)]
pub(super) struct Fetch {
    restoring: Option<Restoring>,
    pause_until: Option<Instant>,
    /// There is nothing more to be had: a snapshot is in place, or there is none.
    done: bool,
    /// The epoch at which the journal was last found not to reach back.
    gone_at: Option<u64>,
    last_resort: Option<String>,
    unsound: Option<String>,
    damages: u32,
    pub(super) restored: bool,
}

impl Recovery {
    /// Whether a snapshot may help; if so, fetching it is what comes next, for a journal that ends at `target`.
    pub(super) fn fetches(&mut self, config: &Config, target: u64) -> bool {
        if config.snapshots.is_none() || self.fetch.done {
            return false;
        }
        // Closed, so that its directory can be replaced.
        self.local = None;
        self.stage = Stage::Fetch { target };
        true
    }

    /// The store is older than the journal: a snapshot instead, or else nothing helps.
    pub(super) fn instead(
        &mut self,
        config: &Config,
        target: u64,
        gone: &TaskError,
    ) -> Result<RecoveryStep, TaskError> {
        // It may have been trimmed since the last snapshot was fetched, for the sake of a newer one.
        if self.fetch.gone_at.is_none_or(|at| at < self.epoch()) {
            (self.fetch.gone_at, self.fetch.done) = (Some(self.epoch()), false);
        }
        if self.fetches(config, target) {
            return Ok(RecoveryStep::Progress);
        }
        Err(TaskError::Stop(format!("{gone}: {}", self.without_snapshot(config))))
    }

    pub(super) fn fetch(&mut self, config: &Config, target: u64) -> Result<RecoveryStep, TaskError> {
        if self.fetch.pause_until.is_some_and(|until| Instant::now() < until) {
            return Ok(RecoveryStep::Waiting);
        }
        let Some(restoring) = &self.fetch.restoring else { return self.begin_fetch(config, target) };
        let Some(outcome) = restoring.outcome() else { return Ok(RecoveryStep::Waiting) };
        let restoring = self.fetch.restoring.take().expect("just asked");
        match outcome {
            Ok(Some(restored)) => match restoring.put_in_place(&config.task_dir(self.task)) {
                Ok(()) => {
                    self.tell(&restored);
                    self.fetch.restored = true;
                }
                Err(error) => return Ok(self.pause(&format!("putting a snapshot in place: {error}"))),
            },
            Ok(None) => {}
            Err(SnapshotError::Refused(reason)) => return Err(TaskError::Stop(reason)),
            Err(SnapshotError::Damaged(reason)) => {
                error!(task = self.task.0, "{reason}; trying to rebuild the task from the beginning of its journal");
                self.fetch.unsound = Some(reason);
            }
            // A task that begins has nothing to wait for.
            Err(error) if target == 0 => {
                warn!(task = self.task.0, "beginning without having seen the snapshots: {error}")
            }
            Err(error) => return Ok(self.pause(&error.to_string())),
        }
        self.fetch.done = true;
        Ok(self.enter(true, "", Stage::Open))
    }

    fn begin_fetch(&mut self, config: &Config, target: u64) -> Result<RecoveryStep, TaskError> {
        let keeper = config.snapshots.as_ref().expect("asked before this stage");
        let at_most = (!self.behind).then_some(target);
        let within = Within { at_most, last_resort: self.fetch.last_resort.clone() };
        match keeper.restore(&config.state_dir, self.task, within) {
            None => Ok(RecoveryStep::Waiting),
            Some(Ok(restoring)) => {
                self.fetch.restoring = Some(restoring);
                Ok(RecoveryStep::Waiting)
            }
            Some(Err(error)) => Ok(self.pause(&format!("starting a thread: {error}"))),
        }
    }

    fn pause(&mut self, reason: &str) -> RecoveryStep {
        self.fetch.pause_until = Some(Instant::now() + PAUSE);
        warn!(task = self.task.0, "fetching a snapshot, to be tried again: {reason}");
        RecoveryStep::Waiting
    }

    fn tell(&self, restored: &Restored) {
        let Restored { name, manifest, skipped } = restored;
        if !skipped.is_empty() {
            warn!(
                task = self.task.0,
                skipped = skipped.len(),
                "newer snapshots are damaged: run `segflow snapshots verify`"
            );
        }
        info!(task = self.task.0, epoch = manifest.epoch, size = manifest.size(), name, "snapshot restored");
    }

    /// Moves a damaged store aside: it is never served, and what it holds can be had again.
    pub(super) fn set_aside(&mut self, config: &Config, reason: &str) -> Result<RecoveryStep, TaskError> {
        self.local = None;
        self.fetch.damages += 1;
        let directory = config.task_dir(self.task);
        if self.fetch.damages > DAMAGES_MAX {
            let reason =
                format!("{reason}; it was replaced {DAMAGES_MAX} times and is damaged again: is the disk well?");
            return Err(TaskError::stop(self.task, reason));
        }
        let aside = directory.with_extension("damaged");
        error!(task = self.task.0, "{reason}; it is moved to {} and replaced", aside.display());
        self.fetch.last_resort = last_resort(&directory);
        let moved = match std::fs::remove_dir_all(&aside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => std::fs::rename(&directory, &aside),
        };
        moved.map_err(|error| {
            let place = aside.display();
            TaskError::stop(self.task, format_args!("{reason}; it cannot be moved to {place}: {error}; move it away"))
        })?;
        (self.fetch.done, self.fetch.restored, self.fetch.gone_at) = (false, false, None);
        Ok(self.enter(true, "", Stage::Open))
    }

    /// Why no snapshot helps where the journal does not reach back.
    pub(super) fn without_snapshot(&self, config: &Config) -> String {
        match (&config.snapshots, &self.fetch.unsound) {
            (None, _) => "no snapshot store is configured (`snapshots.url`)".to_owned(),
            (Some(_), Some(unsound)) => unsound.clone(),
            (Some(keeper), None) if self.fetch.restored => {
                format!("the snapshot restored from {} is older still", keeper.url())
            }
            (Some(keeper), None) => format!("there is no snapshot of it in {}", keeper.url()),
        }
    }
}
