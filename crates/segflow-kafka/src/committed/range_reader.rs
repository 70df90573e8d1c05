//! Committed records of ranges of offsets, for recovery and standbys: journals backwards and forwards, slices of inputs.
//!
//! One client reads all of them side by side. What it fetches ahead is kept by partition, so that a
//! question for the next range of a partition finds it, and no task waits for the records of another.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use segflow_runtime::log::{LogError, LogResult, TaskId};

use crate::client::client_context::LoggingContext;
use crate::client::config::KafkaConfig;
use crate::client::errors::{failed, loses_records};
use crate::client::headers::headers_of;
use crate::client::partitions::{await_fresh, list, list_at, number, offset, positions};
use crate::client::record::{offset_of, timestamp_of};
use crate::committed::prefetch::{Found, Prefetch};
use crate::inputs::reader::{beyond_end, out_of_range};

/// How long one call waits for records.
const WAIT: Duration = Duration::from_millis(10);

/// The granularity of waiting: a marker that ends a range moves the position, but wakes nobody.
const TICK: Duration = Duration::from_millis(2);

/// How long a range may deliver nothing before its partition is looked into.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long to ask for the bounds of a partition.
const BOUNDS: Duration = Duration::from_secs(1);

/// The most messages taken from the client before what they bring is looked at.
const POLLED_AT_ONCE: usize = 1_000;

/// What all partitions together keep ahead, at most, beside one record each.
const AHEAD_BYTES: usize = 64 << 20;

/// A range that begins this little after the last one is read up to, not sought.
const SKIPPED: u64 = 10_000;

/// A part of a range: what has come of it, and where that ends.
pub(crate) struct Range {
    pub(crate) found: Vec<Found>,
    pub(crate) next: u64,
}

/// A partition: a place among the topics, and a task.
type Key = (usize, TaskId);

/// A `read_committed` client of some topics.
pub(crate) struct RangeReader {
    consumer: BaseConsumer<LoggingContext>,
    topics: Vec<String>,
    parts: BTreeMap<Key, Prefetch>,
    used: Instant,
}

impl RangeReader {
    pub(crate) fn open(config: &KafkaConfig) -> LogResult<Self> {
        let consumer = config
            .range_reader()
            .create_with_context(LoggingContext::default())
            .map_err(|error| failed("creating a reader for recovery", &error))?;
        Ok(Self { consumer, topics: Vec::new(), parts: BTreeMap::new(), used: Instant::now() })
    }

    /// The client, for questions.
    pub(crate) fn consumer(&self) -> &BaseConsumer<LoggingContext> {
        &self.consumer
    }

    /// How long it has not been used.
    pub(crate) fn idle(&self) -> Duration {
        self.used.elapsed()
    }

    /// The first offset that a partition holds, and the one that a `read_committed` reader may reach.
    pub(crate) fn bounds(&mut self, topic: &str, task: TaskId) -> LogResult<(u64, u64)> {
        self.used = Instant::now();
        let doing = || format!("asking for the bounds of {topic} [{}]", task.0);
        let (low, high) =
            self.consumer.fetch_watermarks(topic, number(task), BOUNDS).map_err(|error| failed(&doing(), &error))?;
        Ok((u64::try_from(low).unwrap_or(0), u64::try_from(high).unwrap_or(0)))
    }

    /// The committed records in `[from, to)`, or from `from` on, in order, at most `most`, as far as they have come: what
    /// begins where the last range ended costs no new fetch.
    pub(crate) fn read(
        &mut self,
        topic: &str,
        task: TaskId,
        from: u64,
        to: Option<u64>,
        most: usize,
    ) -> LogResult<Range> {
        self.used = Instant::now();
        let mut found = Vec::new();
        if to.is_some_and(|to| from >= to) || most == 0 {
            return Ok(Range { found, next: from });
        }
        let (key, known) = self.place(topic, task, from)?;
        // What was not asked for before is not there yet: meanwhile others are asked for.
        let patience = if known { WAIT } else { Duration::ZERO };
        loop {
            let part = self.parts.get_mut(&key).expect("just placed");
            if part.take(to, most, &mut found) || !found.is_empty() {
                break;
            }
            if self.used.elapsed() >= patience {
                let next = part.next;
                self.look_into(key, to)?;
                return Ok(Range { found, next });
            }
            self.fetch()?;
        }
        self.go_on(key)?;
        Ok(Range { found, next: self.parts[&key].next })
    }

    /// Drops everything of a task.
    pub(crate) fn forget(&mut self, task: TaskId) {
        let keys: Vec<Key> = self.parts.keys().filter(|(_, known)| *known == task).copied().collect();
        for key in keys {
            if let Err(error) = self.drop_part(key) {
                tracing::warn!(task = task.0, "{error}");
            }
        }
    }

    /// The partition, and whether it is being read there already.
    fn place(&mut self, topic: &str, task: TaskId, from: u64) -> LogResult<(Key, bool)> {
        let known = self.topics.iter().position(|known| known == topic);
        let place = known.unwrap_or_else(|| {
            self.topics.push(topic.to_owned());
            self.topics.len() - 1
        });
        let key = (place, task);
        if self.parts.get_mut(&key).is_some_and(|part| part.skip_to(from, SKIPPED)) {
            return Ok((key, true));
        }
        self.drop_part(key)?;
        let doing = "seeking for recovery";
        let assigned = list_at([(topic, task, offset(from))]).map_err(|error| failed(doing, &error))?;
        self.consumer.incremental_assign(&assigned).map_err(|error| failed(doing, &error))?;
        self.parts.insert(key, Prefetch::new(from));
        await_fresh(&self.consumer, &assigned)?;
        Ok((key, false))
    }

    fn drop_part(&mut self, key: Key) -> LogResult<()> {
        if self.parts.remove(&key).is_none() {
            return Ok(());
        }
        let taken = list([(self.topics[key.0].as_str(), key.1)]);
        self.consumer.incremental_unassign(&taken).map_err(|error| failed("leaving a range", &error))
    }

    /// Takes what has come, of all partitions, and pauses those that have enough.
    fn fetch(&mut self) -> LogResult<()> {
        let mut wait = TICK;
        for _ in 0..POLLED_AT_ONCE {
            match self.consumer.poll(wait) {
                Some(Ok(message)) => {
                    let place = self.topics.iter().position(|topic| topic == message.topic());
                    let task = u32::try_from(message.partition()).ok().map(TaskId);
                    let part = place.zip(task).and_then(|key| self.parts.get_mut(&key));
                    part.into_iter().for_each(|part| part.keep(found(&message)));
                }
                Some(Err(error)) => {
                    let said = self.judge(&error)?;
                    self.parts.values_mut().for_each(|part| part.suspect(said.as_deref()));
                }
                None => break,
            }
            wait = Duration::ZERO;
        }
        let known = positions(&self.consumer).map_err(|error| failed("asking for positions", &error))?;
        for ((topic, task), position) in known {
            let place = self.topics.iter().position(|known| *known == topic);
            let part = place.and_then(|place| self.parts.get_mut(&(place, task)));
            part.into_iter().for_each(|part| part.reach(position));
        }
        self.pause()
    }

    fn pause(&mut self) -> LogResult<()> {
        let share = AHEAD_BYTES / self.parts.len().max(1);
        for (key, part) in &mut self.parts {
            if !part.paused && part.bytes() > share {
                part.paused = true;
                let full = list([(self.topics[key.0].as_str(), key.1)]);
                self.consumer.pause(&full).map_err(|error| failed("pausing a range", &error))?;
            }
        }
        Ok(())
    }

    /// Goes on fetching a partition of which little is left.
    fn go_on(&mut self, key: Key) -> LogResult<()> {
        let share = AHEAD_BYTES / self.parts.len().max(1);
        let part = self.parts.get_mut(&key).expect("it is being read");
        if part.paused && part.bytes() <= share / 4 {
            part.paused = false;
            let emptied = list([(self.topics[key.0].as_str(), key.1)]);
            self.consumer.resume(&emptied).map_err(|error| failed("going on with a range", &error))?;
        }
        Ok(())
    }

    /// What an error says, if records may be lost by it. It does not say of which partition.
    fn judge(&self, error: &KafkaError) -> LogResult<Option<String>> {
        if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
            return Err(failed("reading ranges", error));
        }
        let loses = error.rdkafka_error_code().is_some_and(loses_records);
        Ok(loses.then(|| format!("{error}: {}", self.consumer.context().reason())))
    }

    /// Nothing came: it may just take longer; or records are gone, or the partition is shorter than it was, or damaged.
    fn look_into(&mut self, key: Key, to: Option<u64>) -> LogResult<()> {
        let part = self.parts.get_mut(&key).expect("it is being read");
        let waited = part.stalled();
        // A range without an end may well have nothing new for long, as a journal has.
        let stalled = to.filter(|_| waited >= PATIENCE);
        if stalled.is_none() && !part.is_suspect() {
            return Ok(());
        }
        part.stand();
        let (topic, task, next) = (&self.topics[key.0], key.1, part.next);
        // Without an answer it stays as it is, and is looked into again later.
        let Ok((low, high)) = self.consumer.fetch_watermarks(topic, number(task), BOUNDS) else {
            let reason = format!("{topic} [{}]: its leader does not answer", task.0);
            return if stalled.is_some() { Err(LogError::Retry(reason)) } else { Ok(()) };
        };
        let place = format!("{topic} [{}] at {next}", task.0);
        let lost = out_of_range(topic, task, next, low, high).or_else(|| beyond_end(topic, task, to?, high));
        let error = match (lost, part.cleared(), stalled) {
            (Some(lost), _, _) => LogError::Stop(lost),
            (None, _, None) => return Ok(()),
            (None, Some(damage), Some(_)) => LogError::Stop(format!("{place}: {damage}")),
            (None, None, Some(to)) => {
                LogError::Retry(format!("{place}: expected records up to {to}, none within {PATIENCE:?}"))
            }
        };
        // What is tried again is sought anew.
        self.drop_part(key)?;
        Err(error)
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
