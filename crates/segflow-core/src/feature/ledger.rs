//! Payments allocated to invoices, by replaying the facts in effect in order.

use std::collections::BTreeSet;

use super::reading::{Moment, Reading};
use crate::event::Body;
use crate::fact::Fact;
use crate::time::{Date, Instant};
use crate::timed::Timed;

/// An invoice of which something is still open.
#[derive(Clone, Debug)]
pub struct Open<'a> {
    /// Its last day on which it is not overdue.
    pub due: Date,
    issued_at: Instant,
    /// Its id.
    pub invoice_id: &'a str,
    /// What is still open, in minor units; above zero.
    pub amount: i64,
}

/// What is owed, once every payment is allocated.
#[derive(Clone, Default, Debug)]
pub struct Ledger<'a> {
    /// By (due date, issue instant, id).
    pub open: Vec<Open<'a>>,
    issued: BTreeSet<&'a str>,
    waiting: Vec<(&'a str, i64)>,
    free: i64,
}

impl<'a> Ledger<'a> {
    /// Replays facts given in (`occurred_at`, `event_id`) order.
    pub fn replay(facts: impl Iterator<Item = &'a Fact>) -> Self {
        let mut ledger = Self::default();
        let mut received = BTreeSet::new();
        for fact in facts {
            match &fact.body {
                Body::Issued { invoice_id, amount_minor, due_date, .. } if ledger.issued.insert(invoice_id) => {
                    ledger.issue(Open {
                        due: *due_date,
                        issued_at: fact.occurred_at,
                        invoice_id,
                        amount: *amount_minor,
                    });
                }
                Body::Received { payment_id, amount_minor, invoice_id, .. } if received.insert(payment_id) => {
                    ledger.receive(*amount_minor, invoice_id.as_deref());
                }
                _ => {}
            }
        }
        ledger
    }

    /// Payments that wait for this invoice come first, then credit.
    fn issue(&mut self, invoice: Open<'a>) {
        let at = self.open.partition_point(|open| {
            (open.due, open.issued_at, open.invoice_id) < (invoice.due, invoice.issued_at, invoice.invoice_id)
        });
        let invoice_id = invoice.invoice_id;
        self.open.insert(at, invoice);
        let (mine, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|(id, _)| *id == invoice_id);
        self.waiting = waiting;
        let mine: Vec<_> = mine;
        for (_, amount) in mine {
            self.receive(amount, Some(invoice_id));
        }
        let credit = std::mem::take(&mut self.free);
        self.receive(credit, Some(invoice_id));
    }

    /// To the invoice named, else to the oldest due; a surplus to the others, oldest due first, then it is credit.
    fn receive(&mut self, amount: i64, named: Option<&'a str>) {
        let mut rest = amount;
        if let Some(invoice_id) = named {
            if !self.issued.contains(invoice_id) {
                self.waiting.push((invoice_id, amount));
                return;
            }
            if let Some(open) = self.open.iter_mut().find(|open| open.invoice_id == invoice_id) {
                open.take(&mut rest);
            }
        }
        for open in &mut self.open {
            open.take(&mut rest);
        }
        self.open.retain(|open| open.amount > 0);
        self.free = self.free.saturating_add(rest);
    }

    /// Open amounts of all invoices.
    #[must_use]
    pub fn balance(&self) -> i64 {
        sum(self.open.iter().map(|open| open.amount))
    }

    /// What was received and not allocated, payments waiting for their invoice included.
    #[must_use]
    pub fn credit(&self) -> i64 {
        self.free.saturating_add(sum(self.waiting.iter().map(|(_, amount)| *amount)))
    }

    /// The overdue invoices of a day. Due today is not yet overdue.
    #[must_use]
    pub fn overdue(&self, today: Date) -> &[Open<'a>] {
        &self.open[..self.open.partition_point(|open| open.due < today)]
    }

    fn not_yet_overdue(&self, today: Date) -> &[Open<'a>] {
        &self.open[self.overdue(today).len()..]
    }

    /// `overdue.amount`
    #[must_use]
    pub fn overdue_amount(&self, today: Date) -> i64 {
        sum(self.overdue(today).iter().map(|open| open.amount))
    }

    /// When another invoice becomes overdue.
    #[must_use]
    pub fn next_overdue(&self, moment: Moment<'_>) -> Instant {
        self.not_yet_overdue(moment.today).first().map_or(Instant::NEVER, |open| day_after(open.due, moment))
    }

    /// `overdue.days`: days since the due date of the invoice, oldest first, at which the cumulative overdue amount
    /// exceeds the tolerance; else 0.
    #[must_use]
    pub fn overdue_days(&self, tolerance_minor: i64, moment: Moment<'_>) -> Timed<Reading<'a>> {
        let mut cumulative = 0_i64;
        let exceeding = self.open.iter().find(|open| {
            cumulative = cumulative.saturating_add(open.amount);
            cumulative > tolerance_minor
        });
        match exceeding {
            Some(open) if open.due < moment.today => Timed::always(Reading::Since(open.due)),
            Some(open) => Timed::until(Reading::Int(0), day_after(open.due, moment)),
            None => Timed::always(Reading::Int(0)),
        }
    }

    /// The nearest due date from today on, what falls due then, and until when that is so.
    #[must_use]
    pub fn next_due(&self, moment: Moment<'_>) -> Option<Timed<(Date, i64)>> {
        let coming = self.not_yet_overdue(moment.today);
        let due = coming.first()?.due;
        let amount = sum(coming.iter().take_while(|open| open.due == due).map(|open| open.amount));
        Some(Timed::until((due, amount), day_after(due, moment)))
    }
}

impl Open<'_> {
    fn take(&mut self, rest: &mut i64) {
        let taken = self.amount.min(*rest);
        self.amount -= taken;
        *rest -= taken;
    }
}

fn day_after(date: Date, moment: Moment<'_>) -> Instant {
    moment.zone.midnight(date.plus_days(1))
}

/// A sum that stops at the bounds of an `i64`, which amounts of at most 10^15 do not reach within 9,000 of them.
pub(super) fn sum(amounts: impl Iterator<Item = i64>) -> i64 {
    amounts.fold(0, i64::saturating_add)
}
