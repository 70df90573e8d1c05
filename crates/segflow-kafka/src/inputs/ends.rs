//! The proof of ends: what the leaders say the latest offsets are, open transactions included.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::consumer::BaseConsumer;
use segflow_core::event::Family;
use segflow_core::time::Timestamp;
use segflow_runtime::log::{Ends, LogResult, TaskId};

use crate::client::client_context::LoggingContext;
use crate::client::config::KafkaConfig;
use crate::client::errors::failed;
use crate::client::partitions::latest;

/// How long to wait for the leaders' answer; without one, time stands still until the next question.
const ANSWER: Duration = Duration::from_secs(2);

/// The least time between two warnings about missing answers.
const WARN_EVERY: Duration = Duration::from_secs(30);

/// A `read_uncommitted` client that only asks.
pub(crate) struct Asker {
    consumer: BaseConsumer<LoggingContext>,
    warned: Option<Instant>,
}

impl Asker {
    pub(crate) fn open(config: &KafkaConfig) -> LogResult<Self> {
        let consumer = config
            .asker()
            .create_with_context(LoggingContext::default())
            .map_err(|error| failed("creating the client that asks for ends", &error))?;
        Ok(Self { consumer, warned: None })
    }

    /// The client.
    pub(crate) fn consumer(&self) -> &BaseConsumer<LoggingContext> {
        &self.consumer
    }

    /// The latest offsets of these tasks' inputs, and the wall time from before the question.
    pub(crate) fn ends(&mut self, inputs: &BTreeMap<Family, String>, tasks: &BTreeSet<TaskId>) -> Ends {
        // Serves its logs and errors, of which it has no other use.
        let _ = self.consumer.poll(Duration::ZERO);
        let w = wall_time();
        let asked: Vec<(&str, TaskId)> =
            tasks.iter().flat_map(|task| inputs.values().map(|topic| (topic.as_str(), *task))).collect();
        let answer = if asked.is_empty() { Ok(BTreeMap::new()) } else { latest(&self.consumer, &asked, ANSWER) };
        let answer = answer.unwrap_or_else(|error| {
            self.warn(&format!("{error}"));
            BTreeMap::new()
        });
        if answer.len() < asked.len() {
            self.warn(&format!("{} of {} partitions answered", answer.len(), asked.len()));
        }
        let families: BTreeMap<&str, Family> = inputs.iter().map(|(family, topic)| (topic.as_str(), *family)).collect();
        let latest = answer
            .into_iter()
            .filter_map(|((topic, task), end)| families.get(topic.as_str()).map(|family| ((task, *family), end)))
            .collect();
        Ends { w, latest }
    }

    fn warn(&mut self, reason: &str) {
        if self.warned.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
            self.warned = Some(Instant::now());
            tracing::warn!("the ends of the inputs are unknown, so that time stands still: {reason}");
        }
    }
}

/// The host's clock. A host whose clock stands before 1970 reads as the beginning of time.
fn wall_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(Timestamp::BEGINNING, |since| Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}
