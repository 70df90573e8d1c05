//! The instant that a customer has reached, and the instants and dates that follow from it.

use segflow_core::time::{Date, Timestamp, Zone};

use crate::chance::Chance;

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;

/// The present of one customer.
#[derive(Clone, Copy)]
pub(crate) struct Now<'a> {
    pub(crate) at: Timestamp,
    pub(crate) date: Date,
    pub(crate) zone: &'a Zone,
}

impl Now<'_> {
    /// An instant of `date` from `from` to before `to` o'clock, in whole hours; always after now.
    pub(crate) fn on(&self, date: Date, (from, to): (i64, i64), chance: &mut Chance) -> Timestamp {
        let at = self.zone.midnight(date).plus_ms(chance.between(from * HOUR, to * HOUR - 1));
        at.max(self.at.plus_ms(1))
    }

    /// An instant from `least` to `most` milliseconds after now.
    pub(crate) fn within(&self, least: i64, most: i64, chance: &mut Chance) -> Timestamp {
        self.at.plus_ms(chance.between(least, most))
    }

    /// A date `days` from now.
    pub(crate) const fn in_days(&self, days: i32) -> Date {
        self.date.plus_days(days)
    }
}

/// The first such day of the month, 1 to 28, on or after a date.
pub(crate) fn next_day_of_month(from: Date, day: i8) -> Date {
    let civil = from.civil();
    let (year, month) = match (civil.day() <= day, civil.month()) {
        (true, month) => (civil.year(), month),
        (false, 12) => (civil.year() + 1, 1),
        (false, month) => (civil.year(), month + 1),
    };
    Date::new(year, month, day).expect("every month has 28 days")
}

/// The date itself, or the Monday after a weekend.
pub(crate) fn weekday_from(date: Date) -> Date {
    date.plus_days(match date.weekday() {
        6 => 2,
        7 => 1,
        _ => 0,
    })
}

/// The date itself, or the Friday before a weekend.
pub(crate) fn weekday_until(date: Date) -> Date {
    date.plus_days(match date.weekday() {
        6 => -1,
        7 => -2,
        _ => 0,
    })
}

/// Hours in which one calls, by the day of the week: Sunday is none, and moves to Monday.
pub(crate) fn calling_hours(date: Date) -> (Date, (i64, i64)) {
    match date.weekday() {
        6 => (date, (9, 13)),
        7 => (date.plus_days(1), (8, 19)),
        _ => (date, (8, 19)),
    }
}
