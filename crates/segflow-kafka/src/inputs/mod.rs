//! Inputs of the owned tasks: their records, and the proof of their ends.

pub(crate) mod ends;
pub(crate) mod reader;

use std::collections::BTreeSet;
use std::time::Duration;

use segflow_runtime::log::{Ends, Inputs, LogResult, Offsets, Past, Record, TaskId};

use crate::log::KafkaLog;

impl Inputs for KafkaLog {
    fn seek(&mut self, task: TaskId, offsets: &Offsets) -> LogResult<()> {
        self.reader.seek(task, offsets)
    }

    fn release(&mut self, task: TaskId) {
        if let Err(error) = self.reader.release(task) {
            tracing::warn!(task = task.0, "{error}");
        }
        self.past.forget(task);
    }

    fn read(&mut self, max: usize, wait: Duration) -> LogResult<Vec<Record>> {
        self.reader.read(max, wait)
    }

    fn positions(&mut self, task: TaskId) -> LogResult<Offsets> {
        self.reader.positions(task)
    }

    fn ends(&mut self, tasks: &BTreeSet<TaskId>) -> LogResult<Ends> {
        Ok(self.asker.ends(&self.config.inputs, tasks))
    }
}
