//! Payments: those that stand, those under way, and those that were taken back or failed.

use super::habit::Habit;
use super::receipts::{Receipt, Receipts, Submission};
use crate::event::{Body, FailureCode, Families, Family};
use crate::fact::Fact;
use crate::feature::context::Parameters;
use crate::feature::reading::{Moment, Reading, count, sum};
use crate::feature::window::{Window, inside, leaves};
use crate::time::{Date, Timestamp, Zone};
use crate::timed::Timed;

/// The families of events from which payments are indexed.
pub const PAYMENTS: Families = Families::of(&[Family::Payments]);

/// A payment that stands.
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
    /// The payments that stand, in order.
    pub received: Vec<Payment>,
    /// Until when each payment that was submitted is awaited, and how much it is.
    submitted: Vec<(Timestamp, i64)>,
    reversed: Vec<Timestamp>,
    failed: Vec<(Timestamp, Option<FailureCode>)>,
    habit: Option<Habit>,
}

/// `payments.last_method`, where these are the receipts among the facts.
#[must_use]
pub fn last_method<'a>(receipts: &Receipts, facts: &[&'a Fact]) -> Reading<'a> {
    let last = receipts.all().next_back().map(|receipt| &facts[receipt.told].body);
    let method = if let Some(Body::Received { method, .. }) = last { method.as_deref() } else { None };
    method.map_or(Reading::Absent, Reading::Text)
}

impl Payments {
    /// The payments of which these are the receipts.
    #[must_use]
    pub fn of(receipts: &Receipts, parameters: &Parameters, zone: &Zone) -> Self {
        let payment = |Receipt { at, on: date, amount, .. }| Payment { at, date, amount };
        let awaited = |submission: Submission| {
            let days = parameters.pending_business_days;
            let last = parameters.business_days_after(zone.date_of(submission.at), days);
            (zone.midnight(last.plus_days(1)), submission.amount)
        };
        let received: Vec<Payment> = receipts.all().map(payment).collect();
        Self {
            habit: Habit::of(received.iter().map(|payment| payment.date)),
            received,
            submitted: receipts.submitted().map(awaited).collect(),
            reversed: receipts.reversed.clone(),
            failed: receipts.failed.clone(),
        }
    }

    /// `payments.pending`
    #[must_use]
    pub fn pending(&self, at: Timestamp) -> Timed<i64> {
        let awaited = || self.submitted.iter().filter(|(until, _)| *until > at);
        let next = awaited().map(|(until, _)| *until).min().unwrap_or(Timestamp::NEVER);
        Timed::until(sum(awaited().map(|(_, amount)| *amount)), next)
    }

    /// The payments that stand within a window, and until when they are the same.
    #[must_use]
    pub fn within(&self, window: Window, moment: Moment<'_>) -> Timed<&[Payment]> {
        inside(&self.received, |payment| payment.at, window, moment)
    }

    /// `payments.sum(w)`
    #[must_use]
    pub fn received_in(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        self.within(window, moment).map(|within| sum(within.iter().map(|payment| payment.amount)))
    }

    /// The instants of the payments that stand, ascending.
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
