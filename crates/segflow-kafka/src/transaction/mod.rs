//! Transactions: the producer that commits outputs and offsets as one.

pub(crate) mod producer;

use std::collections::BTreeMap;
use std::sync::Arc;

use segflow_core::time::Timestamp;
use segflow_runtime::log::{LogError, LogResult, Offsets, Output, TaskId, Transaction, Trimmer};

use crate::admin::trim;
use crate::log::KafkaLog;

impl Transaction for KafkaLog {
    fn begin(&mut self) -> LogResult<()> {
        self.transactions.begin()
    }

    fn produce(&mut self, output: &Output) -> LogResult<()> {
        self.transactions.produce(output)
    }

    fn flush(&mut self) -> LogResult<()> {
        self.transactions.flush()
    }

    fn appended(&self) -> BTreeMap<TaskId, Timestamp> {
        self.transactions.appended()
    }

    fn mark(&mut self, task: TaskId, mark: &str) {
        self.transactions.mark(task, mark);
    }

    fn send_offsets(&mut self, offsets: &BTreeMap<TaskId, Offsets>) -> LogResult<()> {
        let owned = self.ownership.tasks()?;
        if let Some(task) = offsets.keys().find(|task| !owned.contains(task)) {
            return Err(LogError::Retry(format!("task {} is no longer owned", task.0)));
        }
        self.transactions.send_offsets(offsets, &self.ownership.membership()?)
    }

    fn commit(&mut self) -> LogResult<()> {
        self.transactions.commit()
    }

    fn abort(&mut self) -> LogResult<()> {
        self.transactions.abort()
    }

    fn recycle(&mut self) -> LogResult<()> {
        self.transactions.recycle()
    }

    fn journaled(&mut self, task: TaskId) -> Option<u64> {
        self.transactions.journaled(task)
    }

    fn trimmer(&self) -> Trimmer {
        let config = self.config.clone();
        Arc::new(move |task, before| trim::trim(&config, task, before))
    }
}
