//! Recovery: start, rebalance, unclear commit and restored disk are one path.
//!
//! First wait until no transaction that could still change the task's journal is undecided, then decide again, epoch
//! by epoch, what the journal has and the store lacks. One step at a time, so that other tasks go on.

use std::collections::VecDeque;
use std::time::{Duration, Instant as Moment};

use segflow_core::ENGINE_VERSION;
use segflow_core::journal::Record as Journal;
use tracing::{debug, info, warn};

use crate::config::Config;
use crate::epoch::{Target, decide};
use crate::error::TaskError;
use crate::failpoint::{Point, pass};
use crate::log::{JournalEntry, Log, Record, Task};
use crate::task::Local;

/// Journal records read at once.
const JOURNAL_BATCH: usize = 64;
/// How long a barrier may hold before it is reported: the transaction timeout and 15 s.
const BARRIER_ALARM: Duration = Duration::from_secs(25);

/// A task that recovers.
pub struct Recovery {
    task: Task,
    stage: Stage,
    local: Option<Local>,
    began_at: u64,
    /// Epochs decided again.
    pub rolled_forward: u64,
    waiting_since: Moment,
    alarmed: bool,
}

enum Stage {
    Open,
    Offsets,
    Journal,
    Roll { target: u64, entries: VecDeque<JournalEntry> },
}

/// What a step did.
pub enum Step {
    /// Nothing: it waits for something outside.
    Waiting,
    /// It came further.
    Progress,
    /// The task may run; its inputs are being read from the right places.
    Done(Box<Local>),
}

impl Recovery {
    /// A task that has just been assigned.
    #[must_use]
    pub fn new(task: Task) -> Self {
        Self::begin(task, Stage::Open, None)
    }

    /// A task whose last commit is unclear: the store stays open, the journal decides.
    #[must_use]
    pub fn of(task: Task, mut local: Local) -> Self {
        local.discard();
        Self::begin(task, Stage::Offsets, Some(local))
    }

    fn begin(task: Task, stage: Stage, local: Option<Local>) -> Self {
        let began_at = local.as_ref().map_or(0, Local::epoch);
        Self { task, stage, local, began_at, rolled_forward: 0, waiting_since: Moment::now(), alarmed: false }
    }

    /// The epoch on disk.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.local.as_ref().map_or(0, Local::epoch)
    }

    /// The epoch to be reached, once it is known.
    #[must_use]
    pub fn target(&self) -> Option<u64> {
        match self.stage {
            Stage::Roll { target, .. } => Some(target),
            _ => None,
        }
    }

    /// Whether the store began with nothing although the journal has epochs.
    #[must_use]
    pub fn rebuilds(&self) -> bool {
        self.began_at == 0 && self.target().is_some_and(|target| target > 0)
    }

    /// Comes one step further: one barrier, or one epoch.
    ///
    /// # Errors
    /// `Log` of kind `Retry`: ask again later. Otherwise why the task cannot run.
    pub fn step<L: Log>(&mut self, config: &Config, log: &mut L) -> Result<Step, TaskError> {
        match &mut self.stage {
            Stage::Open => self.open(config),
            Stage::Offsets => {
                pass(Point::Opened)?;
                let settled = log.offsets_settled(self.task)?;
                if settled {
                    pass(Point::OffsetsSettled)?;
                }
                Ok(self.pass(settled, "offsets of the task are pending in an undecided transaction", Stage::Journal))
            }
            Stage::Journal => {
                if !log.journal_settled(self.task)? {
                    return Ok(self.pass(false, "the tail of the task's journal is undecided", Stage::Journal));
                }
                pass(Point::JournalSettled)?;
                let last = log.journal_last(self.task)?;
                self.compare(config, last)
            }
            Stage::Roll { target, entries } => {
                let local = self.local.as_mut().expect("opened in the first stage");
                if local.epoch() == *target {
                    return self.finish(config, log);
                }
                if entries.is_empty() {
                    entries.extend(log.journal_after(self.task, local.epoch(), JOURNAL_BATCH)?);
                }
                let entry = next(entries, local.epoch() + 1, self.task)?;
                pass(Point::Roll)?;
                roll_forward(local, config, log, self.task, entry)?;
                entries.pop_front();
                self.rolled_forward += 1;
                self.waiting_since = Moment::now();
                pass(Point::RolledForward)?;
                Ok(Step::Progress)
            }
        }
    }

    fn open(&mut self, config: &Config) -> Result<Step, TaskError> {
        pass(Point::Open)?;
        match Local::open(config, self.task) {
            Ok(local) => {
                self.began_at = local.epoch();
                self.local = Some(local);
                Ok(self.pass(true, "", Stage::Offsets))
            }
            Err(TaskError::Busy(reason)) => Ok(self.pass(false, &reason, Stage::Open)),
            Err(error) => Err(error),
        }
    }

    fn pass(&mut self, passed: bool, reason: &str, next: Stage) -> Step {
        if !passed {
            return self.wait(reason);
        }
        (self.stage, self.waiting_since, self.alarmed) = (next, Moment::now(), false);
        Step::Progress
    }

    /// Waits, and says so once it has waited for too long.
    pub(crate) fn wait(&mut self, reason: &str) -> Step {
        if !self.alarmed && self.waiting_since.elapsed() > BARRIER_ALARM {
            self.alarmed = true;
            warn!(task = self.task.0, waited = ?self.waiting_since.elapsed(), "recovery is held up: {reason}");
        }
        Step::Waiting
    }

    /// Compares what the store has with the last committed record of the journal.
    fn compare(&mut self, config: &Config, last: Option<JournalEntry>) -> Result<Step, TaskError> {
        let last = last.map(|entry| record(&entry, self.task)).transpose()?;
        let local = self.local.as_ref().expect("opened in the first stage");
        let target = last.as_ref().map_or(0, |last| last.epoch);
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
        if let Some(last) = &last {
            same_rules(last, config, self.task)?;
            if local.epoch() == target && local.last() != Some(last) {
                return Err(TaskError::stop(
                    self.task,
                    format_args!(
                        "epoch {target} of the store is not the epoch {target} of the journal: the store belongs to \
                         another journal; move its directory away, and it is rebuilt"
                    ),
                ));
            }
        }
        self.stage = Stage::Roll { target, entries: VecDeque::new() };
        Ok(Step::Progress)
    }

    fn finish<L: Log>(&mut self, config: &Config, log: &mut L) -> Result<Step, TaskError> {
        let rebuilt = self.rebuilds();
        let local = self.local.as_mut().expect("opened in the first stage");
        pass(Point::Recovered)?;
        log.seek(self.task, &local.offsets(config))?;
        let store = match (rebuilt, local.epoch()) {
            (true, _) => "rebuilt from the journal",
            (false, 0) => "new",
            (false, _) => "intact",
        };
        info!(task = self.task.0, epoch = local.epoch(), rolled_forward = self.rolled_forward, store, "task recovered");
        let local = self.local.take().expect("opened in the first stage");
        Ok(Step::Done(Box::new(local)))
    }
}

/// The entry of this epoch, which stays until it is rolled forward: reading its inputs may have to be tried again.
fn next(entries: &VecDeque<JournalEntry>, epoch: u64, task: Task) -> Result<&JournalEntry, TaskError> {
    match entries.front() {
        Some(entry) if entry.epoch == epoch => Ok(entry),
        found => {
            let found = found.map_or_else(|| "none".to_owned(), |entry| format!("epoch {}", entry.epoch));
            let reason = format!(
                "expected epoch {epoch} of its journal, found {found}: the journal no longer reaches back that far; \
                 restore the store's directory from a newer copy"
            );
            Err(TaskError::stop(task, reason))
        }
    }
}

fn record(entry: &JournalEntry, task: Task) -> Result<Journal, TaskError> {
    segflow_wire::journal::decode(&entry.bytes)
        .map_err(|error| TaskError::stop(task, format_args!("epoch {} of its journal: {error}", entry.epoch)))
}

/// Both the rules and the intake decide what an epoch is; another segmentation may not go on from it unannounced.
fn same_rules(record: &Journal, config: &Config, task: Task) -> Result<(), TaskError> {
    if record.segmentation_hash == config.segmentation.hash {
        return Ok(());
    }
    Err(TaskError::stop(
        task,
        format_args!(
            "epoch {} of its journal was decided by the segmentation of hash {}, found one of hash {}; start with the \
             former, or with a fresh group and journal",
            record.epoch, record.segmentation_hash, config.segmentation.hash
        ),
    ))
}

/// Decides one epoch of the journal again, from the same slices of input to the same positions, emitting nothing.
fn roll_forward<L: Log>(
    local: &mut Local,
    config: &Config,
    log: &mut L,
    task: Task,
    entry: &JournalEntry,
) -> Result<(), TaskError> {
    let record = record(entry, task)?;
    same_rules(&record, config, task)?;
    if record.intake_hash != config.intake.hash() {
        return Err(TaskError::stop(
            task,
            format_args!(
                "epoch {} of its journal accepted records by the intake configuration of hash {}, found one of hash \
                 {}; start with the former (encodings, partitioners, currency, partitions, skew) until it has \
                 caught up",
                record.epoch,
                record.intake_hash,
                config.intake.hash()
            ),
        ));
    }
    let records = slices(local, config, log, task, &record)?;
    let (accepted, _) = local.accept(config, &records, record.w);
    let before = local.clock();
    let target = Target::Journalled(record.clock.clone());
    let epoch = decide(local.states(), &config.segmentation, &before, accepted, &target)?;
    if epoch.digest != record.digest {
        local.discard();
        return Err(TaskError::stop(
            task,
            format_args!(
                "epoch {} decided again gives {} changes of digest {}, but the journal has {} of digest {} by engine \
                 {} (this is {ENGINE_VERSION}); do not go on: an input was changed, or the releases differ",
                record.epoch,
                epoch.counts.changes,
                epoch.digest,
                record.counts.changes,
                record.digest,
                record.engine_version
            ),
        ));
    }
    if epoch.counts != record.counts {
        warn!(task = task.0, epoch = record.epoch, found = ?epoch.counts, expected = ?record.counts,
            "decided the same changes from other counts: a compacted input may have lost records");
    }
    debug!(task = task.0, epoch = record.epoch, "rolled forward");
    if let Err(error) = pass(Point::Rolled) {
        local.discard();
        return Err(error.into());
    }
    let batch = local.batch(&record, &entry.bytes);
    local.write(&batch, record)
}

/// The records that an epoch read; where it read none, its positions moved over transaction markers.
fn slices<L: Log>(
    local: &Local,
    config: &Config,
    log: &mut L,
    task: Task,
    record: &Journal,
) -> Result<Vec<Record>, TaskError> {
    let mut records = Vec::new();
    if record.counts.read == 0 {
        return Ok(records);
    }
    for (family, position) in &record.inputs {
        let from = local.position(*family).offset;
        if position.offset == from {
            continue;
        }
        if !config.inputs.contains_key(family) {
            let reason = format!("its journal read {}, which is not configured as an input", family.name());
            return Err(TaskError::stop(task, reason));
        }
        records.extend(log.slice(task, *family, from, position.offset)?);
    }
    Ok(records)
}
