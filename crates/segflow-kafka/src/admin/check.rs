//! What must hold of the topics before a worker starts: they exist, with one partition count.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::types::RDKafkaRespErr;
use segflow_runtime::log::{LogError, LogResult};
use tracing::warn;

use crate::client::config::KafkaConfig;
use crate::client::errors::failed;

/// How long to wait for a description of one topic.
const ANSWER: Duration = Duration::from_secs(10);

/// Topics that are as they must be.
pub(crate) struct Checked<'a> {
    /// The one partition count of all.
    pub(crate) partitions: u32,
    /// Those with one replica.
    lone: Vec<&'a str>,
}

/// Asks for every topic of a configuration.
///
/// # Errors
/// `Stop` that names what is missing, or the topics and their counts where they differ; `Retry` without an answer.
pub(crate) fn check<'a, C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    config: &'a KafkaConfig,
) -> LogResult<Checked<'a>> {
    let (mut counts, mut missing, mut lone) = (Vec::new(), Vec::new(), Vec::new());
    for topic in config.topics() {
        let Some(description) = describe(consumer, topic)? else {
            missing.push(topic);
            continue;
        };
        if description.replicas == 1 {
            lone.push(topic);
        }
        if !config.has_one_partition(topic) {
            counts.push((topic, description.partitions));
        }
    }
    if !missing.is_empty() {
        return Err(LogError::Stop(format!(
            "topics that do not exist: {}; make them with `segflow topics create`",
            missing.join(", ")
        )));
    }
    Ok(Checked { partitions: one_count(&counts)?, lone })
}

impl Checked<'_> {
    /// Warns a writer that Kafka may lose what it called committed.
    pub(crate) fn warn(&self) {
        if !self.lone.is_empty() {
            warn!(
                topics = self.lone.join(", "),
                "topics with one replica: Kafka may lose what it called committed when their broker is stopped (see \"A \
                 store ahead of its journal\" in docs/operations.md); give them 3 replicas"
            );
        }
    }
}

pub(crate) fn one_count(counts: &[(&str, u32)]) -> LogResult<u32> {
    let (_, first) = *counts.first().ok_or_else(|| LogError::Stop("expected topics, found none".to_owned()))?;
    if counts.iter().all(|(_, count)| *count == first) {
        return Ok(first);
    }
    let listed: Vec<String> = counts.iter().map(|(topic, count)| format!("{topic} {count}")).collect();
    Err(LogError::Stop(format!(
        "all inputs, outputs and the journal need the same number of partitions, found {}; \
         recreate those that differ, or add partitions before the application first starts",
        listed.join(", ")
    )))
}

/// What the cluster says of a topic.
pub(crate) struct Description {
    pub(crate) partitions: u32,
    /// The copies of its first partition.
    pub(crate) replicas: u32,
}

/// A topic's description; none if there is no such topic.
pub(crate) fn describe<C: ConsumerContext>(consumer: &BaseConsumer<C>, topic: &str) -> LogResult<Option<Description>> {
    let doing = || format!("asking for the partitions of {topic}");
    let metadata = consumer.fetch_metadata(Some(topic), ANSWER).map_err(|error| failed(&doing(), &error))?;
    let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
        return Ok(None);
    };
    match found.error() {
        None => Ok(Some(Description {
            partitions: count(found.partitions().len()),
            replicas: found.partitions().first().map_or(0, |partition| count(partition.replicas().len())),
        })),
        Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) => Ok(None),
        Some(
            code @ (RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
            | RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION),
        ) => Err(LogError::Stop(format!("{}: {}; correct the name or the permissions", doing(), reason(code)))),
        Some(code) => Err(LogError::Retry(format!("{}: {}", doing(), reason(code)))),
    }
}

fn reason(code: RDKafkaRespErr) -> String {
    rdkafka::types::RDKafkaErrorCode::from(code).to_string()
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_must_agree_on_their_partitions() {
        assert_eq!(one_count(&[("a", 12), ("b", 12)]), Ok(12));
        let refused = one_count(&[("a", 12), ("b", 6)]).unwrap_err().to_string();
        assert!(refused.contains("a 12, b 6"), "{refused}");
    }
}
