//! A standby: the copy of a task that runs elsewhere follows its journal, and never ends.
//!
//! It waits for no barrier: what is committed stays so, and the worker that takes the store over waits for them.

use std::task::Poll;

use crate::config::Config;
use crate::error::TaskError;
use crate::log::{Past, TaskId};
use crate::recovery::RecoveryStep;
use crate::recovery::catch_up::{CatchUp, CatchUpStep, READING_END, RecoveryContext};
use crate::recovery::fetch::{FetchStep, Fetching, Newest};
use crate::task::TaskState;

/// A task that is followed.
pub(crate) struct Follow {
    context: RecoveryContext,
    stage: Stage,
}

/// How far it has come. Each stage owns what it works on.
#[derive(Default)]
enum Stage {
    /// The store is to be opened.
    #[default]
    Open,
    /// The journal's last record is being read.
    Last(Box<TaskState>),
    /// A snapshot is being fetched.
    Fetch(Fetching),
    /// Along the journal.
    CatchUp(CatchUp),
}

/// The stage that follows, and what the step did or why it failed. A step that fails is done again.
type Turn = (Stage, Result<RecoveryStep, TaskError>);

impl Follow {
    /// A task that runs elsewhere; with its store, if that is open already.
    pub(crate) fn new(task: TaskId, state: Option<Box<TaskState>>) -> Self {
        let mut context = RecoveryContext::new(task);
        let stage = match state {
            Some(state) => {
                context.opened(&state);
                Stage::Last(state)
            }
            None => Stage::Open,
        };
        Self { context, stage }
    }

    /// The epoch on disk; 0 while no store is open.
    pub(crate) fn epoch(&self) -> u64 {
        self.stage.state().map_or(0, TaskState::epoch)
    }

    /// The last epoch of the journal that is known, once it was looked at.
    pub(crate) fn target(&self) -> Option<u64> {
        self.stage.target()
    }

    /// Its store, if it has come so far as to have one, as of a committed epoch.
    pub(crate) fn into_state(self) -> Option<Box<TaskState>> {
        match self.stage {
            Stage::Open | Stage::Fetch(_) => None,
            Stage::Last(state) => Some(state),
            Stage::CatchUp(catch_up) => Some(catch_up.state),
        }
    }

    /// What the last step asked for is to be asked again later.
    pub(crate) fn wait(&mut self, config: &Config, reason: &str) {
        self.context.wait(config, reason);
    }

    /// Comes one step further along the journal, or waits for more of it.
    ///
    /// # Errors
    /// `Log` of kind `Retry`: ask again later. Otherwise why the copy cannot be kept.
    pub(crate) fn step<P: Past>(&mut self, config: &Config, past: &mut P) -> Result<RecoveryStep, TaskError> {
        let stage = std::mem::take(&mut self.stage);
        let (stage, step) = match self.advance(stage, config, past) {
            (stage, Err(TaskError::Damaged(reason))) => {
                // Closed, so that its directory can be moved.
                drop(stage);
                let aside = self.context.set_aside(config, &reason);
                (Stage::Open, aside.map(|()| RecoveryStep::Progress))
            }
            (stage, Err(gone @ TaskError::Gone(_))) => self.instead(config, stage, gone),
            turn => turn,
        };
        self.stage = stage;
        step
    }

    fn advance<P: Past>(&mut self, stage: Stage, config: &Config, past: &mut P) -> Turn {
        match stage {
            Stage::Open => match TaskState::open(&config.stores(), self.context.task) {
                Ok(state) => {
                    self.context.opened(&state);
                    (Stage::Last(Box::new(state)), Ok(RecoveryStep::Progress))
                }
                Err(TaskError::Busy(reason)) => (Stage::Open, Ok(self.context.wait(config, &reason))),
                Err(error) => (Stage::Open, Err(error)),
            },
            Stage::Last(state) => match past.journal_last(self.context.task) {
                Ok(Poll::Pending) => (Stage::Last(state), Ok(self.context.wait(config, READING_END))),
                Ok(Poll::Ready(last)) => self.begin(config, state, last.map_or(0, |last| last.epoch)),
                Err(error) => (Stage::Last(state), Err(error.into())),
            },
            Stage::Fetch(mut fetching) => match fetching.step(&mut self.context, config) {
                Ok(FetchStep::Waiting) => (Stage::Fetch(fetching), Ok(RecoveryStep::Waiting)),
                Ok(FetchStep::Over) => self.enter(Stage::Open),
                Err(error) => (Stage::Fetch(fetching), Err(error)),
            },
            Stage::CatchUp(mut catch_up) => {
                let step = match catch_up.step(&mut self.context, config, past) {
                    Ok(CatchUpStep::Waiting(reason)) => Ok(self.context.wait(config, reason)),
                    Ok(CatchUpStep::Progress) => Ok(RecoveryStep::Progress),
                    Ok(CatchUpStep::End) => {
                        self.context.came_further();
                        Ok(RecoveryStep::Waiting)
                    }
                    Err(error) => Err(error),
                };
                (Stage::CatchUp(catch_up), step)
            }
        }
    }

    fn enter(&mut self, next: Stage) -> Turn {
        self.context.came_further();
        (next, Ok(RecoveryStep::Progress))
    }

    /// The journal ends here as far as can be read. The store may be ahead of that, by the transaction that this process
    /// has just committed.
    fn begin(&mut self, config: &Config, state: Box<TaskState>, last: u64) -> Turn {
        let target = last.max(state.epoch());
        if state.epoch() == 0
            && let Some(fetching) = self.context.snapshots.begin(config, Newest::AtAll { journal: target })
        {
            return (Stage::Fetch(fetching), Ok(RecoveryStep::Progress));
        }
        self.enter(Stage::CatchUp(CatchUp::new(state, target)))
    }

    /// The store is older than what is left of its journal: a snapshot instead, or nothing helps.
    fn instead(&mut self, config: &Config, stage: Stage, gone: TaskError) -> Turn {
        let Some(journal) = stage.target() else { return (stage, Err(gone)) };
        let epoch = stage.state().map_or(0, TaskState::epoch);
        match self.context.snapshots.instead(config, &gone, epoch, Newest::AtAll { journal }) {
            Ok(fetching) => (Stage::Fetch(fetching), Ok(RecoveryStep::Progress)),
            Err(error) => (stage, Err(error)),
        }
    }
}

impl Stage {
    fn state(&self) -> Option<&TaskState> {
        match self {
            Self::Open | Self::Fetch(_) => None,
            Self::Last(state) => Some(state),
            Self::CatchUp(catch_up) => Some(&catch_up.state),
        }
    }

    fn target(&self) -> Option<u64> {
        match self {
            Self::Open | Self::Last(_) => None,
            Self::Fetch(fetching) => Some(fetching.target()),
            Self::CatchUp(catch_up) => Some(catch_up.target),
        }
    }
}
