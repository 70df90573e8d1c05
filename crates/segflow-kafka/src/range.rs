//! Committed records of a range of offsets, for recovery: journals backwards and forwards, slices of inputs.

use std::time::{Duration, Instant as Moment};

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use segflow_core::time::Instant;
use segflow_runtime::log::{Headers, LogError, LogResult, Task};

use crate::config::KafkaConfig;
use crate::errors::{failed, loses_records};
use crate::headers::headers_of;
use crate::partitions::{await_fresh, list_at, number, offset, positions};
use crate::reader::out_of_range;
use crate::record::{offset_of, timestamp_of};
use crate::voice::Voice;

/// How long a range may deliver nothing before the read is given up and tried again.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long to ask for the bounds of a partition.
const BOUNDS: Duration = Duration::from_secs(5);

/// The granularity of waiting: a marker that ends a range moves the position, but wakes nobody.
const TICK: Duration = Duration::from_millis(2);

/// A record of a range.
pub(crate) struct Found {
    pub(crate) offset: u64,
    pub(crate) timestamp: Instant,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Headers,
}

/// A `read_committed` consumer of one topic, on one partition at a time. A range that begins where the last one ended
/// goes on without a new fetch.
pub(crate) struct RangeReader {
    consumer: BaseConsumer<Voice>,
    topic: String,
    at: Option<At>,
    used: Moment,
}

struct At {
    task: Task,
    /// Everything before it has been returned.
    next: u64,
    /// A record that was read past the end of the last range.
    held: Option<Found>,
}

impl RangeReader {
    pub(crate) fn open(config: &KafkaConfig, topic: &str) -> LogResult<Self> {
        let consumer = config
            .range_reader()
            .create_with_context(Voice::default())
            .map_err(|error| failed("creating a reader for recovery", &error))?;
        Ok(Self { consumer, topic: topic.to_owned(), at: None, used: Moment::now() })
    }

    /// How long it has not been used.
    pub(crate) fn idle(&self) -> Duration {
        self.used.elapsed()
    }

    /// The first offset that the partition holds, and the one that a `read_committed` reader may reach.
    pub(crate) fn bounds(&mut self, task: Task) -> LogResult<(u64, u64)> {
        self.used = Moment::now();
        let doing = || format!("asking for the bounds of {} [{}]", self.topic, task.0);
        let (low, high) = self
            .consumer
            .fetch_watermarks(&self.topic, number(task), BOUNDS)
            .map_err(|error| failed(&doing(), &error))?;
        Ok((u64::try_from(low).unwrap_or(0), u64::try_from(high).unwrap_or(0)))
    }

    /// The committed records in `[from, to)`, in order, at most `most`; fewer only if there are no more.
    pub(crate) fn read(&mut self, task: Task, from: u64, to: u64, most: usize) -> LogResult<Vec<Found>> {
        self.used = Moment::now();
        if from >= to || most == 0 {
            return Ok(Vec::new());
        }
        // Taken out, so that a failure half way leaves nothing to go on from.
        let mut at = self.place(task, from)?;
        let found = self.collect(&mut at, to, most)?;
        self.at = Some(at);
        Ok(found)
    }

    fn place(&mut self, task: Task, from: u64) -> LogResult<At> {
        if let Some(at) = self.at.take().filter(|at| at.task == task && at.next == from) {
            return Ok(at);
        }
        let doing = "seeking for recovery";
        let assigned = list_at([(self.topic.as_str(), task, offset(from))]).map_err(|error| failed(doing, &error))?;
        self.consumer.assign(&assigned).map_err(|error| failed(doing, &error))?;
        await_fresh(&self.consumer, &assigned)?;
        Ok(At { task, next: from, held: None })
    }

    fn collect(&self, at: &mut At, to: u64, most: usize) -> LogResult<Vec<Found>> {
        let mut found: Vec<Found> = Vec::new();
        let mut deadline = Moment::now() + PATIENCE;
        let mut reached = at.next;
        while found.len() < most {
            match self.next(at)? {
                Some(record) if record.offset >= to => {
                    at.held = Some(record);
                    at.next = to;
                    return Ok(found);
                }
                Some(record) => {
                    at.next = record.offset + 1;
                    found.push(record);
                    deadline = Moment::now() + PATIENCE;
                }
                None => {
                    let position = self.position(at.task)?.unwrap_or(reached);
                    if position >= to {
                        at.next = to;
                        return Ok(found);
                    }
                    if position > reached {
                        deadline = Moment::now() + PATIENCE;
                    } else if Moment::now() >= deadline {
                        return Err(self.stuck(at.task, position, to));
                    }
                    reached = position;
                }
            }
        }
        Ok(found)
    }

    fn next(&self, at: &mut At) -> LogResult<Option<Found>> {
        if let Some(held) = at.held.take() {
            return Ok(Some(held));
        }
        match self.consumer.poll(TICK) {
            Some(Ok(message)) => Ok(Some(found(&message))),
            Some(Err(error)) => self.judge(at, &error).map(|()| None),
            None => Ok(None),
        }
    }

    fn judge(&self, at: &At, error: &KafkaError) -> LogResult<()> {
        let place = format!("{} [{}]", self.topic, at.task.0);
        if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
            return Err(failed(&format!("reading {place}"), error));
        }
        if !error.rdkafka_error_code().is_some_and(loses_records) {
            return Ok(());
        }
        let bounds = self.consumer.fetch_watermarks(&self.topic, number(at.task), BOUNDS).ok();
        let reason = bounds.and_then(|(low, high)| out_of_range(&self.topic, at.task, at.next, low, high));
        let reason =
            reason.unwrap_or_else(|| format!("{place} at {}: {error}: {}", at.next, self.consumer.context().reason()));
        Err(LogError::Stop(reason))
    }

    fn position(&self, task: Task) -> LogResult<Option<u64>> {
        let known = positions(&self.consumer).map_err(|error| failed("asking for positions", &error))?;
        Ok(known.get(&(self.topic.clone(), task)).copied())
    }

    /// Nothing came: either the broker is away, or the partition is shorter than it was.
    fn stuck(&self, task: Task, position: u64, to: u64) -> LogError {
        let bounds = self.consumer.fetch_watermarks(&self.topic, number(task), BOUNDS).ok();
        let shorter = bounds.and_then(|(low, high)| out_of_range(&self.topic, task, to, low.min(0), high));
        shorter.map_or_else(
            || {
                let place = format!("{} [{}]", self.topic, task.0);
                LogError::Retry(format!("reading {place} to {to}: nothing after {position} within {PATIENCE:?}"))
            },
            LogError::Stop,
        )
    }
}

fn found(message: &BorrowedMessage<'_>) -> Found {
    Found {
        offset: offset_of(message),
        timestamp: timestamp_of(message),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers_of(message),
    }
}
