//! What is owed, overdue, due next and disputed, as read from the ledger.

use super::invoice::{Hold, Invoice};
use super::ledger::{Ledger, Replay, Step, Terms};
use crate::feature::reading::{Moment, Reading, count, lower_median, sum};
use crate::feature::row::MAX_INVOICES;
use crate::feature::window::{Calendar, Window, inside};
use crate::time::{Date, Timestamp, Zone};
use crate::timed::Timed;

/// What features read from the present ledger.
#[derive(Clone, Debug)]
pub struct Owed {
    /// Every invoice, in the order of issue.
    issued: Vec<Issued>,
    /// Invoices with something open, by (due date, issue instant, id).
    open: Vec<Open>,
    /// The days late of the last invoices paid in full, by (instant of full payment, due date, id); 0 for an early payment.
    paid_late: Vec<i64>,
    credit: i64,
    /// The money that names what no invoice is called, by the instant of its receipt.
    unmatched: Vec<(Timestamp, i64)>,
    /// The money of payments that went to invoices that are written off, by the instant at which it did.
    recovered: Vec<(Timestamp, i64)>,
    /// From which fact on, by its place among the ledger's, something is owed, or nothing any more. Before the first
    /// invoice nobody knows.
    owing: Vec<(usize, bool)>,
}

#[derive(Clone, Copy, Debug)]
struct Issued {
    /// When it was issued.
    at: Timestamp,
    due: Date,
    amount: i64,
    unpaid: i64,
    written_off: bool,
    /// Whether a dispute covers it or did, and was not resolved in the customer's favour.
    contested: bool,
}

/// An invoice with something open.
#[derive(Clone, Debug)]
pub struct Open {
    /// Its id.
    pub invoice_id: Box<str>,
    /// Its last day on which it is not overdue.
    pub due: Date,
    debt_type: Option<Box<str>>,
    hold: Option<Hold>,
    open: i64,
    disputed: i64,
}

impl Open {
    fn is_held(&self, today: Date) -> bool {
        self.hold.is_some_and(|hold| hold.lasts(today))
    }

    /// The part of what is owed that is collected on a day: neither disputed nor on hold.
    fn collectable(&self, today: Date) -> i64 {
        if self.is_held(today) { 0 } else { self.open - self.disputed }
    }
}

impl Owed {
    /// What is owed at the end of a replay. `owing` says from which fact on, by its place among the ledger's, something is
    /// owed, or nothing any more.
    #[must_use]
    pub fn of(replay: &Replay, owing: Vec<(usize, bool)>, terms: Terms<'_>) -> Self {
        let ledger = &replay.ledger;
        let issued = |invoice: &Invoice| Issued {
            at: invoice.issued_at,
            due: invoice.due,
            amount: invoice.amount(),
            unpaid: invoice.unpaid(),
            written_off: invoice.written_off,
            contested: replay.is_contested(invoice, terms),
        };
        let open = |invoice: &Invoice| Open {
            invoice_id: invoice.id(terms).into(),
            due: invoice.due,
            debt_type: invoice.debt_type(terms).map(Into::into),
            hold: invoice.hold,
            open: invoice.open(),
            disputed: invoice.disputed(),
        };
        let late =
            |(at, place): &(Timestamp, usize)| terms.zone.date_of(*at).days_since(ledger.invoices[*place].due).max(0);
        Self {
            issued: ledger.invoices.iter().map(issued).collect(),
            open: ledger.open().map(open).collect(),
            paid_late: ledger.paid(MAX_INVOICES).iter().map(late).collect(),
            credit: ledger.credit(),
            unmatched: ledger.unmatched(terms),
            recovered: recovered(ledger),
            owing,
        }
    }

    /// From which fact on, by its place among the ledger's, something is owed, or nothing any more. Before the first
    /// invoice nobody knows.
    #[must_use]
    pub fn owing(&self) -> &[(usize, bool)] {
        &self.owing
    }

    /// `payments.unmatched`: what was received within the horizon and names what no invoice is called.
    #[must_use]
    pub fn unmatched(&self, horizon: Window, moment: Moment<'_>) -> Timed<i64> {
        amounts_within(&self.unmatched, horizon, moment)
    }

    /// `written_off.recovered(w)`
    #[must_use]
    pub fn recovered(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        amounts_within(&self.recovered, window, moment)
    }

    /// `held.amount`
    #[must_use]
    pub fn held_amount(&self, moment: Moment<'_>) -> Timed<i64> {
        let held = self.open.iter().filter(|invoice| invoice.is_held(moment.today));
        Timed::until(sum(held.map(|invoice| invoice.open)), self.next_end_of_hold(moment))
    }

    /// When the next hold ends, if nothing happens.
    #[must_use]
    pub fn next_end_of_hold(&self, moment: Moment<'_>) -> Timestamp {
        let last_days = self.open.iter().filter_map(|invoice| invoice.hold?.until);
        let next = last_days.filter(|until| *until >= moment.today).min();
        next.map_or(Timestamp::NEVER, |until| day_after(until, moment.zone))
    }

    /// `balance`
    #[must_use]
    pub fn balance(&self) -> i64 {
        sum(self.open.iter().map(|invoice| invoice.open))
    }

    /// `credit`
    #[must_use]
    pub const fn credit(&self) -> i64 {
        self.credit
    }

    /// `invoices.open`
    #[must_use]
    pub fn open_count(&self) -> i64 {
        count(self.open.len())
    }

    /// `disputed.amount`
    #[must_use]
    pub fn disputed_amount(&self) -> i64 {
        sum(self.open.iter().map(|invoice| invoice.disputed))
    }

    /// `written_off.amount`
    #[must_use]
    pub fn written_off_amount(&self) -> i64 {
        sum(self.issued.iter().filter(|invoice| invoice.written_off).map(|invoice| invoice.unpaid))
    }

    /// Invoices of which a part is collected on a day, oldest due first, of some debt types if they are named.
    fn collected<'s>(&'s self, debt_types: &'s [String], today: Date) -> impl Iterator<Item = &'s Open> + Clone {
        let is = |invoice: &Open, named: &String| invoice.debt_type.as_deref() == Some(named);
        let wanted = move |invoice: &&Open| debt_types.is_empty() || debt_types.iter().any(|named| is(invoice, named));
        self.open.iter().filter(wanted).filter(move |invoice| invoice.collectable(today) > 0)
    }

    /// Invoices of which a part is overdue, oldest due first. What is due today is not yet overdue; what is disputed or on
    /// hold is not either.
    pub fn overdue(&self, today: Date) -> impl Iterator<Item = &Open> {
        self.collected(&[], today).take_while(move |invoice| invoice.due < today)
    }

    /// `overdue.amount`
    #[must_use]
    pub fn overdue_amount(&self, debt_types: &[String], moment: Moment<'_>) -> Timed<i64> {
        let overdue = self.collected(debt_types, moment.today).take_while(|invoice| invoice.due < moment.today);
        let amount = sum(overdue.map(|invoice| invoice.collectable(moment.today)));
        Timed::until(amount, self.next_overdue(debt_types, moment))
    }

    /// `overdue.invoices`
    #[must_use]
    pub fn overdue_count(&self, moment: Moment<'_>) -> Timed<i64> {
        Timed::until(count(self.overdue(moment.today).count()), self.next_overdue(&[], moment))
    }

    /// When another invoice becomes overdue: its due date passes, or its hold ends.
    fn next_overdue(&self, debt_types: &[String], moment: Moment<'_>) -> Timestamp {
        let next = self.collected(debt_types, moment.today).find(|invoice| invoice.due >= moment.today);
        let falls_due = next.map_or(Timestamp::NEVER, |invoice| day_after(invoice.due, moment.zone));
        falls_due.min(self.next_end_of_hold(moment))
    }

    /// `overdue.days`: days past due.
    #[must_use]
    pub fn overdue_days(
        &self,
        tolerance_minor: i64,
        debt_types: &[String],
        moment: Moment<'_>,
    ) -> Timed<Reading<'static>> {
        let (reading, until) = match self.exceeding(tolerance_minor, debt_types, moment.today) {
            Some(due) if due < moment.today => (Reading::Since(due), Timestamp::NEVER),
            Some(due) => (Reading::Int(0), day_after(due, moment.zone)),
            None => (Reading::Int(0), Timestamp::NEVER),
        };
        Timed::until(reading, until.min(self.next_end_of_hold(moment)))
    }

    /// The due date at which the sum that is collected on a day exceeds the tolerance.
    #[must_use]
    pub fn exceeding(&self, tolerance_minor: i64, debt_types: &[String], today: Date) -> Option<Date> {
        let collected = self.collected(debt_types, today);
        exceeding(collected.map(|invoice| (invoice.due, invoice.collectable(today))), tolerance_minor)
    }

    /// `overdue.amount_aged(n, m)`: what is overdue for at least `n` days, and at most `m`.
    #[must_use]
    pub fn overdue_amount_aged(&self, least: i32, most: Option<i32>, moment: Moment<'_>) -> Timed<i64> {
        let (mut amount, mut until) = (0_i64, self.next_end_of_hold(moment));
        for invoice in self.collected(&[], moment.today) {
            let enters = invoice.due.plus_days(least);
            let goes = most.map(|most| invoice.due.plus_days(most).plus_days(1));
            if enters <= moment.today && goes.is_none_or(|goes| moment.today < goes) {
                amount = amount.saturating_add(invoice.collectable(moment.today));
            }
            let next = [Some(enters), goes].into_iter().flatten().find(|day| *day > moment.today);
            until = until.min(next.map_or(Timestamp::NEVER, |day| moment.zone.midnight(day)));
        }
        Timed::until(amount, until)
    }

    /// The nearest due date from today on, and what falls due then; none if nothing does.
    #[must_use]
    pub fn next_due(&self, moment: Moment<'_>) -> Timed<Option<(Date, i64)>> {
        let coming = self.collected(&[], moment.today).skip_while(|invoice| invoice.due < moment.today);
        let hold = self.next_end_of_hold(moment);
        let Some(Open { due, .. }) = coming.clone().next() else { return Timed::until(None, hold) };
        let then = coming.take_while(|invoice| invoice.due == *due);
        let amount = sum(then.map(|invoice| invoice.collectable(moment.today)));
        Timed::until(Some((*due, amount)), day_after(*due, moment.zone).min(hold))
    }

    /// Invoices issued within a window.
    fn issued(&self, window: Window, moment: Moment<'_>) -> Timed<&[Issued]> {
        inside(&self.issued, |invoice| invoice.at, window, moment)
    }

    /// `invoices.count(w)`
    #[must_use]
    pub fn issued_count(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let issued = self.issued(window, moment);
        Timed::until(count(issued.value.len()), issued.until)
    }

    /// `invoices.sum(w)`
    #[must_use]
    pub fn issued_sum(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let issued = self.issued(window, moment);
        let invoices = issued.value.iter().filter(|invoice| !invoice.written_off);
        Timed::until(sum(invoices.map(|invoice| invoice.amount)), issued.until)
    }

    /// `dispute_ratio(w)`
    #[must_use]
    pub fn dispute_ratio(&self, window: Window, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let issued = self.issued(window, moment);
        let contested = issued.value.iter().filter(|invoice| invoice.contested).count();
        let ratio = Reading::Ratio(count(contested), count(issued.value.len()));
        Timed::until(if issued.value.is_empty() { Reading::Absent } else { ratio }, issued.until)
    }

    /// The amount of invoices that fell due within a window and are not written off. An invoice has fallen due once its
    /// due date is over.
    #[must_use]
    pub fn fallen_due(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let mut until = Timestamp::NEVER;
        let mut amount = 0_i64;
        for invoice in self.issued.iter().filter(|invoice| !invoice.written_off) {
            let fallen_due = day_after(invoice.due, moment.zone);
            if fallen_due > moment.at {
                until = until.min(fallen_due);
            } else if let Some(leaves) = due_inside(invoice.due, window, moment) {
                amount = amount.saturating_add(invoice.amount);
                until = until.min(leaves);
            }
        }
        Timed::until(amount, until)
    }

    /// `days_late.median(n)`: the lower median of days late over the last `n` invoices paid in full.
    #[must_use]
    pub fn days_late(&self, n: usize) -> Option<i64> {
        let mut days = self.paid_late[self.paid_late.len().saturating_sub(n)..].to_vec();
        days.sort_unstable();
        lower_median(&days)
    }
}

/// Notes whether something is owed after a step, if that is news. Before the first invoice nobody knows.
pub(crate) fn note_owing(owing: &mut Vec<(usize, bool)>, ledger: &Ledger, step: Step) {
    let Some(place) = step.place else { return };
    let (owes, is_known) = (ledger.owes(), step.issued || !owing.is_empty());
    if is_known && owing.last().is_none_or(|(_, before)| *before != owes) {
        owing.push((place, owes));
    }
}

fn amounts_within(amounts: &[(Timestamp, i64)], window: Window, moment: Moment<'_>) -> Timed<i64> {
    inside(amounts, |(at, _)| *at, window, moment).map(|within| sum(within.iter().map(|(_, amount)| *amount)))
}

/// The money of payments that went to invoices that are written off, by the instant at which it did.
fn recovered(ledger: &Ledger) -> Vec<(Timestamp, i64)> {
    let written_off = ledger.invoices.iter().filter(|invoice| invoice.written_off);
    let allocations = written_off.flat_map(|invoice| &invoice.allocations);
    let recoveries = allocations.filter(|allocation| allocation.is_recovery && allocation.is_payment);
    let mut recovered: Vec<_> = recoveries.map(|allocation| (allocation.at, allocation.amount)).collect();
    recovered.sort_unstable();
    recovered
}

/// The due date at which the sum of parts, given oldest due first, exceeds a tolerance.
pub(super) fn exceeding(parts: impl Iterator<Item = (Date, i64)>, tolerance_minor: i64) -> Option<Date> {
    let mut cumulative = 0_i64;
    for (due, amount) in parts {
        cumulative = cumulative.saturating_add(amount);
        if cumulative > tolerance_minor {
            return Some(due);
        }
    }
    None
}

/// When an invoice that has fallen due leaves a window; none if it is not inside. A window of days goes by the due date,
/// every other by the midnight that ended it.
fn due_inside(due: Date, window: Window, moment: Moment<'_>) -> Option<Timestamp> {
    if let Window::Calendar(calendar @ Calendar::Days(_)) = window {
        let leaves = moment.zone.midnight(calendar.first_day_after(due));
        return (due >= calendar.first_day(moment.today)).then_some(leaves);
    }
    let fallen_due = day_after(due, moment.zone);
    (fallen_due >= window.opens(moment)).then(|| window.closes(fallen_due, moment))
}

/// The midnight on which an invoice that is due on this day becomes overdue.
pub(super) fn day_after(date: Date, zone: &Zone) -> Timestamp {
    zone.midnight(date.plus_days(1))
}
