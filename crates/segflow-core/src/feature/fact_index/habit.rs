//! The habit of paying on a day of the month, and the pay days that it lets expect.

use crate::feature::reading::{Moment, Reading, count};
use crate::time::Date;
use crate::timed::Timed;

/// A habit is read from so many payments, the last ones.
pub const REMEMBERED: usize = 6;
/// Fewer payments than these show no habit.
const HABITUAL: usize = 4;
/// The 28th to 31st count as one day.
const LAST_DAY: i8 = 28;
/// A payment belongs to the habit if it lies at most so many days from its day.
const NEAR: i8 = 2;

/// The habit of paying on a day of the month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Habit {
    /// 1 to 28; 28 stands for the end of the month.
    pub day: i8,
    /// How many of the payments lie near that day.
    near: i64,
    /// How many payments the habit is read from.
    of: i64,
    /// The day of the last payment.
    last: Date,
}

impl Habit {
    /// The habit that days of payments show, given in order; none if there are too few.
    #[must_use]
    pub fn of(paid_on: impl DoubleEndedIterator<Item = Date>) -> Option<Self> {
        let mut latest_first = paid_on.rev().take(REMEMBERED).peekable();
        let last = *latest_first.peek()?;
        let days: Vec<i8> = latest_first.map(|date| date.civil().day().min(LAST_DAY)).collect();
        if days.len() < HABITUAL {
            return None;
        }
        let often = |day: i8| days.iter().filter(|other| **other == day).count();
        let day = days.iter().copied().max_by_key(|day| (often(*day), *day))?;
        let near = days.iter().filter(|other| distance(**other, day) <= NEAR).count();
        Some(Self { day, near: count(near), of: count(days.len()), last })
    }

    /// `pay_day.confidence`
    #[must_use]
    pub fn confidence(&self) -> Reading<'static> {
        Reading::Ratio(self.near, self.of)
    }

    /// The first expected pay day that is not before `today`.
    #[must_use]
    pub fn next(&self, today: Date) -> Date {
        let this = self.in_month_of(today);
        if this >= today { this } else { self.in_month_of(month_after(today)) }
    }

    /// The last expected pay day before `today`.
    fn previous(&self, today: Date) -> Date {
        let this = self.in_month_of(today);
        if this < today { this } else { self.in_month_of(first_of_month(today).plus_days(-1)) }
    }

    /// `pay_day.next_days`
    #[must_use]
    pub fn next_days(&self, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let next = self.next(moment.today);
        Timed::until(Reading::Until(next), moment.zone.midnight(next.plus_days(1)))
    }

    /// `pay_day.missed_days`
    #[must_use]
    pub fn missed_days(&self, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let previous = self.previous(moment.today);
        let missed = self.last < previous.plus_days(-3);
        let reading = if missed { Reading::Since(previous) } else { Reading::Int(0) };
        Timed::until(reading, moment.zone.midnight(self.next(moment.today).plus_days(1)))
    }

    fn in_month_of(&self, date: Date) -> Date {
        let first = first_of_month(date);
        if self.day == LAST_DAY { month_after(date).plus_days(-1) } else { first.plus_days(i32::from(self.day) - 1) }
    }
}

fn first_of_month(date: Date) -> Date {
    date.plus_days(1 - i32::from(date.civil().day()))
}

fn month_after(date: Date) -> Date {
    first_of_month(first_of_month(date).plus_days(31))
}

/// How far apart two days of the month are, on a circle of 28 days.
fn distance(a: i8, b: i8) -> i8 {
    let straight = (a - b).abs();
    straight.min(LAST_DAY - straight)
}
