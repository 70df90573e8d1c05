//! From a snapshot of the workers to the Prometheus text exposition. What is not known has no sample.

use std::collections::BTreeMap;

use segflow_core::event::Family;
use segflow_core::journal::Counts;
use segflow_core::time::Timestamp;
use segflow_runtime::status::{
    InputStatus, Phase, Shadowing, Snapshot, SnapshotStatus, TaskStatus, Totals, WorkerStatus,
};

use crate::exposition::{Series, text};

/// The version in `segflow_build_info`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The exposition of a snapshot. `topics` names the topic of each input read.
#[must_use]
pub fn render(snapshot: &Snapshot, topics: &BTreeMap<Family, String>) -> String {
    let mut series = Vec::new();
    series.extend(lags(&snapshot.tasks, topics));
    series.extend(clocks(&snapshot.tasks));
    series.extend(phases(&snapshot.tasks));
    series.extend(segmentations(snapshot));
    series.extend(shadows(snapshot));
    series.extend(records(&snapshot.totals));
    series.extend(workers(&snapshot.workers));
    series.extend(snapshots(&snapshot.snapshots));
    series.push(build());
    text(series)
}

/// Records between the position and the latest offset; none while the leaders have not answered.
fn lag_records(input: &InputStatus) -> Option<u64> {
    input.latest.map(|latest| latest.saturating_sub(input.position))
}

/// How far the newest record read lies behind wall time `w`, in seconds; 0 at the end of the input, none while unknown.
fn lag_seconds(input: &InputStatus, w: Option<Timestamp>) -> Option<f64> {
    if lag_records(input)? == 0 {
        return Some(0.0);
    }
    Some(seconds(w?.since_ms(input.greatest?)).max(0.0))
}

#[expect(clippy::cast_precision_loss, reason = "a sample is a double; milliseconds of our era fit it exactly")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a sample is a double; exact up to 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

fn lags(tasks: &BTreeMap<u32, TaskStatus>, topics: &BTreeMap<Family, String>) -> [Series; 2] {
    let mut in_records = Series::gauge(
        "lag_records",
        "Records of the input not read yet: latest offset, open transactions included, less position.",
    );
    let mut in_seconds = Series::gauge(
        "lag_seconds",
        "0 at the end of the input, else wall time less the greatest record timestamp read from it.",
    );
    for (partition, task) in tasks {
        let partition = partition.to_string();
        for (&family, input) in &task.inputs {
            let topic = topics.get(&family).map_or(family.name(), String::as_str);
            let labels = [("topic", topic), ("partition", partition.as_str())];
            if let Some(lag) = lag_records(input) {
                in_records.push(&labels, number(lag));
            }
            if let Some(lag) = lag_seconds(input, task.w) {
                in_seconds.push(&labels, lag);
            }
        }
    }
    [in_records, in_seconds]
}

fn clocks(tasks: &BTreeMap<u32, TaskStatus>) -> [Series; 4] {
    let mut lag = Series::gauge("clock_lag_seconds", "Wall time less T, up to which silence may be judged.");
    let mut facts = Series::gauge("clock_facts_seconds", "F, up to which facts are decided, as unix time.");
    let mut silence = Series::gauge("clock_silence_seconds", "T, up to which silence may be judged, as unix time.");
    let mut epoch = Series::gauge("epoch", "The last epoch of the task that is in its store.");
    for (partition, task) in tasks {
        let partition = partition.to_string();
        let labels = [("partition", partition.as_str())];
        let (f, t) = (started(task.clock.facts), started(task.clock.silence));
        if let (Some(w), Some(t)) = (task.w, t) {
            lag.push(&labels, seconds(w.since_ms(t)));
        }
        if let Some(f) = f {
            facts.push(&labels, seconds(f.0));
        }
        if let Some(t) = t {
            silence.push(&labels, seconds(t.0));
        }
        epoch.push(&labels, number(task.epoch));
    }
    [lag, facts, silence, epoch]
}

/// The reading of a clock that has started.
fn started(reading: Timestamp) -> Option<Timestamp> {
    (reading != Timestamp::BEGINNING).then_some(reading)
}

fn phases(tasks: &BTreeMap<u32, TaskStatus>) -> [Series; 2] {
    let mut state = Series::gauge("task_state", "1 for the state the task is in, 0 for the others.");
    let mut behind = Series::gauge(
        "standby_lag_epochs",
        "Epochs of the journal, as far as it is known, that the copy kept by a standby lacks.",
    );
    for (partition, task) in tasks {
        let partition = partition.to_string();
        if let Phase::Standby { journal: Some(journal), .. } = task.phase {
            behind.push(&[("partition", &partition)], number(journal.saturating_sub(task.epoch)));
        }
        let present = match task.phase {
            Phase::Recovering { .. } => "recovering",
            Phase::Running => "running",
            Phase::Standby { .. } => "standby",
            Phase::Stopped { .. } => "stopped",
        };
        for name in ["recovering", "running", "standby", "stopped"] {
            let labels = [("partition", partition.as_str()), ("state", name)];
            state.push(&labels, if name == present { 1.0 } else { 0.0 });
        }
    }
    [state, behind]
}

fn segmentations(snapshot: &Snapshot) -> [Series; 4] {
    let mut version =
        Series::gauge("segmentation_version", "The version of the segmentation by which the task decides.");
    let mut pass = Series::gauge(
        "segmentation_pass",
        "1 while some customers of the task are decided by former segmentations still, else 0.",
    );
    let mut refused = Series::gauge(
        "segmentation_refused",
        "1 where the task does not activate the segmentation of the file, by reason: name, currency or version.",
    );
    let mut invalid = Series::gauge(
        "segmentation_file_invalid",
        "1 while the segmentation's file cannot be read or used and the former one stays offered, else 0.",
    );
    for (partition, task) in &snapshot.tasks {
        let partition = partition.to_string();
        let labels = [("partition", partition.as_str())];
        if let Some(decides) = task.segmentation_version {
            version.push(&labels, f64::from(decides));
            pass.push(&labels, f64::from(u8::from(task.passing)));
        }
        if let Some(reason) = task.refused {
            refused.push(&[("partition", partition.as_str()), ("reason", reason)], 1.0);
        }
    }
    invalid.push(&[], f64::from(u8::from(snapshot.file_invalid)));
    [version, pass, refused, invalid]
}

/// Nothing of a task whose shadow was never looked at, and the file's only where one was: there is no candidate.
fn shadows(snapshot: &Snapshot) -> [Series; 5] {
    let mut state = Series::gauge("shadow_state", "1 for the state the shadow of the task is in, 0 for the others.");
    let mut differing = Series::gauge(
        "shadow_differing_customers",
        "Customers whom the candidate puts in another segment than the live rules, by dimension that both have.",
    );
    let mut changes = Series::counter("shadow_changes_total", "Changes that the candidate would have made.");
    let mut runs = Series::counter("shadow_runs_total", "How often the shadow of the task began, or began anew.");
    let mut invalid = Series::gauge(
        "shadow_file_invalid",
        "1 while the candidate's file cannot be read or used and the former one, if any, stays, else 0.",
    );
    for (partition, shadow) in &snapshot.shadows {
        let partition = partition.to_string();
        let labels = [("partition", partition.as_str())];
        for name in Shadowing::WORDS {
            if let Some(phase) = &shadow.phase {
                let labels = [("partition", partition.as_str()), ("state", name)];
                state.push(&labels, f64::from(u8::from(phase.word() == name)));
            }
        }
        for (dimension, count) in &shadow.differing {
            let labels = [("partition", partition.as_str()), ("dimension", dimension)];
            differing.push(&labels, number(*count));
        }
        changes.push(&labels, number(shadow.changes));
        runs.push(&labels, number(shadow.runs));
    }
    if snapshot.shadow_file_invalid || !snapshot.shadows.is_empty() {
        invalid.push(&[], f64::from(u8::from(snapshot.shadow_file_invalid)));
    }
    [state, differing, changes, runs, invalid]
}

/// A name, a help and where the value stands.
type Row<T> = (&'static str, &'static str, fn(&T) -> u64);

const COUNTS: [Row<Counts>; 7] = [
    ("events_total", "Records read and committed.", |counts| counts.read),
    ("folded_total", "Facts that were new, also those that changed nothing.", |counts| counts.folded),
    ("duplicates_total", "Copies of a fact already known.", |counts| counts.duplicates),
    (
        "forgotten_facts_total",
        "Facts that came too late to matter: from before the horizon, or from before an erasure.",
        |counts| counts.forgotten,
    ),
    ("conflicts_total", "Copies whose content differed; also counted as folded or duplicates.", |counts| {
        counts.conflicts
    }),
    ("late_facts_total", "Facts that count only from later than they happened; also counted as folded.", |counts| {
        counts.late
    }),
    ("changes_total", "Segment changes decided.", |counts| counts.changes),
];

fn records(totals: &BTreeMap<u32, Totals>) -> Vec<Series> {
    let by_partition = |(name, help, value): Row<Counts>| {
        let mut series = Series::counter(name, help);
        for (partition, totals) in totals {
            series.push(&[("partition", &partition.to_string())], number(value(&totals.counts)));
        }
        series
    };
    let mut series: Vec<Series> = COUNTS.into_iter().map(by_partition).collect();
    series.push(dead_letters(totals));
    let mut resegmented =
        Series::counter("resegmented_total", "Customers that went over to a new segmentation after its activation.");
    for (partition, totals) in totals {
        resegmented.push(&[("partition", &partition.to_string())], number(totals.resegmented));
    }
    series.push(resegmented);
    let mut rolled = Series::counter(
        "epochs_rolled_forward_total",
        "Epochs that were committed but not in the store, redone from the journal.",
    );
    for (partition, totals) in totals {
        rolled.push(&[("partition", &partition.to_string())], number(totals.rolled_forward));
    }
    series.push(rolled);
    series
}

fn dead_letters(totals: &BTreeMap<u32, Totals>) -> Series {
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for (&reason, &count) in totals.values().flat_map(|totals| &totals.dead_letters) {
        *reasons.entry(reason).or_default() += count;
    }
    let mut series = Series::counter("dead_letters_total", "Records that could not be used, by reason.");
    for (reason, count) in reasons {
        series.push(&[("reason", reason)], number(count));
    }
    series
}

const WORKERS: [Row<WorkerStatus>; 5] = [
    ("cycles_total", "Cycles of the worker, also those with nothing to do.", |worker| worker.cycles),
    ("commits_total", "Transactions committed.", |worker| worker.commits),
    ("aborts_total", "Transactions aborted.", |worker| worker.aborts),
    ("retries_total", "Cycles that failed and are tried again.", |worker| worker.retries),
    ("unclear_commits_total", "Commits without an answer; the journal decides whether they happened.", |worker| {
        worker.unclear
    }),
];

fn workers(workers: &BTreeMap<String, WorkerStatus>) -> Vec<Series> {
    let by_worker = |(name, help, value): Row<WorkerStatus>| {
        let mut series = Series::counter(name, help);
        for (worker, status) in workers {
            series.push(&[("worker", worker)], number(value(status)));
        }
        series
    };
    WORKERS.into_iter().map(by_worker).collect()
}

fn snapshots(snapshots: &BTreeMap<u32, SnapshotStatus>) -> [Series; 4] {
    let mut epoch = Series::gauge("snapshot_epoch", "The epoch of the task's last snapshot by this process.");
    let mut made = Series::gauge("snapshot_seconds", "When it was made, as unix time.");
    let mut bytes = Series::counter("snapshot_uploaded_bytes_total", "Bytes uploaded for snapshots of the task.");
    let mut failures = Series::counter("snapshot_failures_total", "Snapshots that could not be made or uploaded.");
    for (partition, status) in snapshots {
        let partition = partition.to_string();
        let labels = [("partition", partition.as_str())];
        if status.epoch > 0 {
            epoch.push(&labels, number(status.epoch));
            made.push(&labels, seconds(status.at_ms));
        }
        bytes.push(&labels, number(status.uploaded_bytes));
        failures.push(&labels, number(status.failures));
    }
    [epoch, made, bytes, failures]
}

fn build() -> Series {
    let mut series = Series::gauge("build_info", "1; the version is in the label.");
    series.push(&[("version", VERSION)], 1.0);
    series
}
