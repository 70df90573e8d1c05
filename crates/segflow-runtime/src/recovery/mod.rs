//! Recovery: start, rebalance, unclear commit and restored disk are one path.
//!
//! A store that is missing, damaged or older than the journal is replaced by the newest sound snapshot, if there is one.
//! First wait until no transaction that could still change the task's journal is undecided, then decide again, epoch
//! by epoch, what the journal has and the store lacks. One step at a time, so that other tasks go on.

use std::task::Poll;
use std::time::{Duration, Instant};

use tracing::{info, warn};

use crate::config::Config;
use crate::error::TaskError;
use crate::log::{Barrier, JournalEntry, Log, Past, TaskId};
use crate::recovery::roll_forward::{RollForward, Rolled, gone, record};
use crate::task::TaskState;
use crate::testing::failpoint::{Point, hit};
use crate::worker::store_pool::Taken;

pub mod audit;
mod fetch;
pub(crate) mod roll_forward;
pub mod standbys;

use fetch::Fetch;

/// How long a barrier may hold before it is reported: the transaction timeout and 15 s.
const BARRIER_ALARM: Duration = Duration::from_secs(25);

const READING_RULES: &str = "the segmentations of the task are being read";

/// A task that recovers.
pub struct Recovery {
    task: TaskId,
    /// The task runs elsewhere: more may be committed than can be read already.
    behind: bool,
    stage: Stage,
    local: Option<Box<TaskState>>,
    began_at: u64,
    /// Epochs decided again.
    pub rolled_forward: u64,
    waiting_since: Instant,
    alarmed: bool,
    fetch: Fetch,
    /// Why the store may not be opened as it is.
    damaged: Option<String>,
}

enum Stage {
    Open,
    Offsets,
    Journal,
    Last,
    Rules { target: u64 },
    Fetch { target: u64 },
    RollForward { target: u64, roll: RollForward },
}

/// What a step did.
pub enum RecoveryStep {
    /// Nothing: it waits for something outside.
    Waiting,
    /// It came further.
    Progress,
    /// The task may run; its inputs are being read from the right places.
    Done(Box<TaskState>),
}

impl Recovery {
    /// A task that has just been assigned.
    #[must_use]
    pub fn new(task: TaskId) -> Self {
        Self::begin(task, Stage::Open, None)
    }

    /// A task whose last commit is unclear: the store stays open, the journal decides.
    #[must_use]
    pub fn of(task: TaskId, mut local: Box<TaskState>) -> Self {
        local.discard();
        Self::begin(task, Stage::Offsets, Some(local))
    }

    /// A task that runs elsewhere, to be followed; its store, if it is open already.
    pub(crate) fn standby(task: TaskId, local: Option<Box<TaskState>>) -> Self {
        let stage = if local.is_some() { Stage::Last } else { Stage::Open };
        Self { behind: true, ..Self::begin(task, stage, local) }
    }

    /// A task whose store turned out to be damaged while it ran.
    #[must_use]
    pub fn damaged(task: TaskId, reason: &str) -> Self {
        Self { damaged: Some(reason.to_owned()), ..Self::new(task) }
    }

    fn begin(task: TaskId, stage: Stage, local: Option<Box<TaskState>>) -> Self {
        let began_at = local.as_ref().map_or(0, |local| local.epoch());
        let (waiting_since, alarmed, fetch, damaged) = (Instant::now(), false, Fetch::default(), None);
        Self { task, behind: false, stage, local, began_at, rolled_forward: 0, waiting_since, alarmed, fetch, damaged }
    }

    /// The epoch on disk.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.local.as_ref().map_or(0, |local| local.epoch())
    }

    /// The epoch to be reached, once it is known.
    #[must_use]
    pub fn target(&self) -> Option<u64> {
        match self.stage {
            Stage::Fetch { target } | Stage::Rules { target } | Stage::RollForward { target, .. } => Some(target),
            _ => None,
        }
    }

    /// Whether the store began with nothing although the journal has epochs.
    #[must_use]
    pub fn rebuilds(&self) -> bool {
        self.began_at == 0 && self.target().is_some_and(|target| target > 0)
    }

    /// Comes one step further: one barrier, or one epoch, or a part of what an epoch read. Does not wait for long.
    ///
    /// # Errors
    /// `Log` of kind `Retry`: ask again later. Otherwise why the task cannot run.
    pub fn step<L: Log>(&mut self, config: &Config, log: &mut L) -> Result<RecoveryStep, TaskError> {
        let step = match self.damaged.take() {
            Some(reason) => Err(TaskError::Damaged(reason)),
            None => self.advance(config, log),
        };
        self.replaced(config, step)
    }

    fn advance<L: Log>(&mut self, config: &Config, log: &mut L) -> Result<RecoveryStep, TaskError> {
        match &self.stage {
            Stage::Open => self.take(config),
            Stage::Fetch { target } => self.fetch(config, *target),
            Stage::Offsets => {
                hit(Point::Opened)?;
                let settled = log.offsets_barrier(self.task)? == Barrier::Lifted;
                if settled {
                    hit(Point::OffsetsSettled)?;
                }
                Ok(self.enter(settled, "offsets of the task are pending in an undecided transaction", Stage::Journal))
            }
            Stage::Journal => {
                let settled = log.journal_barrier(self.task)? == Barrier::Lifted;
                if settled {
                    hit(Point::JournalSettled)?;
                }
                Ok(self.enter(settled, "the tail of the task's journal is undecided", Stage::Last))
            }
            Stage::Last => match log.journal_last(self.task)? {
                Poll::Pending => Ok(self.wait("the end of the task's journal is being read")),
                Poll::Ready(last) => self.compare(config, last),
            },
            Stage::Rules { target } => self.rules(config, log, *target),
            Stage::RollForward { target, .. } if *target == self.epoch() => self.finish(config, log),
            Stage::RollForward { .. } => match self.roll(config, log)? {
                Rolled::Waiting => Ok(self.wait("epochs of the task are being read")),
                Rolled::Part | Rolled::Epoch => Ok(RecoveryStep::Progress),
                Rolled::End => Err(gone(self.task, self.epoch() + 1, None)),
            },
        }
    }

    /// Comes one step further along the journal of a task that runs elsewhere, and is never done. It waits for no barrier:
    /// what is committed stays so, and whoever takes the store over waits for them.
    ///
    /// # Errors
    /// As [`Recovery::step`].
    pub fn follow<P: Past>(&mut self, config: &Config, past: &mut P) -> Result<RecoveryStep, TaskError> {
        let step = self.advance_behind(config, past);
        self.replaced(config, step)
    }

    fn advance_behind<P: Past>(&mut self, config: &Config, past: &mut P) -> Result<RecoveryStep, TaskError> {
        match &self.stage {
            Stage::Open => self.open(config),
            Stage::Fetch { target } => self.fetch(config, *target),
            Stage::Offsets | Stage::Journal => Ok(self.enter(true, "", Stage::Last)),
            Stage::Last => match past.journal_last(self.task)? {
                Poll::Pending => Ok(self.wait("the end of the task's journal is being read")),
                Poll::Ready(last) => {
                    // The store may be ahead of what can be read already, of the transaction that it has just committed.
                    let target = last.map_or(0, |last| last.epoch).max(self.epoch());
                    if self.epoch() == 0 && self.fetches(config, target) {
                        return Ok(RecoveryStep::Progress);
                    }
                    Ok(self.enter(true, "", Stage::Rules { target }))
                }
            },
            Stage::Rules { target } => self.rules(config, past, *target),
            Stage::RollForward { .. } => match self.roll(config, past)? {
                Rolled::Waiting => Ok(self.wait("epochs of the task are being read")),
                Rolled::Part | Rolled::Epoch => Ok(RecoveryStep::Progress),
                Rolled::End => {
                    (self.waiting_since, self.alarmed) = (Instant::now(), false);
                    Ok(RecoveryStep::Waiting)
                }
            },
        }
    }

    /// A store that is damaged, or older than what is left of its journal, is replaced.
    fn replaced(&mut self, config: &Config, step: Result<RecoveryStep, TaskError>) -> Result<RecoveryStep, TaskError> {
        match (step, self.target()) {
            (Err(TaskError::Damaged(reason)), _) => self.set_aside(config, &reason),
            (Err(gone @ TaskError::Gone(_)), Some(target)) => self.instead(config, target, &gone),
            (step, _) => step,
        }
    }

    /// Reads the rules by which the store's last epoch was decided.
    fn rules<P: Past>(&mut self, config: &Config, past: &mut P, target: u64) -> Result<RecoveryStep, TaskError> {
        let local = self.local.as_mut().expect("opened in the first stage");
        let opened = local.open_states(config, past)?;
        Ok(self.enter(opened, READING_RULES, Stage::RollForward { target, roll: RollForward::default() }))
    }

    fn roll<P: Past>(&mut self, config: &Config, past: &mut P) -> Result<Rolled, TaskError> {
        let Stage::RollForward { target, roll } = &mut self.stage else { return Ok(Rolled::Waiting) };
        let local = self.local.as_mut().expect("opened in the first stage");
        let rolled = roll.step(local, config, past, self.task)?;
        *target = roll.known().unwrap_or(0).max(local.epoch()).max(*target);
        if matches!(rolled, Rolled::Part | Rolled::Epoch) {
            self.rolled_forward += u64::from(matches!(rolled, Rolled::Epoch));
            (self.waiting_since, self.alarmed) = (Instant::now(), false);
        }
        if matches!(rolled, Rolled::Epoch) {
            hit(Point::RolledForward)?;
        }
        Ok(rolled)
    }

    /// Its store, if it has come so far as to have one, as of a committed epoch.
    #[must_use]
    pub fn into_local(self) -> Option<Box<TaskState>> {
        self.local
    }

    /// Takes the store over from whoever of this process had it last, or opens it.
    fn take(&mut self, config: &Config) -> Result<RecoveryStep, TaskError> {
        hit(Point::Open)?;
        match config.store_pool.take(self.task) {
            Taken::Store(mut local) => {
                local.adopt(config);
                Ok(self.begin_with(local))
            }
            Taken::InUse => {
                Ok(self.enter(false, "the store is being opened, or about to be laid down by a standby", Stage::Open))
            }
            Taken::Nothing => self.open(config),
        }
    }

    fn open(&mut self, config: &Config) -> Result<RecoveryStep, TaskError> {
        match TaskState::open(config, self.task) {
            Ok(local) => Ok(self.begin_with(Box::new(local))),
            Err(TaskError::Busy(reason)) => Ok(self.enter(false, &reason, Stage::Open)),
            Err(error) => Err(error),
        }
    }

    fn begin_with(&mut self, local: Box<TaskState>) -> RecoveryStep {
        self.began_at = local.epoch();
        self.local = Some(local);
        self.enter(true, "", Stage::Offsets)
    }

    fn enter(&mut self, passed: bool, reason: &str, next: Stage) -> RecoveryStep {
        if !passed {
            return self.wait(reason);
        }
        (self.stage, self.waiting_since, self.alarmed) = (next, Instant::now(), false);
        RecoveryStep::Progress
    }

    /// Waits, and says so once it has waited for too long.
    pub(crate) fn wait(&mut self, reason: &str) -> RecoveryStep {
        if !self.alarmed && self.waiting_since.elapsed() > BARRIER_ALARM {
            self.alarmed = true;
            warn!(task = self.task.0, waited = ?self.waiting_since.elapsed(), "recovery is held up: {reason}");
        }
        RecoveryStep::Waiting
    }

    /// Compares what the store has with the last committed record of the journal.
    fn compare(&mut self, config: &Config, last: Option<JournalEntry>) -> Result<RecoveryStep, TaskError> {
        let last = last.map(|entry| record(&entry, self.task)).transpose()?;
        let target = last.as_ref().map_or(0, |last| last.epoch);
        if self.epoch() == 0 && self.fetches(config, target) {
            return Ok(RecoveryStep::Progress);
        }
        let local = self.local.as_ref().expect("opened in the first stage");
        if local.epoch() > target {
            return Err(TaskError::stop(
                self.task,
                format_args!(
                    "the store is at epoch {}, but its journal ends at epoch {target}: the journal was truncated or \
                     recreated; restore the journal, or move the store's directory away to go on from the journal",
                    local.epoch()
                ),
            ));
        }
        if local.epoch() == target && local.last() != last.as_ref() {
            return Err(TaskError::stop(
                self.task,
                format_args!(
                    "epoch {target} of the store is not the epoch {target} of the journal: the store belongs to another \
                     journal; move its directory away, and it is rebuilt"
                ),
            ));
        }
        self.stage = Stage::Rules { target };
        Ok(RecoveryStep::Progress)
    }

    fn finish<L: Log>(&mut self, config: &Config, log: &mut L) -> Result<RecoveryStep, TaskError> {
        let rebuilt = self.rebuilds();
        let local = self.local.as_mut().expect("opened in the first stage");
        if !local.make_ready(log)? {
            return Ok(self.wait(READING_RULES));
        }
        hit(Point::Recovered)?;
        log.seek(self.task, &local.offsets(config))?;
        log.forget(self.task);
        let store = match (rebuilt, local.epoch()) {
            (false, _) if self.fetch.restored => "restored from a snapshot",
            (true, _) => "rebuilt from the journal",
            (false, 0) => "new",
            (false, _) => "intact",
        };
        info!(task = self.task.0, epoch = local.epoch(), rolled_forward = self.rolled_forward, store, "task recovered");
        let local = self.local.take().expect("opened in the first stage");
        Ok(RecoveryStep::Done(local))
    }
}
