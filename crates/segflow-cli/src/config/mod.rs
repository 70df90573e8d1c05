//! The configuration of `segflow run`: TOML, unknown keys refused, secrets from the environment or from files.
//!
//! Each section of the file has a module with its keys, their defaults and bounds, and what they become for the crate that
//! uses them. A default that another crate has is taken from there. `deploy/config/segflow.toml` documents every key with
//! its default and unit; a test keeps the two together.

mod bounds;
mod clock;
mod commit;
mod currency;
mod inputs;
mod kafka;
mod log;
mod ops;
mod outputs;
mod runtime;
mod snapshots;
mod standby;
mod store;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use segflow_core::event::Family;
use segflow_kafka::{Connection, KafkaConfig};
use segflow_runtime::log::{Sink, Written};
use serde::Deserialize;

pub use clock::Clock;
pub use commit::Commit;
pub use currency::Currency;
pub use inputs::Inputs;
pub use kafka::Kafka;
pub use log::Log;
pub use ops::Ops;
pub use outputs::Outputs;
pub use runtime::Stores;
pub use snapshots::{Recovery, Snapshots};
pub use standby::StandbyOf;
pub use store::Store;

/// The whole file.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub application: String,
    pub instance: String,
    /// 0: one per core.
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
    pub currency: Currency,
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
        ensure!(self.workers <= 256, "`workers` is {}: 256 at most", self.workers);
        self.kafka.check()?;
        self.clock.check()?;
        self.commit.check()?;
        self.store.check()?;
        self.snapshots.check()
    }

    /// How many workers to run.
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            workers => workers,
        }
    }

    /// The candidate's file, if there is to be one.
    pub fn candidate(&self) -> Option<&Path> {
        (!self.shadow.as_os_str().is_empty()).then_some(self.shadow.as_path())
    }

    /// The topic of every family.
    pub fn input_topics(&self) -> BTreeMap<Family, String> {
        Family::ALL.map(|family| (family, self.inputs.topic(family))).into()
    }

    /// The topic of every sink; that of the shadow only if there is a candidate.
    pub fn output_topics(&self) -> BTreeMap<Sink, String> {
        let needed = |sink: Sink| match sink.properties().written {
            Written::Always => true,
            Written::WithCandidate => self.candidate().is_some(),
        };
        let topics = self.outputs.topics.iter().filter(|(sink, _)| needed(**sink));
        topics.map(|(sink, topic)| (*sink, topic.clone())).collect()
    }

    /// How to reach the cluster, secrets included.
    pub fn connection(&self) -> Result<Connection> {
        self.kafka.connection()
    }

    /// The settings of a worker's Kafka clients.
    pub fn kafka(&self, worker: usize) -> Result<KafkaConfig> {
        let mut kafka = KafkaConfig::new(self.connection()?, &self.application, &self.instance, worker);
        kafka.inputs = self.input_topics();
        kafka.outputs = self.output_topics();
        kafka.session_timeout = self.kafka.session_timeout.unsigned_abs();
        kafka.transaction_timeout = self.kafka.transaction_timeout.unsigned_abs();
        kafka.check()?;
        Ok(kafka)
    }
}

#[cfg(test)]
mod tests;
