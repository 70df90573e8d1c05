//! The tasks of a worker: it follows the group's assignment, and takes recovering tasks further.

use std::collections::BTreeSet;
use std::time::Duration;

use tracing::info;

use super::failure::stopped;
use super::{TaskPhase, Worker};
use crate::error::TaskError;
use crate::log::{Log, LogError, LogResult, TaskId};
use crate::recovery::RecoveryStep;
use crate::recovery::takeover::{Takeover, TakeoverStep};
use crate::status::report;
use crate::testing::failpoint::{Point, hit};

impl<L: Log> Worker<L> {
    /// Follows the group's assignment and takes the recovering tasks further for about the time of a cycle, so that
    /// recovery is fast and other tasks still go on. Returns whether one came further.
    ///
    /// # Errors
    /// What the log says.
    pub fn attend(&mut self) -> LogResult<RecoveryStep> {
        hit(Point::Cycle)?;
        if self.broken {
            self.log.recycle()?;
            self.broken = false;
        }
        let owned = self.log.tasks()?;
        self.follow(&owned);
        self.config.store_pool.tidy();
        self.take_further()
    }

    /// Gives a task up. Its store, if it is sound, stays open for the next worker.
    pub(super) fn lay_down(&mut self, task: TaskId) {
        self.shadows.leave(&self.status, task);
        let state = match self.tasks.remove(&task) {
            Some(TaskPhase::Running(state)) => Some(state),
            Some(TaskPhase::Recovering(takeover)) => takeover.into_state(),
            Some(TaskPhase::Stopped(_)) | None => None,
        };
        self.config.store_pool.give_up(task, state);
    }

    fn follow(&mut self, owned: &BTreeSet<TaskId>) {
        let lost: Vec<TaskId> = self.tasks.keys().filter(|task| !owned.contains(task)).copied().collect();
        for task in lost {
            info!(worker = self.name, task = task.0, "task given away");
            self.log.release(task);
            self.lay_down(task);
        }
        for task in owned {
            self.tasks.entry(*task).or_insert_with(|| {
                info!(worker = self.name, task = task.0, "task assigned");
                self.config.store_pool.claim(*task);
                TaskPhase::Recovering(Box::new(Takeover::new(*task)))
            });
        }
    }

    /// Takes the recovering tasks further in turn, each for its share of one commit interval. The next cycle begins with
    /// the task after the last one.
    fn take_further(&mut self) -> LogResult<RecoveryStep> {
        let recovering =
            |(task, phase): (&TaskId, &TaskPhase)| matches!(phase, TaskPhase::Recovering(_)).then_some(*task);
        let mut order: Vec<TaskId> = self.tasks.iter().filter_map(recovering).collect();
        if order.is_empty() {
            return Ok(RecoveryStep::Waiting);
        }
        let first = order.partition_point(|task| Some(*task) <= self.recovered_last);
        let tasks = order.len();
        order.rotate_left(first % tasks);
        let interval = self.config.commit.interval;
        let (began, share) = (self.config.time.now(), interval / u32::try_from(tasks).unwrap_or(u32::MAX));
        let mut all = RecoveryStep::Waiting;
        for task in order {
            self.recovered_last = Some(task);
            all = all.or(self.recover_for(task, share)?);
            if self.config.time.since(began) >= interval {
                break;
            }
        }
        Ok(all)
    }

    /// Takes one recovering task further, by at least one step.
    fn recover_for(&mut self, task: TaskId, share: Duration) -> LogResult<RecoveryStep> {
        let (time, mut all) = (&self.config.time, RecoveryStep::Waiting);
        let began = time.now();
        let Some(phase) = self.tasks.get_mut(&task) else { return Ok(all) };
        while let TaskPhase::Recovering(takeover) = phase {
            let rolled_forward = takeover.rolled_forward();
            let step = takeover.step(&self.config, &mut self.log);
            report::rolled_forward(&self.status, task, takeover.rolled_forward() - rolled_forward);
            match step {
                Ok(TakeoverStep::Waiting) => break,
                Ok(TakeoverStep::Progress) => all = RecoveryStep::Progress,
                Ok(TakeoverStep::Done(state)) => {
                    (*phase, all) = (TaskPhase::Running(state), RecoveryStep::Progress);
                }
                Err(TaskError::Log(LogError::Retry(reason))) => {
                    takeover.wait(&self.config, &reason);
                    report::gave_up(&self.status, &self.name, &LogError::Retry(reason));
                    break;
                }
                Err(TaskError::Log(error @ (LogError::Unclear(_) | LogError::Fenced(_)))) => return Err(error),
                Err(error) => *phase = stopped(task, &error),
            }
            if time.since(began) >= share {
                break;
            }
        }
        Ok(all)
    }
}
