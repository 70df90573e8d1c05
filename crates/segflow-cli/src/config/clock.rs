//! `[clock]`: how far silence is judged.

use anyhow::Result;
use jiff::SignedDuration;
use segflow_core::clock::{ClockSettings, Idle};
use serde::Deserialize;

use super::bounds;

/// How the clock of every task runs.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clock {
    pub grace: SignedDuration,
    pub idle: Idle,
    pub max_skew: SignedDuration,
    pub max_host_skew: SignedDuration,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            grace: SignedDuration::from_secs(5),
            idle: Idle::WallTime,
            max_skew: SignedDuration::from_mins(5),
            max_host_skew: SignedDuration::from_mins(1),
        }
    }
}

impl Clock {
    pub fn check(&self) -> Result<()> {
        bounds::duration("clock.grace", self.grace, 0..=86_400_000)?;
        bounds::duration("clock.max_skew", self.max_skew, 0..=3_600_000)?;
        // A host that is let be further behind than records may be ahead makes dead letters of live records.
        bounds::duration("clock.max_host_skew", self.max_host_skew, 1_000..=self.max_skew.as_millis().max(1_000))
    }

    /// The settings of a task's clock.
    pub fn settings(&self) -> ClockSettings {
        ClockSettings { grace_ms: milliseconds(self.grace), idle: self.idle }
    }

    /// How far ahead of the wall a record may be, in milliseconds; none where no wall clock is looked at.
    pub fn max_skew_ms(&self) -> Option<i64> {
        (self.idle == Idle::WallTime).then(|| milliseconds(self.max_skew))
    }

    /// How far the host's clock may be off, in milliseconds; none where no wall clock is looked at.
    pub fn max_host_skew_ms(&self) -> Option<i64> {
        (self.idle == Idle::WallTime).then(|| milliseconds(self.max_host_skew))
    }
}

fn milliseconds(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).expect("durations are bounded at load")
}
