//! The topics that Segflow needs: planned, compared with what is there, and created if nothing differs.
//!
//! Inputs keep everything (`cleanup.policy=delete`, no limit of time): they are the log of facts, from which a store is
//! rebuilt and history replayed, and retention counts from record timestamps, so that generated history would vanish
//! from a topic with a finite one. Profiles too: compaction would drop the superseded attributes that a replay needs.
//! The journal keeps everything and takes the broker's clock, so that no wrong clock of a worker makes it look old.
//! Memberships are compacted, and so are the texts of segmentations, which have one partition. Changes and dead letters are
//! kept for a time, 30 days by default.

use std::collections::BTreeMap;
use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::consumer::BaseConsumer;
use segflow_core::event::Family;
use segflow_runtime::log::{Kept, LogError, LogResult, Partitions, Sink};

use crate::admin::check::{Description, describe};
use crate::client::client_context::LoggingContext;
use crate::client::config::{Connection, MESSAGE_MAX_BYTES};
use crate::client::errors::failed;

/// How long the cluster may take for all topics.
const ANSWER: Duration = Duration::from_secs(60);

/// What to plan topics from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The topic of each input.
    pub inputs: BTreeMap<Family, String>,
    /// The topic of each sink.
    pub outputs: BTreeMap<Sink, String>,
    /// Partitions of each topic: one per task; the segmentations' topic has one in all.
    pub partitions: u32,
    /// Copies of each partition; none leaves it to the cluster's default. With three or more, two must confirm a write.
    pub replication: Option<u16>,
    /// How long inputs are kept; none is without limit, the default.
    pub input_retention: Option<Duration>,
    /// How long changes and dead letters are kept; none is without limit. Default 30 days.
    pub output_retention: Option<Duration>,
}

impl Wanted {
    /// Topics with default retention.
    #[must_use]
    pub const fn new(inputs: BTreeMap<Family, String>, outputs: BTreeMap<Sink, String>, partitions: u32) -> Self {
        let output_retention = Some(Duration::from_secs(30 * 86_400));
        Self { inputs, outputs, partitions, replication: None, input_retention: None, output_retention }
    }

    /// Every topic with the properties that matter, inputs first.
    #[must_use]
    pub fn plan(&self) -> Vec<Topic> {
        let inputs = self.inputs.values().map(|topic| {
            let kept = [("cleanup.policy", "delete".to_owned()), ("message.timestamp.type", "CreateTime".to_owned())];
            self.topic(topic, kept.into_iter().chain([retention(self.input_retention)]))
        });
        let outputs = self.outputs.iter().map(|(sink, topic)| {
            let topic = self.topic(topic, self.kept(sink.properties().kept));
            match sink.properties().partitions {
                Partitions::PerTask => topic,
                Partitions::One => Topic { partitions: 1, ..topic },
            }
        });
        inputs.chain(outputs).collect()
    }

    fn kept(&self, kept: Kept) -> Vec<(&'static str, String)> {
        let delete = ("cleanup.policy", "delete".to_owned());
        match kept {
            Kept::ForATime => vec![delete, largest(), retention(self.output_retention)],
            Kept::LastOfEachKey => vec![("cleanup.policy", "compact".to_owned()), largest()],
            Kept::ForEver => {
                vec![delete, ("message.timestamp.type", "LogAppendTime".to_owned()), retention(None)]
            }
        }
    }

    fn topic(&self, name: &str, properties: impl IntoIterator<Item = (&'static str, String)>) -> Topic {
        let mut properties: BTreeMap<&'static str, String> = properties.into_iter().collect();
        if self.replication.is_some_and(|copies| copies >= 3) {
            properties.insert("min.insync.replicas", "2".to_owned());
        }
        Topic { name: name.to_owned(), partitions: self.partitions, replication: self.replication, properties }
    }
}

fn retention(limit: Option<Duration>) -> (&'static str, String) {
    ("retention.ms", limit.map_or("-1".to_owned(), |limit| limit.as_millis().to_string()))
}

/// A topic as it is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its partitions.
    pub partitions: u32,
    /// Its copies, unless left to the cluster.
    pub replication: Option<u16>,
    /// Its properties, as Kafka names them.
    pub properties: BTreeMap<&'static str, String>,
}

/// Room for the largest record that a worker writes.
fn largest() -> (&'static str, String) {
    ("max.message.bytes", MESSAGE_MAX_BYTES.to_string())
}

/// A property in which a topic that exists is not as wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The topic.
    pub topic: String,
    /// `partitions`, `replication`, or a topic property.
    pub property: String,
    /// What was expected.
    pub wanted: String,
    /// What was found.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: expected {}, found {}", self.topic, self.property, self.wanted, self.found)
    }
}

/// What came of [`create`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// Topics created.
    pub created: Vec<String>,
    /// Topics that existed already, as wanted.
    pub present: Vec<String>,
    /// Where topics differ from what is wanted. If there are any, nothing was created or changed.
    pub differences: Vec<Difference>,
}

/// Creates the topics that do not exist, if those that do are as wanted. Changes none that exists.
///
/// # Errors
/// `Stop` if the connection's properties or the cluster refuse; `Retry` if the cluster does not answer.
pub fn create(connection: &Connection, topics: &[Topic]) -> LogResult<Outcome> {
    connection.check()?;
    let config = connection.client("segflow-topics", &[]);
    let consumer: BaseConsumer<LoggingContext> =
        config.create_with_context(LoggingContext::default()).map_err(|error| failed("asking for topics", &error))?;
    let admin: AdminClient<LoggingContext> = config
        .create_with_context(LoggingContext::default())
        .map_err(|error| failed("administering topics", &error))?;

    let mut outcome = Outcome::default();
    let mut missing = Vec::new();
    for topic in topics {
        match describe(&consumer, &topic.name)? {
            None => missing.push(topic),
            Some(found) => {
                let differences = compare(topic, &found, &properties_of(&admin, &topic.name)?);
                if differences.is_empty() {
                    outcome.present.push(topic.name.clone());
                }
                outcome.differences.extend(differences);
            }
        }
    }
    if outcome.differences.is_empty() && !missing.is_empty() {
        create_missing(&admin, &missing)?;
        await_visible(&consumer, &missing)?;
        outcome.created = missing.into_iter().map(|topic| topic.name.clone()).collect();
    }
    Ok(outcome)
}

fn compare(wanted: &Topic, found: &Description, properties: &BTreeMap<String, String>) -> Vec<Difference> {
    let counts = [
        ("partitions", Some(wanted.partitions), found.partitions),
        ("replication", wanted.replication.map(u32::from), found.replicas),
    ];
    let counts = counts
        .into_iter()
        .filter_map(|(property, wanted, found)| wanted.map(|wanted| (property, wanted.to_string(), found.to_string())));
    let properties = wanted.properties.iter().map(|(property, wanted)| {
        let found = properties.get(*property).cloned().unwrap_or_else(|| "nothing".to_owned());
        (*property, wanted.clone(), found)
    });
    let differs = |(property, wanted_value, found): (&str, String, String)| {
        let topic = wanted.name.clone();
        (wanted_value != found).then(|| Difference {
            topic,
            property: property.to_owned(),
            wanted: wanted_value,
            found,
        })
    };
    counts.chain(properties).filter_map(differs).collect()
}

pub(crate) fn properties_of(admin: &AdminClient<LoggingContext>, topic: &str) -> LogResult<BTreeMap<String, String>> {
    let doing = || format!("asking for the properties of {topic}");
    let answers = wait_for(admin.describe_configs(&[ResourceSpecifier::Topic(topic)], &options()))?
        .map_err(|error| failed(&doing(), &error))?;
    let answer = answers.into_iter().next().ok_or_else(|| LogError::Retry(format!("{}: no answer", doing())))?;
    let resource = answer.map_err(|code| LogError::Stop(format!("{}: {code}", doing())))?;
    told(topic, resource.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect())
}

/// The properties of a topic, as the cluster told them. Every topic has some: rdkafka passes over the error of a topic that may
/// not be described.
fn told(topic: &str, properties: BTreeMap<String, String>) -> LogResult<BTreeMap<String, String>> {
    if !properties.is_empty() {
        return Ok(properties);
    }
    Err(LogError::Stop(format!(
        "{topic}: the cluster tells none of its properties: expected the right DESCRIBE_CONFIGS on this topic; grant it, and \
         start again"
    )))
}

fn create_missing(admin: &AdminClient<LoggingContext>, missing: &[&Topic]) -> LogResult<()> {
    let wanted: Vec<NewTopic<'_>> = missing
        .iter()
        .map(|topic| {
            let partitions = i32::try_from(topic.partitions).unwrap_or(i32::MAX);
            let replication = TopicReplication::Fixed(topic.replication.map_or(-1, i32::from));
            let new = NewTopic::new(&topic.name, partitions, replication);
            topic.properties.iter().fold(new, |new, (key, value)| new.set(key, value))
        })
        .collect();
    let answers =
        wait_for(admin.create_topics(&wanted, &options()))?.map_err(|error| failed("creating topics", &error))?;
    let refused: Vec<String> =
        answers.into_iter().filter_map(|answer| answer.err().map(|(topic, code)| format!("{topic}: {code}"))).collect();
    if refused.is_empty() {
        return Ok(());
    }
    Err(LogError::Stop(format!(
        "the cluster did not create {}; correct it and run again: what was created meanwhile stays",
        refused.join("; ")
    )))
}

/// The cluster confirms a topic a moment before all of its brokers know it.
fn await_visible(consumer: &BaseConsumer<LoggingContext>, created: &[&Topic]) -> LogResult<()> {
    let deadline = Instant::now() + ANSWER;
    for topic in created {
        while describe(consumer, &topic.name)?.is_none_or(|found| found.partitions < topic.partitions) {
            if Instant::now() >= deadline {
                return Err(LogError::Retry(format!("topic {} was created, but is not visible yet", topic.name)));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
    Ok(())
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(ANSWER)).operation_timeout(Some(ANSWER))
}

/// Runs one of rdkafka's futures on this thread.
pub(crate) fn wait_for<T>(future: impl Future<Output = T>) -> LogResult<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| LogError::Stop(format!("no thread to wait on: {error}")))?;
    Ok(runtime.block_on(future))
}

#[cfg(test)]
mod tests;
