//! Local days, counted from 1970-01-01.

use std::cell::Cell;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The days of a time zone.
pub struct Calendar {
    zone: TimeZone,
    /// The day asked for last: its number, its first instant, and that of the next.
    last: Cell<(i32, i64, i64)>,
}

impl Calendar {
    /// That of an IANA time zone.
    ///
    /// # Panics
    ///
    /// If there is none of that name.
    #[must_use]
    pub fn new(zone: &str) -> Self {
        let zone = TimeZone::get(zone).unwrap_or_else(|error| panic!("time zone {zone}: {error}"));
        Self { zone, last: Cell::new((0, 0, 0)) }
    }

    /// The day of an instant in milliseconds.
    #[must_use]
    pub fn day_of(&self, at_ms: i64) -> i32 {
        let (day, from, to) = self.last.get();
        if (from..to).contains(&at_ms) {
            return day;
        }
        let instant = Timestamp::from_millisecond(at_ms).expect("an instant of this age");
        let day = number(self.zone.to_datetime(instant).date());
        self.last.set((day, self.midnight(day), self.midnight(day + 1)));
        day
    }

    /// The first instant of a day, in milliseconds.
    #[must_use]
    pub fn midnight(&self, day: i32) -> i64 {
        let date = date(1970, 1, 1).checked_add(day.days()).expect("a day of this age");
        let start = date.to_zoned(self.zone.clone()).and_then(|zoned| zoned.start_of_day());
        start.expect("every day begins").timestamp().as_millisecond()
    }
}

/// The number of a day.
pub(super) fn number(day: Date) -> i32 {
    let since = date(1970, 1, 1).until(day).expect("a day of this age");
    since.get_days()
}
