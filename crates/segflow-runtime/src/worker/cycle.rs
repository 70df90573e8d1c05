//! The cycle: S0 to S6 for the tasks that run, and a step of recovery for those that do not yet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use segflow_core::journal::JournalRecord;
use segflow_core::time::Timestamp;

use super::failure::Remedy;
use super::host_clock::HostClock;
use super::{Cycle, TaskContext, TaskPhase, Worker};
use crate::config::Bounds;
use crate::error::{TaskError, WorkerError};
use crate::log::{Ends, Log, LogResult, Record, TaskId};
use crate::recovery::RecoveryStep;
use crate::status::report;
use crate::task::TaskState;
use crate::task::epoch::EpochInput;
use crate::testing::failpoint::{Point, hit};
use crate::worker::commit::{TaskCommit, publish};

impl<L: Log> Worker<L> {
    /// One cycle: follows the assignment, takes recovering tasks further, then goes through S0 to S6 for those that run.
    ///
    /// # Errors
    /// If the worker must be built anew, or an operator must act. What can be tried again is not an error.
    pub fn cycle(&mut self) -> Result<Cycle, WorkerError> {
        report::began(&self.status, &self.name, &self.config.time);
        let cycle = self.attempt();
        report::cycled(&self.status, &self.name, &self.tasks, cycle.as_ref(), self.failures > 0);
        self.snapshot();
        self.trim();
        cycle
    }

    /// Between cycles every store stands at the last epoch committed.
    fn snapshot(&mut self) {
        let Some(keeper) = &self.config.snapshots else { return };
        for (task, phase) in &self.tasks {
            if let TaskPhase::Running(state) = phase {
                keeper.attend(&self.config, &mut self.log, *task, state);
            }
        }
    }

    /// A task that has nothing to do gives back what others have more use for.
    fn trim(&mut self) {
        for phase in self.tasks.values_mut() {
            if let TaskPhase::Running(state) = phase {
                state.trim();
            }
        }
    }

    fn attempt(&mut self) -> Result<Cycle, WorkerError> {
        let recovery = match self.attend() {
            Ok(recovery) => recovery,
            Err(error) => return self.give_up(error, &[], Remedy::SeekBack),
        };
        let commits = match self.prepare(recovery)? {
            Ok(commits) => commits,
            Err(error) => return self.give_up(error, &self.running(), Remedy::SeekBack),
        };
        if commits.is_empty() && self.shadows.prepared().is_empty() {
            self.nothing_to_say();
            let busy = recovery == RecoveryStep::Progress || self.shadows.is_busy();
            return Ok(Cycle { busy, ..Cycle::default() });
        }
        if let Err(error) = hit(Point::Prepared) {
            return self.give_up(error, &self.running(), Remedy::SeekBack);
        }
        let host_clock = HostClock::of(&self.config, self.wall_read_at);
        match publish(&mut self.log, &commits, self.shadows.prepared(), host_clock) {
            Ok(()) => (self.failures, self.committed_at) = (0, Some(self.config.time.now())),
            Err(error) => {
                let tasks = commits.iter().map(|commit| commit.task).chain(self.shadows.tasks());
                let tasks: Vec<TaskId> = tasks.collect::<BTreeSet<_>>().into_iter().collect();
                let error = self.shadows.gave_up(&self.config, &self.status, error);
                return self.give_up(error, &tasks, Remedy::Abort);
            }
        }
        Ok(self.write(commits))
    }

    /// S0: reads, folds and decides for every running task, and encodes what is to be committed and written. Does not
    /// wait for records while a recovery comes further.
    ///
    /// # Errors
    /// The outer one ends the worker: no room is left. The inner one gives the cycle up.
    pub fn prepare(&mut self, recovery: RecoveryStep) -> Result<LogResult<Vec<TaskCommit>>, WorkerError> {
        self.shadows.cycle();
        let running: BTreeSet<TaskId> = self.running().into_iter().collect();
        if running.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let (by_task, ends) = match self.read(recovery, &running) {
            Ok(read) => read,
            Err(error) => return Ok(Err(error)),
        };
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

    /// The records of a cycle, by task, and then the proved ends of the inputs.
    fn read(
        &mut self,
        recovery: RecoveryStep,
        running: &BTreeSet<TaskId>,
    ) -> LogResult<(BTreeMap<TaskId, Vec<Record>>, Ends)> {
        let wait = match recovery {
            RecoveryStep::Progress => Duration::ZERO,
            RecoveryStep::Waiting => self.config.commit.interval,
        };
        let records = self.gather(wait)?;
        self.wall_read_at = self.config.time.now();
        let ends = self.log.ends(running)?;
        self.check_host_clock(ends.w)?;
        hit(Point::Read)?;
        let mut by_task: BTreeMap<TaskId, Vec<Record>> = BTreeMap::new();
        for record in records {
            by_task.entry(record.task).or_default().push(record);
        }
        Ok((by_task, ends))
    }

    /// No task decides by a clock that stands before the one by which it decided last.
    fn check_host_clock(&self, w: Timestamp) -> LogResult<()> {
        let Some(host_clock) = HostClock::of(&self.config, self.wall_read_at) else { return Ok(()) };
        self.tasks.iter().try_for_each(|(task, phase)| match phase {
            TaskPhase::Running(state) => state.last().map_or(Ok(()), |last| host_clock.follows(w, *task, last.w)),
            TaskPhase::Recovering(_) | TaskPhase::Stopped(_) => Ok(()),
        })
    }

    /// Records of one cycle: those that are there once another commit may follow, or the first that come within `wait`.
    fn gather(&mut self, wait: Duration) -> LogResult<Vec<Record>> {
        let began = self.config.time.now();
        // The log fetches meanwhile.
        self.config.time.sleep(self.until_next_commit().min(wait));
        let mut records = Vec::new();
        let max_records = self.share(self.config.commit.max_records);
        loop {
            let left = wait.saturating_sub(self.config.time.since(began));
            let patience = if records.is_empty() { left } else { Duration::ZERO };
            let read = self.log.read(max_records - records.len(), patience)?;
            let more = !read.is_empty();
            records.extend(read);
            if !more || records.len() >= max_records || self.config.time.since(began) >= wait {
                return Ok(records);
            }
        }
    }

    /// How long it is until the next commit may follow the last one.
    fn until_next_commit(&self) -> Duration {
        let since = self.committed_at.map_or(Duration::MAX, |at| self.config.time.since(at));
        self.config.commit.interval_min.saturating_sub(since)
    }

    fn prepare_task(
        &mut self,
        task: TaskId,
        records: &[Record],
        ends: &Ends,
        bounds: Bounds,
    ) -> Result<Option<TaskCommit>, TaskError> {
        let positions = self.log.positions(task)?;
        let Some(TaskPhase::Running(state)) = self.tasks.get_mut(&task) else { return Ok(None) };
        let context = TaskContext { config: &self.config, status: &self.status, worker: &self.name, task };
        self.shadows.attend(context, &mut self.log, state);
        let shadow = self.shadows.needs(task);
        let input = EpochInput { records, positions: &positions, ends, bounds, shadow };
        let mut prepared = state.prepare(&self.config, &input)?;
        report::settled(context, state, &prepared, ends);
        self.shadows.prepare(context, state, &mut prepared, bounds);
        hit(Point::TaskPrepared)?;
        Ok(prepared.commit)
    }

    /// S5: writes what was committed. A task whose store fails is stopped: its journal will roll it forward.
    pub fn write(&mut self, commits: Vec<TaskCommit>) -> Cycle {
        let mut cycle = Cycle { committed: true, busy: true, ..Cycle::default() };
        for commit in commits {
            cycle.records += commit.record.counts.read;
            report::committed(&self.status, &commit);
            let Some(TaskPhase::Running(state)) = self.tasks.get_mut(&commit.task) else { continue };
            if let Err(error) = write(state, &commit.batch, commit.record) {
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
}

fn write(state: &mut TaskState, batch: &[u8], record: JournalRecord) -> Result<(), TaskError> {
    hit(Point::Write)?;
    state.write(batch, record)?;
    Ok(hit(Point::Written)?)
}
