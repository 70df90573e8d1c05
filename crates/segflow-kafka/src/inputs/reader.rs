//! The reader of inputs: committed records of the owned tasks, from exact offsets, in the order of each partition.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use segflow_core::event::Family;
use segflow_runtime::log::{LogError, LogResult, Offsets, Record, TaskId};

use crate::client::client_context::LoggingContext;
use crate::client::config::{KafkaConfig, input_topic};
use crate::client::errors::{failed, loses_records, unreachable};
use crate::client::headers::headers_of;
use crate::client::partitions::{await_fresh, list, list_at, number, offset, positions, warm};
use crate::client::record::{offset_of, timestamp_of};

/// How long to ask for the bounds of one partition, to name the one that an error is about.
const BOUNDS: Duration = Duration::from_secs(2);

/// A consumer with a manual assignment; it is in the group's name, for the sake of permissions, but does not join it.
pub(crate) struct Reader {
    consumer: BaseConsumer<LoggingContext>,
    topics: BTreeMap<Family, String>,
    families: BTreeMap<String, Family>,
    /// Where each task was told to start.
    started: BTreeMap<TaskId, Offsets>,
    /// Positions since the last poll or change of assignment.
    positions: Option<BTreeMap<(String, TaskId), u64>>,
    /// An error that came behind records, for the next call.
    pending: Option<LogError>,
}

impl Reader {
    pub(crate) fn open(config: &KafkaConfig) -> LogResult<Self> {
        let consumer = config
            .reader()
            .create_with_context(LoggingContext::default())
            .map_err(|error| failed("creating the reader", &error))?;
        Ok(Self {
            consumer,
            topics: config.inputs.clone(),
            families: config.inputs.iter().map(|(family, topic)| (topic.clone(), *family)).collect(),
            started: BTreeMap::new(),
            positions: None,
            pending: None,
        })
    }

    /// The client, for questions that a `read_committed` client must ask.
    pub(crate) fn consumer(&self) -> &BaseConsumer<LoggingContext> {
        &self.consumer
    }

    /// Connects to the leaders of the inputs, so that the first records come at once.
    pub(crate) fn warm(&self) {
        warm(&self.consumer, self.topics.values().map(String::as_str));
    }

    /// Reads a task's inputs from these offsets on; nothing fetched before is delivered afterwards.
    pub(crate) fn seek(&mut self, task: TaskId, offsets: &Offsets) -> LogResult<()> {
        self.release(task)?;
        let starts = offsets.iter().map(|(family, next)| Ok((self.topic(*family)?, task, offset(*next))));
        let starts = starts.collect::<LogResult<Vec<_>>>()?;
        let assigned = list_at(starts).map_err(|error| failed("seeking", &error))?;
        self.consumer.incremental_assign(&assigned).map_err(|error| failed("seeking", &error))?;
        self.started.insert(task, offsets.clone());
        await_fresh(&self.consumer, &assigned)
    }

    /// Stops reading a task's inputs.
    pub(crate) fn release(&mut self, task: TaskId) -> LogResult<()> {
        self.positions = None;
        let Some(offsets) = self.started.remove(&task) else {
            return Ok(());
        };
        let topics = offsets.keys().map(|family| self.topic(*family)).collect::<LogResult<Vec<_>>>()?;
        let taken = list(topics.into_iter().map(|topic| (topic, task)));
        self.consumer.incremental_unassign(&taken).map_err(|error| failed("releasing a task", &error))
    }

    /// At most `max` records, waiting at most `wait` for the first.
    pub(crate) fn read(&mut self, max: usize, wait: Duration) -> LogResult<Vec<Record>> {
        self.positions = None;
        if let Some(error) = self.pending.take() {
            return Err(error);
        }
        let deadline = Instant::now() + wait;
        let mut records = Vec::new();
        while records.len() < max {
            let patience =
                if records.is_empty() { deadline.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            match self.consumer.poll(patience) {
                Some(Ok(message)) => records.extend(self.record(&message)),
                Some(Err(error)) => match self.judge(&error) {
                    Some(verdict) if records.is_empty() => return Err(verdict),
                    Some(verdict) => {
                        self.pending = Some(verdict);
                        break;
                    }
                    None => {}
                },
                None if records.is_empty() && Instant::now() < deadline => {}
                None => break,
            }
        }
        Ok(records)
    }

    /// The next offset of each of a task's inputs: past what was read and past markers, or else where it started.
    pub(crate) fn positions(&mut self, task: TaskId) -> LogResult<Offsets> {
        if self.positions.is_none() {
            self.positions = Some(positions(&self.consumer).map_err(|error| failed("asking for positions", &error))?);
        }
        let known = self.positions.as_ref().expect("just asked for");
        let started =
            self.started.get(&task).ok_or_else(|| LogError::Retry(format!("task {} is not being read", task.0)))?;
        let next = |(family, start): (&Family, &u64)| {
            let position = known.get(&(self.topic(*family)?.to_owned(), task));
            Ok((*family, position.map_or(*start, |position| *position.max(start))))
        };
        started.iter().map(next).collect()
    }

    fn topic(&self, family: Family) -> LogResult<&str> {
        input_topic(&self.topics, family)
    }

    fn record(&self, message: &BorrowedMessage<'_>) -> Option<Record> {
        let family = *self.families.get(message.topic())?;
        Some(Record {
            family,
            task: TaskId(u32::try_from(message.partition()).ok()?),
            offset: offset_of(message),
            timestamp: timestamp_of(message),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers: headers_of(message),
        })
    }

    /// What an error means to the worker; none if librdkafka sees to it by itself.
    fn judge(&self, error: &KafkaError) -> Option<LogError> {
        match error.rdkafka_error_code() {
            _ if matches!(error, KafkaError::MessageConsumptionFatal(_)) => Some(failed("reading inputs", error)),
            Some(code) if loses_records(code) => Some(self.lost(error)),
            Some(code) if unreachable(code) => Some(LogError::Retry(format!("reading inputs: {error}"))),
            _ => None,
        }
    }

    /// Names the partitions that no longer hold the offset to be read, which the error itself does not.
    fn lost(&self, error: &KafkaError) -> LogError {
        let reached = positions(&self.consumer).unwrap_or_default();
        let mut found = Vec::new();
        for (task, offsets) in &self.started {
            for (family, start) in offsets {
                let Ok(topic) = self.topic(*family) else { continue };
                let next = reached.get(&(topic.to_owned(), *task)).map_or(*start, |position| *position.max(start));
                let bounds = self.consumer.fetch_watermarks(topic, number(*task), BOUNDS);
                found.extend(bounds.ok().and_then(|(low, high)| out_of_range(topic, *task, next, low, high)));
            }
        }
        if found.is_empty() {
            found.push(self.consumer.context().reason());
        }
        LogError::Stop(format!("an input cannot be read without losing records: {error}: {}", found.join("; ")))
    }
}

/// Says that an offset lies outside of what the partition holds, if it does, and what to do.
pub(crate) fn out_of_range(topic: &str, task: TaskId, next: u64, low: i64, high: i64) -> Option<String> {
    if signed(next) < low {
        return Some(format!(
            "{topic} [{}]: expected offset {next}, the topic begins at {low}: records were deleted before they were read; \
             lengthen its retention, and bring back what was deleted, from a copy of the topic",
            task.0
        ));
    }
    beyond_end(topic, task, next, high)
}

/// Says that an offset lies beyond the end of what the partition holds, if it does, and what to do.
pub(crate) fn beyond_end(topic: &str, task: TaskId, offset: u64, high: i64) -> Option<String> {
    (signed(offset) > high).then(|| {
        format!(
            "{topic} [{}]: expected offset {offset}, the topic ends at {high}: it was truncated or made anew; restore it, \
             or give the application a new name to start over",
            task.0
        )
    })
}

/// An offset as librdkafka counts.
fn signed(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
