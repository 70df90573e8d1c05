//! A producer of records onto input topics, as fast as they go: for generated portfolios and test clusters.

use std::time::Duration;

use rdkafka::consumer::BaseConsumer;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use segflow_core::time::Timestamp;
use segflow_runtime::log::{LogError, LogResult};

use crate::admin::check::describe;
use crate::client::client_context::LoggingContext;
use crate::client::config::Connection;
use crate::client::delivery::{Deliveries, deliver, hand_over};
use crate::client::errors::failed;

/// After how many records delivery reports are served.
const SERVED_EVERY: u64 = 512;

/// How long delivery may make no progress.
const STALLED: Duration = Duration::from_secs(60);

/// An idempotent producer of records with a given partition and timestamp. Per partition, the order is kept.
pub struct BulkProducer {
    connection: Connection,
    producer: BaseProducer<Deliveries>,
    sent: u64,
}

impl BulkProducer {
    /// # Errors
    /// `Stop` if the connection's properties are refused.
    pub fn open(connection: &Connection) -> LogResult<Self> {
        connection.check()?;
        let tuned = [
            ("linger.ms", "20"),
            ("batch.size", "1000000"),
            ("compression.type", "zstd"),
            ("queue.buffering.max.messages", "500000"),
            ("queue.buffering.max.kbytes", "131072"),
        ];
        let mut config = connection.client("segflow-generate", &tuned);
        config.set("enable.idempotence", "true").set("acks", "all");
        let producer = config
            .create_with_context(Deliveries::default())
            .map_err(|error| failed("creating the producer", &error))?;
        Ok(Self { connection: connection.clone(), producer, sent: 0 })
    }

    /// How many partitions a topic has.
    ///
    /// # Errors
    /// `Stop` if there is no such topic; `Retry` if the cluster does not answer.
    pub fn partitions(&self, topic: &str) -> LogResult<u32> {
        let config = self.connection.client("segflow-generate", &[]);
        let asker: BaseConsumer<LoggingContext> = config
            .create_with_context(LoggingContext::default())
            .map_err(|error| failed("asking for topics", &error))?;
        let found = describe(&asker, topic)?.map(|description| description.partitions);
        found.ok_or_else(|| {
            LogError::Stop(format!("topic {topic} does not exist; make it with `segflow topics create`"))
        })
    }

    /// Hands a record over; blocks while too many are under way.
    ///
    /// # Errors
    /// `Retry` if the cluster does not take records; a record that was refused is reported by a later call.
    pub fn send(
        &mut self,
        topic: &str,
        partition: u32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        timestamp: Timestamp,
    ) -> LogResult<()> {
        let partition = i32::try_from(partition)
            .map_err(|_| LogError::Stop(format!("{topic}: there is no partition {partition}")))?;
        let mut record = BaseRecord::<[u8], [u8]>::to(topic).partition(partition).timestamp(timestamp.0);
        record.key = key;
        record.payload = value;
        hand_over(&self.producer, record)?;
        self.sent += 1;
        if self.sent.is_multiple_of(SERVED_EVERY) {
            self.producer.poll(Duration::ZERO);
            if let Some(failure) = self.producer.context().take_failure() {
                return Err(failure);
            }
        }
        Ok(())
    }

    /// Waits until every record is delivered and returns how many there were.
    ///
    /// # Errors
    /// `Retry` if one was not.
    pub fn finish(self) -> LogResult<u64> {
        deliver(&self.producer, STALLED)?;
        Ok(self.sent)
    }
}
