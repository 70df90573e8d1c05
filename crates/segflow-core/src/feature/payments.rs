//! Payments: those that count, those reversed and failed, and the habit of paying on a day of the month.

use super::Window;
use super::dated::inside;
use super::interner::Interner;
use super::promises::count;
use super::reading::{Moment, Reading};
use crate::event::{Body, FailureCode};
use crate::fact::Fact;
use crate::time::{Date, Timestamp, Zone};
use crate::timed::Timed;

/// A payment that counts.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    /// When it was received.
    pub at: Timestamp,
    /// The local day of it.
    pub date: Date,
    /// Minor units.
    pub amount: i64,
}

/// Every payment.
#[derive(Clone, Default, Debug)]
pub struct Payments {
    /// Those that count, in order.
    pub received: Vec<Payment>,
    reversed: Vec<Date>,
    failed: Vec<(Date, Option<FailureCode>)>,
    habit: Option<Habit>,
}

/// Which `RECEIVED` counts: the first of a payment that was neither reversed nor failed.
pub struct Receipts<'a> {
    void: Interner<'a>,
    seen: Interner<'a>,
}

impl<'a> Receipts<'a> {
    /// Among these facts, of which the receipts are then asked for in order.
    #[must_use]
    pub fn among(facts: &[&'a Fact]) -> Self {
        let (mut void, mut received) = (Interner::default(), 0);
        for fact in facts {
            match &fact.body {
                Body::Reversed { payment_id } | Body::Failed { payment_id, .. } => {
                    void.meet(payment_id);
                }
                Body::Received { .. } => received += 1,
                _ => {}
            }
        }
        Self { void, seen: Interner::with_room(received) }
    }

    /// Whether the next `RECEIVED`, which is of this payment, counts.
    pub fn counts(&mut self, payment_id: &'a str) -> bool {
        self.void.get(payment_id).is_none() && self.seen.meet(payment_id).1
    }
}

/// `payments.last_method`
#[must_use]
pub fn last_method<'a>(facts: &[&'a Fact]) -> Reading<'a> {
    let mut receipts = Receipts::among(facts);
    let method = |fact: &&'a Fact| match &fact.body {
        Body::Received { payment_id, method, .. } if receipts.counts(payment_id) => Some(method.as_deref()),
        _ => None,
    };
    facts.iter().filter_map(method).last().flatten().map_or(Reading::Absent, Reading::Text)
}

impl Payments {
    /// The payments among facts given in order.
    #[must_use]
    pub fn of(facts: &[&Fact], zone: &Zone) -> Self {
        let mut receipts = Receipts::among(facts);
        let (mut reversed, mut failed) = (Interner::default(), Interner::default());
        let mut payments = Self::default();
        for fact in facts {
            let at = fact.occurred_at;
            match &fact.body {
                Body::Received { payment_id, amount_minor, .. } if receipts.counts(payment_id) => {
                    payments.received.push(Payment { at, date: zone.date_of(at), amount: *amount_minor });
                }
                Body::Reversed { payment_id } if reversed.meet(payment_id).1 => {
                    payments.reversed.push(zone.date_of(at));
                }
                Body::Failed { payment_id, code } if failed.meet(payment_id).1 => {
                    payments.failed.push((zone.date_of(at), *code));
                }
                _ => {}
            }
        }
        payments.habit = habit(&payments.received);
        payments
    }

    /// Those within a window, and until when they are.
    #[must_use]
    pub fn within(&self, window: Window, moment: Moment<'_>) -> Timed<&[Payment]> {
        inside(&self.received, |payment| payment.date, window, moment)
    }

    /// `payments.last_days`
    #[must_use]
    pub fn last_days(&self) -> Reading<'static> {
        self.received.last().map_or(Reading::Absent, |payment| Reading::Since(payment.date))
    }

    /// `payments.reversed(w)`
    #[must_use]
    pub fn reversed(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let reversed = inside(&self.reversed, |date| *date, window, moment);
        Timed::until(count(reversed.value.len()), reversed.until)
    }

    /// `payments.failed(w)`, also of one code.
    #[must_use]
    pub fn failed(&self, window: Window, code: Option<FailureCode>, moment: Moment<'_>) -> Timed<i64> {
        let wanted = |failure: &&(Date, Option<FailureCode>)| code.is_none() || failure.1 == code;
        let recent = inside(&self.failed, |failure| failure.0, window, moment).value;
        let oldest = recent.iter().find(wanted).map(|failure| failure.0);
        Timed::until(count(recent.iter().filter(wanted).count()), super::dated::leaves(oldest, window, moment))
    }

    /// The day of the month on which this customer pays, if there is a habit to speak of.
    #[must_use]
    pub const fn habit(&self) -> Option<Habit> {
        self.habit
    }
}

fn habit(received: &[Payment]) -> Option<Habit> {
    let recent = &received[received.len().saturating_sub(REMEMBERED)..];
    if recent.len() < HABITUAL {
        return None;
    }
    let days: Vec<i8> = recent.iter().map(|payment| payment.date.civil().day().min(LAST_DAY)).collect();
    let often = |day: i8| days.iter().filter(|other| **other == day).count();
    let day = days.iter().copied().max_by_key(|day| (often(*day), *day)).expect("there are payments");
    let near = days.iter().filter(|other| apart(**other, day) <= NEAR).count();
    Some(Habit { day, near: count(near), of: count(days.len()), last: recent[recent.len() - 1].date })
}

/// How many payments a habit is read from.
pub const REMEMBERED: usize = 6;
/// Below how many there is no habit.
const HABITUAL: usize = 4;
/// The 28th to 31st are one day.
const LAST_DAY: i8 = 28;
/// Days of the month that count as the same habit.
const NEAR: i8 = 2;

/// On a circle of 28 days.
fn apart(a: i8, b: i8) -> i8 {
    let distance = (a - b).abs();
    distance.min(LAST_DAY - distance)
}

/// Paying on a day of the month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Habit {
    /// 1 to 28; 28 stands for the end of the month.
    pub day: i8,
    /// Payments near that day,
    near: i64,
    /// of so many.
    of: i64,
    last: Date,
}

impl Habit {
    /// `pay_day.confidence`
    #[must_use]
    pub fn confidence(&self) -> Reading<'static> {
        Reading::Ratio(self.near, self.of)
    }

    /// The first expected pay day from a day on.
    #[must_use]
    pub fn next(&self, today: Date) -> Date {
        let this = self.in_month_of(today);
        if this >= today { this } else { self.in_month_of(month_after(today)) }
    }

    /// The last expected pay day before a day.
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
