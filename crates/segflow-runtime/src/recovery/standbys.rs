//! Standbys: warm copies of tasks that run elsewhere. Each is a recovery that never ends.
//!
//! They read what is committed, write only their own stores, and belong to no group. When a worker of this process is
//! given such a task, the standby lays the store down for it between two epochs. When the worker has lost the task again,
//! the standby goes on with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tracing::{info, warn};

use crate::config::Config;
use crate::error::{TaskError, WorkerError};
use crate::log::{LogError, Past, TaskId};
use crate::recovery::RecoveryStep;
use crate::recovery::follow::Follow;
use crate::status::Status;
use crate::status::report;

/// The pause while no journal has anything new.
const PAUSE: Duration = Duration::from_millis(20);
/// The longest that one task is followed before the next one: a worker may wait for any of them.
const SHARE: Duration = Duration::from_millis(50);
/// After how long a standby that could not go on is tried again.
const TRIED_AGAIN: Duration = Duration::from_secs(60);

/// The standbys of a process, on one thread.
pub struct Standbys<P: Past> {
    config: Arc<Config>,
    past: P,
    status: Arc<Status>,
    tasks: BTreeMap<TaskId, StandbyPhase>,
}

enum StandbyPhase {
    /// A worker of this process has the task.
    Here,
    /// It is followed.
    Following(Box<Follow>),
    /// It could not go on, then.
    Stopped(Instant),
}

impl<P: Past> Standbys<P> {
    /// Standbys of these tasks. Those that workers of this process own are left to them.
    pub fn new(config: Arc<Config>, past: P, status: Arc<Status>, tasks: impl IntoIterator<Item = TaskId>) -> Self {
        let tasks = tasks.into_iter().map(|task| (task, StandbyPhase::Here)).collect();
        Self { config, past, status, tasks }
    }

    /// Follows until `stop` is set.
    ///
    /// # Errors
    /// As [`Standbys::cycle`].
    pub fn run(&mut self, stop: &AtomicBool) -> Result<(), WorkerError> {
        while !stop.load(Ordering::Relaxed) {
            if !self.cycle()? {
                self.config.time.sleep(PAUSE);
            }
        }
        Ok(())
    }

    /// Takes every standby further, each for its share of time. Returns whether one came further.
    ///
    /// # Errors
    /// `Fenced` if the client that reads is of no more use: build anew.
    pub fn cycle(&mut self) -> Result<bool, WorkerError> {
        let tasks: Vec<TaskId> = self.tasks.keys().copied().collect();
        let mut progress = false;
        for task in tasks {
            progress |= self.attend(task)?;
        }
        Ok(progress)
    }

    fn attend(&mut self, task: TaskId) -> Result<bool, WorkerError> {
        if self.config.store_pool.is_wanted(task) {
            self.lay_down(task);
            return Ok(false);
        }
        match self.tasks.get_mut(&task) {
            Some(StandbyPhase::Following(_)) => self.follow(task),
            Some(StandbyPhase::Stopped(since)) if self.config.time.since(*since) < TRIED_AGAIN => Ok(false),
            Some(StandbyPhase::Stopped(_) | StandbyPhase::Here) | None => {
                let Some(state) = self.config.store_pool.lend(task) else { return Ok(false) };
                info!(task = task.0, open = state.is_some(), "a standby follows the task");
                self.tasks.insert(task, StandbyPhase::Following(Box::new(Follow::new(task, state))));
                Ok(true)
            }
        }
    }

    fn follow(&mut self, task: TaskId) -> Result<bool, WorkerError> {
        let Some(StandbyPhase::Following(follow)) = self.tasks.get_mut(&task) else { return Ok(false) };
        let (began, mut progress) = (self.config.time.now(), false);
        while self.config.time.since(began) < SHARE {
            match follow.step(&self.config, &mut self.past) {
                Ok(RecoveryStep::Progress) => progress = true,
                Ok(RecoveryStep::Waiting) => break,
                Err(TaskError::Log(LogError::Retry(reason))) => {
                    follow.wait(&self.config, &reason);
                    break;
                }
                Err(TaskError::Log(LogError::Fenced(reason) | LogError::Unclear(reason))) => {
                    return Err(WorkerError::Fenced(reason));
                }
                Err(error) => {
                    let (epoch, journal) = (follow.epoch(), follow.target());
                    warn!(task = task.0, epoch, "the standby cannot follow, and tries again in a minute: {error}");
                    report::standby(&self.status, task, epoch, journal, Some(error.to_string()));
                    self.past.forget(task);
                    self.tasks.insert(task, StandbyPhase::Stopped(self.config.time.now()));
                    self.config.store_pool.give_back(task, None);
                    return Ok(false);
                }
            }
        }
        report::standby(&self.status, task, follow.epoch(), follow.target(), None);
        Ok(progress)
    }

    /// Lays a task down for the next worker.
    fn lay_down(&mut self, task: TaskId) {
        let Some(phase) = self.tasks.insert(task, StandbyPhase::Here) else { return };
        report::standby_over(&self.status, task);
        if let StandbyPhase::Following(follow) = phase {
            self.past.forget(task);
            info!(task = task.0, epoch = follow.epoch(), "the standby lays the task down");
            self.config.store_pool.give_back(task, follow.into_state());
        }
    }
}

impl<P: Past> Drop for Standbys<P> {
    fn drop(&mut self) {
        let tasks: Vec<TaskId> = self.tasks.keys().copied().collect();
        tasks.into_iter().for_each(|task| self.lay_down(task));
    }
}
