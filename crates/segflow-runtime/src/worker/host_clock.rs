//! The clock of this host, held against clocks that are not this host's.
//!
//! What an epoch decides by a wrong wall clock cannot be taken back: a live record becomes a dead letter where the clock is
//! behind, and a silence that is not over is judged where it is ahead. So `w` is compared twice. Before S0 with the `w` of
//! the task's last epoch, which it may not be behind. Between S2 and S3 with the timestamps that the brokers gave to the
//! journal records of this very transaction: only what they confirm is committed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use segflow_core::time::Timestamp;

use crate::config::Config;
use crate::log::{LogError, LogResult, TaskId};
use crate::time::Monotonic;

/// A reading of the host's clock, and how far it may be off.
#[derive(Clone, Copy)]
pub struct HostClock<'a> {
    /// How far the host's clock may be off, in milliseconds.
    pub max_skew_ms: i64,
    /// When it was read, on a clock that nobody sets.
    pub read_at: Instant,
    /// The clock that nobody sets.
    pub time: &'a Monotonic,
}

impl<'a> HostClock<'a> {
    /// A reading taken at some moment; none where no wall clock is looked at.
    pub(crate) fn of(config: &'a Config, read_at: Instant) -> Option<Self> {
        Some(Self { max_skew_ms: config.max_host_skew_ms?, read_at, time: &config.time })
    }

    /// Compares a reading with that by which a task decided its last epoch.
    ///
    /// # Errors
    /// `Retry` if it is behind: it was set back, or this host's differs from that of the former owner's.
    pub(crate) fn follows(&self, w: Timestamp, task: TaskId, last: Timestamp) -> LogResult<()> {
        if last <= w.plus_ms(self.max_skew_ms) {
            return Ok(());
        }
        Err(LogError::Retry(format!(
            "the host clock stands at {w}: expected at most {} before {last}, by which task {} decided its last epoch; set \
             the clock of this host, and keep it by NTP; no epoch is decided until then",
            self.shown(),
            task.0
        )))
    }

    /// Compares a reading with the times at which the log took the journal records that name it. They may be later by as
    /// long as that took.
    ///
    /// # Errors
    /// `Retry` if one of them contradicts it.
    pub(crate) fn is_confirmed(&self, w: Timestamp, appended: &BTreeMap<TaskId, Timestamp>) -> LogResult<()> {
        let taken_ms = i64::try_from(self.time.since(self.read_at).as_millis()).unwrap_or(i64::MAX);
        let (least, most) = (w.plus_ms(-self.max_skew_ms), w.plus_ms(taken_ms).plus_ms(self.max_skew_ms));
        let Some((task, at)) = appended.iter().find(|(_, at)| !(least..=most).contains(*at)) else { return Ok(()) };
        Err(LogError::Retry(format!(
            "the host clock stood at {w}: expected at most {} from {at}, when the broker of the journal of task {} took its \
             record; set the clock of this host, or of that broker, and keep both by NTP; no epoch is decided until then",
            self.shown(),
            task.0
        )))
    }

    fn shown(&self) -> String {
        let skew = Duration::from_millis(self.max_skew_ms.unsigned_abs());
        format!("{skew:?}").replace('s', " s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Steered;

    const TEN: Timestamp = Timestamp(1_772_359_200_000);

    fn confirmed(appended_ms: i64, taken: Duration) -> bool {
        let (steered, appended) = (Steered::new(), BTreeMap::from([(TaskId(0), TEN.plus_ms(appended_ms))]));
        let time = Monotonic::Steered(steered.clone());
        let clock = HostClock { max_skew_ms: 60_000, read_at: time.now(), time: &time };
        steered.advance(taken);
        clock.is_confirmed(TEN, &appended).is_ok()
    }

    #[test]
    fn the_journal_confirms_a_reading_within_the_bound() {
        let at_once = [-60_001, -60_000, 60_000, 60_001].map(|ms| confirmed(ms, Duration::ZERO));
        assert_eq!(at_once, [false, true, true, false]);
    }

    #[test]
    fn a_delivery_that_took_ten_minutes_may_be_as_much_later() {
        let later = [-60_001, 600_000, 660_000, 660_001].map(|ms| confirmed(ms, Duration::from_mins(10)));
        assert_eq!(later, [false, true, true, false]);
    }

    #[test]
    fn a_log_that_keeps_no_time_confirms_everything() {
        let time = Monotonic::Real;
        let clock = HostClock { max_skew_ms: 0, read_at: time.now(), time: &time };
        assert_eq!(clock.is_confirmed(TEN, &BTreeMap::new()), Ok(()));
    }

    #[test]
    fn a_reading_follows_the_last_one_within_the_bound() {
        let time = Monotonic::Real;
        let clock = HostClock { max_skew_ms: 60_000, read_at: time.now(), time: &time };
        let follows = |ms| clock.follows(TEN, TaskId(0), TEN.plus_ms(ms)).is_ok();
        assert_eq!([-86_400_000, 60_000, 60_001].map(follows), [true, true, false]);
    }
}
