//! `docs/features.md`, "Ledger": invoices, payments, credit notes, holds and disputes, replayed fact by fact.

use std::collections::BTreeMap;

use segflow_core::event::{Body, Discount, Named};
use segflow_core::fact::Fact;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Date, Timestamp};

use super::standing::{self, Standing};

/// An issued invoice; money in minor units.
#[derive(Clone, Debug)]
pub struct Invoice<'a> {
    /// The last day on which it is not overdue.
    pub due: Date,
    /// When it was issued.
    pub issued: Timestamp,
    /// Its id.
    pub id: &'a str,
    /// The producer's word.
    pub debt_type: Option<&'a str>,
    /// As issued.
    issued_amount: i128,
    /// What its adjustments add.
    adjusted_by: i128,
    /// What a discount that was taken leaves out.
    waived: i128,
    discount: Option<Discount>,
    /// What went to it, in order: from which money, how much, when, and whether it was written off then.
    parts: Vec<Part>,
    /// Whether it was given up.
    pub written_off: bool,
    /// The last day of its hold: `None` if there is no hold, `Some(None)` if the hold has no last day.
    hold: Option<Option<Date>>,
}

/// Money on an invoice.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Which money, by its place.
    money: usize,
    /// How much.
    pub amount: i128,
    /// When it went there.
    pub at: Timestamp,
    /// Whether the invoice was written off then.
    pub recovers: bool,
    /// Whether it is that of a payment.
    pub paid: bool,
}

impl Invoice<'_> {
    /// As issued and adjusted, without a discount that was taken.
    pub fn amount(&self) -> i128 {
        (self.issued_amount + self.adjusted_by - self.waived).max(0)
    }

    /// What went to it.
    pub fn allocated(&self) -> i128 {
        self.parts.iter().map(|part| part.amount).sum()
    }

    /// Not yet paid, given up or not.
    pub fn unpaid(&self) -> i128 {
        self.amount() - self.allocated()
    }

    /// Not yet paid and still to be paid.
    pub fn open(&self) -> i128 {
        if self.written_off { 0 } else { self.unpaid() }
    }

    /// Paid, by payments at least in part, and nothing is left to be paid; given up or not.
    pub fn is_paid_in_full(&self) -> bool {
        self.parts.iter().any(|part| part.paid) && self.unpaid() == 0
    }

    /// Whether it is on hold on a day.
    pub fn is_held(&self, today: Date) -> bool {
        self.hold.is_some_and(|last| last.is_none_or(|last| last >= today))
    }

    /// What went to it when it was written off, if it still is.
    pub fn recoveries(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| self.written_off && part.recovers && part.paid)
    }

    /// The last day of its hold, if the hold has one.
    pub fn held_until(&self) -> Option<Date> {
        self.hold.flatten()
    }
}

/// A dispute that was opened.
#[derive(Clone, Debug)]
pub struct Dispute<'a> {
    /// Its id.
    pub id: &'a str,
    /// How much of each invoice it covers; without it, everything.
    amount: Option<i128>,
    /// The invoices that it concerns, by id, issued or not.
    pub covers: Vec<&'a str>,
}

/// How a dispute ended.
#[derive(Clone, Copy, Debug)]
pub struct Resolution {
    /// When.
    pub at: Timestamp,
    /// Whether the customer was right.
    pub upheld: Option<bool>,
}

/// A payment or a credit note.
#[derive(Clone, Copy, Debug)]
pub struct Money<'a> {
    /// When it came.
    pub at: Timestamp,
    /// What it brings.
    pub amount: i128,
    names: &'a [Named],
    /// Whether it is a payment.
    pub paid: bool,
    /// What of it lies on no invoice.
    rest: i128,
}

/// How things stand after some facts.
#[derive(Clone, Debug)]
pub struct Ledger<'a> {
    segmentation: &'a Segmentation,
    /// Every invoice in the order in which money reaches them: due date, issue instant, id.
    pub invoices: Vec<Invoice<'a>>,
    /// In the order in which it came.
    pub money: Vec<Money<'a>>,
    credit_notes: Vec<&'a str>,
    /// Corrections of invoices not yet issued, in order.
    early: Vec<(&'a str, &'a Body)>,
    /// Every dispute opened, resolved or not.
    pub disputes: Vec<Dispute<'a>>,
    /// How disputes were resolved, by dispute id, also of those not opened yet.
    pub resolved: BTreeMap<&'a str, Resolution>,
}

/// Replays facts that count, in order.
pub fn replay<'a>(segmentation: &'a Segmentation, facts: &[&'a Fact]) -> Ledger<'a> {
    let (mut ledger, standing) = (Ledger::new(segmentation), standing::of(facts));
    facts.iter().for_each(|fact| ledger.apply(fact, &standing));
    ledger
}

impl<'a> Ledger<'a> {
    /// Nothing has happened.
    pub fn new(segmentation: &'a Segmentation) -> Self {
        let (invoices, money, credit_notes, early, disputes) = (vec![], vec![], vec![], vec![], vec![]);
        Self { segmentation, invoices, money, credit_notes, early, disputes, resolved: BTreeMap::new() }
    }

    /// One fact more.
    pub fn apply(&mut self, fact: &'a Fact, standing: &Standing<'a>) {
        match &fact.body {
            Body::Issued { invoice_id, .. } if !standing.voided.contains(invoice_id.as_str()) => self.issue(fact),
            Body::WrittenOff { .. } if standing.undone.iter().any(|undone| std::ptr::eq(*undone, fact)) => return,
            Body::Adjusted { invoice_id, .. }
            | Body::WrittenOff { invoice_id }
            | Body::Held { invoice_id, .. }
            | Body::Released { invoice_id } => self.correct(invoice_id, &fact.body),
            Body::Received { .. } => {
                if let Some(receipt) = standing.receipts.iter().find(|receipt| std::ptr::eq(receipt.fact, fact)) {
                    self.receive(receipt.amount, receipt.names, true, fact.occurred_at);
                }
            }
            Body::Credited { credit_note_id, amount_minor, names } => {
                if !self.credit_notes.contains(&credit_note_id.as_str()) {
                    self.credit_notes.push(credit_note_id);
                    self.receive(i128::from(*amount_minor), names, false, fact.occurred_at);
                }
            }
            Body::Opened { dispute_id, invoice_id, amount_minor } => {
                let all = || self.invoices.iter().filter(|invoice| invoice.open() > 0).map(|invoice| invoice.id);
                let covers = invoice_id.as_deref().map_or_else(|| all().collect(), |named| vec![named]);
                self.disputes.push(Dispute { id: dispute_id, amount: amount_minor.map(i128::from), covers });
            }
            Body::Resolved { dispute_id, upheld } => {
                self.resolved.insert(dispute_id, Resolution { at: fact.occurred_at, upheld: *upheld });
            }
            _ => return,
        }
        self.spread(fact.occurred_at);
    }

    /// The invoice of this id, if it is issued.
    pub fn find(&self, id: &str) -> Option<&Invoice<'a>> {
        self.invoices.iter().find(|invoice| invoice.id == id)
    }

    /// Money on no invoice.
    pub fn credit(&self) -> i128 {
        self.money.iter().map(|money| money.rest).sum()
    }

    /// How much of the money at a place names what no invoice is called, or one that was issued before its horizon and took
    /// none of it.
    pub fn unmatched(&self, place: usize) -> i128 {
        let money = &self.money[place];
        let (zone, days) = (&self.segmentation.zone, self.segmentation.parameters.horizon_days);
        let horizon = zone.midnight(zone.date_of(money.at).plus_days(-days));
        let is_known =
            |invoice: &Invoice<'_>| invoice.issued >= horizon || invoice.parts.iter().any(|part| part.money == place);
        let unknown = money.names.iter().filter(|named| !self.find(&named.invoice_id).is_some_and(is_known));
        let amounts = unknown.map(|named| named.amount_minor.map_or(money.amount, i128::from));
        amounts.sum::<i128>().min(money.amount)
    }

    /// What disputes cover of what is open of an invoice.
    pub fn disputed(&self, invoice: &Invoice<'_>) -> i128 {
        let unresolved = self.disputes.iter().filter(|dispute| !self.resolved.contains_key(dispute.id));
        let covering = unresolved.filter(|dispute| dispute.covers.contains(&invoice.id));
        let covered: i128 = covering.map(|dispute| dispute.amount.unwrap_or(invoice.open())).sum();
        covered.min(invoice.open())
    }

    /// What is open of an invoice, not disputed, and not on hold.
    pub fn collected(&self, invoice: &Invoice<'_>, today: Date) -> i128 {
        if invoice.is_held(today) { 0 } else { invoice.open() - self.disputed(invoice) }
    }

    /// Corrected by what came before it; then comes the money that names it.
    fn issue(&mut self, fact: &'a Fact) {
        let Body::Issued { invoice_id: id, amount_minor, due_date, debt_type, discount } = &fact.body else { return };
        self.invoices.push(Invoice {
            due: self.rolled(*due_date),
            issued: fact.occurred_at,
            id,
            debt_type: debt_type.as_deref(),
            issued_amount: i128::from(*amount_minor),
            adjusted_by: 0,
            waived: 0,
            discount: *discount,
            parts: Vec::new(),
            written_off: false,
            hold: None,
        });
        let early: Vec<&Body> =
            self.early.iter().filter(|(concerned, _)| concerned == id).map(|(_, body)| *body).collect();
        early.into_iter().for_each(|body| self.correct(id, body));
        for money in 0..self.money.len() {
            if let Some(named) = self.money[money].names.iter().find(|named| named.invoice_id == *id) {
                self.pay(money, id, named.amount_minor.map_or(i128::MAX, i128::from), fact.occurred_at);
            }
        }
    }

    fn rolled(&self, due: Date) -> Date {
        let parameters = &self.segmentation.parameters;
        let is_free = |day: &Date| day.weekday() > 5 || parameters.holidays.contains(day);
        let mut days = (0..).map(|later| due.plus_days(later));
        if parameters.rolls_due_dates { days.find(|day| !is_free(day)).expect("some day is no holiday") } else { due }
    }

    fn correct(&mut self, id: &'a str, body: &'a Body) {
        let due = if let Body::Adjusted { due_date: Some(due), .. } = body { Some(self.rolled(*due)) } else { None };
        let Some(invoice) = self.invoices.iter_mut().find(|invoice| invoice.id == id) else {
            self.early.push((id, body));
            return;
        };
        match body {
            Body::Adjusted { delta_minor, .. } => invoice.adjusted_by += i128::from(*delta_minor),
            Body::WrittenOff { .. } => invoice.written_off = true,
            Body::Held { until, .. } => invoice.hold = Some(*until),
            _ => invoice.hold = None,
        }
        invoice.due = due.unwrap_or(invoice.due);
        // What it no longer needs is free again, the money that came last first.
        let mut surplus = (invoice.allocated() - invoice.amount()).max(0);
        for part in invoice.parts.iter_mut().rev() {
            let back = surplus.min(part.amount);
            part.amount -= back;
            surplus -= back;
            self.money[part.money].rest += back;
        }
        invoice.parts.retain(|part| part.amount > 0);
    }

    /// To the invoices named, even if they were written off; the rest is free.
    fn receive(&mut self, amount: i128, names: &'a [Named], paid: bool, at: Timestamp) {
        let money = self.money.len();
        self.money.push(Money { at, amount, names, paid, rest: amount });
        for named in names {
            self.pay(money, &named.invoice_id, named.amount_minor.map_or(i128::MAX, i128::from), at);
        }
    }

    /// Money to an invoice, as much as there is and as it can take, up to a limit.
    fn pay(&mut self, money: usize, id: &str, limit: i128, at: Timestamp) {
        let Money { at: received, paid, rest, .. } = self.money[money];
        let zone = &self.segmentation.zone;
        let Some(invoice) = self.invoices.iter_mut().find(|invoice| invoice.id == id) else { return };
        let amount = rest.min(limit).min(invoice.unpaid());
        if amount <= 0 {
            return;
        }
        self.money[money].rest -= amount;
        invoice.parts.push(Part { money, amount, at, recovers: invoice.written_off, paid });
        if let Some(Discount { amount_minor, until }) = invoice.discount
            && paid
            && zone.date_of(received) <= until
            && invoice.unpaid() <= i128::from(amount_minor)
        {
            (invoice.waived, invoice.discount) = (invoice.waived + invoice.unpaid(), None);
        }
    }

    /// All free money, the oldest first: to what is collected, then to what is disputed or on hold, then to what was given up.
    fn spread(&mut self, at: Timestamp) {
        let today = self.segmentation.zone.date_of(at);
        self.invoices.sort_by_key(|invoice| (invoice.due, invoice.issued, invoice.id));
        let ids: Vec<&str> = self.invoices.iter().map(|invoice| invoice.id).collect();
        let spares_disputed = !self.segmentation.parameters.allocates_to_disputed;
        for money in 0..self.money.len() {
            for round in 0..3 {
                for id in &ids {
                    let invoice = self.find(id).expect("it was issued");
                    let limit = match round {
                        0 => self.collected(invoice, today),
                        1 if spares_disputed => invoice.open() - self.disputed(invoice),
                        1 => invoice.open(),
                        _ if invoice.written_off => invoice.unpaid(),
                        _ => 0,
                    };
                    self.pay(money, id, limit, at);
                }
            }
        }
    }
}
