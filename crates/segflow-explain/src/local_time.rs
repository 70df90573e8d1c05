//! Instants as clocks on the wall of the segmentation's zone show them.

use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use segflow_core::time::{Timestamp, Zone};

/// A segmentation's time zone.
pub struct LocalTime(TimeZone);

impl LocalTime {
    /// The zone of the bundled database.
    #[must_use]
    pub fn of(zone: &Zone) -> Self {
        Self(TimeZoneDatabase::bundled().get(zone.name()).expect("the loader found the zone in the same database"))
    }

    /// When clocks on the wall show this: the first of two such instants, and after the gap where they skip it.
    #[must_use]
    pub fn instant(&self, wall: DateTime) -> Timestamp {
        self.0.to_ambiguous_timestamp(wall).compatible().map_or(Timestamp::NEVER, |at| Timestamp(at.as_millisecond()))
    }

    /// The day that calendars on the wall show.
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

    /// How long something stands.
    #[must_use]
    pub fn until(&self, at: Timestamp) -> String {
        if at == Timestamp::NEVER { "for good".to_owned() } else { format!("until {}", self.time(at)) }
    }
}
