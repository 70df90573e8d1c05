//! Takeover: a task that was assigned, from its store as the disk has it to one that stands where its journal ends.
//!
//! It waits until no transaction that could still change the task's journal is undecided, which two barriers tell. Only
//! then is the journal's last record the truth about the task.

use std::task::Poll;
use std::time::{Duration, Instant};

use tracing::{info, warn};

use crate::config::Config;
use crate::error::TaskError;
use crate::log::{Barrier, Group, Inputs, JournalEntry, Past, TaskId};
use crate::recovery::barriers::{check_store, journal_barrier, offsets_barrier};
use crate::recovery::catch_up::{CatchUp, CatchUpStep, READING_END, READING_RULES, RecoveryContext};
use crate::recovery::emitted::{Reconciliation, ReconciliationStep};
use crate::recovery::fetch::{FetchStep, Fetching, Newest};
use crate::recovery::roll_forward::{gone, record};
use crate::task::TaskState;
use crate::testing::failpoint::{Point, hit};
use crate::worker::store_pool::Taken;

/// How long a task rests whose disk is full, before its store is opened anew.
const REST_FULL: Duration = Duration::from_secs(10);

/// A task that is taken over.
pub(crate) struct Takeover {
    context: RecoveryContext,
    stage: Stage,
}

/// How far it has come. Each stage owns what it works on; the task's store is open where there is a `TaskState`.
#[derive(Default)]
enum Stage {
    /// The store turned out to be damaged while the task ran.
    Damaged(String),
    /// The disk was full at this moment, for this reason. The store is closed: RocksDB writes no more once a write has failed.
    Full(Instant, String),
    /// The store is to be opened.
    #[default]
    Open,
    /// The first barrier.
    Offsets(Box<TaskState>),
    /// The second barrier.
    Journal(Box<TaskState>),
    /// The journal's last record is being read.
    Last(Box<TaskState>),
    /// A snapshot is being fetched.
    Fetch(Fetching),
    /// Along the journal.
    CatchUp(CatchUp),
    /// At the end of the journal, but decided otherwise than it was emitted.
    Emitted(Reconciliation, CatchUp),
}

/// What a step did.
pub(crate) enum TakeoverStep {
    /// Nothing: it waits for something outside.
    Waiting,
    /// It came further.
    Progress,
    /// The task may run; its inputs are being read from the right places.
    Done(Box<TaskState>),
}

/// The stage that follows, and what the step did or why it failed. A step that fails is done again.
type Turn = (Stage, Result<TakeoverStep, TaskError>);

impl Takeover {
    /// A task that has just been assigned.
    pub(crate) fn new(task: TaskId) -> Self {
        Self { context: RecoveryContext::new(task), stage: Stage::Open }
    }

    /// A task whose last commit is unclear: the store stays open, the journal decides.
    pub(crate) fn of(task: TaskId, mut state: Box<TaskState>) -> Self {
        state.discard();
        let mut context = RecoveryContext::new(task);
        context.opened(&state);
        Self { context, stage: Stage::Offsets(state) }
    }

    /// A task whose store turned out to be damaged while it ran.
    pub(crate) fn damaged(task: TaskId, reason: &str) -> Self {
        Self { context: RecoveryContext::new(task), stage: Stage::Damaged(reason.to_owned()) }
    }

    /// A task whose disk is full: its store is opened anew after a rest, and its journal rolls it forward.
    pub(crate) fn full(config: &Config, task: TaskId, reason: &str) -> Self {
        warn!(task = task.0, "task waits for room on its disk: {reason}");
        Self { context: RecoveryContext::new(task), stage: Stage::Full(config.time.now(), reason.to_owned()) }
    }

    /// Why it waits for room on its disk; none if it does not.
    pub(crate) fn lacks_room(&self) -> Option<String> {
        let Stage::Full(_, reason) = &self.stage else { return None };
        let rest = REST_FULL.as_secs();
        Some(format!("{reason}; it is opened anew every {rest} s, and goes on once there is room"))
    }

    /// The epoch on disk; 0 while no store is open.
    pub(crate) fn epoch(&self) -> u64 {
        self.stage.state().map_or(0, TaskState::epoch)
    }

    /// The epoch to be reached, once it is known.
    pub(crate) fn target(&self) -> Option<u64> {
        self.stage.target()
    }

    /// Epochs decided again so far.
    pub(crate) fn rolled_forward(&self) -> u64 {
        self.context.rolled_forward
    }

    /// Its store, if it has come so far as to have one, as of a committed epoch.
    pub(crate) fn into_state(self) -> Option<Box<TaskState>> {
        match self.stage {
            Stage::Damaged(_) | Stage::Full(..) | Stage::Open | Stage::Fetch(_) => None,
            Stage::Offsets(state) | Stage::Journal(state) | Stage::Last(state) => Some(state),
            Stage::CatchUp(catch_up) | Stage::Emitted(_, catch_up) => Some(catch_up.state),
        }
    }

    /// What the last step asked for is to be asked again later.
    pub(crate) fn wait(&mut self, config: &Config, reason: &str) {
        self.context.wait(config, reason);
    }

    /// Comes one step further: one barrier, or one epoch, or a part of what an epoch read. Does not wait for long.
    ///
    /// # Errors
    /// `Log` of kind `Retry`: ask again later. Otherwise why the task cannot run.
    pub(crate) fn step<L: Group + Inputs + Past>(
        &mut self,
        config: &Config,
        log: &mut L,
    ) -> Result<TakeoverStep, TaskError> {
        let stage = std::mem::take(&mut self.stage);
        let (stage, step) = match self.advance(stage, config, log) {
            (stage, Err(TaskError::Damaged(reason))) => {
                // Closed, so that its directory can be moved.
                drop(stage);
                let aside = self.context.set_aside(config, &reason);
                (Stage::Open, aside.map(|()| TakeoverStep::Progress))
            }
            (stage, Err(TaskError::DiskFull(reason))) => {
                drop(stage);
                warn!(task = self.context.task.0, "recovery waits for room on the disk: {reason}");
                (Stage::Full(config.time.now(), reason), Ok(TakeoverStep::Waiting))
            }
            (stage, Err(gone @ TaskError::Gone(_))) => self.instead(config, stage, gone),
            turn => turn,
        };
        self.stage = stage;
        step
    }

    fn advance<L: Group + Inputs + Past>(&mut self, stage: Stage, config: &Config, log: &mut L) -> Turn {
        match stage {
            Stage::Damaged(reason) => (Stage::Open, Err(TaskError::Damaged(reason))),
            Stage::Full(since, reason) if config.time.since(since) < REST_FULL => {
                self.stay(config, Stage::Full(since, reason), "its disk is full")
            }
            Stage::Full(..) => self.enter(Stage::Open),
            Stage::Open => self.open(config),
            Stage::Offsets(state) => match offsets_barrier(log, self.context.task) {
                Ok(Barrier::Lifted) => self.enter(Stage::Journal(state)),
                Ok(Barrier::Holds) => {
                    let reason = "offsets of the task are pending in an undecided transaction";
                    self.stay(config, Stage::Offsets(state), reason)
                }
                Err(error) => (Stage::Offsets(state), Err(error.into())),
            },
            Stage::Journal(state) => match journal_barrier(log, self.context.task) {
                Ok(Barrier::Lifted) => self.enter(Stage::Last(state)),
                Ok(Barrier::Holds) => {
                    self.stay(config, Stage::Journal(state), "the tail of the task's journal is undecided")
                }
                Err(error) => (Stage::Journal(state), Err(error.into())),
            },
            Stage::Last(state) => match log.journal_last(self.context.task) {
                Ok(Poll::Pending) => self.stay(config, Stage::Last(state), READING_END),
                Ok(Poll::Ready(last)) => self.compare(config, state, last),
                Err(error) => (Stage::Last(state), Err(error.into())),
            },
            Stage::Fetch(mut fetching) => match fetching.step(&mut self.context, config) {
                Ok(FetchStep::Waiting) => (Stage::Fetch(fetching), Ok(TakeoverStep::Waiting)),
                Ok(FetchStep::Over) => self.enter(Stage::Open),
                Err(error) => (Stage::Fetch(fetching), Err(error)),
            },
            Stage::CatchUp(catch_up) if catch_up.is_there() && catch_up.state.diverged().is_some() => {
                self.enter(Stage::Emitted(Reconciliation::default(), catch_up))
            }
            Stage::CatchUp(catch_up) if catch_up.is_there() => self.finish(config, log, catch_up),
            Stage::Emitted(mut emitted, mut catch_up) => match emitted.step(&mut catch_up.state, config, log) {
                Ok(ReconciliationStep::Waiting) => {
                    let reason = "the memberships that were emitted are being read";
                    self.stay(config, Stage::Emitted(emitted, catch_up), reason)
                }
                Ok(ReconciliationStep::Progress) => self.enter(Stage::Emitted(emitted, catch_up)),
                Ok(ReconciliationStep::Done) => self.enter(Stage::CatchUp(catch_up)),
                Err(error) => (Stage::Emitted(emitted, catch_up), Err(error)),
            },
            Stage::CatchUp(mut catch_up) => match catch_up.step(&mut self.context, config, log) {
                Ok(CatchUpStep::Waiting(reason)) => self.stay(config, Stage::CatchUp(catch_up), reason),
                Ok(CatchUpStep::Progress) => (Stage::CatchUp(catch_up), Ok(TakeoverStep::Progress)),
                Ok(CatchUpStep::End) => {
                    let error = gone(self.context.task, catch_up.state.epoch() + 1, None);
                    (Stage::CatchUp(catch_up), Err(error))
                }
                Err(error) => (Stage::CatchUp(catch_up), Err(error)),
            },
        }
    }

    fn enter(&mut self, next: Stage) -> Turn {
        self.context.came_further();
        (next, Ok(TakeoverStep::Progress))
    }

    fn stay(&mut self, config: &Config, stage: Stage, reason: &str) -> Turn {
        self.context.wait(config, reason);
        (stage, Ok(TakeoverStep::Waiting))
    }

    /// Takes the store over from the worker or standby of this process that had it last, or opens it.
    fn open(&mut self, config: &Config) -> Turn {
        let task = self.context.task;
        if let Err(error) = hit(Point::Open) {
            return (Stage::Open, Err(error.into()));
        }
        let opened = match config.store_pool.take(task) {
            Taken::Store(state) => Ok(state),
            Taken::InUse => {
                let reason = "the store is being opened, or about to be laid down by a standby";
                return self.stay(config, Stage::Open, reason);
            }
            Taken::Nothing => TaskState::open(&config.stores(), task).map(Box::new),
        };
        match opened {
            Ok(state) => {
                self.context.opened(&state);
                (Stage::Offsets(state), Ok(TakeoverStep::Progress))
            }
            Err(TaskError::Busy(reason)) => self.stay(config, Stage::Open, &reason),
            Err(error) => (Stage::Open, Err(error)),
        }
    }

    /// Compares what the store has with the last committed record of the journal.
    fn compare(&mut self, config: &Config, state: Box<TaskState>, last: Option<JournalEntry>) -> Turn {
        let task = self.context.task;
        let last = match last.map(|entry| record(&entry, task)).transpose() {
            Ok(last) => last,
            Err(error) => return (Stage::Last(state), Err(error)),
        };
        let target = last.as_ref().map_or(0, |last| last.epoch);
        if state.epoch() == 0
            && let Some(fetching) = self.context.snapshots.begin(config, Newest::UpTo(target))
        {
            return (Stage::Fetch(fetching), Ok(TakeoverStep::Progress));
        }
        if let Err(error) = check_store(&state, last.as_ref(), target) {
            return (Stage::Last(state), Err(error));
        }
        self.enter(Stage::CatchUp(CatchUp::new(state, target)))
    }

    /// The store stands where the journal ends: the task may run.
    fn finish<L: Inputs + Past>(&mut self, config: &Config, log: &mut L, mut catch_up: CatchUp) -> Turn {
        match begin_reading(config, log, &mut catch_up.state) {
            Ok(Poll::Ready(())) => {}
            Ok(Poll::Pending) => return self.stay(config, Stage::CatchUp(catch_up), READING_RULES),
            Err(error) => return (Stage::CatchUp(catch_up), Err(error)),
        }
        let CatchUp { state, target, .. } = catch_up;
        let rebuilt = self.context.began_at == 0 && target > 0;
        let store = match (rebuilt, state.epoch()) {
            (false, _) if self.context.snapshots.has_restored() => "restored from a snapshot",
            (true, _) => "rebuilt from the journal",
            (false, 0) => "new",
            (false, _) => "intact",
        };
        let (task, rolled_forward) = (self.context.task.0, self.context.rolled_forward);
        info!(task, epoch = state.epoch(), rolled_forward, store, "task recovered");
        (Stage::Open, Ok(TakeoverStep::Done(state)))
    }

    /// The store is older than what is left of its journal: a snapshot instead, or nothing helps.
    fn instead(&mut self, config: &Config, stage: Stage, gone: TaskError) -> Turn {
        let Some(target) = stage.target() else { return (stage, Err(gone)) };
        let epoch = stage.state().map_or(0, TaskState::epoch);
        match self.context.snapshots.instead(config, &gone, epoch, Newest::UpTo(target)) {
            Ok(fetching) => (Stage::Fetch(fetching), Ok(TakeoverStep::Progress)),
            Err(error) => (stage, Err(error)),
        }
    }
}

impl Stage {
    fn state(&self) -> Option<&TaskState> {
        match self {
            Self::Damaged(_) | Self::Full(..) | Self::Open | Self::Fetch(_) => None,
            Self::Offsets(state) | Self::Journal(state) | Self::Last(state) => Some(state),
            Self::CatchUp(catch_up) | Self::Emitted(_, catch_up) => Some(&catch_up.state),
        }
    }

    fn target(&self) -> Option<u64> {
        match self {
            Self::Fetch(fetching) => Some(fetching.target()),
            Self::CatchUp(catch_up) | Self::Emitted(_, catch_up) => Some(catch_up.target),
            Self::Damaged(_) | Self::Full(..) | Self::Open | Self::Offsets(_) | Self::Journal(_) | Self::Last(_) => {
                None
            }
        }
    }
}

/// Lets the inputs be read from where the store stands, once all that must be known of the log is known.
fn begin_reading<L: Inputs + Past>(config: &Config, log: &mut L, state: &mut TaskState) -> Result<Poll<()>, TaskError> {
    if !state.make_ready(log)? {
        return Ok(Poll::Pending);
    }
    hit(Point::Recovered)?;
    log.seek(state.task(), &state.offsets(config))?;
    log.forget(state.task());
    Ok(Poll::Ready(()))
}
