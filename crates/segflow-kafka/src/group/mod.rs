//! The group: which tasks this member owns, under which generation, tasks that nobody owns, and recovery's barriers.

pub(crate) mod barrier;
pub(crate) mod generation;
pub(crate) mod orphans;
pub(crate) mod ownership;

use std::collections::BTreeSet;

use segflow_runtime::log::{Barrier, Group, LogResult, TaskId};

use crate::log::KafkaLog;

impl Group for KafkaLog {
    fn tasks(&mut self) -> LogResult<BTreeSet<TaskId>> {
        self.past.rest();
        if !self.transactions.is_open() {
            self.ownership.adopt(self.partitions())?;
        }
        self.ownership.tasks()
    }

    fn leave(&mut self) -> LogResult<()> {
        self.ownership.leave(&self.config.owner_id())
    }

    fn offsets_barrier(&mut self, task: TaskId) -> LogResult<Barrier> {
        let (inputs, journal) = (&self.config.inputs, self.config.journal());
        let answer = barrier::pending_offsets(self.ownership.consumer(), inputs, journal, task)?;
        Ok(self.ownership.note_mark(task, answer))
    }

    fn journal_barrier(&mut self, task: TaskId) -> LogResult<Barrier> {
        self.past.look_anew(task);
        barrier::journal_tail(self.asker.consumer(), self.reader.consumer(), self.config.journal(), task)
    }

    fn marked(&mut self, task: TaskId) -> Option<String> {
        self.ownership.marked(task)
    }
}
