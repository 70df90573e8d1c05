//! Dates and instants from numbers and texts. A text that does not say where it was written is read in the mapping's zone.

use jiff::fmt::strtime::BrokenDownTime;
use segflow_core::time::{Date, Timestamp, Zone};

use crate::decimal::Decimal;
use crate::function::Function;

/// Checks that a format reads what it writes.
pub(crate) fn check(format: &str, function: Function) -> Result<(), String> {
    const EXAMPLE: &str = "2026-05-03T21:30:15+02:00[+02:00]";
    let example: jiff::Zoned = EXAMPLE.parse().expect("an instant");
    let wrong = |why: String| format!("expected how it is written, as in \"%d.%m.%Y\", found `{format}`: {why}");
    let text = jiff::fmt::strtime::format(format, &example).map_err(|error| wrong(error.to_string()))?;
    let read = BrokenDownTime::parse(format, &text).map_err(|error| wrong(error.to_string()))?;
    let complete = match function {
        Function::Date => read.to_date().is_ok_and(|date| date == example.date()),
        _ => read.to_timestamp().is_ok() || read.to_datetime().is_ok_and(|read| read.date() == example.date()),
    };
    if complete { Ok(()) } else { Err(wrong("it does not say which day".to_owned())) }
}

/// The date of a text that is written so.
pub(super) fn date(text: &str, format: &str) -> Option<Date> {
    let date = BrokenDownTime::parse(format, text).ok()?.to_date().ok()?;
    Date::new(date.year(), date.month(), date.day())
}

/// The instant of a text that is written so.
pub(super) fn instant(text: &str, format: &str, zone: Option<&Zone>) -> Option<Timestamp> {
    let read = BrokenDownTime::parse(format, text).ok()?;
    if read.offset().is_some() {
        return read.to_timestamp().ok().map(|at| Timestamp(at.as_millisecond()));
    }
    zone?.at(read.to_datetime().ok()?)
}

/// The instant at which the zone's clocks show what UTC's show at `at`.
pub(super) fn local(at: Timestamp, zone: &Zone) -> Option<Timestamp> {
    let utc = jiff::Timestamp::from_millisecond(at.0).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    zone.at(utc.datetime())
}

/// The instant of a number of units since 1970, of which `per_ms` are a millisecond. What is finer is cut.
pub(super) fn since_epoch(number: Decimal, per_ms: i64) -> Option<Timestamp> {
    let ms = number.whole()?.div_euclid(per_ms.into());
    i64::try_from(ms).ok().map(Timestamp)
}

/// The instant of a number of seconds since 1970, perhaps with decimals. What is finer than a millisecond is cut.
pub(super) fn seconds(number: Decimal) -> Option<Timestamp> {
    let ms = number.times(Decimal::whole_number(1_000))?.floor();
    i64::try_from(ms).ok().map(Timestamp)
}

/// The date of a number of days since 1970, within the calendar.
pub(super) fn days(number: Decimal) -> Option<Date> {
    let days = i32::try_from(number.whole()?).ok()?;
    (-1_000_000..1_000_000).contains(&days).then_some(Date(days))
}
