//! `[commit]`: the bounds of a cycle.

use anyhow::Result;
use jiff::SignedDuration;
use segflow_runtime::config::Commit as CycleBounds;
use serde::Deserialize;

use super::bounds;

/// The bounds of a cycle. The runtime's defaults are those of the file.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Commit {
    pub interval: SignedDuration,
    pub min_interval: SignedDuration,
    pub max_records: usize,
    pub max_timers: usize,
    pub max_resegmented: usize,
}

impl Default for Commit {
    fn default() -> Self {
        let CycleBounds { interval, interval_min, max_records, timers_max, resegmented_max } = CycleBounds::default();
        let short = |interval| SignedDuration::try_from(interval).expect("the default is a fraction of a second");
        Self {
            interval: short(interval),
            min_interval: short(interval_min),
            max_records,
            max_timers: timers_max,
            max_resegmented: resegmented_max,
        }
    }
}

impl Commit {
    pub fn check(&self) -> Result<()> {
        bounds::duration("commit.interval", self.interval, 1..=5_000)?;
        bounds::duration("commit.min_interval", self.min_interval, 0..=5_000)?;
        bounds::count("commit.max_records", self.max_records, 1..=1_000_000)?;
        bounds::count("commit.max_timers", self.max_timers, 1..=1_000_000)?;
        bounds::count("commit.max_resegmented", self.max_resegmented, 1..=1_000_000)
    }

    /// The same for the runtime.
    pub fn bounds(&self) -> CycleBounds {
        CycleBounds {
            interval: self.interval.unsigned_abs(),
            interval_min: self.min_interval.unsigned_abs().min(self.interval.unsigned_abs()),
            max_records: self.max_records,
            timers_max: self.max_timers,
            resegmented_max: self.max_resegmented,
        }
    }
}
