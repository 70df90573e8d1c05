//! A metric as a row of the table, and how its samples are taken.

use std::collections::BTreeMap;

use segflow_core::event::Family;
use segflow_core::time::Timestamp;
use segflow_runtime::status::{ShadowStatus, Snapshot, SnapshotStatus, TaskStatus, Totals, WorkerStatus};

use crate::exposition::{Kind, Series};

/// The version in `segflow_build_info`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A metric, and where its samples come from.
pub(super) struct Metric {
    /// Without the prefix `segflow_`.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) help: &'static str,
    pub(super) samples: Samples,
}

/// The source of the samples of a metric. A function returns none for a value that is not known.
pub(super) enum Samples {
    /// Each task, labelled with its partition.
    Task(fn(&TaskStatus) -> Option<f64>),
    /// The totals of each task that this process has run, labelled with its partition.
    Totals(fn(&Totals) -> u64),
    /// Each worker, labelled with its name.
    Worker(fn(&WorkerStatus) -> u64),
    /// The snapshots of each task, labelled with its partition.
    Snapshot(fn(&SnapshotStatus) -> Option<f64>),
    /// The shadow of each task, labelled with its partition.
    Shadow(fn(&ShadowStatus) -> u64),
    /// Samples with other labels.
    Labelled(fn(&Seen<'_>, &mut Series)),
}

/// The values that are exposed.
pub(super) struct Seen<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// The topic of each input that is read.
    pub(super) topics: &'a BTreeMap<Family, String>,
}

impl Metric {
    /// The metric with the samples of what is seen.
    pub(super) fn series(&self, seen: &Seen<'_>) -> Series {
        let mut series = Series::new(self.name, self.help, self.kind);
        let Seen { snapshot, .. } = seen;
        match self.samples {
            Samples::Task(value) => each(&mut series, "partition", &snapshot.tasks, value),
            Samples::Totals(value) => each(&mut series, "partition", &snapshot.totals, |of| Some(number(value(of)))),
            Samples::Worker(value) => each(&mut series, "worker", &snapshot.workers, |of| Some(number(value(of)))),
            Samples::Snapshot(value) => each(&mut series, "partition", &snapshot.snapshots, value),
            Samples::Shadow(value) => each(&mut series, "partition", &snapshot.shadows, |of| Some(number(value(of)))),
            Samples::Labelled(add) => add(seen, &mut series),
        }
        series
    }
}

/// Adds a sample per entry, labelled with its key, where there is a value.
fn each<K: ToString, T>(series: &mut Series, label: &str, entries: &BTreeMap<K, T>, value: impl Fn(&T) -> Option<f64>) {
    for (key, entry) in entries {
        if let Some(value) = value(entry) {
            series.push(&[(label, &key.to_string())], value);
        }
    }
}

/// The reading of a clock that has started; none before that.
pub(super) fn started(reading: Timestamp) -> Option<Timestamp> {
    (reading != Timestamp::BEGINNING).then_some(reading)
}

#[expect(clippy::cast_precision_loss, reason = "a sample is a double; milliseconds of our era fit it exactly")]
pub(super) fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a sample is a double; exact up to 2^53")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}

/// 1 for yes, 0 for no.
pub(super) fn flag(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}
