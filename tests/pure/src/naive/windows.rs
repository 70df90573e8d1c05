//! `docs/features.md`, "Windows": whether an instant lies in a window, asked of each by itself.

use segflow_core::feature::window::{Calendar, Window};
use segflow_core::time::{Date, Timestamp};

use super::world::World;

/// Whether something that happened at an instant lies in a window at another one.
pub fn inside(world: &World<'_>, window: Window, happened: Timestamp, at: Timestamp) -> bool {
    let today = world.date(at);
    match window {
        Window::Calendar(calendar) => on_a_day_of(calendar, world.date(happened), today),
        Window::Hours(hours) => happened <= at && at.0 - happened.0 < i64::from(hours) * 3_600_000,
        Window::Episode(horizon) => {
            let is_remembered = on_a_day_of(Calendar::Days(horizon), world.date(happened), today);
            is_remembered && in_arrears_since(world, at).is_some_and(|since| happened >= since)
        }
    }
}

/// Whether an invoice that is due on a day has fallen due in a window. In a window of days that day counts, in others
/// the midnight that ended it.
pub fn fallen_due_inside(world: &World<'_>, window: Window, due: Date, at: Timestamp) -> bool {
    let today = world.date(at);
    due < today
        && match window {
            Window::Calendar(days @ Calendar::Days(_)) => on_a_day_of(days, due, today),
            _ => inside(world, window, world.segmentation.zone.midnight(due.plus_days(1)), at),
        }
}

/// When the present episode began; none without one.
pub fn in_arrears_since(world: &World<'_>, at: Timestamp) -> Option<Timestamp> {
    let begun = world.history().episodes.iter().rfind(|episode| episode.begin <= at);
    begun.filter(|episode| episode.end.is_none()).map(|episode| episode.begin)
}

/// Whether a day is one of a window's.
pub fn on_a_day_of(window: Calendar, day: Date, today: Date) -> bool {
    let (then, now) = (day.civil(), today.civil());
    let quarter = |month: i8| (month + 2) / 3;
    day <= today
        && match window {
            Calendar::Days(days) => day > today.plus_days(-days),
            Calendar::Month => (then.year(), then.month()) == (now.year(), now.month()),
            Calendar::Quarter => (then.year(), quarter(then.month())) == (now.year(), quarter(now.month())),
            Calendar::Year => then.year() == now.year(),
        }
}

/// The last day before a window: the one before its first.
pub fn eve(window: Calendar, today: Date) -> Date {
    let mut day = today;
    while on_a_day_of(window, day, today) {
        day = day.plus_days(-1);
    }
    day
}
