//! `[snapshots]` and `recovery`: from where a task that has lost its disk comes back.

use anyhow::{Context, Result};
use jiff::SignedDuration;
use segflow_runtime::snapshots::SnapshotSettings;
use serde::Deserialize;

use super::bounds;

/// Snapshots of every task.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Snapshots {
    /// Empty: no snapshots.
    pub url: String,
    pub interval: SignedDuration,
    pub keep: usize,
}

impl Default for Snapshots {
    fn default() -> Self {
        Self { url: String::new(), interval: SignedDuration::from_mins(10), keep: 3 }
    }
}

impl Snapshots {
    pub fn check(&self) -> Result<()> {
        bounds::duration("snapshots.interval", self.interval, 100..=86_400_000)?;
        bounds::count("snapshots.keep", self.keep, 1..=1_000)
    }

    /// How often snapshots are made, and how many are kept.
    pub fn settings(&self) -> SnapshotSettings {
        SnapshotSettings { interval: self.interval.unsigned_abs(), keep: self.keep }
    }

    /// The snapshots of an application; none without a URL.
    pub fn open(&self, application: &str) -> Result<Option<segflow_snapshot::Snapshots>> {
        if self.url.is_empty() {
            return Ok(None);
        }
        segflow_snapshot::Snapshots::open(&self.url, application).map(Some).context("cannot use the snapshot store")
    }
}

/// What a lost disk may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recovery {
    /// Time: `run` refuses to start where a task could not be had again.
    #[default]
    Complete,
    /// The history that the inputs no longer have.
    LocalDiskOnly,
}
