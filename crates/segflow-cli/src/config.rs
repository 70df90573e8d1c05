//! The configuration of `segflow run`: TOML, unknown keys refused, secrets from the environment or from files.
//!
//! `deploy/config/segflow.toml` documents every key with its default and unit; a test keeps the two together.

mod outputs;
mod snapshots;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use jiff::SignedDuration;
use segflow_core::clock::{Idle, Role};
use segflow_core::event::Family;
use segflow_kafka::{Connection, KafkaConfig};
use segflow_runtime::log::{Sink, Written};
use serde::Deserialize;

pub use outputs::Outputs;
pub use snapshots::{Recovery, Snapshots};

/// The whole file.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub application: String,
    pub instance: String,
    #[serde(default)]
    pub workers: usize,
    pub segmentation: PathBuf,
    /// The candidate's file; empty: none.
    #[serde(default)]
    pub shadow: PathBuf,
    pub state_dir: PathBuf,
    #[serde(default)]
    pub standby_of: StandbyOf,
    #[serde(default)]
    pub recovery: Recovery,
    pub kafka: Kafka,
    #[serde(default)]
    pub inputs: Inputs,
    #[serde(default)]
    pub outputs: Outputs,
    #[serde(default)]
    pub clock: Clock,
    #[serde(default)]
    pub commit: Commit,
    #[serde(default)]
    pub store: Store,
    #[serde(default)]
    pub snapshots: Snapshots,
    #[serde(default)]
    pub ops: Ops,
    #[serde(default)]
    pub log: Log,
}

/// The tasks of which a warm copy is kept while they run elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(untagged)]
pub enum StandbyOf {
    Partitions(BTreeSet<u32>),
    Word(AllTasks),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AllTasks {
    All,
}

impl Default for StandbyOf {
    fn default() -> Self {
        Self::Partitions(BTreeSet::new())
    }
}

impl StandbyOf {
    /// Whether there is any.
    pub fn is_some(&self) -> bool {
        *self != Self::default()
    }

    /// The partitions meant, of so many.
    pub fn of(&self, partitions: u32) -> Result<BTreeSet<u32>> {
        match self {
            Self::Word(AllTasks::All) => Ok((0..partitions).collect()),
            Self::Partitions(listed) => {
                if let Some(beyond) = listed.iter().find(|partition| **partition >= partitions) {
                    bail!("`standby_of` names partition {beyond}: the topics have {partitions}, counted from 0");
                }
                Ok(listed.clone())
            }
        }
    }
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kafka {
    pub bootstrap_servers: String,
    #[serde(default = "ten_seconds")]
    pub session_timeout: SignedDuration,
    #[serde(default = "ten_seconds")]
    pub transaction_timeout: SignedDuration,
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
    #[serde(default)]
    pub properties_from_env: BTreeMap<String, String>,
    #[serde(default)]
    pub properties_from_file: BTreeMap<String, PathBuf>,
}

#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Inputs {
    invoices: Input,
    payments: Input,
    contacts: Input,
    promises: Input,
    disputes: Input,
    profiles: Input,
}

/// One input; what is left out has the default of its family.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Input {
    pub topic: Option<String>,
    pub encoding: Encoding,
    pub partitioner: Partitioner,
    pub clock: Option<Role>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    #[default]
    Json,
    Avro,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Partitioner {
    #[default]
    Murmur2,
    Crc32,
}

impl From<Encoding> for segflow_wire::Encoding {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Json => Self::Json,
            Encoding::Avro => Self::Avro,
        }
    }
}

impl From<Partitioner> for segflow_wire::Partitioner {
    fn from(partitioner: Partitioner) -> Self {
        match partitioner {
            Partitioner::Murmur2 => Self::Murmur2,
            Partitioner::Crc32 => Self::Crc32,
        }
    }
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clock {
    pub grace: SignedDuration,
    pub idle: Idle,
    pub max_skew: SignedDuration,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Commit {
    pub interval: SignedDuration,
    pub max_records: usize,
    pub max_timers: usize,
    pub max_resegmented: usize,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    pub block_cache_mib: usize,
    pub write_buffer_mib: usize,
    pub cache_customers: usize,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ops {
    pub listen: SocketAddr,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

fn ten_seconds() -> SignedDuration {
    SignedDuration::from_secs(10)
}

impl Default for Clock {
    fn default() -> Self {
        Self { grace: SignedDuration::from_secs(5), idle: Idle::WallTime, max_skew: SignedDuration::from_mins(5) }
    }
}

impl Default for Commit {
    fn default() -> Self {
        let segflow_runtime::config::Commit { interval, max_records, timers_max, resegmented_max } = Default::default();
        let interval = SignedDuration::try_from(interval).expect("a default of some milliseconds");
        Self { interval, max_records, max_timers: timers_max, max_resegmented: resegmented_max }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self { block_cache_mib: 256, write_buffer_mib: 128, cache_customers: 20_000 }
    }
}

impl Default for Ops {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9464)) }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

impl Inputs {
    /// The input of a family, as configured.
    pub fn of(&self, family: Family) -> &Input {
        match family {
            Family::Invoices => &self.invoices,
            Family::Payments => &self.payments,
            Family::Contacts => &self.contacts,
            Family::Promises => &self.promises,
            Family::Disputes => &self.disputes,
            Family::Profiles => &self.profiles,
        }
    }

    /// The topic of a family.
    pub fn topic(&self, family: Family) -> String {
        self.of(family).topic.clone().unwrap_or_else(|| family.default_topic())
    }

    /// Whether the clock waits for a family: for all but contacts, unless told otherwise.
    pub fn role(&self, family: Family) -> Role {
        let default = if family == Family::Contacts { Role::Hint } else { Role::Gate };
        self.of(family).clock.unwrap_or(default)
    }
}

impl Config {
    /// Reads and checks a file, without touching anything else.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let config: Self = toml::from_str(&text).with_context(|| format!("in {}", file.display()))?;
        config.check().with_context(|| format!("in {}", file.display()))?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let word =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        ensure!(word(&self.application), "`application` must be letters, digits, `-`, `_` and `.`");
        ensure!(word(&self.instance), "`instance` must be letters, digits, `-`, `_` and `.`");
        self.snapshots.check()?;
        ensure!(self.workers <= 256, "`workers` is {}: 256 at most", self.workers);
        let bounds = [
            ("kafka.session_timeout", self.kafka.session_timeout, 1_000, 1_800_000),
            ("kafka.transaction_timeout", self.kafka.transaction_timeout, 1_000, 900_000),
            ("clock.grace", self.clock.grace, 0, 86_400_000),
            ("clock.max_skew", self.clock.max_skew, 0, 3_600_000),
            ("commit.interval", self.commit.interval, 1, 5_000),
        ];
        for (key, duration, least, most) in bounds {
            let ms = duration.as_millis();
            ensure!((least..=most).contains(&ms), "`{key}` is {ms} ms: expected {least} to {most} ms");
        }
        for (key, count) in [
            ("commit.max_records", self.commit.max_records),
            ("commit.max_timers", self.commit.max_timers),
            ("commit.max_resegmented", self.commit.max_resegmented),
        ] {
            ensure!((1..=1_000_000).contains(&count), "`{key}` is {count}: expected 1 to 1000000");
        }
        for (key, mib) in [
            ("store.block_cache_mib", self.store.block_cache_mib),
            ("store.write_buffer_mib", self.store.write_buffer_mib),
        ] {
            ensure!((8..=1_048_576).contains(&mib), "`{key}` is {mib}: expected 8 to 1048576");
        }
        Ok(())
    }

    /// How many workers to run.
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            workers => workers,
        }
    }
}

impl Config {
    /// How to reach the cluster, secrets included.
    pub fn connection(&self) -> Result<Connection> {
        let bootstrap_servers = self.kafka.bootstrap_servers.clone();
        let connection = Connection { bootstrap_servers, properties: self.kafka.resolve()? };
        connection.check()?;
        Ok(connection)
    }

    /// What the log of a worker needs.
    pub fn kafka(&self, worker: usize) -> Result<KafkaConfig> {
        let mut kafka = KafkaConfig::new(self.connection()?, &self.application, &self.instance, worker);
        kafka.inputs = self.input_topics();
        kafka.outputs = self.output_topics();
        kafka.session_timeout = self.kafka.session_timeout.unsigned_abs();
        kafka.transaction_timeout = self.kafka.transaction_timeout.unsigned_abs();
        kafka.check()?;
        Ok(kafka)
    }

    /// The topic of every family.
    pub fn input_topics(&self) -> BTreeMap<Family, String> {
        Family::ALL.map(|family| (family, self.inputs.topic(family))).into()
    }

    /// The candidate's file, if there is to be one.
    pub fn candidate(&self) -> Option<&Path> {
        (!self.shadow.as_os_str().is_empty()).then_some(self.shadow.as_path())
    }

    /// The topic of every sink.
    pub fn output_topics(&self) -> BTreeMap<Sink, String> {
        let needed = |sink: Sink| sink.properties().written == Written::Always || self.candidate().is_some();
        self.outputs
            .topics
            .iter()
            .filter(|(sink, _)| needed(**sink))
            .map(|(sink, topic)| (*sink, topic.clone()))
            .collect()
    }

    /// The memory that the databases share.
    pub fn store_settings(&self) -> segflow_store::StoreSettings {
        segflow_store::StoreSettings {
            block_cache_bytes: self.store.block_cache_mib << 20,
            write_buffer_bytes: self.store.write_buffer_mib << 20,
            ..segflow_store::StoreSettings::default()
        }
    }
}

impl Kafka {
    /// The properties for librdkafka, secrets included. Never logged.
    pub fn resolve(&self) -> Result<BTreeMap<String, String>> {
        let mut properties = self.properties.clone();
        let mut add = |property: &String, value: String| {
            let twice = properties.insert(property.clone(), value).is_some();
            ensure!(!twice, "`{property}` is given twice under `kafka.properties*`: give it once");
            Ok(())
        };
        for (property, variable) in &self.properties_from_env {
            let value = std::env::var(variable).with_context(|| {
                format!("`{property}` comes from the environment variable {variable}, which is not set")
            })?;
            add(property, value)?;
        }
        for (property, file) in &self.properties_from_file {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("`{property}` comes from {}, which cannot be read", file.display()))?;
            add(property, text.strip_suffix('\n').unwrap_or(&text).to_owned())?;
        }
        Ok(properties)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../deploy/config/segflow.toml");
    const LEAST: &str = r#"
        application = "segflow"
        instance = "segflow-0"
        segmentation = "deploy/segmentations/demo.yaml"
        state_dir = "/var/lib/segflow"
        kafka.bootstrap_servers = "localhost:9092"
    "#;

    #[test]
    fn the_example_shows_every_default() {
        let example: Config = toml::from_str(EXAMPLE).unwrap();
        let least: Config = toml::from_str(LEAST).unwrap();
        for family in Family::ALL {
            assert_eq!(example.inputs.topic(family), least.inputs.topic(family));
            assert_eq!(example.inputs.role(family), least.inputs.role(family));
            let (shown, default) = (example.inputs.of(family), least.inputs.of(family));
            assert_eq!((shown.encoding, shown.partitioner), (default.encoding, default.partitioner));
        }
        assert_eq!(Config { inputs: Inputs::default(), ..example }, least);
    }

    #[test]
    fn the_configuration_for_compose_is_valid() {
        let config: Config = toml::from_str(include_str!("../../../deploy/config/compose.toml")).unwrap();
        config.check().unwrap();
    }

    #[test]
    fn the_example_shows_every_key() {
        let example: toml::Table = toml::from_str(EXAMPLE).unwrap();
        for section in ["inputs", "outputs", "clock", "commit", "store", "snapshots", "ops", "log"] {
            assert!(example.contains_key(section), "{section}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        let error = toml::from_str::<Config>(&format!("{LEAST}\ncommit.max_record = 20\n")).unwrap_err().to_string();
        assert!(error.contains("unknown field `max_record`"), "{error}");
        assert!(error.contains("line 8"), "{error}");
    }

    #[test]
    fn a_value_out_of_bounds_is_refused_with_its_bounds() {
        let config: Config = toml::from_str(&format!("{LEAST}\ncommit.max_records = 0\n")).unwrap();
        assert_eq!(config.check().unwrap_err().to_string(), "`commit.max_records` is 0: expected 1 to 1000000");
    }

    #[test]
    fn standbys_are_of_all_or_of_partitions_that_are_there() {
        let of =
            |text: &str| toml::from_str::<Config>(&format!("standby_of = {text}\n{LEAST}")).map(|read| read.standby_of);
        assert_eq!(of("\"all\"").unwrap().of(3).unwrap(), [0, 1, 2].into());
        assert_eq!(of("[2, 0]").unwrap().of(3).unwrap(), [0, 2].into());
        let error = of("[3]").unwrap().of(3).unwrap_err().to_string();
        assert_eq!(error, "`standby_of` names partition 3: the topics have 3, counted from 0");
        assert!(of("\"most\"").is_err());
        assert!(!of("[]").unwrap().is_some());
    }

    #[test]
    fn a_candidate_needs_a_topic_of_its_own() {
        let read = |text: &str| toml::from_str::<Config>(&format!("{text}\n{LEAST}")).unwrap();
        let without = read("");
        assert_eq!((without.candidate(), without.output_topics().get(&Sink::Shadow)), (None, None));
        let mut with = read("shadow = \"candidate.yaml\"");
        assert_eq!(with.kafka(0).unwrap().outputs[&Sink::Shadow], "collections.segments.shadow");
        let changes = with.outputs.topics[&Sink::Changes].clone();
        with.outputs.topics.insert(Sink::Shadow, changes);
        let error = with.kafka(0).unwrap_err().to_string();
        assert!(error.contains("`collections.segment-changes` is named twice"), "{error}");
    }

    #[test]
    fn a_secret_comes_from_a_file_without_its_line_break() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "secret\n").unwrap();
        let mut config: Config = toml::from_str(LEAST).unwrap();
        config.kafka.properties_from_file.insert("sasl.password".to_owned(), file.path().to_owned());
        assert_eq!(config.kafka.resolve().unwrap()["sasl.password"], "secret");
        config.kafka.properties.insert("sasl.password".to_owned(), "other".to_owned());
        assert!(config.kafka.resolve().unwrap_err().to_string().contains("given twice"));
    }
}
