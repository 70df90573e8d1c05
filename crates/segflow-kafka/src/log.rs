//! [`KafkaLog`]: the `Log` port on Apache Kafka. Each call is one or two of the parts beside this file.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::Offset;
use segflow_core::event::Family;
use segflow_runtime::log::{Ends, JournalEntry, Log, LogError, LogResult, Offsets, Output, Record, TEXTS, Task};

use crate::barrier;
use crate::check::partition_count;
use crate::config::KafkaConfig;
use crate::ends::Asker;
use crate::errors::failed;
use crate::journal::Journal;
use crate::ownership::Ownership;
use crate::partitions::{list_at, offset};
use crate::producer::Transactions;
use crate::range::RangeReader;
use crate::reader::Reader;
use crate::texts::Texts;

/// After how long without use the clients of recovery are closed.
const RECOVERY_OVER: Duration = Duration::from_secs(30);

/// What is committed for a journal partition. The offset is a marker: it fences and is waited for, and is never read.
const JOURNAL_MARKER: Offset = Offset::Offset(0);

/// One worker's log: a member of the group, a reader, a producer, a client that asks, and in recovery some more.
pub struct KafkaLog {
    config: KafkaConfig,
    partitions: u32,
    ownership: Ownership,
    reader: Reader,
    asker: Asker,
    transactions: Transactions,
    journal: Option<Journal>,
    texts: Option<Texts>,
    slices: BTreeMap<Family, RangeReader>,
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
        let asker = Asker::open(&config)?;
        let partitions = partition_count(asker.consumer(), &config)?;
        let transactions = Transactions::open(&config)?;
        let reader = Reader::open(&config)?;
        let ownership = Ownership::join(&config)?;
        let (journal, texts, slices) = (None, None, BTreeMap::new());
        Ok(Self { config, partitions, ownership, reader, asker, transactions, journal, texts, slices })
    }

    /// How many partitions every topic has: how many tasks there are in all.
    #[must_use]
    pub const fn partitions(&self) -> u32 {
        self.partitions
    }

    fn journal(&mut self) -> LogResult<&mut Journal> {
        if self.journal.is_none() {
            let topic = self.config.journal();
            self.journal = Some(Journal::new(RangeReader::open(&self.config, topic)?, topic));
        }
        Ok(self.journal.as_mut().expect("just opened"))
    }

    fn slices(&mut self, family: Family) -> LogResult<&mut RangeReader> {
        if !self.slices.contains_key(&family) {
            let opened = RangeReader::open(&self.config, self.input(family)?)?;
            self.slices.insert(family, opened);
        }
        Ok(self.slices.get_mut(&family).expect("just opened"))
    }

    fn input(&self, family: Family) -> LogResult<&str> {
        self.config.inputs.get(&family).map(String::as_str).ok_or_else(|| {
            LogError::Stop(format!(
                "the journal names input {}, which has no topic; name one in the configuration",
                family.name()
            ))
        })
    }

    fn close_idle(&mut self) {
        self.journal.take_if(|journal| journal.ranges().idle() >= RECOVERY_OVER);
        self.texts.take_if(|texts| texts.ranges().idle() >= RECOVERY_OVER);
        self.slices.retain(|_, ranges| ranges.idle() < RECOVERY_OVER);
    }
}

impl Log for KafkaLog {
    fn tasks(&mut self) -> LogResult<BTreeSet<Task>> {
        self.close_idle();
        if !self.transactions.is_open() {
            self.ownership.adopt(self.partitions)?;
        }
        self.ownership.tasks()
    }

    fn seek(&mut self, task: Task, offsets: &Offsets) -> LogResult<()> {
        self.reader.seek(task, offsets)
    }

    fn release(&mut self, task: Task) {
        if let Err(error) = self.reader.release(task) {
            tracing::warn!(task = task.0, "{error}");
        }
    }

    fn read(&mut self, max: usize, wait: Duration) -> LogResult<Vec<Record>> {
        self.reader.read(max, wait)
    }

    fn positions(&mut self, task: Task) -> LogResult<Offsets> {
        self.reader.positions(task)
    }

    fn ends(&mut self, tasks: &BTreeSet<Task>) -> LogResult<Ends> {
        Ok(self.asker.ends(&self.config.inputs, tasks))
    }

    fn begin(&mut self) -> LogResult<()> {
        self.transactions.begin()
    }

    fn produce(&mut self, output: Output) -> LogResult<()> {
        self.transactions.produce(&output)
    }

    fn flush(&mut self) -> LogResult<()> {
        self.transactions.flush()
    }

    fn send_offsets(&mut self, offsets: &BTreeMap<Task, Offsets>) -> LogResult<()> {
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

    fn offsets_settled(&mut self, task: Task) -> LogResult<bool> {
        barrier::offsets_settled(self.ownership.consumer(), &self.config.inputs, self.config.journal(), task)
    }

    fn journal_settled(&mut self, task: Task) -> LogResult<bool> {
        barrier::settled(self.asker.consumer(), self.reader.consumer(), self.config.journal(), task)
    }

    fn journal_last(&mut self, task: Task) -> LogResult<Option<JournalEntry>> {
        self.journal()?.last(task)
    }

    fn journal_after(&mut self, task: Task, after: u64, max: usize) -> LogResult<Vec<JournalEntry>> {
        self.journal()?.after(task, after, max)
    }

    fn segmentation(&mut self, hash: &str) -> LogResult<Option<Vec<u8>>> {
        if self.texts.is_none() {
            let topic = self.config.texts();
            self.texts = Some(Texts::new(RangeReader::open(&self.config, topic)?, topic));
        }
        let texts = self.texts.as_mut().expect("just opened");
        let (uncommitted, committed) = (self.asker.consumer(), self.reader.consumer());
        texts.find(hash, |topic| barrier::settled(uncommitted, committed, topic, TEXTS))
    }

    fn slice(&mut self, task: Task, family: Family, from: u64, to: u64) -> LogResult<Vec<Record>> {
        let found = self.slices(family)?.read(task, from, to, usize::MAX)?;
        let record = |found: crate::range::Found| Record {
            family,
            task,
            offset: found.offset,
            timestamp: found.timestamp,
            key: found.key,
            value: found.value,
            headers: found.headers,
        };
        Ok(found.into_iter().map(record).collect())
    }
}
