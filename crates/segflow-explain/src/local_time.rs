//! Instants as clocks on the wall of the segmentation's time zone show them.

use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use segflow_core::time::{Timestamp, Zone};

/// A segmentation's time zone, by the bundled database.
///
/// ```
/// use segflow_core::time::Zone;
/// use segflow_explain::local_time::LocalTime;
///
/// let local = LocalTime::of(&Zone::named("Europe/London").expect("a zone of the database"));
/// assert_eq!(local.time("2026-10-25T01:30:00Z".parse()?), "2026-10-25 01:30:00 GMT");
/// # Ok::<(), String>(())
/// ```
pub struct LocalTime(TimeZone);

impl LocalTime {
    /// The local time of a zone.
    #[must_use]
    pub fn of(zone: &Zone) -> Self {
        Self(TimeZoneDatabase::bundled().get(zone.name()).expect("the loader found the zone in the same database"))
    }

    /// The instant at which clocks show `wall`. Where they show it twice, the first one; where they skip it, the instant
    /// as far behind the skip as `wall` lies in it.
    #[must_use]
    pub fn instant(&self, wall: DateTime) -> Timestamp {
        self.0.to_ambiguous_timestamp(wall).compatible().map_or(Timestamp::NEVER, |at| Timestamp(at.as_millisecond()))
    }

    /// The day that calendars show; none at the two ends of time, which lie outside the calendar.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> Option<Date> {
        jiff::Timestamp::from_millisecond(at.0).ok().map(|timestamp| timestamp.to_zoned(self.0.clone()).date())
    }

    /// `2026-10-25 01:30:00 GMT`, with the fraction of the second if there is one.
    #[must_use]
    pub fn time(&self, at: Timestamp) -> String {
        match jiff::Timestamp::from_millisecond(at.0) {
            Ok(timestamp) => timestamp.to_zoned(self.0.clone()).strftime("%F %T%.f %Z").to_string(),
            // The two ends of time lie outside the calendar.
            Err(_) => at.to_string(),
        }
    }

    /// How long something stands that ends at `at`: `until 2026-10-25 01:30:00 GMT`, or `for good`.
    #[must_use]
    pub fn until(&self, at: Timestamp) -> String {
        if at == Timestamp::NEVER { "for good".to_owned() } else { format!("until {}", self.time(at)) }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn london() -> LocalTime {
        LocalTime::of(&Zone::named("Europe/London").unwrap())
    }

    #[test]
    fn a_time_shown_twice_is_the_first_and_a_skipped_one_comes_after_the_skip() {
        let instant = |day: jiff::civil::Date| london().instant(day.at(1, 30, 0, 0)).to_string();
        assert_eq!(instant(date(2026, 10, 25)), "2026-10-25T00:30:00.000Z");
        assert_eq!(instant(date(2026, 3, 29)), "2026-03-29T01:30:00.000Z");
    }

    #[test]
    fn the_ends_of_time_have_no_day_and_stand_for_good() {
        assert_eq!(london().date(Timestamp::NEVER), None);
        assert_eq!(london().until(Timestamp::NEVER), "for good");
        assert_eq!(london().until("2026-07-01T11:00:00.250Z".parse().unwrap()), "until 2026-07-01 12:00:00.25 BST");
    }
}
