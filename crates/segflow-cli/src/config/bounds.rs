//! Bounds of values. A message names the key, what was found, and what was expected.

use std::ops::RangeInclusive;

use anyhow::{Result, ensure};
use jiff::SignedDuration;

/// Refuses a duration whose milliseconds are out of bounds.
pub fn duration(key: &str, duration: SignedDuration, bounds_ms: RangeInclusive<i128>) -> Result<()> {
    let (ms, least, most) = (duration.as_millis(), bounds_ms.start(), bounds_ms.end());
    ensure!(bounds_ms.contains(&ms), "`{key}` is {ms} ms: expected {least} to {most} ms");
    Ok(())
}

/// Refuses a count that is out of bounds.
pub fn count(key: &str, count: usize, bounds: RangeInclusive<usize>) -> Result<()> {
    let (least, most) = (bounds.start(), bounds.end());
    ensure!(bounds.contains(&count), "`{key}` is {count}: expected {least} to {most}");
    Ok(())
}
