//! Arguments of `segflow backtest` that are read by hand: instants or days, and capacities.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use segflow_backtest::observe::work::Words;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Date, Timestamp};

/// An instant, or the day that begins there.
#[derive(Clone, Copy)]
pub enum When {
    At(Timestamp),
    On(Date),
}

impl When {
    /// Reads an instant (RFC 3339) or a day (YYYY-MM-DD).
    pub fn parse(text: &str) -> Result<Self, String> {
        let day = || text.parse().map(Self::On).ok();
        text.parse()
            .map(Self::At)
            .or_else(|error| day().ok_or(error))
            .map_err(|error: String| format!("{error}; a day such as 2026-05-03 will do as well"))
    }

    /// The instant; for a day, its beginning in the segmentation's time zone.
    pub fn at(self, segmentation: &Segmentation) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::On(day) => segmentation.zone.midnight(day),
        }
    }
}

/// A key and a value of treatments, and the most customers who may begin to be treated so on one day.
pub type CapacityArgument = ((String, String), u64);

/// Reads `channel=call:120`.
pub fn capacity(text: &str) -> Result<CapacityArgument, String> {
    let parsed = text.rsplit_once(':').and_then(|(what, most)| {
        let (key, value) = what.split_once('=')?;
        Some(((key.to_owned(), value.to_owned()), most.parse().ok()?))
    });
    parsed.ok_or_else(|| format!("expected KEY=VALUE:STARTS_A_DAY such as channel=call:120, found `{text}`"))
}

/// Refuses a capacity for a key or value that no treatment of the candidate has: it would never be exceeded.
pub fn check_capacity(capacity: &[CapacityArgument], segmentations: &[Arc<Segmentation>]) -> Result<()> {
    let words = Words::of(&segmentations[0]).0;
    for ((key, value), _) in capacity {
        let known = words.iter().find(|(known, _)| known == key).map(|(_, values)| values.join(", "));
        let known = known.with_context(|| {
            let keys: Vec<&str> = words.iter().map(|(key, _)| key.as_str()).collect();
            format!("--capacity: expected a key of the candidate's treatments ({}), found {key}", keys.join(", "))
        })?;
        let named = words.iter().any(|(known, values)| known == key && values.contains(value));
        ensure!(named, "--capacity: expected a value of {key} ({known}), found {value}");
    }
    Ok(())
}
