//! Instants, dates and the segmentation's time zone. A day is a calendar day, never 24 hours.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::ToSpan;
use jiff::civil;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
///
/// On disk and in the digest: fixed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Before every instant: a clock that has not started.
    pub const BEGINNING: Self = Self(i64::MIN);
    /// After every instant: an expiry that never comes.
    pub const NEVER: Self = Self(i64::MAX);
    /// 1900-01-01 in UTC. Instants of inputs lie from here to [`Timestamp::LATEST`]; the calendar is total there.
    pub const EARLIEST: Self = Self(-2_208_988_800_000);
    /// 2200-01-01 in UTC, the end of the instants of inputs.
    pub const LATEST: Self = Self(7_258_118_400_000);

    /// This instant moved by `ms`, stopping at either end of time.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant, stopping at the bounds of an `i64`.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0.clamp(-377_000_000_000_000, 253_000_000_000_000))
            .expect("clamped to the calendar")
    }
}

/// RFC 3339 in UTC with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::BEGINNING => f.write_str("beginning"),
            Self::NEVER => f.write_str("never"),
            _ => write!(f, "{:.3}", self.timestamp()),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// RFC 3339 with any offset; finer than a millisecond is cut.
impl FromStr for Timestamp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse::<jiff::Timestamp>()
            .map(|at| Self(at.as_millisecond()))
            .map_err(|_| format!("expected an instant such as 2026-05-03T09:30:00Z, found `{text}`"))
    }
}

/// A calendar date, as days since 1970-01-01.
///
/// On disk and in the digest: fixed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Date(pub i32);

const EPOCH: civil::Date = civil::date(1970, 1, 1);

impl Date {
    /// The date of a year, month and day, or none if there is no such day.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok().map(Self::of)
    }

    /// This date moved by `days`, within the calendar.
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Days from `earlier` to this date; negative if it is later.
    #[must_use]
    pub const fn days_since(self, earlier: Self) -> i64 {
        self.0 as i64 - earlier.0 as i64
    }

    /// Monday is 1.
    #[must_use]
    pub fn weekday(self) -> i8 {
        self.civil().weekday().to_monday_one_offset()
    }

    /// The calendar's own form of this date, for month names and the like.
    #[must_use]
    pub fn civil(self) -> civil::Date {
        EPOCH.checked_add(self.0.clamp(-4_000_000, 2_900_000).days()).expect("clamped to the calendar")
    }

    fn of(date: civil::Date) -> Self {
        let days = EPOCH.until(date).expect("two dates of one calendar").get_days();
        Self(days)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.civil(), f)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `YYYY-MM-DD`, from 1900 to 2199.
impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shaped = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
        shaped
            .then(|| text.parse::<civil::Date>().ok())
            .flatten()
            .filter(|date| (1900..2200).contains(&date.year()))
            .map(Self::of)
            .ok_or_else(|| format!("expected a date such as 2026-05-03, from 1900 to 2199, found `{text}`"))
    }
}

/// A duration as segmentations write it: calendar days end at the same local time, hours are elapsed time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Span {
    /// `7d`
    Days(i32),
    /// `48h`
    Hours(i32),
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(f, "{days}d"),
            Self::Hours(hours) => write!(f, "{hours}h"),
        }
    }
}

/// Midnights of these years are looked up in a table; others are asked of the time-zone database.
const TABLE_YEARS: std::ops::Range<i16> = 1990..2080;

/// An IANA time zone of the database bundled in the binary. Clones share it.
#[derive(Clone, Debug)]
pub struct Zone(Arc<Table>);

#[derive(Debug)]
struct Table {
    name: String,
    zone: TimeZone,
    start: Date,
    midnights: Vec<Timestamp>,
}

impl Zone {
    /// The zone of this name, or none if the bundled database has no such zone. Its table is made once in a process.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        static MADE: Mutex<BTreeMap<String, Zone>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = made.get(name) {
            return Some(zone.clone());
        }
        let zone = Self(Arc::new(Table::of(name)?));
        made.insert(name.to_owned(), zone.clone());
        Some(zone)
    }

    /// The zone's IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The first instant of a local day: 00:00, or where the clock skips it the instant after the gap.
    #[must_use]
    pub fn midnight(&self, date: Date) -> Timestamp {
        usize::try_from(date.days_since(self.0.start))
            .ok()
            .and_then(|index| self.0.midnights.get(index).copied())
            .unwrap_or_else(|| first_instant(&self.0.zone, date))
    }

    /// The local day of an instant: the last one whose midnight is not after it.
    #[must_use]
    pub fn date_of(&self, at: Timestamp) -> Date {
        let mut date =
            Date(i32::try_from(at.0.div_euclid(86_400_000)).unwrap_or(i32::MAX).clamp(-4_000_000, 2_900_000));
        while self.midnight(date) > at {
            date = date.plus_days(-1);
        }
        while self.midnight(date.plus_days(1)) <= at {
            date = date.plus_days(1);
        }
        date
    }

    /// The instant at which the zone's clocks show a local time; where they show it twice the earlier one, where they skip it
    /// as much later as they skip.
    #[must_use]
    pub fn at(&self, local: civil::DateTime) -> Option<Timestamp> {
        local.to_zoned(self.0.zone.clone()).ok().map(|at| Timestamp(at.timestamp().as_millisecond()))
    }

    /// `at` plus a span: days end at the same local time (after the gap where the clock skips it), hours are elapsed.
    #[must_use]
    pub fn plus(&self, at: Timestamp, span: Span) -> Timestamp {
        match span {
            Span::Hours(hours) => at.plus_ms(i64::from(hours) * 3_600_000),
            Span::Days(days) => self.plus_plain_days(at, days).unwrap_or_else(|| self.plus_days(at, days)),
        }
    }

    fn plus_days(&self, at: Timestamp, days: i32) -> Timestamp {
        at.timestamp()
            .to_zoned(self.0.zone.clone())
            .checked_add(days.days())
            .map_or(Timestamp::NEVER, |later| Timestamp(later.timestamp().as_millisecond()))
    }

    /// [`Zone::plus_days`] from a day of 24 hours to another, by the table of midnights; none of other days.
    fn plus_plain_days(&self, at: Timestamp, days: i32) -> Option<Timestamp> {
        let from = self.date_of(at);
        let (start, to) = (self.plain_day(from)?, self.plain_day(from.plus_days(days))?);
        Some(to.plus_ms(at.since_ms(start)))
    }

    /// When a day of 24 hours begins, if it is in the table.
    fn plain_day(&self, date: Date) -> Option<Timestamp> {
        let index = usize::try_from(date.days_since(self.0.start)).ok()?;
        let (start, end) = (self.0.midnights.get(index)?, self.0.midnights.get(index + 1)?);
        (end.since_ms(*start) == 86_400_000).then_some(*start)
    }
}

impl Table {
    fn of(name: &str) -> Option<Self> {
        let zone = jiff::tz::TimeZoneDatabase::bundled().get(name).ok()?;
        let start = Date::new(TABLE_YEARS.start, 1, 1).expect("a first of January");
        let end = Date::new(TABLE_YEARS.end, 1, 1).expect("a first of January");
        let midnights = (start.0..end.0).map(|day| first_instant(&zone, Date(day))).collect();
        Some(Self { name: name.to_owned(), zone, start, midnights })
    }
}

fn first_instant(zone: &TimeZone, date: Date) -> Timestamp {
    date.civil()
        .to_zoned(zone.clone())
        .map_or(Timestamp(i64::from(date.0) * 86_400_000), |day| Timestamp(day.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_added_by_the_table_as_by_the_calendar() {
        // An hour at midnight, half an hour, a day that was left out, a year with four changes, a zone without any.
        let names = ["America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Kolkata"];
        for zone in names.map(|name| Zone::named(name).expect("a zone")) {
            let mut plain = 0;
            for hour in (0..24 * 365 * 12).step_by(7) {
                let at = Timestamp(1_262_304_000_123 + i64::from(hour) * 3_600_000);
                for days in [1, 29, 400, -3] {
                    let Some(sum) = zone.plus_plain_days(at, days) else { continue };
                    assert_eq!(sum, zone.plus_days(at, days), "{} {at} {days}", zone.name());
                    plain += 1;
                }
            }
            assert!(plain > 50_000, "{plain}");
        }
    }
}
