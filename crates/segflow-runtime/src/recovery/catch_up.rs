//! What a takeover and a standby share: an open store is brought along its journal, and waiting is noticed.

use std::time::{Duration, Instant};

use tracing::warn;

use crate::config::Config;
use crate::error::TaskError;
use crate::log::{Past, TaskId};
use crate::recovery::RecoveryStep;
use crate::recovery::fetch::SnapshotSearch;
use crate::recovery::roll_forward::{RollForward, Rolled};
use crate::task::TaskState;
use crate::testing::failpoint::{Point, hit};

/// How long recovery may wait before that is reported: the transaction timeout and 15 s.
const ALARM: Duration = Duration::from_secs(25);

pub(super) const READING_RULES: &str = "the segmentations of the task are being read";
pub(super) const READING_END: &str = "the end of the task's journal is being read";
const READING_EPOCHS: &str = "epochs of the task are being read";

/// What one recovery of a task knows of itself in every stage.
pub(super) struct RecoveryContext {
    pub task: TaskId,
    /// The epoch at which its store was opened; 0 if it began with nothing.
    pub began_at: u64,
    /// Epochs decided again.
    pub rolled_forward: u64,
    pub snapshots: SnapshotSearch,
    patience: Patience,
}

/// Since when a stage waits, and whether that was reported.
#[derive(Default)]
struct Patience {
    since: Option<Instant>,
    alarmed: bool,
}

impl RecoveryContext {
    pub(super) fn new(task: TaskId) -> Self {
        let (snapshots, patience) = (SnapshotSearch::default(), Patience::default());
        Self { task, began_at: 0, rolled_forward: 0, snapshots, patience }
    }

    /// The store is open.
    pub(super) fn opened(&mut self, state: &TaskState) {
        self.began_at = state.epoch();
        self.came_further();
    }

    /// What is waited for from now on is something else.
    pub(super) fn came_further(&mut self) {
        self.patience = Patience::default();
    }

    /// Waits, and says so once it has waited for too long.
    pub(super) fn wait(&mut self, config: &Config, reason: &str) -> RecoveryStep {
        let now = config.time.now();
        let waited = now.saturating_duration_since(*self.patience.since.get_or_insert(now));
        if !self.patience.alarmed && waited > ALARM {
            self.patience.alarmed = true;
            warn!(task = self.task.0, ?waited, "recovery is held up: {reason}");
        }
        RecoveryStep::Waiting
    }
}

/// An open store on its way along its journal.
pub(super) struct CatchUp {
    pub state: Box<TaskState>,
    /// The epoch to be reached, as far as that is known.
    pub target: u64,
    stage: Stage,
}

enum Stage {
    /// The rules by which the store's last epoch was decided are being read.
    Rules,
    /// Epoch by epoch.
    RollForward(RollForward),
}

/// What a step along the journal did.
pub(super) enum CatchUpStep {
    /// Nothing: what it needs has not come yet.
    Waiting(&'static str),
    /// It came further.
    Progress,
    /// The journal has no further epoch.
    End,
}

impl CatchUp {
    pub(super) fn new(state: Box<TaskState>, target: u64) -> Self {
        Self { state, target, stage: Stage::Rules }
    }

    /// Whether its rules are known, and the store has reached the target.
    pub(super) fn is_there(&self) -> bool {
        matches!(self.stage, Stage::RollForward(_)) && self.target == self.state.epoch()
    }

    /// Comes one step further: the rules, or one epoch, or a part of what an epoch read.
    ///
    /// # Errors
    /// `Log` of kind `Retry`: ask again later, nothing is lost. Otherwise why the store cannot go on.
    pub(super) fn step<P: Past>(
        &mut self,
        context: &mut RecoveryContext,
        config: &Config,
        past: &mut P,
    ) -> Result<CatchUpStep, TaskError> {
        let Stage::RollForward(roll) = &mut self.stage else {
            if !self.state.open_states(config, past)? {
                return Ok(CatchUpStep::Waiting(READING_RULES));
            }
            self.stage = Stage::RollForward(RollForward::default());
            context.came_further();
            return Ok(CatchUpStep::Progress);
        };
        let rolled = roll.step(&mut self.state, config, past, context.task)?;
        self.target = roll.known().unwrap_or(0).max(self.state.epoch()).max(self.target);
        match rolled {
            Rolled::Waiting => return Ok(CatchUpStep::Waiting(READING_EPOCHS)),
            Rolled::End => return Ok(CatchUpStep::End),
            Rolled::Part => context.came_further(),
            Rolled::Epoch => {
                context.came_further();
                context.rolled_forward += 1;
                hit(Point::RolledForward)?;
            }
        }
        Ok(CatchUpStep::Progress)
    }
}
