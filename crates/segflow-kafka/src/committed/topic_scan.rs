//! What input topics hold, for backtests: read from the first record to the last committed one, and left as it is.
//!
//! No group is joined and nothing is committed. The group's name is given all the same, for the sake of permissions.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use rdkafka::consumer::BaseConsumer;
use segflow_core::event::Family;
use segflow_core::time::Timestamp;
use segflow_runtime::log::{LogError, LogResult, Record, TaskId};

use crate::admin::check::{describe, one_count};
use crate::client::client_context::LoggingContext;
use crate::client::config::KafkaConfig;
use crate::client::errors::failed;
use crate::committed::prefetch::Found;
use crate::committed::range_reader::RangeReader;

/// How many records of one topic are taken at a time.
const CHUNK: usize = 1_000;
/// How often in turn a read may come to nothing before it is given up: about a minute.
const ATTEMPTS: usize = 4;

/// Reads the input topics of one partition after the other; each thread has its own.
pub struct TopicScan {
    inputs: BTreeMap<Family, String>,
    ranges: RangeReader,
}

/// What a partition of one input holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// Which input.
    pub family: Family,
    /// Its first offset; above 0 where earlier records were deleted.
    pub first: u64,
    /// The offset after the last committed record.
    pub end: u64,
}

/// One input of a partition being merged.
struct Stream<'t> {
    topic: &'t str,
    /// Everything before it was taken.
    next: u64,
    end: u64,
    chunk: VecDeque<Found>,
    /// The greatest timestamp so far: when the next record arrived.
    arrived: Timestamp,
}

impl TopicScan {
    /// How many partitions the inputs have.
    ///
    /// # Errors
    /// `Stop` if one does not exist, or they differ; `Retry` without an answer.
    pub fn partitions(config: &KafkaConfig) -> LogResult<u32> {
        let asker: BaseConsumer<LoggingContext> = config
            .asker()
            .create_with_context(LoggingContext::default())
            .map_err(|error| failed("creating the client that asks for topics", &error))?;
        let mut counts = Vec::new();
        for topic in config.inputs.values() {
            let found = describe(&asker, topic)?;
            let found = found.ok_or_else(|| {
                LogError::Stop(format!("topic {topic} does not exist; name the inputs in the configuration"))
            })?;
            counts.push((topic.as_str(), found.partitions));
        }
        one_count(&counts)
    }

    /// # Errors
    /// `Stop` if a reader's configuration is refused.
    pub fn open(config: &KafkaConfig) -> LogResult<Self> {
        Ok(Self { inputs: config.inputs.clone(), ranges: RangeReader::open(config)? })
    }

    /// What the inputs of a partition hold now.
    ///
    /// # Errors
    /// `Retry` without an answer.
    pub fn held(&mut self, task: TaskId) -> LogResult<Vec<Held>> {
        let ranges = &mut self.ranges;
        let held = |(family, topic): (&Family, &String)| {
            let (first, end) = patiently(|| ranges.bounds(topic, task))?;
            Ok(Held { family: *family, first, end })
        };
        self.inputs.iter().map(held).collect()
    }

    /// Gives every record of a partition that it holds, in the order of arrival, until `each` returns false.
    ///
    /// Inputs are merged by the greatest timestamp so far, the earlier family first.
    ///
    /// # Errors
    /// Why a topic cannot be read on.
    pub fn read(&mut self, task: TaskId, held: &[Held], mut each: impl FnMut(Record) -> bool) -> LogResult<()> {
        let mut streams = BTreeMap::new();
        for Held { family, first, end } in held {
            let Some(topic) = self.inputs.get(family) else { continue };
            let (chunk, arrived) = (VecDeque::new(), Timestamp::BEGINNING);
            let mut stream = Stream { topic, next: *first, end: *end, chunk, arrived };
            stream.fill(&mut self.ranges, task)?;
            streams.insert(*family, stream);
        }
        loop {
            let ready = streams.iter().filter_map(|(family, stream)| Some((stream.arrives()?, *family)));
            let Some((arrived, family)) = ready.min() else { break };
            let stream = streams.get_mut(&family).expect("a stream that is ready");
            stream.arrived = arrived;
            let Found { offset, timestamp, key, value, headers } =
                stream.chunk.pop_front().expect("a stream that is ready has a record");
            if !each(Record { family, task, offset, timestamp, key, value, headers }) {
                break;
            }
            if stream.chunk.is_empty() {
                stream.fill(&mut self.ranges, task)?;
            }
        }
        self.ranges.forget(task);
        Ok(())
    }
}

impl Stream<'_> {
    fn arrives(&self) -> Option<Timestamp> {
        self.chunk.front().map(|next| next.timestamp.max(self.arrived))
    }

    /// Waits for the next records, or for the end.
    fn fill(&mut self, ranges: &mut RangeReader, task: TaskId) -> LogResult<()> {
        while self.chunk.is_empty() && self.next < self.end {
            let range = patiently(|| ranges.read(self.topic, task, self.next, Some(self.end), CHUNK))?;
            (self.chunk, self.next) = (range.found.into(), range.next);
        }
        Ok(())
    }
}

/// A broker that is away for a moment is waited for.
fn patiently<T>(mut ask: impl FnMut() -> LogResult<T>) -> LogResult<T> {
    let mut attempt = 1;
    loop {
        match ask() {
            Err(LogError::Retry(_)) if attempt < ATTEMPTS => attempt += 1,
            answer => return answer,
        }
    }
}
