//! Things that happened on a day, counted in windows of calendar days.

use super::Window;
use super::reading::Moment;
use crate::time::{Date, Timestamp};
use crate::timed::Timed;

/// Of things in date order, those inside a window, and when the oldest of them leaves it.
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
