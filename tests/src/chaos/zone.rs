//! A time zone in which a midnight falls into the run, if there is one.

use std::time::Duration;

use jiff::tz::{TimeZone, db};
use jiff::{Timestamp, ToSpan};

/// A zone, and how long after `now` its midnight is: as near to the middle of the run as any, and within its middle four
/// fifths. None where no zone of the world has one there.
#[must_use]
pub fn midnight_within(now: Timestamp, run: Duration) -> Option<(String, Duration)> {
    let (least, most, middle) = (run / 10, run * 9 / 10, run / 2);
    let names = db().available().map(|name| name.to_string());
    let zones = names.filter_map(|name| Some((until_midnight(&TimeZone::get(&name).ok()?, now)?, name)));
    let within = zones.filter(|(wait, _)| (least..=most).contains(wait));
    within.min_by_key(|(wait, name)| (wait.abs_diff(middle), name.clone())).map(|(wait, name)| (name, wait))
}

fn until_midnight(zone: &TimeZone, now: Timestamp) -> Option<Duration> {
    let tomorrow = zone.to_datetime(now).date().checked_add(1.day()).ok()?;
    let midnight = tomorrow.to_zoned(zone.clone()).ok()?.start_of_day().ok()?;
    Duration::try_from(midnight.timestamp().duration_since(now)).ok()
}
