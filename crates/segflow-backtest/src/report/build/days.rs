//! The days that are reported.

use segflow_core::time::{Date, Timestamp};

use crate::observe::Tally;
use crate::partition_replay::ReplayContext;

/// The most days of a report: more than a century.
const DAYS_MAX: usize = 40_000;

/// Consecutive days, one or more.
pub struct Days {
    first: Date,
    /// How many there are, 1 to [`DAYS_MAX`].
    pub count: usize,
}

impl Days {
    /// The days of the period. Where that is open, they begin with the first change and end with the last record.
    pub fn new(context: &ReplayContext, tally: &Tally, last_record: Timestamp) -> Self {
        let zone = &context.rules[0].present.zone;
        let grown = tally.sides.iter().flat_map(|side| &side.dimensions).flat_map(|dimension| dimension.grown.keys());
        let earliest = grown.min().map_or_else(|| zone.date_of(last_record), |day| Date(*day));
        let first = context.period.from.map_or(earliest, |from| zone.date_of(from));
        let end = context.period.to.map_or(last_record, |to| to.plus_ms(-1));
        let count = zone.date_of(end).days_since(first) + 1;
        Self { first, count: usize::try_from(count).unwrap_or(1).clamp(1, DAYS_MAX) }
    }

    /// Every day, in order.
    pub fn all(&self) -> impl Iterator<Item = Date> {
        (self.first.0..).take(self.count).map(Date)
    }

    /// The count at the end of each day, of what is `initial` before the first and grows by `grown` on each.
    pub fn accumulated(&self, initial: i64, grown: impl Fn(i32) -> i64) -> Vec<u64> {
        let mut now = initial;
        let each = self.all().map(|day| {
            now += grown(day.0);
            u64::try_from(now).unwrap_or(0)
        });
        each.collect()
    }

    /// The count on each day.
    pub fn each(&self, count: impl Fn(i32) -> u64) -> Vec<u64> {
        self.all().map(|day| count(day.0)).collect()
    }
}
