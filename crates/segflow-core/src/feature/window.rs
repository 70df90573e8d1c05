//! Windows of calendar days, and which dated things lie inside them.

use super::reading::Moment;
use crate::time::{Date, Timestamp};
use crate::timed::Timed;

/// A window: the present calendar day and the `days - 1` before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// 1 to the horizon.
    pub days: i32,
}

/// The things inside a window, of things in date order, and when the oldest of them leaves it.
#[must_use]
pub fn inside<'a, T>(things: &'a [T], date: impl Fn(&T) -> Date, window: Window, moment: Moment<'_>) -> Timed<&'a [T]> {
    let first = moment.today.plus_days(1 - window.days);
    let inside = &things[things.partition_point(|thing| date(thing) < first)..];
    Timed::until(inside, leaves(inside.first().map(date), window, moment))
}

/// When something of this date leaves a window: the midnight on which the window begins after it.
#[must_use]
pub fn leaves(date: Option<Date>, window: Window, moment: Moment<'_>) -> Timestamp {
    date.map_or(Timestamp::NEVER, |date| moment.zone.midnight(date.plus_days(window.days)))
}
