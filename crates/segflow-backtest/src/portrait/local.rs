//! Instants as clocks on the wall of the segmentation's zone show them.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use segflow_core::time::{Instant, Zone};

/// A segmentation's time zone.
pub struct Local(TimeZone);

impl Local {
    pub fn of(zone: &Zone) -> Self {
        Self(TimeZoneDatabase::bundled().get(zone.name()).expect("the loader found the zone in the same database"))
    }

    /// `2026-10-25 01:30:00 GMT`, with the fraction of the second if there is one.
    pub fn time(&self, at: Instant) -> String {
        match Timestamp::from_millisecond(at.0) {
            Ok(timestamp) => timestamp.to_zoned(self.0.clone()).strftime("%F %T%.f %Z").to_string(),
            // The two ends of time lie outside the calendar.
            Err(_) => at.to_string(),
        }
    }

    /// How long something stands.
    pub fn until(&self, at: Instant) -> String {
        if at == Instant::NEVER { "for good".to_owned() } else { format!("until {}", self.time(at)) }
    }
}
