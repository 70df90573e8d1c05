//! The group of the simulated cluster, and recovery's barriers, which a sabotage may leave out.

use std::collections::BTreeSet;

use segflow_runtime::log::{Barrier, Group, LogError, LogResult, Sink, TaskId};

use super::SimLog;
use crate::sim::fault::{Sabotage, SimulationStep};

impl Group for SimLog {
    fn tasks(&mut self) -> LogResult<BTreeSet<TaskId>> {
        if self.transaction.is_none() {
            self.reach(SimulationStep::S6)?;
        }
        self.alive()?;
        let (tasks, generation) = self.with(|world| (world.tasks_of(&self.name, self.incarnation), world.generation));
        self.generation = generation;
        tasks.ok_or_else(|| LogError::Fenced("no member of the group any more".to_owned()))
    }

    fn leave(&mut self) -> LogResult<()> {
        self.alive()?;
        self.with(|world| world.evict(&self.name));
        Ok(())
    }

    fn offsets_barrier(&mut self, task: TaskId) -> LogResult<Barrier> {
        self.answered()?;
        self.watermarks.remove(&task);
        let left_out = self.with(|world| world.sabotage) == Sabotage::FlushAndFirstBarrier;
        let settled = left_out || !self.with(|world| world.is_pending(task));
        self.marked.remove(&task);
        let mark = self.with(|world| world.marked(task));
        self.marked.extend(mark.filter(|_| settled).map(|mark| (task, mark)));
        Ok(Barrier::before(settled))
    }

    fn journal_barrier(&mut self, task: TaskId) -> LogResult<Barrier> {
        self.alive()?;
        if self.with(|world| world.sabotage) == Sabotage::SecondBarrier {
            return Ok(Barrier::Lifted);
        }
        let (high, stable) =
            self.with(|world| (world.high_watermark(Sink::Journal, task), world.last_stable(Sink::Journal, task)));
        Ok(Barrier::before(stable >= *self.watermarks.entry(task).or_insert(high)))
    }

    fn marked(&mut self, task: TaskId) -> Option<String> {
        self.marked.get(&task).cloned()
    }
}
