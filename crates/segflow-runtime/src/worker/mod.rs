//! A worker: one thread, one member of the group, one transactional producer, and the tasks that it owns.

mod assignment;
pub mod commit;
mod cycle;
mod failure;
pub mod host_clock;
pub mod store_pool;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tracing::info;

use crate::config::Config;
use crate::error::WorkerError;
use crate::log::{Log, LogResult, TaskId};
use crate::recovery::takeover::Takeover;
use crate::shadow::{ShadowCommit, Shadows};
use crate::status::{Status, report};
use crate::task::TaskState;

/// The pause while there is nothing to read, and the longest until a stop is noticed.
const PAUSE_IDLE: Duration = Duration::from_millis(20);

/// A worker over its log.
pub struct Worker<L: Log> {
    name: String,
    config: Arc<Config>,
    log: L,
    status: Arc<Status>,
    tasks: BTreeMap<TaskId, TaskPhase>,
    /// Cycles given up in a row.
    failures: u32,
    /// The tasks whose last cycle was given up. They consult their journals first.
    given_up: BTreeSet<TaskId>,
    /// When the wall clock was last read, on the clock that nobody sets.
    wall_read_at: Instant,
    /// When the last commit was answered.
    committed_at: Option<Instant>,
    /// The producer must be recycled before anything else.
    broken: bool,
    /// The task that was taken further last, of those that recover.
    recovered_last: Option<TaskId>,
    shadows: Shadows,
}

/// Where a task that is owned stands in its life.
pub(crate) enum TaskPhase {
    Recovering(Box<Takeover>),
    Running(Box<TaskState>),
    /// Why an operator must act.
    Stopped(String),
}

/// What every step for a task of a worker needs.
#[derive(Clone, Copy)]
pub(crate) struct TaskContext<'a> {
    pub config: &'a Config,
    pub status: &'a Status,
    /// The worker's name.
    pub worker: &'a str,
    pub task: TaskId,
}

/// What a cycle did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Cycle {
    /// Records read and committed.
    pub records: u64,
    /// Whether something was committed.
    pub committed: bool,
    /// Whether something was done at all: the next cycle should follow at once.
    pub busy: bool,
    /// How long to back off before the next cycle.
    pub pause: Duration,
}

impl<L: Log> Worker<L> {
    /// A worker that owns nothing yet. Its name is that of its member of the group.
    pub fn new(name: impl Into<String>, config: Arc<Config>, log: L, status: Arc<Status>) -> Self {
        let (name, wall_read_at) = (name.into(), config.time.now());
        let worker = Self {
            shadows: Shadows::new(&name),
            name,
            config,
            log,
            status,
            tasks: BTreeMap::new(),
            failures: 0,
            given_up: BTreeSet::new(),
            wall_read_at,
            committed_at: None,
            broken: false,
            recovered_last: None,
        };
        report::started(&worker.status, &worker.name);
        worker
    }

    /// Its log.
    pub const fn log(&mut self) -> &mut L {
        &mut self.log
    }

    /// What the shadows of its tasks add to the transaction that [`Worker::prepare`] has prepared.
    #[must_use]
    pub fn beside(&self) -> &[ShadowCommit] {
        self.shadows.prepared()
    }

    /// Cycles, pausing as each asks, until `stop` is set; the cycle under way is finished first.
    ///
    /// # Errors
    /// As [`Worker::cycle`].
    pub fn run(&mut self, stop: &AtomicBool) -> Result<(), WorkerError> {
        while !stop.load(Ordering::Relaxed) {
            let began = self.config.time.now();
            let cycle = self.cycle()?;
            // A cycle that had nothing to do has mostly waited for records already.
            let rest = PAUSE_IDLE.saturating_sub(self.config.time.since(began));
            let pause = if cycle.busy { cycle.pause } else { cycle.pause.max(rest) };
            let (time, began) = (&self.config.time, self.config.time.now());
            while !stop.load(Ordering::Relaxed) && time.since(began) < pause {
                time.sleep(PAUSE_IDLE.min(pause.saturating_sub(time.since(began))));
            }
        }
        info!(worker = self.name, "stopped after its cycle");
        Ok(())
    }

    /// Gives every task away and leaves the group, so that others have the tasks now and not after the session.
    ///
    /// # Errors
    /// If the group did not let it go in time: it then waits for the session to end.
    pub fn drain(&mut self) -> LogResult<()> {
        let tasks: Vec<TaskId> = self.tasks.keys().copied().collect();
        for task in &tasks {
            self.log.release(*task);
            self.lay_down(*task);
        }
        self.log.leave()?;
        info!(worker = self.name, tasks = tasks.len(), "tasks given away, and left the group");
        Ok(())
    }

    fn running(&self) -> Vec<TaskId> {
        let running = |(task, phase): (&TaskId, &TaskPhase)| matches!(phase, TaskPhase::Running(_)).then_some(*task);
        self.tasks.iter().filter_map(running).collect()
    }
}

impl<L: Log> Drop for Worker<L> {
    fn drop(&mut self) {
        let tasks: Vec<TaskId> = self.tasks.keys().copied().collect();
        tasks.into_iter().for_each(|task| self.lay_down(task));
        report::ended(&self.status, &self.name);
    }
}
