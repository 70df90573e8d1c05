//! Judges, by the retention of the topics, whether a task that loses its disk can be rebuilt.

use anyhow::{Result, bail};
use segflow_kafka::admin::retention::Limit;

use crate::config::{Config, Recovery};

/// Refuses to start where a lost disk would lose history; otherwise returns warnings for the operator.
pub fn judge(inputs: &[Limit], journal: &[Limit], config: &Config) -> Result<Vec<String>> {
    if let Some(limit) = journal.first() {
        bail!(
            "the journal {limit}: what was decided would be forgotten, and with it where each task stands; expected \
             cleanup.policy = delete, retention.ms = -1 and retention.bytes = -1: set them \
             (`kafka-configs.sh --alter --entity-type topics`); Segflow trims the journal itself, up to the snapshots"
        );
    }
    let listed = inputs.iter().map(|limit| format!("{limit}{}", meaning(limit))).collect::<Vec<_>>().join("; ");
    let snapshots = !config.snapshots.url.is_empty();
    match config.recovery {
        _ if inputs.is_empty() => Ok(Vec::new()),
        Recovery::Complete if !snapshots => bail!(
            "inputs that do not keep everything, and no snapshot store: {listed}. A task that loses its disk could not be \
             rebuilt. Either give a snapshot store (`snapshots.url`), or let the inputs keep everything (retention.ms = \
             -1, retention.bytes = -1, cleanup.policy = delete), or, if a lost disk may cost that history, say \
             `recovery = \"local-disk-only\"`"
        ),
        Recovery::LocalDiskOnly if !snapshots => {
            Ok(vec![format!("a task that loses its disk cannot be rebuilt, as `recovery` allows: {listed}")])
        }
        _ => Ok(inputs.iter().filter_map(|limit| warning(limit, config)).collect()),
    }
}

fn meaning(limit: &Limit) -> &'static str {
    if limit.compacts() { ", so that superseded records go" } else { ", so that older records go" }
}

/// A warning unless an input reaches back to the oldest snapshot that is kept, with some room.
fn warning(limit: &Limit, config: &Config) -> Option<String> {
    if limit.compacts() {
        return Some(format!(
            "{limit}: an epoch that is rolled forward after compaction may count other records than it did; keep \
             min.compaction.lag.ms above the age of the oldest snapshot"
        ));
    }
    let snapshots = &config.snapshots;
    let needed = snapshots.interval.unsigned_abs() * u32::try_from(snapshots.keep + 1).unwrap_or(u32::MAX);
    let short = limit.time().is_some_and(|time| time < needed);
    short.then(|| {
        let minutes = needed.as_secs() / 60;
        format!("{limit}: shorter than the {minutes} min back to the oldest snapshot kept; lengthen it, or keep fewer")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(more: &str) -> Config {
        toml::from_str(&format!(
            "application = \"a\"\ninstance = \"0\"\nsegmentation = \"s\"\nstate_dir = \"d\"\n\
             kafka.bootstrap_servers = \"h:1\"\n{more}"
        ))
        .unwrap()
    }

    fn limit(setting: &'static str, value: &str) -> Limit {
        Limit { topic: "collections.payments".to_owned(), setting, value: value.to_owned() }
    }

    #[test]
    fn finite_inputs_need_a_snapshot_store_or_leave_to_lose_history() {
        let week = [limit("retention.ms", "604800000")];
        let refused = judge(&week, &[], &config("")).unwrap_err().to_string();
        for part in [
            "collections.payments has retention.ms = 604800000 (7.0 days)",
            "`snapshots.url`",
            "retention.ms = -1",
            "`recovery = \"local-disk-only\"`",
        ] {
            assert!(refused.contains(part), "expected {part} in: {refused}");
        }
        assert_eq!(judge(&[], &[], &config("")).unwrap(), Vec::<String>::new());
        assert_eq!(judge(&week, &[], &config("snapshots.url = \"file:///s\"")).unwrap(), Vec::<String>::new());
        assert_eq!(judge(&week, &[], &config("recovery = \"local-disk-only\"")).unwrap().len(), 1);
    }

    #[test]
    fn a_compacted_input_has_its_own_words() {
        let compacted = [limit("cleanup.policy", "compact")];
        let refused = judge(&compacted, &[], &config("")).unwrap_err().to_string();
        assert!(refused.contains("has cleanup.policy = compact, so that superseded records go"), "{refused}");
        let told = judge(&compacted, &[], &config("snapshots.url = \"file:///s\"")).unwrap();
        assert!(told[0].contains("min.compaction.lag.ms"), "{told:?}");
    }

    #[test]
    fn inputs_that_do_not_reach_back_to_the_oldest_snapshot_are_told() {
        let hour = [limit("retention.ms", "3600000")];
        let told = judge(&hour, &[], &config("snapshots = { url = \"file:///s\", interval = \"30min\", keep = 3 }"));
        assert!(told.unwrap()[0].contains("shorter than the 120 min back"));
    }

    #[test]
    fn a_journal_that_forgets_is_refused_under_any_configuration() {
        let week = [limit("retention.ms", "604800000")];
        let any = config("recovery = \"local-disk-only\"\nsnapshots.url = \"file:///s\"");
        let refused = judge(&[], &week, &any).unwrap_err().to_string();
        assert!(refused.contains("retention.ms = -1"), "{refused}");
    }
}
