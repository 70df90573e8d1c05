//! Producing: records handed over, delivery reports counted, failures kept until somebody asks.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{Header, Message, OwnedHeaders, Timestamp};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, NoCustomPartitioner, Producer, ProducerContext};
use rdkafka::statistics::Statistics;
use segflow_runtime::log::{Headers, LogError, LogResult};

use crate::client::client_context::{say, say_error};
use crate::client::errors::failed;

/// How long a full queue may stay full.
const ROOM: Duration = Duration::from_secs(10);

/// The granularity of waiting. rdkafka's own `flush` and `poll` always wait their whole time, and turn in a circle for the
/// last millisecond of it: a thread that waits so uses a whole core.
const TICK: Duration = Duration::from_micros(200);

/// The context of a producer.
#[derive(Default)]
pub(crate) struct Deliveries {
    failure: Mutex<Option<LogError>>,
    journal: String,
    /// The last records delivered to the journal, by partition.
    journaled: Mutex<BTreeMap<i32, Journaled>>,
}

/// A record delivered to the journal.
#[derive(Clone, Copy)]
pub(crate) struct Journaled {
    pub(crate) offset: i64,
    /// When its broker appended it, by that one's clock, in milliseconds; none where the topic keeps the producer's time.
    pub(crate) appended: Option<i64>,
}

impl Deliveries {
    /// One that notes where records of this topic are delivered.
    pub(crate) fn noting(journal: &str) -> Self {
        Self { journal: journal.to_owned(), ..Self::default() }
    }

    /// The last records of the journal that were delivered since they were taken, by partition.
    pub(crate) fn journaled(&self) -> BTreeMap<i32, Journaled> {
        self.journaled.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// As [`Deliveries::journaled`], and takes them.
    pub(crate) fn take_journaled(&self) -> BTreeMap<i32, Journaled> {
        std::mem::take(&mut *self.journaled.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The first failure since the last call.
    pub(crate) fn take_failure(&self) -> Option<LogError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        say(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        say_error(&error, reason);
    }

    fn stats(&self, _: Statistics) {}
}

impl ProducerContext<NoCustomPartitioner> for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, report: &DeliveryResult<'_>, (): ()) {
        match report {
            Ok(message) if message.topic() == self.journal => {
                let mut journaled = self.journaled.lock().unwrap_or_else(PoisonError::into_inner);
                let appended = match message.timestamp() {
                    Timestamp::LogAppendTime(ms) => Some(ms),
                    Timestamp::CreateTime(_) | Timestamp::NotAvailable => None,
                };
                journaled.insert(message.partition(), Journaled { offset: message.offset(), appended });
            }
            Ok(_) => {}
            Err((error, message)) => {
                let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                failure.get_or_insert_with(|| {
                    let (topic, partition) = (message.topic(), message.partition());
                    failed(&format!("delivering a record to {topic} [{partition}]"), error)
                });
            }
        }
    }
}

/// Hands a record over, waiting while the queue is full.
pub(crate) fn hand_over(producer: &BaseProducer<Deliveries>, record: BaseRecord<'_, [u8], [u8]>) -> LogResult<()> {
    let topic = record.topic;
    let deadline = Instant::now() + ROOM;
    let mut record = record;
    while let Err((error, refused)) = producer.send(record) {
        if error.rdkafka_error_code() != Some(Code::QueueFull) {
            return Err(failed(&format!("producing to {topic}"), &error));
        }
        if Instant::now() >= deadline {
            return Err(LogError::Retry(format!(
                "producing to {topic}: the queue has been full for {} s: is the cluster reachable?",
                ROOM.as_secs()
            )));
        }
        if !served(producer) {
            thread::sleep(TICK);
        }
        record = refused;
    }
    Ok(())
}

/// Waits until every record handed over is delivered. `limit` is how long it may make no progress.
pub(crate) fn deliver(producer: &BaseProducer<Deliveries>, limit: Duration) -> LogResult<()> {
    let mut deadline = Instant::now() + limit;
    let mut left = producer.in_flight_count();
    while left > 0 {
        if served(producer) {
            left = producer.in_flight_count();
            deadline = Instant::now() + limit;
            continue;
        }
        if Instant::now() >= deadline {
            return Err(LogError::Retry(format!("{left} records were not delivered within {} ms", limit.as_millis())));
        }
        thread::sleep(TICK);
    }
    producer.poll(Duration::ZERO);
    producer.context().take_failure().map_or(Ok(()), Err)
}

/// Serves the delivery reports that are there; false if there are none.
fn served(producer: &BaseProducer<Deliveries>) -> bool {
    let before = producer.in_flight_count();
    producer.poll(Duration::ZERO);
    producer.in_flight_count() < before
}

/// Headers as librdkafka takes them; none where there are none.
pub(crate) fn owned_headers(headers: &Headers) -> Option<OwnedHeaders> {
    let add = |owned: OwnedHeaders, (key, value): &(String, Option<Vec<u8>>)| {
        owned.insert(Header { key, value: value.as_ref() })
    };
    (!headers.is_empty()).then(|| headers.iter().fold(OwnedHeaders::new_with_capacity(headers.len()), add))
}
