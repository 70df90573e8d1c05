//! [`KafkaPast`]: what recovery, standbys and audits read back, by a client of its own that joins no group and writes nothing.

use std::collections::BTreeMap;
use std::task::Poll;
use std::time::Duration;

use segflow_core::event::Family;
use segflow_runtime::log::{JournalEntry, LogResult, Offsets, Past, Record, Sink, Slice, TaskId, Told, ToldSlice};

use crate::admin::check::check;
use crate::client::config::{KafkaConfig, input_topic};
use crate::client::partitions::warm;
use crate::committed::journal::Journal;
use crate::committed::prefetch::Found;
use crate::committed::range_reader::RangeReader;
use crate::committed::segmentation_topic::{SegmentationTopic, high_watermark};

/// After how long without use the client is closed; the next use opens another.
const OVER: Duration = Duration::from_secs(30);

/// The most records of a slice returned at once.
const RECORDS_AT_ONCE: usize = 10_000;

/// The [`Past`] of a Kafka cluster. It is a port of its own for standbys and audits, and part of each worker's log.
pub struct KafkaPast {
    config: KafkaConfig,
    /// None while it is not needed.
    ranges: Option<RangeReader>,
    journals: BTreeMap<TaskId, Journal>,
    texts: SegmentationTopic,
    /// Where memberships ended when that was first asked, undecided transactions included, until these are decided.
    memberships_end: BTreeMap<TaskId, u64>,
}

impl KafkaPast {
    /// Reads the topics of this configuration, once it is asked to.
    #[must_use]
    pub fn new(config: KafkaConfig) -> Self {
        let (journals, memberships_end) = (BTreeMap::new(), BTreeMap::new());
        Self { config, ranges: None, journals, texts: SegmentationTopic::default(), memberships_end }
    }

    /// Checks the topics, and says how many partitions each has.
    ///
    /// # Errors
    /// `Stop` if they are not as they must be; `Retry` while the cluster cannot be reached.
    pub fn partitions(&mut self) -> LogResult<u32> {
        self.ranges()?;
        Ok(check(self.ranges.as_ref().expect("just opened").consumer(), &self.config)?.partitions)
    }

    /// The first offset that each input of a task holds.
    ///
    /// # Errors
    /// `Retry` without an answer.
    pub fn first(&mut self, task: TaskId) -> LogResult<Offsets> {
        let inputs = self.config.inputs.clone();
        let ranges = self.ranges()?;
        inputs.iter().map(|(family, topic)| Ok((*family, ranges.bounds(topic, task)?.0))).collect()
    }

    /// Where what a task has written to a sink begins and ends now, for readers of what is committed.
    ///
    /// # Errors
    /// `Retry` without an answer.
    pub fn written_within(&mut self, sink: Sink, task: TaskId) -> LogResult<(u64, u64)> {
        let topic = self.config.topic(sink).to_owned();
        self.ranges()?.bounds(&topic, task)
    }

    /// The values that a task has written to a sink, committed, in `[from, to)`, as far as they have come, and where that
    /// ends.
    ///
    /// # Errors
    /// `Retry` while nothing comes; `Stop` if they are gone.
    pub fn written(&mut self, sink: Sink, task: TaskId, from: u64, to: u64) -> LogResult<(Vec<Vec<u8>>, u64)> {
        let topic = self.config.topic(sink).to_owned();
        let range = self.ranges()?.read(&topic, task, from, Some(to), RECORDS_AT_ONCE)?;
        Ok((range.found.into_iter().filter_map(|found| found.value).collect(), range.next))
    }

    /// Connects to the leaders of the journal, so that its end is found at once.
    pub(crate) fn warm(&mut self) {
        let journal = self.config.journal().to_owned();
        if let Ok(ranges) = self.ranges() {
            warm(ranges.consumer(), [journal.as_str()]);
        }
    }

    /// Closes the client if it has not been used for a while.
    pub(crate) fn rest(&mut self) {
        if self.ranges.take_if(|ranges| ranges.idle() >= OVER).is_some() {
            self.journals.clear();
        }
    }

    /// The end of a task's journal may have moved: what was begun to be looked for is not to be trusted.
    pub(crate) fn look_anew(&mut self, task: TaskId) {
        self.journals.remove(&task);
    }

    fn ranges(&mut self) -> LogResult<&mut RangeReader> {
        if self.ranges.is_none() {
            self.ranges = Some(RangeReader::open(&self.config)?);
        }
        Ok(self.ranges.as_mut().expect("just opened"))
    }

    fn journal(&mut self, task: TaskId) -> LogResult<(&mut Journal, &mut RangeReader)> {
        self.ranges()?;
        let topic = self.config.journal();
        let journal = self.journals.entry(task).or_insert_with(|| Journal::new(topic, task));
        Ok((journal, self.ranges.as_mut().expect("just opened")))
    }
}

impl Past for KafkaPast {
    fn journal_last(&mut self, task: TaskId) -> LogResult<Poll<Option<JournalEntry>>> {
        let (journal, ranges) = self.journal(task)?;
        journal.last(ranges)
    }

    fn journal_after(&mut self, task: TaskId, after: u64, max: usize) -> LogResult<Poll<Vec<JournalEntry>>> {
        let (journal, ranges) = self.journal(task)?;
        journal.after(ranges, after, max)
    }

    fn segmentation(&mut self, hash: &str) -> LogResult<Poll<Option<Vec<u8>>>> {
        self.ranges()?;
        let ranges = self.ranges.as_mut().expect("just opened");
        self.texts.find(hash, &self.config, ranges)
    }

    fn slice(&mut self, task: TaskId, family: Family, from: u64, to: u64) -> LogResult<Slice> {
        let topic = input_topic(&self.config.inputs, family)?.to_owned();
        let range = self.ranges()?.read(&topic, task, from, Some(to), RECORDS_AT_ONCE)?;
        let record = |found: Found| Record {
            family,
            task,
            offset: found.offset,
            timestamp: found.timestamp,
            key: found.key,
            value: found.value,
            headers: found.headers,
        };
        Ok(Slice { records: range.found.into_iter().map(record).collect(), next: range.next })
    }

    fn memberships_within(&mut self, task: TaskId) -> LogResult<Poll<(u64, u64)>> {
        let topic = self.config.topic(Sink::Segments).to_owned();
        let end = match self.memberships_end.get(&task) {
            Some(end) => *end,
            None => *self.memberships_end.entry(task).or_insert(high_watermark(&self.config, &topic, task)?),
        };
        let (low, stable) = self.ranges()?.bounds(&topic, task)?;
        if stable < end {
            return Ok(Poll::Pending);
        }
        self.memberships_end.remove(&task);
        Ok(Poll::Ready((low, end)))
    }

    fn memberships(&mut self, task: TaskId, from: u64, to: u64) -> LogResult<ToldSlice> {
        let topic = self.config.topic(Sink::Segments).to_owned();
        let range = self.ranges()?.read(&topic, task, from, Some(to), RECORDS_AT_ONCE)?;
        let record = |found: Found| Some(Told { offset: found.offset, key: found.key?, value: found.value });
        Ok(ToldSlice { records: range.found.into_iter().filter_map(record).collect(), next: range.next })
    }

    fn forget(&mut self, task: TaskId) {
        self.journals.remove(&task);
        self.memberships_end.remove(&task);
        if let Some(ranges) = &mut self.ranges {
            ranges.forget(task);
        }
    }
}
