//! Every metric: its name, its help, and where its samples come from, in the order of the exposition.

use segflow_runtime::status::Phase;

use super::labelled;
use super::metric::{Metric, Samples, flag, number, seconds, started};
use crate::exposition::Kind;

/// A value that may rise and fall.
const fn gauge(name: &'static str, help: &'static str, samples: Samples) -> Metric {
    Metric { name, kind: Kind::Gauge, help, samples }
}

/// A value that only grows while the process lives.
const fn counter(name: &'static str, help: &'static str, samples: Samples) -> Metric {
    Metric { name, kind: Kind::Counter, help, samples }
}

/// Every metric.
pub(super) const METRICS: [Metric; 39] = [
    gauge(
        "lag_records",
        "Records of the input not read yet: latest offset, open transactions included, less position.",
        Samples::Labelled(labelled::lag_records),
    ),
    gauge(
        "lag_seconds",
        "0 at the end of the input, else wall time less the greatest record timestamp read from it.",
        Samples::Labelled(labelled::lag_seconds),
    ),
    gauge(
        "clock_lag_seconds",
        "Wall time less T, up to which silence may be judged.",
        Samples::Task(|task| Some(seconds(task.w?.since_ms(started(task.clock.silence)?)))),
    ),
    gauge(
        "clock_facts_seconds",
        "F, up to which facts are decided, as unix time.",
        Samples::Task(|task| started(task.clock.facts).map(|f| seconds(f.0))),
    ),
    gauge(
        "clock_silence_seconds",
        "T, up to which silence may be judged, as unix time.",
        Samples::Task(|task| started(task.clock.silence).map(|t| seconds(t.0))),
    ),
    gauge("epoch", "The last epoch of the task that is in its store.", Samples::Task(|task| Some(number(task.epoch)))),
    gauge("task_state", "1 for the state the task is in, 0 for the others.", Samples::Labelled(labelled::task_state)),
    gauge(
        "standby_lag_epochs",
        "Epochs of the journal, as far as it is known, that the copy kept by a standby lacks.",
        Samples::Task(|task| match task.phase {
            Phase::Standby { journal: Some(journal), .. } => Some(number(journal.saturating_sub(task.epoch))),
            _ => None,
        }),
    ),
    gauge(
        "segmentation_version",
        "The version of the segmentation by which the task decides.",
        Samples::Task(|task| task.segmentation_version.map(f64::from)),
    ),
    gauge(
        "segmentation_migration",
        "1 while some customers of the task are decided by former segmentations still, else 0.",
        Samples::Task(|task| task.segmentation_version.map(|_| flag(task.migrating))),
    ),
    gauge(
        "segmentation_refused",
        "1 where the task does not activate the segmentation of the file, by reason: name, currency or version.",
        Samples::Labelled(labelled::segmentation_refused),
    ),
    gauge(
        "segmentation_file_invalid",
        "1 while the segmentation's file cannot be read or used and the former one stays offered, else 0.",
        Samples::Labelled(labelled::segmentation_file_invalid),
    ),
    gauge(
        "shadow_state",
        "1 for the state the shadow of the task is in, 0 for the others.",
        Samples::Labelled(labelled::shadow_state),
    ),
    gauge(
        "shadow_differing_customers",
        "Customers whom the candidate puts in another segment than the live rules, by dimension that both have.",
        Samples::Labelled(labelled::shadow_differing),
    ),
    counter(
        "shadow_changes_total",
        "Changes that the candidate would have made.",
        Samples::Shadow(|shadow| shadow.changes),
    ),
    counter(
        "shadow_runs_total",
        "How often the shadow of the task began, or began anew.",
        Samples::Shadow(|shadow| shadow.runs),
    ),
    gauge(
        "shadow_file_invalid",
        "1 while the candidate's file cannot be read or used and the former one, if any, stays, else 0.",
        Samples::Labelled(labelled::shadow_file_invalid),
    ),
    counter("events_total", "Records read and committed.", Samples::Totals(|totals| totals.counts.read)),
    counter(
        "folded_total",
        "Facts that were new, also those that changed nothing.",
        Samples::Totals(|totals| totals.counts.folded),
    ),
    counter("duplicates_total", "Copies of a fact already known.", Samples::Totals(|totals| totals.counts.duplicates)),
    counter(
        "forgotten_facts_total",
        "Facts that came too late to matter: from before the horizon, or from before an erasure.",
        Samples::Totals(|totals| totals.counts.forgotten),
    ),
    counter(
        "ignored_total",
        "Records of another currency, which the configuration leaves to another application.",
        Samples::Totals(|totals| totals.counts.ignored),
    ),
    counter(
        "conflicts_total",
        "Copies whose content differed; also counted as folded or duplicates.",
        Samples::Totals(|totals| totals.counts.conflicts),
    ),
    counter(
        "late_facts_total",
        "Facts that count only from later than they happened; also counted as folded.",
        Samples::Totals(|totals| totals.counts.late),
    ),
    counter("changes_total", "Segment changes decided.", Samples::Totals(|totals| totals.counts.changes)),
    counter(
        "dead_letters_total",
        "Records that could not be used, by reason.",
        Samples::Labelled(labelled::dead_letters),
    ),
    counter(
        "unreadable_attributes_total",
        "Values of declared attributes that cannot be read as their types, by attribute; their facts are counted as folded.",
        Samples::Labelled(labelled::unreadable_attributes),
    ),
    counter(
        "resegmented_total",
        "Customers that went over to a new segmentation after its activation.",
        Samples::Totals(|totals| totals.resegmented),
    ),
    counter(
        "epochs_rolled_forward_total",
        "Epochs that were committed but not in the store, redone from the journal.",
        Samples::Totals(|totals| totals.rolled_forward),
    ),
    counter(
        "cycles_total",
        "Cycles of the worker, also those with nothing to do.",
        Samples::Worker(|worker| worker.cycles),
    ),
    counter("commits_total", "Transactions committed.", Samples::Worker(|worker| worker.commits)),
    counter("aborts_total", "Transactions aborted.", Samples::Worker(|worker| worker.aborts)),
    counter("retries_total", "Cycles that failed and are tried again.", Samples::Worker(|worker| worker.retries)),
    counter(
        "unclear_commits_total",
        "Commits without an answer; the journal decides whether they happened.",
        Samples::Worker(|worker| worker.unclear),
    ),
    gauge(
        "snapshot_epoch",
        "The epoch of the task's last snapshot by this process.",
        Samples::Snapshot(|snapshots| snapshots.last.map(|last| number(last.epoch))),
    ),
    gauge(
        "snapshot_seconds",
        "When it was made, as unix time.",
        Samples::Snapshot(|snapshots| snapshots.last.map(|last| seconds(last.at.0))),
    ),
    counter(
        "snapshot_uploaded_bytes_total",
        "Bytes uploaded for snapshots of the task.",
        Samples::Snapshot(|snapshots| Some(number(snapshots.uploaded_bytes))),
    ),
    counter(
        "snapshot_failures_total",
        "Snapshots that could not be made or uploaded.",
        Samples::Snapshot(|snapshots| Some(number(snapshots.failures))),
    ),
    gauge("build_info", "1; the version is in the label.", Samples::Labelled(labelled::build_info)),
];
