//! Payments: those that count, those reversed, and those failed.

use super::habit::Habit;
use crate::event::{Body, FailureCode, Families, Family};
use crate::fact::Fact;
use crate::feature::interner::Interner;
use crate::feature::reading::{Moment, Reading, count, sum};
use crate::feature::window::{Window, inside, leaves};
use crate::time::{Date, Timestamp, Zone};
use crate::timed::Timed;

/// The families of events from which payments are indexed.
pub const PAYMENTS: Families = Families::of(&[Family::Payments]);

/// A payment that counts.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    /// When it was received.
    pub at: Timestamp,
    /// Its local day.
    pub date: Date,
    /// Minor units.
    pub amount: i64,
}

/// Every payment.
#[derive(Clone, Default, Debug)]
pub struct Payments {
    /// The payments that count, in order.
    pub received: Vec<Payment>,
    reversed: Vec<Timestamp>,
    failed: Vec<(Timestamp, Option<FailureCode>)>,
    habit: Option<Habit>,
}

/// Tells which `RECEIVED` counts: the first of a payment that was neither reversed nor failed.
pub struct Receipts<'a> {
    void: Interner<'a>,
    seen: Interner<'a>,
}

impl<'a> Receipts<'a> {
    /// The receipts among these facts; [`Self::counts`] must then be asked about each, in order.
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

    /// Whether the next `RECEIVED`, which names this payment, counts.
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
                    payments.reversed.push(at);
                }
                Body::Failed { payment_id, code } if failed.meet(payment_id).1 => {
                    payments.failed.push((at, *code));
                }
                _ => {}
            }
        }
        payments.habit = Habit::of(payments.received.iter().map(|payment| payment.date));
        payments
    }

    /// The payments that count within a window, and until when they are the same.
    #[must_use]
    pub fn within(&self, window: Window, moment: Moment<'_>) -> Timed<&[Payment]> {
        inside(&self.received, |payment| payment.at, window, moment)
    }

    /// `payments.sum(w)`
    #[must_use]
    pub fn received_in(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        self.within(window, moment).map(|within| sum(within.iter().map(|payment| payment.amount)))
    }

    /// The instants of the payments that count, ascending.
    #[must_use]
    pub fn instants(&self) -> Vec<Timestamp> {
        self.received.iter().map(|payment| payment.at).collect()
    }

    /// `payments.last_days`
    #[must_use]
    pub fn last_days(&self) -> Reading<'static> {
        self.received.last().map_or(Reading::Absent, |payment| Reading::Since(payment.date))
    }

    /// `payments.reversed(w)`
    #[must_use]
    pub fn reversed(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let reversed = inside(&self.reversed, |at| *at, window, moment);
        Timed::until(count(reversed.value.len()), reversed.until)
    }

    /// `payments.failed(w)`, with one code if it is named.
    #[must_use]
    pub fn failed(&self, window: Window, code: Option<FailureCode>, moment: Moment<'_>) -> Timed<i64> {
        let wanted = |failure: &&(Timestamp, Option<FailureCode>)| code.is_none() || failure.1 == code;
        let recent = inside(&self.failed, |failure| failure.0, window, moment).value;
        let oldest = recent.iter().find(wanted).map(|failure| failure.0);
        Timed::until(count(recent.iter().filter(wanted).count()), leaves(oldest, window, moment))
    }

    /// The habit of paying on a day of the month, if there are enough payments.
    #[must_use]
    pub const fn habit(&self) -> Option<Habit> {
        self.habit
    }
}
