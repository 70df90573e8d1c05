//! Metrics whose samples have other labels than the key of one status.

use std::collections::BTreeMap;

use segflow_core::time::Timestamp;
use segflow_runtime::status::{InputStatus, Phase, Shadowing};

use super::metric::{Seen, VERSION, flag, number, seconds};
use crate::exposition::Series;

/// The records that each input of each task has not read yet.
pub(super) fn lag_records(seen: &Seen<'_>, series: &mut Series) {
    lag(seen, series, |input, _| records(input).map(number));
}

/// How far the newest record read of each input of each task lies behind wall time, in seconds.
pub(super) fn lag_seconds(seen: &Seen<'_>, series: &mut Series) {
    lag(seen, series, |input, w| match records(input)? {
        0 => Some(0.0),
        _ => Some(seconds(w?.since_ms(input.greatest?)).max(0.0)),
    });
}

fn lag(seen: &Seen<'_>, series: &mut Series, value: impl Fn(&InputStatus, Option<Timestamp>) -> Option<f64>) {
    for (partition, task) in &seen.snapshot.tasks {
        let partition = partition.to_string();
        for (&family, input) in &task.inputs {
            let topic = seen.topics.get(&family).map_or(family.name(), String::as_str);
            if let Some(lag) = value(input, task.w) {
                series.push(&[("topic", topic), ("partition", &partition)], lag);
            }
        }
    }
}

/// The records between the position and the latest offset; none while the leaders have not answered.
fn records(input: &InputStatus) -> Option<u64> {
    input.latest.map(|latest| latest.saturating_sub(input.position))
}

/// The state of each task, as a sample per state.
pub(super) fn task_state(seen: &Seen<'_>, series: &mut Series) {
    for (partition, task) in &seen.snapshot.tasks {
        let present = match task.phase {
            Phase::Recovering { .. } => "recovering",
            Phase::Running => "running",
            Phase::Standby { .. } => "standby",
            Phase::Stopped { .. } => "stopped",
        };
        states(series, *partition, &["recovering", "running", "standby", "stopped"], present);
    }
}

/// The state of the shadow of each task, as a sample per state.
pub(super) fn shadow_state(seen: &Seen<'_>, series: &mut Series) {
    for (partition, shadow) in &seen.snapshot.shadows {
        if let Some(phase) = &shadow.phase {
            states(series, *partition, &Shadowing::WORDS, phase.word());
        }
    }
}

/// A sample per state: 1 for the present one, 0 for the others.
fn states(series: &mut Series, partition: u32, all: &[&str], present: &str) {
    for state in all {
        series.push(&[("partition", &partition.to_string()), ("state", state)], flag(*state == present));
    }
}

/// The reason why a task does not activate the segmentation of the file.
pub(super) fn segmentation_refused(seen: &Seen<'_>, series: &mut Series) {
    for (partition, task) in &seen.snapshot.tasks {
        if let Some(reason) = task.refused {
            series.push(&[("partition", &partition.to_string()), ("reason", reason)], 1.0);
        }
    }
}

pub(super) fn segmentation_file_invalid(seen: &Seen<'_>, series: &mut Series) {
    series.push(&[], flag(seen.snapshot.file_invalid));
}

/// No sample where there is no candidate: then no task has a shadow and no file is looked at.
pub(super) fn shadow_file_invalid(seen: &Seen<'_>, series: &mut Series) {
    if seen.snapshot.shadow_file_invalid || !seen.snapshot.shadows.is_empty() {
        series.push(&[], flag(seen.snapshot.shadow_file_invalid));
    }
}

/// The differing customers of each dimension that candidate and live rules have.
pub(super) fn shadow_differing(seen: &Seen<'_>, series: &mut Series) {
    for (partition, shadow) in &seen.snapshot.shadows {
        for (dimension, count) in &shadow.differing {
            series.push(&[("partition", &partition.to_string()), ("dimension", dimension)], number(*count));
        }
    }
}

/// The dead letters of all tasks together, by reason.
pub(super) fn dead_letters(seen: &Seen<'_>, series: &mut Series) {
    let counts = seen.snapshot.totals.values().flat_map(|totals| &totals.dead_letters);
    summed(series, "reason", counts.map(|(&reason, &count)| (reason, count)));
}

/// The unreadable values of all tasks together, by attribute.
pub(super) fn unreadable_attributes(seen: &Seen<'_>, series: &mut Series) {
    let counts = seen.snapshot.totals.values().flat_map(|totals| &totals.unreadable);
    summed(series, "attribute", counts.map(|(attribute, &count)| (attribute.as_str(), count)));
}

/// A sample per value of a label, in their order: the sum of its counts.
fn summed<'a>(series: &mut Series, label: &'static str, counts: impl Iterator<Item = (&'a str, u64)>) {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for (value, count) in counts {
        *sums.entry(value).or_default() += count;
    }
    for (value, sum) in sums {
        series.push(&[(label, value)], number(sum));
    }
}

pub(super) fn build_info(_: &Seen<'_>, series: &mut Series) {
    series.push(&[("version", VERSION)], 1.0);
}
