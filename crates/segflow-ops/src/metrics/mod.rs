//! From a snapshot of the workers to the Prometheus text exposition. A value that is not known has no sample.
//!
//! `table.rs` holds every metric in the order of the exposition: to add one is to add a row there.

mod labelled;
mod metric;
mod table;

use std::collections::BTreeMap;

use segflow_core::event::Family;
use segflow_runtime::status::Snapshot;

use crate::exposition::text;
use metric::Seen;
use table::METRICS;

pub use metric::VERSION;

/// The exposition of a snapshot. `topics` names the topic of each input that is read.
#[must_use]
pub fn render(snapshot: &Snapshot, topics: &BTreeMap<Family, String>) -> String {
    let seen = Seen { snapshot, topics };
    text(METRICS.iter().map(|metric| metric.series(&seen)).collect())
}
