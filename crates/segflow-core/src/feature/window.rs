//! Windows of time: where they open, and when a thing that happened inside leaves them.

use super::reading::Moment;
use crate::time::{Date, Timestamp};
use crate::timed::Timed;

/// What a feature looks back on, up to the present instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Window {
    /// Whole days of the calendar.
    Calendar(Calendar),
    /// `"24h"`: the elapsed hours before the present instant. What happened exactly so long ago lies outside.
    Hours(i32),
    /// `"episode"`: since the present delinquency episode began, yet no further back than so many days, the horizon's.
    Episode(i32),
}

/// Whole days of the calendar, up to today.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Calendar {
    /// `"90d"`: today and the days before it, so many together.
    Days(i32),
    /// `"month"`: the days of the present month.
    Month,
    /// `"quarter"`: those of the present quarter, which begins in January, April, July or October.
    Quarter,
    /// `"year"`: those of the present year.
    Year,
}

/// The longest window of hours: a week.
pub const MAX_HOURS: i32 = 168;
const HOUR_MS: i64 = 3_600_000;

impl Calendar {
    /// How many days it has at most.
    #[must_use]
    pub const fn most_days(self) -> i32 {
        match self {
            Self::Days(days) => days,
            Self::Month => 31,
            Self::Quarter => 92,
            Self::Year => 366,
        }
    }

    /// Its first day on a given day.
    #[must_use]
    pub fn first_day(self, today: Date) -> Date {
        match self {
            Self::Days(days) => today.plus_days(1 - days),
            Self::Month => first_of_month(today),
            Self::Quarter => Self::begins_in(today, (today.civil().month() - 1) / 3 * 3 + 1),
            Self::Year => Self::begins_in(today, 1),
        }
    }

    /// The first day whose window lies wholly after a date.
    #[must_use]
    pub fn first_day_after(self, date: Date) -> Date {
        match self {
            Self::Days(days) => date.plus_days(days),
            // From the first day of a period, so many days lead into the next one.
            _ => first_of_month(self.first_day(date).plus_days(self.most_days())),
        }
    }

    fn begins_in(today: Date, month: i8) -> Date {
        Date::new(today.civil().year(), month, 1).expect("a first day of a month")
    }
}

fn first_of_month(date: Date) -> Date {
    date.plus_days(1 - i32::from(date.civil().day()))
}

impl Window {
    /// How many days of the calendar it touches at most: `"24h"` two. The horizon has at least as many.
    #[must_use]
    pub fn most_days(self) -> i32 {
        match self {
            Self::Calendar(calendar) => calendar.most_days(),
            Self::Hours(hours) => (hours - 1) / 24 + 2,
            Self::Episode(horizon_days) => horizon_days,
        }
    }

    /// The first instant inside.
    #[must_use]
    pub fn opens(self, moment: Moment<'_>) -> Timestamp {
        let first = |calendar: Calendar| moment.zone.midnight(calendar.first_day(moment.today));
        match self {
            Self::Calendar(calendar) => first(calendar),
            Self::Hours(hours) => moment.at.plus_ms(1 - i64::from(hours) * HOUR_MS),
            Self::Episode(horizon_days) => {
                let began = moment.arrears_since.expect("a feature of an episode is read while there is one");
                began.max(first(Calendar::Days(horizon_days)))
            }
        }
    }

    /// When something that happened at an instant inside leaves, if the episode goes on.
    #[must_use]
    pub fn closes(self, at: Timestamp, moment: Moment<'_>) -> Timestamp {
        let calendar = match self {
            Self::Calendar(calendar) => calendar,
            Self::Hours(hours) => return at.plus_ms(i64::from(hours) * HOUR_MS),
            Self::Episode(horizon_days) => Calendar::Days(horizon_days),
        };
        moment.zone.midnight(calendar.first_day_after(moment.zone.date_of(at)))
    }
}

/// The things inside a window, of things in the order of their instants, and when the oldest of them leaves it.
#[must_use]
pub fn inside<'a, T>(
    things: &'a [T],
    at: impl Fn(&T) -> Timestamp,
    window: Window,
    moment: Moment<'_>,
) -> Timed<&'a [T]> {
    let opens = window.opens(moment);
    let inside = &things[things.partition_point(|thing| at(thing) < opens)..];
    Timed::until(inside, leaves(inside.first().map(at), window, moment))
}

/// When something that happened at this instant leaves a window; never, if there is nothing.
#[must_use]
pub fn leaves(at: Option<Timestamp>, window: Window, moment: Moment<'_>) -> Timestamp {
    at.map_or(Timestamp::NEVER, |at| window.closes(at, moment))
}
