//! What librdkafka says, to the log of the process; and the last reason, for messages that must name a cause.

use std::sync::{Mutex, PoisonError};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use rdkafka::statistics::Statistics;

/// The context of every client but the group's member and the producer.
#[derive(Default)]
pub(crate) struct LoggingContext {
    reason: Mutex<String>,
}

impl LoggingContext {
    /// The reason of the last error that the client reported; empty before the first.
    pub(crate) fn reason(&self) -> String {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ClientContext for LoggingContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        say(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        say_error(&error, reason);
        *self.reason.lock().unwrap_or_else(PoisonError::into_inner) = reason.to_owned();
    }

    fn stats(&self, _: Statistics) {}
}

impl ConsumerContext for LoggingContext {}

pub(crate) fn say(level: RDKafkaLogLevel, facility: &str, line: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
            tracing::error!(target: "librdkafka", facility, "{line}");
        }
        RDKafkaLogLevel::Warning => tracing::warn!(target: "librdkafka", facility, "{line}"),
        RDKafkaLogLevel::Notice => tracing::info!(target: "librdkafka", facility, "{line}"),
        RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", facility, "{line}"),
    }
}

pub(crate) fn say_error(error: &KafkaError, reason: &str) {
    tracing::warn!(target: "librdkafka", "{error}: {reason}");
}
