//! [`KafkaLog`]: the `Log` port on Apache Kafka. Each call is one or two of the parts beside this file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use rdkafka::Offset;
use segflow_core::event::Family;
use segflow_runtime::log::{
    Ends, JournalEntry, Log, LogError, LogResult, Offsets, Output, Past, Record, Slice, TaskId, ToldSlice, Trimmer,
};

use crate::admin::check::check;
use crate::admin::trim;
use crate::client::config::KafkaConfig;
use crate::client::errors::failed;
use crate::client::partitions::{list_at, number, offset};
use crate::committed::committed_reader::KafkaPast;
use crate::group::ownership::Ownership;
use crate::inputs::ends::Asker;
use crate::inputs::reader::Reader;
use crate::transaction::barrier::{self, Barrier};
use crate::transaction::producer::Transactions;

/// What is committed for a journal partition. The offset is a marker: it fences and is waited for, and is never read. Its
/// metadata are the task's mark.
const JOURNAL_MARKER: Offset = Offset::Offset(0);

/// One worker's log: a member of the group, a reader, a producer, a client that asks, and in recovery some more.
pub struct KafkaLog {
    config: KafkaConfig,
    partitions: u32,
    ownership: Ownership,
    reader: Reader,
    asker: Asker,
    transactions: Transactions,
    past: KafkaPast,
    /// The marks of the transaction under way.
    marks: BTreeMap<TaskId, String>,
    /// The marks found by the first barrier.
    marked: BTreeMap<TaskId, String>,
}

/// A worker may be made on one thread and run on another.
const _: fn() = || {
    fn moves<T: Send>() {}
    moves::<KafkaLog>();
};

impl KafkaLog {
    /// Checks the topics, fences the predecessor of this worker's name, and joins the group. Blocks for at most about a
    /// minute.
    ///
    /// # Errors
    /// `Stop` if the configuration or the topics are not as they must be; `Retry` while the cluster cannot be reached;
    /// `Fenced` if another worker of the same name is starting.
    pub fn open(config: KafkaConfig) -> LogResult<Self> {
        config.check()?;
        let (asker, reader, mut past) = (Asker::open(&config)?, Reader::open(&config)?, KafkaPast::new(config.clone()));
        let (partitions, transactions, ownership) = thread::scope(|scope| {
            scope.spawn(|| reader.warm());
            scope.spawn(|| past.warm());
            let topics = check(asker.consumer(), &config)?;
            topics.warn();
            Ok((topics.partitions, Transactions::open(&config)?, Ownership::join(&config)?))
        })?;
        let (marks, marked) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { config, partitions, ownership, reader, asker, transactions, past, marks, marked })
    }

    /// How many partitions every topic has: how many tasks there are in all.
    #[must_use]
    pub const fn partitions(&self) -> u32 {
        self.partitions
    }

    fn input(&self, family: Family) -> LogResult<&str> {
        self.config.inputs.get(&family).map(String::as_str).ok_or_else(|| {
            LogError::Stop(format!(
                "the journal names input {}, which has no topic; name one in the configuration",
                family.name()
            ))
        })
    }
}

impl Log for KafkaLog {
    fn tasks(&mut self) -> LogResult<BTreeSet<TaskId>> {
        self.past.rest();
        if !self.transactions.is_open() {
            self.ownership.adopt(self.partitions)?;
        }
        self.ownership.tasks()
    }

    fn leave(&mut self) -> LogResult<()> {
        self.ownership.leave(&self.config.owner_id())
    }

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

    fn begin(&mut self) -> LogResult<()> {
        self.marks.clear();
        self.transactions.begin()
    }

    fn mark(&mut self, task: TaskId, mark: &str) {
        self.marks.insert(task, mark.to_owned());
    }

    fn marked(&mut self, task: TaskId) -> Option<String> {
        self.marked.get(&task).cloned()
    }

    fn produce(&mut self, output: Output) -> LogResult<()> {
        self.transactions.produce(&output)
    }

    fn flush(&mut self) -> LogResult<()> {
        self.transactions.flush()
    }

    fn send_offsets(&mut self, offsets: &BTreeMap<TaskId, Offsets>) -> LogResult<()> {
        let owned = self.ownership.tasks()?;
        if let Some(task) = offsets.keys().find(|task| !owned.contains(task)) {
            return Err(LogError::Retry(format!("task {} is no longer owned", task.0)));
        }
        let membership = self.ownership.membership()?;
        let mut sent = Vec::new();
        for (task, inputs) in offsets {
            sent.push((self.config.journal(), *task, JOURNAL_MARKER));
            for (family, next) in inputs {
                sent.push((self.input(*family)?, *task, offset(*next)));
            }
        }
        let sent = list_at(sent).map_err(|error| failed("sending offsets", &error))?;
        for (task, mark) in &self.marks {
            if let Some(mut marker) = sent.find_partition(self.config.journal(), number(*task)) {
                marker.set_metadata(mark);
            }
        }
        self.transactions.send_offsets(&sent, &membership)
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

    fn offsets_settled(&mut self, task: TaskId) -> LogResult<bool> {
        let (inputs, journal) = (&self.config.inputs, self.config.journal());
        let settled = barrier::offsets_settled(self.ownership.consumer(), inputs, journal, task)?;
        self.marked.remove(&task);
        let Some(Barrier { mark }) = settled else { return Ok(false) };
        self.marked.extend(mark.map(|mark| (task, mark)));
        Ok(true)
    }

    fn journal_settled(&mut self, task: TaskId) -> LogResult<bool> {
        self.past.look_anew(task);
        barrier::journal_settled(self.asker.consumer(), self.reader.consumer(), self.config.journal(), task)
    }

    fn journaled(&mut self, task: TaskId) -> Option<u64> {
        self.transactions.journaled(task)
    }

    fn trimmer(&self) -> Option<Trimmer> {
        let config = self.config.clone();
        Some(Arc::new(move |task, before| trim::trim(&config, task, before)))
    }
}

impl Past for KafkaLog {
    fn journal_last(&mut self, task: TaskId) -> LogResult<Poll<Option<JournalEntry>>> {
        self.past.journal_last(task)
    }

    fn journal_after(&mut self, task: TaskId, after: u64, max: usize) -> LogResult<Poll<Vec<JournalEntry>>> {
        self.past.journal_after(task, after, max)
    }

    fn segmentation(&mut self, hash: &str) -> LogResult<Poll<Option<Vec<u8>>>> {
        self.past.segmentation(hash)
    }

    fn slice(&mut self, task: TaskId, family: Family, from: u64, to: u64) -> LogResult<Slice> {
        self.past.slice(task, family, from, to)
    }

    fn memberships_within(&mut self, task: TaskId) -> LogResult<Poll<(u64, u64)>> {
        self.past.memberships_within(task)
    }

    fn memberships(&mut self, task: TaskId, from: u64, to: u64) -> LogResult<ToldSlice> {
        self.past.memberships(task, from, to)
    }

    fn forget(&mut self, task: TaskId) {
        self.past.forget(task);
    }
}
