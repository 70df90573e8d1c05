//! What a worker needs to know to reach its cluster, and the librdkafka configuration of each of its clients.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use segflow_core::event::Family;
use segflow_runtime::log::{LogError, LogResult, Partitions, Sink};

/// librdkafka properties that Segflow sets itself, each with the reason.
const FIXED: &[(&str, &str)] = &[
    ("bootstrap.servers", "it has a key of its own"),
    ("metadata.broker.list", "it is an alias of bootstrap.servers, which has a key of its own"),
    ("group.id", "it is the application's name"),
    ("group.instance.id", "it is application-instance-worker"),
    ("group.protocol", "the commit relies on the classic protocol's generations"),
    ("transactional.id", "it is application-instance-worker"),
    ("transaction.timeout.ms", "it has a key of its own"),
    ("session.timeout.ms", "it has a key of its own"),
    ("max.poll.interval.ms", "it has a key of its own"),
    ("enable.idempotence", "exactly-once needs it"),
    ("acks", "exactly-once needs all"),
    ("request.required.acks", "exactly-once needs all"),
    ("enable.auto.commit", "offsets are committed with the outputs"),
    ("auto.commit.enable", "offsets are committed with the outputs"),
    ("enable.auto.offset.store", "offsets are committed with the outputs"),
    ("isolation.level", "each client needs its own"),
    ("auto.offset.reset", "a lost offset must stop the worker, not skip records"),
    ("partition.assignment.strategy", "tasks move cooperatively"),
    ("enable.partition.eof", "it disturbs the position"),
    ("check.crcs", "a damaged record must be seen"),
    ("allow.auto.create.topics", "`segflow topics create` makes the topics"),
];

/// The role of the client that is a member of the group.
const OWNER: &str = "owner";

/// The largest record written. A dead letter holds its record whole, and adds headers.
pub const MESSAGE_MAX_BYTES: u32 = 16 << 20;

/// How to reach a cluster.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Connection {
    /// `host:port`, separated by commas.
    pub bootstrap_servers: String,
    /// librdkafka properties passed through, security among them. Those that Segflow fixes are refused.
    pub properties: BTreeMap<String, String>,
}

/// The names of the properties only: values may be secrets.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("bootstrap_servers", &self.bootstrap_servers)
            .field("properties", &self.properties.keys())
            .finish()
    }
}

impl Connection {
    /// A connection without further properties.
    #[must_use]
    pub fn new(bootstrap_servers: impl Into<String>) -> Self {
        Self { bootstrap_servers: bootstrap_servers.into(), properties: BTreeMap::new() }
    }

    /// # Errors
    /// `Stop` if there is no server, or a property is one that Segflow fixes.
    pub fn check(&self) -> LogResult<()> {
        if self.bootstrap_servers.trim().is_empty() {
            return Err(LogError::Stop("bootstrap servers: expected host:port, found nothing".to_owned()));
        }
        let fixed = FIXED.iter().find(|(key, _)| self.properties.contains_key(*key));
        fixed.map_or(Ok(()), |(key, why)| {
            Err(LogError::Stop(format!("librdkafka property `{key}` may not be set: {why}; remove it")))
        })
    }

    /// The configuration that all clients share, under what `client_id` says to the broker's own logs.
    pub(crate) fn client(&self, client_id: &str, tuned: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Info);
        config.set("socket.nagle.disable", "true").set("reconnect.backoff.max.ms", "1000");
        config.set("client.id", client_id);
        for (key, value) in tuned {
            config.set(*key, *value);
        }
        for (key, value) in &self.properties {
            config.set(key, value);
        }
        config.set("bootstrap.servers", &self.bootstrap_servers);
        config
    }
}

/// All that one worker's [`crate::KafkaLog`] needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KafkaConfig {
    /// How to reach the cluster.
    pub connection: Connection,
    /// The application's name: the consumer group. Letters, digits, `.`, `_` and `-`.
    pub application: String,
    /// The process's name, unique in the application and the same after a restart. Letters, digits, `.`, `_` and `-`.
    pub instance: String,
    /// The worker's number in its process.
    pub worker: usize,
    /// The topic of each input that is read.
    pub inputs: BTreeMap<Family, String>,
    /// The topic of each sink: all of them.
    pub outputs: BTreeMap<Sink, String>,
    /// After how long the cluster aborts a transaction that is not ended. Default 10 s.
    pub transaction_timeout: Duration,
    /// After how long without a heartbeat the group gives the tasks to others. Default 10 s.
    pub session_timeout: Duration,
    /// After how long without [`segflow_runtime::log::Group::tasks`] being called it does so too. Default 5 min.
    pub max_poll_interval: Duration,
}

impl KafkaConfig {
    /// A worker's configuration with default topics and times.
    #[must_use]
    pub fn new(connection: Connection, application: &str, instance: &str, worker: usize) -> Self {
        Self {
            connection,
            application: application.to_owned(),
            instance: instance.to_owned(),
            worker,
            inputs: Family::ALL.iter().map(|family| (*family, family.default_topic())).collect(),
            outputs: Sink::always().map(|sink| (sink, sink.properties().default_topic.to_owned())).collect(),
            transaction_timeout: Duration::from_secs(10),
            session_timeout: Duration::from_secs(10),
            max_poll_interval: Duration::from_secs(300),
        }
    }

    /// `application-instance-worker`: both `transactional.id` and `group.instance.id`.
    #[must_use]
    pub fn member(&self) -> String {
        format!("{}-{}-{}", self.application, self.instance, self.worker)
    }

    /// # Errors
    /// `Stop` that names what is missing, malformed, doubled or not Segflow's to change.
    pub fn check(&self) -> LogResult<()> {
        self.connection.check()?;
        check_name("application", &self.application)?;
        check_name("instance", &self.instance)?;
        if self.inputs.is_empty() {
            return Err(LogError::Stop("inputs: expected at least one topic, found none".to_owned()));
        }
        if let Some(missing) = Sink::always().find(|sink| !self.outputs.contains_key(sink)) {
            return Err(LogError::Stop(format!("outputs: expected a topic for {missing:?}, found none")));
        }
        let mut seen = BTreeSet::new();
        let doubled = self.topics().find(|topic| !seen.insert(topic.to_owned()));
        doubled.map_or(Ok(()), |topic| {
            Err(LogError::Stop(format!("topic `{topic}` is named twice; each input and output needs its own")))
        })
    }

    /// Every topic: inputs, then outputs.
    pub(crate) fn topics(&self) -> impl Iterator<Item = &str> {
        self.inputs.values().chain(self.outputs.values()).map(String::as_str)
    }

    /// The journal's topic.
    pub(crate) fn journal(&self) -> &str {
        self.topic(Sink::Journal)
    }

    /// The topic of the segmentations' texts.
    pub(crate) fn texts(&self) -> &str {
        self.topic(Sink::Segmentations)
    }

    /// Whether a topic is one of those that have one partition, however many tasks there are.
    pub(crate) fn has_one_partition(&self, topic: &str) -> bool {
        let one = |sink: &Sink| sink.properties().partitions == Partitions::One;
        self.outputs.iter().any(|(sink, name)| one(sink) && name == topic)
    }

    /// The topic of a sink.
    pub(crate) fn topic(&self, sink: Sink) -> &str {
        self.outputs.get(&sink).map_or(sink.properties().default_topic, String::as_str)
    }

    /// What the member of the group calls itself.
    pub(crate) fn owner_id(&self) -> String {
        format!("{}-{OWNER}", self.member())
    }

    /// The member of the group: owns tasks and reads nothing.
    pub(crate) fn ownership(&self) -> ClientConfig {
        let mut config = self.consumer(OWNER, &[("topic.metadata.refresh.interval.ms", "60000")]);
        config
            .set("group.instance.id", self.member())
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", ms(self.session_timeout))
            .set("max.poll.interval.ms", ms(self.max_poll_interval.max(self.session_timeout)))
            // The default heartbeat, 3 s, could not keep a session of 6 s alive across one lost answer.
            .set("heartbeat.interval.ms", ms((self.session_timeout / 4).min(Duration::from_secs(3))))
            // Nothing is read, but the callback's pause comes a moment after the assignment.
            .set("queued.max.messages.kbytes", "1024");
        config
    }

    /// The reader of inputs. `fetch.queue.backoff.ms` is by default a second, the main throttle of a fast consumer.
    pub(crate) fn reader(&self) -> ClientConfig {
        self.consumer(
            "reader",
            &[
                ("fetch.queue.backoff.ms", "5"),
                ("fetch.wait.max.ms", "100"),
                ("fetch.error.backoff.ms", "100"),
                ("fetch.message.max.bytes", "1048576"),
                ("queued.min.messages", "50000"),
                ("queued.max.messages.kbytes", "32768"),
            ],
        )
    }

    /// A reader of ranges, for recovery.
    pub(crate) fn range_reader(&self) -> ClientConfig {
        self.consumer(
            "recovery",
            &[
                ("fetch.queue.backoff.ms", "5"),
                ("fetch.wait.max.ms", "20"),
                ("fetch.error.backoff.ms", "100"),
                ("queued.min.messages", "10000"),
                ("queued.max.messages.kbytes", "8192"),
            ],
        )
    }

    /// A client that only asks; no group, since it neither joins nor reads.
    pub(crate) fn asker(&self) -> ClientConfig {
        let mut config = self.connection.client(&format!("{}-ends", self.member()), &[]);
        config.set("isolation.level", "read_uncommitted").set("enable.auto.commit", "false");
        config
    }

    /// The transactional producer. A cycle flushes, so that lingering buys batches only for the time of a round trip.
    pub(crate) fn producer(&self) -> ClientConfig {
        let tuned = [("linger.ms", "2"), ("compression.type", "zstd"), ("queue.buffering.max.messages", "200000")];
        let mut config = self.connection.client(&format!("{}-producer", self.member()), &tuned);
        config
            .set("transactional.id", self.member())
            .set("transaction.timeout.ms", ms(self.transaction_timeout))
            .set("enable.idempotence", "true")
            .set("message.max.bytes", MESSAGE_MAX_BYTES.to_string())
            .set("acks", "all");
        config
    }

    fn consumer(&self, role: &str, tuned: &[(&str, &str)]) -> ClientConfig {
        let mut config = self.connection.client(&format!("{}-{role}", self.member()), tuned);
        config
            .set("group.id", &self.application)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("isolation.level", "read_committed")
            .set("auto.offset.reset", "error")
            .set("check.crcs", "true")
            .set("enable.partition.eof", "false");
        config
    }
}

/// The topic of an input.
///
/// # Errors
/// `Stop` if it has none.
pub(crate) fn input_topic(inputs: &BTreeMap<Family, String>, family: Family) -> LogResult<&str> {
    inputs.get(&family).map(String::as_str).ok_or_else(|| {
        LogError::Stop(format!(
            "the journal names input {}, which has no topic; name one in the configuration",
            family.name()
        ))
    })
}

fn check_name(what: &str, name: &str) -> LogResult<()> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if name.is_empty() || name.len() > 100 || !name.chars().all(allowed) {
        return Err(LogError::Stop(format!(
            "{what}: expected 1 to 100 letters, digits, `.`, `_` or `-`, found `{name}`"
        )));
    }
    Ok(())
}

fn ms(duration: Duration) -> String {
    duration.as_millis().to_string()
}

#[cfg(test)]
mod tests;
