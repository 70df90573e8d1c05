//! `docs/features.md`, "Ledger": invoices, payments, credit and disputes, replayed fact by fact.

use std::collections::BTreeMap;
use std::mem;

use segflow_core::event::Body;
use segflow_core::fact::Fact;
use segflow_core::time::{Date, Timestamp};

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
    /// What was paid of it.
    pub allocated: i128,
    /// Whether it was given up.
    pub written_off: bool,
}

impl<'a> Invoice<'a> {
    /// As issued and adjusted.
    pub fn amount(&self) -> i128 {
        (self.issued_amount + self.adjusted_by).max(0)
    }

    /// Not yet paid, given up or not.
    pub fn unpaid(&self) -> i128 {
        self.amount() - self.allocated
    }

    /// Not yet paid and still to be paid.
    pub fn open(&self) -> i128 {
        if self.written_off { 0 } else { self.unpaid() }
    }

    /// Paid, and nothing is left to be paid.
    pub fn is_paid_in_full(&self) -> bool {
        self.allocated > 0 && self.unpaid() == 0 && !self.written_off
    }

    fn correct(&mut self, body: &'a Body) {
        match body {
            Body::Adjusted { delta_minor, due_date, .. } => {
                self.adjusted_by += i128::from(*delta_minor);
                self.due = due_date.unwrap_or(self.due);
            }
            _ => self.written_off = true,
        }
    }

    /// Takes of `amount` what it needs, up to `limit`; returns the rest.
    fn take(&mut self, limit: i128, amount: i128) -> i128 {
        let taken = amount.min(limit);
        self.allocated += taken;
        amount - taken
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

/// How things stand after some facts.
#[derive(Clone, Default, Debug)]
pub struct Ledger<'a> {
    /// Every invoice in the order in which surplus money reaches them: due date, issue instant, id.
    pub invoices: Vec<Invoice<'a>>,
    /// Money on no invoice that waits for none.
    free: i128,
    /// Payments that wait for the invoice of this id, in order.
    waiting: Vec<(&'a str, i128)>,
    /// Corrections of invoices not yet issued, in order.
    early: Vec<(&'a str, &'a Body)>,
    /// Every dispute opened, resolved or not.
    pub disputes: Vec<Dispute<'a>>,
    /// How disputes were resolved, by dispute id, also of those not opened yet.
    pub resolved: BTreeMap<&'a str, Resolution>,
}

/// Replays facts that count, in order.
pub fn replay<'a>(facts: &[&'a Fact]) -> Ledger<'a> {
    let mut ledger = Ledger::default();
    facts.iter().for_each(|fact| ledger.apply(fact));
    ledger
}

impl<'a> Ledger<'a> {
    /// One fact more.
    pub fn apply(&mut self, fact: &'a Fact) {
        match &fact.body {
            Body::Issued { invoice_id, amount_minor, due_date, debt_type } => self.issue(Invoice {
                due: *due_date,
                issued: fact.occurred_at,
                id: invoice_id,
                debt_type: debt_type.as_deref(),
                issued_amount: i128::from(*amount_minor),
                adjusted_by: 0,
                allocated: 0,
                written_off: false,
            }),
            Body::Adjusted { invoice_id, .. } | Body::WrittenOff { invoice_id } => self.correct(invoice_id, &fact.body),
            Body::Received { amount_minor, invoice_id: Some(named), .. } if self.find(named).is_none() => {
                self.waiting.push((named, i128::from(*amount_minor)));
            }
            Body::Received { amount_minor, invoice_id, .. } => {
                self.receive(invoice_id.as_deref(), i128::from(*amount_minor));
            }
            Body::Opened { dispute_id, invoice_id, amount_minor } => {
                let all = || self.invoices.iter().filter(|invoice| invoice.open() > 0).map(|invoice| invoice.id);
                let covers = invoice_id.as_deref().map_or_else(|| all().collect(), |named| vec![named]);
                self.disputes.push(Dispute { id: dispute_id, amount: amount_minor.map(i128::from), covers });
            }
            Body::Resolved { dispute_id, upheld } => {
                self.resolved.insert(dispute_id, Resolution { at: fact.occurred_at, upheld: *upheld });
            }
            _ => {}
        }
    }

    /// The invoice of this id, if it is issued.
    pub fn find(&self, id: &str) -> Option<&Invoice<'a>> {
        self.invoices.iter().find(|invoice| invoice.id == id)
    }

    /// Money on no invoice, also what waits for one.
    pub fn credit(&self) -> i128 {
        self.free + self.waiting.iter().map(|(_, amount)| amount).sum::<i128>()
    }

    /// What disputes cover of what is open of an invoice.
    pub fn disputed(&self, invoice: &Invoice<'_>) -> i128 {
        let unresolved = self.disputes.iter().filter(|dispute| !self.resolved.contains_key(dispute.id));
        let covering = unresolved.filter(|dispute| dispute.covers.contains(&invoice.id));
        let covered: i128 = covering.map(|dispute| dispute.amount.unwrap_or(invoice.open())).sum();
        covered.min(invoice.open())
    }

    /// What is open of an invoice and not disputed.
    pub fn undisputed(&self, invoice: &Invoice<'_>) -> i128 {
        invoice.open() - self.disputed(invoice)
    }

    /// Corrected by what came before it; then paid by what waited for it, then by credit.
    fn issue(&mut self, mut invoice: Invoice<'a>) {
        let id = invoice.id;
        let early = self.early.iter().filter(|(concerned, _)| *concerned == id);
        early.for_each(|(_, body)| invoice.correct(body));
        self.invoices.push(invoice);
        self.sort();
        let (waited, waiting) = mem::take(&mut self.waiting).into_iter().partition(|(named, _)| *named == id);
        self.waiting = waiting;
        let waited: Vec<(&str, i128)> = waited;
        waited.into_iter().for_each(|(_, amount)| self.receive(Some(id), amount));
        for invoice in self.invoices.iter_mut().filter(|invoice| invoice.id == id) {
            self.free = invoice.take(invoice.open(), self.free);
        }
    }

    /// What an invoice no longer needs goes to the others.
    fn correct(&mut self, id: &'a str, body: &'a Body) {
        let Some(invoice) = self.invoices.iter_mut().find(|invoice| invoice.id == id) else {
            self.early.push((id, body));
            return;
        };
        invoice.correct(body);
        let surplus = (invoice.allocated - invoice.amount()).max(0);
        invoice.allocated -= surplus;
        self.sort();
        self.receive(None, surplus);
    }

    /// To the invoice named, even if it was written off; then to what is open; then it is credit.
    fn receive(&mut self, named: Option<&str>, mut amount: i128) {
        for invoice in self.invoices.iter_mut().filter(|invoice| Some(invoice.id) == named) {
            amount = invoice.take(invoice.unpaid(), amount);
        }
        for invoice in &mut self.invoices {
            amount = invoice.take(invoice.open(), amount);
        }
        self.free += amount;
    }

    fn sort(&mut self) {
        self.invoices.sort_by_key(|invoice| (invoice.due, invoice.issued, invoice.id));
    }
}
