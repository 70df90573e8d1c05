//! `[kafka]`: how to reach the cluster.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use jiff::SignedDuration;
use segflow_kafka::Connection;
use serde::Deserialize;

use super::bounds;

/// The cluster, and properties of librdkafka.
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

fn ten_seconds() -> SignedDuration {
    SignedDuration::from_secs(10)
}

impl Kafka {
    pub fn check(&self) -> Result<()> {
        bounds::duration("kafka.session_timeout", self.session_timeout, 1_000..=1_800_000)?;
        bounds::duration("kafka.transaction_timeout", self.transaction_timeout, 1_000..=900_000)
    }

    /// How to reach the cluster, secrets included. Never logged.
    pub fn connection(&self) -> Result<Connection> {
        let bootstrap_servers = self.bootstrap_servers.clone();
        let connection = Connection { bootstrap_servers, properties: self.resolve()? };
        connection.check()?;
        Ok(connection)
    }

    /// The properties for librdkafka, secrets included. Never logged.
    fn resolve(&self) -> Result<BTreeMap<String, String>> {
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
