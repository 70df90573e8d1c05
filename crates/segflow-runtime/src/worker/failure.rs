//! What the worker does about a cycle that fails, or a task that cannot go on, by the kind of failure.

use std::time::Duration;

use tracing::{error, warn};

use super::{Cycle, TaskPhase, Worker};
use crate::error::{TaskError, WorkerError};
use crate::log::{Log, LogError, TaskId};
use crate::recovery::takeover::Takeover;
use crate::status::report;
use crate::testing::failpoint::{Point, hit};

/// The first pause after a failure; it doubles with every further one.
const PAUSE_MIN: Duration = Duration::from_millis(50);
/// The longest pause after failures.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Of so many failures in a row one replaces the producer.
const RECYCLED_EVERY: u32 = 3;

/// How a cycle that was given up is put right.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Nothing was begun: drop what was prepared and read it again.
    SeekBack,
    /// Abort the transaction begun, and let the journals decide.
    Abort,
    /// Another producer, and the journals decide.
    Recycle,
}

impl<L: Log> Worker<L> {
    /// Gives the cycle up, for a pause that grows with every failure in a row.
    ///
    /// # Errors
    /// If the worker must be built anew, or an operator must act.
    pub(super) fn give_up(&mut self, error: LogError, tasks: &[TaskId], remedy: Remedy) -> Result<Cycle, WorkerError> {
        match error {
            LogError::Fenced(reason) => return Err(WorkerError::Fenced(reason)),
            LogError::Stop(reason) => return Err(WorkerError::Stop(reason)),
            LogError::Retry(_) => self.remedy(tasks, self.escalated(remedy)),
            LogError::Unclear(_) => self.remedy(tasks, Remedy::Recycle),
        }
        self.failures = self.failures.saturating_add(1);
        self.given_up = tasks.iter().copied().collect();
        let pause = PAUSE_MAX.min(PAUSE_MIN * 2_u32.saturating_pow(self.failures.min(16) - 1));
        report::gave_up(&self.status, &self.name, &error);
        warn!(worker = self.name, failures = self.failures, ?pause, "cycle given up, to be tried again: {error}");
        Ok(Cycle { busy: true, pause, ..Cycle::default() })
    }

    /// A cycle found nothing to commit. That makes up for the failures before it, unless tasks that were given up then are
    /// still consulting their journals: what failed has not been tried again.
    pub(super) fn nothing_to_say(&mut self) {
        let waiting = |task: &TaskId| matches!(self.tasks.get(task), Some(TaskPhase::Recovering(_)));
        if !self.given_up.iter().any(waiting) {
            self.failures = 0;
        }
    }

    /// A transaction that is given up again and again gets another producer: one that stays as it is may do so for ever, as
    /// when its client has lost sight of a leader.
    fn escalated(&self, remedy: Remedy) -> Remedy {
        match remedy {
            Remedy::Abort if (self.failures + 1).is_multiple_of(RECYCLED_EVERY) => Remedy::Recycle,
            remedy => remedy,
        }
    }

    fn remedy(&mut self, tasks: &[TaskId], remedy: Remedy) {
        if remedy == Remedy::SeekBack {
            self.shadows.discard();
            tasks.iter().for_each(|task| self.seek_back(*task));
            return;
        }
        let aborted = remedy == Remedy::Abort && {
            report::aborted(&self.status, &self.name);
            hit(Point::Abort).and_then(|()| self.log.abort()).is_ok()
        };
        if !aborted {
            self.broken = hit(Point::Recycle).and_then(|()| self.log.recycle()).is_err();
        }
        // The group may have been served meanwhile, and a task given away and back: its journal knows.
        tasks.iter().for_each(|task| self.recover(*task));
    }

    fn seek_back(&mut self, task: TaskId) {
        let Some(TaskPhase::Running(state)) = self.tasks.get_mut(&task) else { return };
        state.discard();
        if self.log.seek(task, &state.offsets(&self.config)).is_err() {
            self.recover(task);
        }
    }

    /// The journal decides what became of the task's last commit.
    fn recover(&mut self, task: TaskId) {
        self.log.release(task);
        self.shadows.close(task);
        if let Some(TaskPhase::Running(state)) = self.tasks.remove(&task) {
            self.tasks.insert(task, TaskPhase::Recovering(Box::new(Takeover::of(task, state))));
        }
    }

    /// Stops a task, or replaces its store if that is damaged, or waits for room if its disk is full.
    pub(crate) fn stop_task(&mut self, task: TaskId, error: &TaskError) {
        self.log.release(task);
        self.shadows.leave(&self.status, task);
        let phase = match error {
            TaskError::Damaged(reason) => TaskPhase::Recovering(Box::new(Takeover::damaged(task, reason))),
            TaskError::DiskFull(reason) => TaskPhase::Recovering(Box::new(Takeover::full(&self.config, task, reason))),
            error => stopped(task, error),
        };
        self.tasks.insert(task, phase);
    }
}

pub(super) fn stopped(task: TaskId, error: &TaskError) -> TaskPhase {
    error!(task = task.0, "task stopped: {error}");
    TaskPhase::Stopped(error.to_string())
}
