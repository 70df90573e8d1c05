//! The four ports of the log on Apache Kafka: group ownership, transactions, proved ends and the journal, through librdkafka.
//!
//! Invariant: nothing here decides anything about a customer; and every failure is told by what its caller must do.
//! Also the administration of topics, and a producer of generated records.
//!
//! Time here is the machine's, unlike in the runtime: librdkafka waits, times out and reconnects by it, so that deadlines
//! and patience over its calls only make sense on the same clock.

pub mod admin;
mod client;
mod committed;
mod group;
mod inputs;
mod log;
mod transaction;

pub use admin::bulk_producer::BulkProducer;
pub use client::config::{Connection, KafkaConfig};
pub use committed::committed_reader::KafkaPast;
pub use committed::topic_scan::{Held, TopicScan};
pub use log::KafkaLog;
