//! Whether inputs keep everything: a task without local state and without a snapshot is rebuilt from their beginning.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rdkafka::admin::AdminClient;
use segflow_runtime::log::LogResult;

use crate::admin::topics::properties_of;
use crate::client::client_context::LoggingContext;
use crate::client::config::Connection;
use crate::client::errors::failed;

/// A setting by which a topic loses records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limit {
    /// The topic.
    pub topic: String,
    /// `retention.ms`, `retention.bytes` or `cleanup.policy`.
    pub setting: &'static str,
    /// As the cluster has it.
    pub value: String,
}

impl Limit {
    /// How long records are kept, if that is what limits them.
    #[must_use]
    pub fn time(&self) -> Option<Duration> {
        let ms = self.value.parse().ok()?;
        (self.setting == "retention.ms").then_some(Duration::from_millis(ms))
    }

    /// Whether the topic keeps only the last record of each key.
    #[must_use]
    pub fn compacts(&self) -> bool {
        self.setting == "cleanup.policy"
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, setting, value } = self;
        write!(f, "{topic} has {setting} = {value}")?;
        match self.time() {
            Some(time) => write!(f, " ({:.1} days)", time.as_secs_f64() / 86_400.0),
            None => Ok(()),
        }
    }
}

/// The settings by which the topics lose records; none if they keep everything. A topic that does not exist has none.
///
/// # Errors
/// `Stop` if the connection's properties or the cluster refuse; `Retry` if the cluster does not answer.
pub fn limits<'a>(connection: &Connection, topics: impl IntoIterator<Item = &'a str>) -> LogResult<Vec<Limit>> {
    let config = connection.client("segflow-retention", &[]);
    let admin: AdminClient<LoggingContext> = config
        .create_with_context(LoggingContext::default())
        .map_err(|error| failed("asking for retention", &error))?;
    let mut limits = Vec::new();
    for topic in topics {
        limits.extend(limits_of(topic, &properties_of(&admin, topic)?));
    }
    Ok(limits)
}

fn limits_of(topic: &str, properties: &BTreeMap<String, String>) -> Vec<Limit> {
    let value = |setting: &str| properties.get(setting).map_or("", String::as_str);
    let policy = value("cleanup.policy");
    let mut limits = Vec::new();
    let mut add = |setting| limits.push(Limit { topic: topic.to_owned(), setting, value: value(setting).to_owned() });
    if policy.contains("compact") {
        add("cleanup.policy");
    }
    if policy.contains("delete") {
        ["retention.ms", "retention.bytes"].into_iter().filter(|setting| value(setting) != "-1").for_each(add);
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(policy: &str, ms: &str, bytes: &str) -> Vec<String> {
        let properties = [("cleanup.policy", policy), ("retention.ms", ms), ("retention.bytes", bytes)];
        let properties = properties.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        limits_of("payments", &properties).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_loses_records_is_named_with_its_value() {
        assert_eq!(found("delete", "-1", "-1"), Vec::<String>::new());
        assert_eq!(found("delete", "604800000", "-1"), ["payments has retention.ms = 604800000 (7.0 days)"]);
        assert_eq!(found("delete", "-1", "1000"), ["payments has retention.bytes = 1000"]);
        assert_eq!(found("compact", "604800000", "-1"), ["payments has cleanup.policy = compact"]);
        assert_eq!(found("compact,delete", "3600000", "5").len(), 3);
    }
}
