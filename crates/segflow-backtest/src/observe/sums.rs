//! Counts that are added up, and the numbers by which they name segments.

use std::collections::BTreeMap;
use std::ops::AddAssign;

/// Stands in place of a segment's number for no segment. It is greater than every number of a segment, so that it comes
/// last in the order of the report.
pub const NOBODY: u16 = u16::MAX;

/// The number by which counts name the dimension, segment, key or value at a place.
#[must_use]
pub fn number_of(place: usize) -> u16 {
    u16::try_from(place).unwrap_or(NOBODY)
}

/// Adds the counts of another to those of the same key.
pub(super) fn add_up<K: Ord, V: AddAssign + Default>(mine: &mut BTreeMap<K, V>, theirs: BTreeMap<K, V>) {
    for (key, value) in theirs {
        *mine.entry(key).or_default() += value;
    }
}

/// Adds the counts of another to those at the same place.
pub(super) fn add_up_each(mine: &mut Vec<i64>, theirs: Vec<i64>) {
    mine.resize(mine.len().max(theirs.len()), 0);
    mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
}
