//! The core's calendar, which the naive evaluation shares, held against the time-zone database itself.

use std::sync::LazyLock;

use jiff::Zoned;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use proptest::prelude::*;
use segflow_core::time::{Date, Span, Timestamp, Zone};

/// Zones that change their clocks at night, at midnight, by half an hour, by a whole day, or never.
const ZONES: [&str; 7] = [
    "Europe/Rome",
    "America/New_York",
    "Africa/Cairo",
    "America/Havana",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kolkata",
];

static CALENDARS: LazyLock<Vec<(Zone, TimeZone)>> = LazyLock::new(|| {
    let database = TimeZoneDatabase::bundled();
    let both = |name| (Zone::named(name).expect("a zone"), database.get(name).expect("a zone"));
    ZONES.map(both).to_vec()
});

/// A zone and an instant of it from 1995 to 2060, half of the time within two days of a change of its clock.
pub fn moments() -> impl Strategy<Value = (usize, Timestamp)> {
    let ms = 788_918_400_000_i64..2_840_140_800_000;
    let near =
        proptest::option::of(prop_oneof![-172_800_000_i64..172_800_000, (-48_i64..48).prop_map(|h| h * 3_600_000)]);
    (0..ZONES.len(), ms, near).prop_map(|(zone, ms, near)| {
        let change = CALENDARS[zone].1.following(stamp(Timestamp(ms))).next().map(|change| change.timestamp());
        let at = near.zip(change).map_or(ms, |(near, change)| change.as_millisecond() + near);
        (zone, Timestamp(at))
    })
}

/// A day begins at its first instant, and holds every instant whose local date it is.
pub fn check_day(zone: usize, at: Timestamp) -> Result<(), TestCaseError> {
    let (zone, database) = &CALENDARS[zone];
    let date = date(&local(database, at));
    prop_assert_eq!(zone.date_of(at), date);
    let (first, next) = (zone.midnight(date), zone.midnight(date.plus_days(1)));
    prop_assert!(first <= at && at < next, "{} is not from {} to {}", at, first, next);
    Ok(())
}

/// Days end at the same local time; where the clock skips it, after the gap, by as much as it was into it.
pub fn check_plus(zone: usize, at: Timestamp, days: i32) -> Result<(), TestCaseError> {
    let (zone, database) = &CALENDARS[zone];
    let begun = local(database, at);
    let wanted: DateTime = zone.date_of(at).plus_days(days).civil().to_datetime(begun.time());
    let ended = zone.plus(at, Span::Days(days));
    match database.to_ambiguous_timestamp(wanted).offset() {
        AmbiguousOffset::Gap { before, .. } => {
            let unskipped = before.to_timestamp(wanted).expect("within the calendar");
            prop_assert_eq!(ended.0, unskipped.as_millisecond());
        }
        _ => prop_assert_eq!(local(database, ended).datetime(), wanted),
    }
    Ok(())
}

fn stamp(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.0).expect("within the calendar")
}

fn local(database: &TimeZone, at: Timestamp) -> Zoned {
    stamp(at).to_zoned(database.clone())
}

fn date(local: &Zoned) -> Date {
    Date::new(local.year(), local.month(), local.day()).expect("a date of the calendar")
}
