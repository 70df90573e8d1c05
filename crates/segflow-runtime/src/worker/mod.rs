//! A worker: one thread, one member of the group, one transactional producer, and the tasks that it owns.

pub mod commit;
pub mod store_pool;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use segflow_core::journal::Record as Journal;
use tracing::{error, info, warn};

use crate::config::{Bounds, Config};
use crate::error::{TaskError, WorkerError};
use crate::log::{Ends, Log, LogError, LogResult, Record, TaskId};
use crate::recovery::takeover::{TakenOver, Takeover, TakeoverStep};
use crate::shadow::{ShadowCommit, Shadows};
use crate::status::Status;
use crate::status::report;
use crate::task::TaskState;
use crate::testing::failpoint::{Point, hit};
use crate::worker::commit::{TaskCommit, publish};

/// The first pause after a failure; it doubles with every further one.
const PAUSE_MIN: Duration = Duration::from_millis(50);
/// The longest pause after failures.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// The pause while there is nothing to read, and the longest until a stop is noticed.
const PAUSE_IDLE: Duration = Duration::from_millis(20);

/// See the module.
pub struct Worker<L: Log> {
    name: String,
    config: Arc<Config>,
    log: L,
    status: Arc<Status>,
    tasks: BTreeMap<TaskId, TaskPhase>,
    failures: u32,
    /// The producer must be recycled before anything else.
    broken: bool,
    /// The task that was taken further last, of those that recover.
    recovered_last: Option<TaskId>,
    shadows: Shadows,
}

/// The life of a task that is owned.
pub(crate) enum TaskPhase {
    Recovering(Box<Takeover>),
    Running(Box<TaskState>),
    Stopped(String),
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

/// How a cycle that was given up is put right.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// Nothing was begun: drop what was prepared and read it again.
    SeekBack,
    /// Abort the transaction begun, and let the journals decide.
    Abort,
    /// Another producer, and the journals decide.
    Recycle,
}

impl<L: Log> Worker<L> {
    /// A worker that owns nothing yet. Its name is that of its member of the group.
    pub fn new(name: impl Into<String>, config: Arc<Config>, log: L, status: Arc<Status>) -> Self {
        let name = name.into();
        let worker = Self {
            shadows: Shadows::new(&name),
            name,
            config,
            log,
            status,
            tasks: BTreeMap::new(),
            failures: 0,
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
            let cycle = self.cycle()?;
            let pause = if cycle.busy { cycle.pause } else { cycle.pause.max(PAUSE_IDLE) };
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

    /// One cycle: whose tasks, a step of recovery each, then S0 to S6 for those that run.
    ///
    /// # Errors
    /// If the worker must be built anew, or an operator must act. What can be tried again is not an error.
    pub fn cycle(&mut self) -> Result<Cycle, WorkerError> {
        let cycle = self.attempt();
        report::cycled(&self.status, &self.name, &self.tasks, cycle.as_ref());
        self.snapshot();
        cycle
    }

    /// Between cycles every store stands at the last epoch committed.
    fn snapshot(&mut self) {
        let Some(keeper) = &self.config.snapshots else { return };
        for (task, life) in &self.tasks {
            if let TaskPhase::Running(local) = life {
                keeper.attend(&self.config, &mut self.log, *task, local);
            }
        }
    }

    fn attempt(&mut self) -> Result<Cycle, WorkerError> {
        let recovering = match self.attend() {
            Ok(progress) => progress,
            Err(error) => return self.give_up(error, &[], Remedy::SeekBack),
        };
        let commits = match self.prepare(recovering)? {
            Ok(commits) => commits,
            Err(error) => return self.give_up(error, &self.running(), Remedy::SeekBack),
        };
        if commits.is_empty() && self.shadows.prepared().is_empty() {
            self.failures = 0;
            return Ok(Cycle { busy: recovering || self.shadows.is_busy(), ..Cycle::default() });
        }
        if let Err(error) = hit(Point::Prepared) {
            return self.give_up(error, &self.running(), Remedy::SeekBack);
        }
        match publish(&mut self.log, &commits, self.shadows.prepared()) {
            Ok(()) => self.failures = 0,
            Err(error) => {
                let tasks = commits.iter().map(|commit| commit.task).chain(self.shadows.tasks());
                let tasks: Vec<TaskId> = tasks.collect::<BTreeSet<_>>().into_iter().collect();
                let error = self.shadows.gave_up(&self.config, &self.status, error);
                return self.give_up(error, &tasks, Remedy::Abort);
            }
        }
        Ok(self.write(commits))
    }

    /// Follows the group's assignment and takes the recovering tasks further for about the time of a cycle, so that
    /// recovery is fast and other tasks still go on. Returns whether one came further.
    ///
    /// # Errors
    /// What the log says.
    pub fn attend(&mut self) -> LogResult<bool> {
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

    /// Takes the recovering tasks further, each for its share of an interval, and the next one first next time.
    fn take_further(&mut self) -> LogResult<bool> {
        let recovering =
            |(task, life): (&TaskId, &TaskPhase)| matches!(life, TaskPhase::Recovering(_)).then_some(*task);
        let mut order: Vec<TaskId> = self.tasks.iter().filter_map(recovering).collect();
        if order.is_empty() {
            return Ok(false);
        }
        let first = order.partition_point(|task| Some(*task) <= self.recovered_last);
        let tasks = order.len();
        order.rotate_left(first % tasks);
        let interval = self.config.commit.interval;
        let (began, share) = (self.config.time.now(), interval / u32::try_from(tasks).unwrap_or(u32::MAX));
        let mut progress = false;
        for task in order {
            self.recovered_last = Some(task);
            progress |= self.recover_for(task, share)?;
            if self.config.time.since(began) >= interval {
                break;
            }
        }
        Ok(progress)
    }

    /// Takes one recovering task further, by at least one step. Returns whether it came further.
    fn recover_for(&mut self, task: TaskId, share: Duration) -> LogResult<bool> {
        let (began, mut progress) = (self.config.time.now(), false);
        let Some(life) = self.tasks.get_mut(&task) else { return Ok(false) };
        while let TaskPhase::Recovering(recovery) = life {
            let rolled_forward = recovery.rolled_forward();
            let step = recovery.step(&self.config, &mut self.log);
            report::rolled_forward(&self.status, task, recovery.rolled_forward() - rolled_forward);
            match step {
                Ok(TakeoverStep::Waiting) => break,
                Ok(TakeoverStep::Progress) => progress = true,
                Ok(TakeoverStep::Done(TakenOver { state, rebuilt })) => {
                    report::recovered(&self.status, &self.name, task, rebuilt);
                    (*life, progress) = (TaskPhase::Running(state), true);
                }
                Err(TaskError::Log(LogError::Retry(reason))) => {
                    recovery.wait(&self.config, &reason);
                    report::gave_up(&self.status, &self.name, &LogError::Retry(reason));
                    break;
                }
                Err(TaskError::Log(error @ (LogError::Unclear(_) | LogError::Fenced(_)))) => return Err(error),
                Err(error) => *life = stopped(task, &error),
            }
            if self.config.time.since(began) >= share {
                break;
            }
        }
        Ok(progress)
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

    /// Gives a task up; its store, if it is sound, stays open for whoever is next.
    fn lay_down(&mut self, task: TaskId) {
        self.shadows.leave(&self.status, task);
        let local = match self.tasks.remove(&task) {
            Some(TaskPhase::Running(local)) => Some(local),
            Some(TaskPhase::Recovering(recovery)) => recovery.into_state(),
            Some(TaskPhase::Stopped(_)) | None => None,
        };
        self.config.store_pool.give_up(task, local);
    }

    /// S0: reads, folds and decides for every running task, and encodes what is to be committed and written. Does not
    /// wait for records while other tasks are `recovering`.
    ///
    /// # Errors
    /// The outer one ends the worker: no room is left. The inner one gives the cycle up.
    pub fn prepare(&mut self, recovering: bool) -> Result<LogResult<Vec<TaskCommit>>, WorkerError> {
        self.shadows.cycle();
        let running: BTreeSet<TaskId> = self.running().into_iter().collect();
        if running.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let (records, ends) = match self.gather(recovering).and_then(|records| Ok((records, self.log.ends(&running)?)))
        {
            Ok(gathered) => gathered,
            Err(error) => return Ok(Err(error)),
        };
        if let Err(error) = hit(Point::Read) {
            return Ok(Err(error));
        }
        let mut by_task: BTreeMap<TaskId, Vec<Record>> = BTreeMap::new();
        for record in records {
            by_task.entry(record.task).or_default().push(record);
        }
        // All tasks are committed in one transaction, so they share its bound.
        let bounds = Bounds {
            timers_max: self.share(self.config.commit.timers_max / running.len()),
            resegmented_max: self.share(self.config.commit.resegmented_max / running.len()),
        };
        let mut commits = Vec::new();
        for task in running {
            match self.prepare_task(task, by_task.get(&task).map_or(&[], Vec::as_slice), &ends, bounds) {
                Ok(commit) => commits.extend(commit),
                Err(TaskError::Log(error)) => return Ok(Err(error)),
                Err(TaskError::DiskFull(reason)) => return Err(WorkerError::Stop(reason)),
                Err(error) => self.stop_task(task, &error),
            }
        }
        Ok(Ok(commits))
    }

    fn prepare_task(
        &mut self,
        task: TaskId,
        records: &[Record],
        ends: &Ends,
        bounds: Bounds,
    ) -> Result<Option<TaskCommit>, TaskError> {
        let positions = self.log.positions(task)?;
        let Some(TaskPhase::Running(local)) = self.tasks.get_mut(&task) else { return Ok(None) };
        self.shadows.attend(&self.config, &self.status, &mut self.log, task, local);
        let shadowed = self.shadows.has(task);
        let mut prepared = local.prepare(&self.config, records, &positions, ends, bounds, shadowed)?;
        report::settled(&self.status, &self.name, task, local, &prepared, ends, &self.config);
        self.shadows.prepare(&self.config, &self.status, local, &mut prepared, task, bounds);
        hit(Point::TaskPrepared)?;
        Ok(prepared.commit)
    }

    /// Records of one cycle: until there are enough, the interval is over, or there are no more.
    fn gather(&mut self, recovering: bool) -> LogResult<Vec<Record>> {
        let mut records = Vec::new();
        let commit = self.config.commit;
        let max_records = self.share(commit.max_records);
        let until = self.config.time.now() + if recovering { Duration::ZERO } else { commit.interval };
        loop {
            let wait = until.saturating_duration_since(self.config.time.now());
            let read = self.log.read(max_records - records.len(), wait)?;
            let more = !read.is_empty();
            records.extend(read);
            if !more || records.len() >= max_records || self.config.time.now() >= until {
                return Ok(records);
            }
        }
    }

    /// S5: writes what was committed. A task whose store fails is stopped: its journal will roll it forward.
    pub fn write(&mut self, commits: Vec<TaskCommit>) -> Cycle {
        let mut cycle = Cycle { committed: true, busy: true, ..Cycle::default() };
        for commit in commits {
            cycle.records += commit.record.counts.read;
            report::committed(&self.status, &commit);
            let Some(TaskPhase::Running(local)) = self.tasks.get_mut(&commit.task) else { continue };
            if let Err(error) = write(local, &commit.batch, commit.record) {
                self.stop_task(commit.task, &error);
            }
        }
        self.shadows.committed(&self.config, &self.status);
        cycle
    }

    /// A bound, halved for every failure in a row: what was too much for one transaction is tried in smaller ones.
    fn share(&self, bound: usize) -> usize {
        (bound >> self.failures.min(16)).max(1)
    }

    fn running(&self) -> Vec<TaskId> {
        let running = |(task, life): (&TaskId, &TaskPhase)| matches!(life, TaskPhase::Running(_)).then_some(*task);
        self.tasks.iter().filter_map(running).collect()
    }

    fn stop_task(&mut self, task: TaskId, error: &TaskError) {
        self.log.release(task);
        self.shadows.leave(&self.status, task);
        let life = match error {
            TaskError::Damaged(reason) => TaskPhase::Recovering(Box::new(Takeover::damaged(task, reason))),
            error => stopped(task, error),
        };
        self.tasks.insert(task, life);
    }

    /// What DESIGN's table says of a cycle that fails, by the kind of failure.
    fn give_up(&mut self, error: LogError, tasks: &[TaskId], remedy: Remedy) -> Result<Cycle, WorkerError> {
        match error {
            LogError::Fenced(reason) => return Err(WorkerError::Fenced(reason)),
            LogError::Stop(reason) => return Err(WorkerError::Stop(reason)),
            LogError::Retry(_) => self.remedy(tasks, remedy),
            LogError::Unclear(_) => self.remedy(tasks, Remedy::Recycle),
        }
        self.failures = self.failures.saturating_add(1);
        let pause = PAUSE_MAX.min(PAUSE_MIN * 2_u32.saturating_pow(self.failures.min(16) - 1));
        report::gave_up(&self.status, &self.name, &error);
        warn!(worker = self.name, failures = self.failures, ?pause, "cycle given up, to be tried again: {error}");
        Ok(Cycle { busy: true, pause, ..Cycle::default() })
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
        let Some(TaskPhase::Running(local)) = self.tasks.get_mut(&task) else { return };
        local.discard();
        if self.log.seek(task, &local.offsets(&self.config)).is_err() {
            self.recover(task);
        }
    }

    /// The journal decides what became of the task's last commit.
    fn recover(&mut self, task: TaskId) {
        self.log.release(task);
        self.shadows.close(task);
        if let Some(TaskPhase::Running(local)) = self.tasks.remove(&task) {
            self.tasks.insert(task, TaskPhase::Recovering(Box::new(Takeover::of(task, local))));
        }
    }
}

fn write(local: &mut TaskState, batch: &[u8], record: Journal) -> Result<(), TaskError> {
    hit(Point::Write)?;
    local.write(batch, record)?;
    Ok(hit(Point::Written)?)
}

fn stopped(task: TaskId, error: &TaskError) -> TaskPhase {
    error!(task = task.0, "task stopped: {error}");
    TaskPhase::Stopped(error.to_string())
}

impl<L: Log> Drop for Worker<L> {
    fn drop(&mut self) {
        let tasks: Vec<TaskId> = self.tasks.keys().copied().collect();
        tasks.into_iter().for_each(|task| self.lay_down(task));
        report::ended(&self.status, &self.name);
    }
}
