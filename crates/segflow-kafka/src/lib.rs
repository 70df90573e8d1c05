//! The `Log` port on Apache Kafka: group ownership, transactions, proved ends and the journal, through librdkafka.
//!
//! Invariant: nothing here decides anything about a customer; and every failure is told by what its caller must do.
//! Also the administration of topics and a feed for generated records.

mod barrier;
mod check;
mod config;
mod delivery;
mod ends;
mod errors;
mod feed;
mod generation;
mod headers;
mod history;
mod journal;
mod log;
mod orphans;
mod ownership;
mod part;
mod partitions;
mod past;
mod producer;
mod ranges;
mod reader;
mod record;
pub mod retention;
mod texts;
pub mod topics;
mod trim;
mod voice;

pub use config::{Connection, KafkaConfig, SINKS, default_topic};
pub use feed::Feed;
pub use history::{Held, History};
pub use log::KafkaLog;
pub use past::KafkaPast;
