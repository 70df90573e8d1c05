//! Payments allocated to invoices, by replaying the facts in effect in order.

use std::collections::{BTreeMap, BTreeSet};

use super::interner::Interner;
use super::payments::Receipts;
use crate::event::Body;
use crate::fact::Fact;
use crate::time::{Date, Timestamp};

/// A receivable, as the facts so far leave it.
#[derive(Clone, Debug)]
pub struct Invoice<'a> {
    /// Its id.
    pub invoice_id: &'a str,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Its last day on which it is not overdue.
    pub due: Date,
    /// The producer's word for what kind of debt it is.
    pub debt_type: Option<&'a str>,
    /// Issued, plus its adjustments; may be negative, where they take more than was issued.
    face: i64,
    /// Whether it was given up.
    pub written_off: bool,
    /// Since when nothing of it has been open.
    pub closed_at: Option<Timestamp>,
    /// What was allocated to it, in order: the payment, by its place among those that count, and how much.
    pub allocations: Vec<(usize, i64)>,
    allocated: i64,
    /// Disputes that cover it or did, by their ids.
    pub disputes: BTreeSet<&'a str>,
    /// What open disputes cover of it; `i64::MAX` is everything.
    covered: i64,
}

impl<'a> Invoice<'a> {
    /// Issued, plus its adjustments, at least 0.
    #[must_use]
    pub fn amount(&self) -> i64 {
        self.face.max(0)
    }

    /// What is not paid, written off or not.
    #[must_use]
    pub fn unpaid(&self) -> i64 {
        self.amount().saturating_sub(self.allocated)
    }

    /// What is owed.
    #[must_use]
    pub fn open(&self) -> i64 {
        if self.written_off { 0 } else { self.unpaid() }
    }

    /// Since when it has been paid in full.
    #[must_use]
    pub fn paid_at(&self) -> Option<Timestamp> {
        self.closed_at.filter(|_| self.allocated > 0 && !self.written_off)
    }

    /// Of what is owed, the disputed part.
    #[must_use]
    pub fn disputed(&self) -> i64 {
        self.open().min(self.covered)
    }

    /// Of what is owed, the rest.
    #[must_use]
    pub fn undisputed(&self) -> i64 {
        self.open() - self.disputed()
    }

    /// The order in which money goes to invoices.
    fn order(&self) -> (Date, Timestamp, &'a str) {
        (self.due, self.issued_at, self.invoice_id)
    }
}

/// What is owed, once every payment is allocated.
#[derive(Default, Debug)]
pub struct Ledger<'a> {
    /// In the order in which they were issued.
    pub invoices: Vec<Invoice<'a>>,
    by_id: Interner<'a>,
    /// Those with something open, by (due date, issue instant, id).
    queue: Vec<usize>,
    /// Money that waits for its invoice: the payment, the invoice that it names, how much.
    waiting: Vec<(usize, &'a str, i64)>,
    /// Money that waits for any invoice: the payment, how much; the oldest first.
    free: Vec<(usize, i64)>,
    /// Corrections that came before their invoice.
    early: BTreeMap<&'a str, Vec<&'a Body>>,
    disputes: BTreeMap<&'a str, Dispute<'a>>,
    /// How many payments there are that count.
    payments: usize,
    /// Money that did not go where it is when it came: the payment, and the invoice that it waited for or was taken
    /// back from.
    pub detours: Vec<(usize, &'a str)>,
}

/// What a dispute covers.
#[derive(Debug)]
struct Dispute<'a> {
    named: Option<&'a str>,
    /// Of each invoice.
    amount: i64,
    open: bool,
}

impl<'a> Ledger<'a> {
    /// Replays facts given in (`occurred_at`, `event_id`) order, and lets `see` look at what each has led to.
    pub fn replay(facts: &[&'a Fact], mut see: impl FnMut(&Self, &'a Fact)) -> Self {
        let most = facts.iter().filter(|fact| matches!(fact.body, Body::Issued { .. })).count();
        let (invoices, by_id) = (Vec::with_capacity(most), Interner::with_room(most));
        let mut ledger = Self { invoices, by_id, ..Self::default() };
        let (mut receipts, resolved) = (Receipts::among(facts), resolved(facts));
        for fact in facts {
            match &fact.body {
                Body::Issued { invoice_id, .. } if ledger.by_id.get(invoice_id).is_some() => continue,
                Body::Issued { invoice_id, amount_minor, due_date, debt_type } => {
                    ledger.issue(invoice_id, fact.occurred_at, *due_date, debt_type.as_deref(), *amount_minor);
                }
                Body::Adjusted { invoice_id, .. } | Body::WrittenOff { invoice_id } => {
                    match ledger.by_id.get(invoice_id) {
                        Some(invoice) => ledger.correct(invoice, &fact.body),
                        None => ledger.early.entry(invoice_id).or_default().push(&fact.body),
                    }
                }
                Body::Received { payment_id, amount_minor, invoice_id, .. } => {
                    if !receipts.counts(payment_id) {
                        continue;
                    }
                    let payment = ledger.payments;
                    ledger.payments += 1;
                    ledger.receive(payment, *amount_minor, invoice_id.as_deref());
                }
                Body::Opened { dispute_id, invoice_id, amount_minor } => {
                    if ledger.disputes.contains_key(dispute_id.as_str()) {
                        continue;
                    }
                    let open = resolved.get(dispute_id.as_str()).is_none_or(|fact_order| *fact_order > order(fact));
                    let (named, amount) = (invoice_id.as_deref(), amount_minor.unwrap_or(i64::MAX));
                    ledger.dispute(dispute_id, Dispute { named, amount, open });
                }
                Body::Resolved { dispute_id, .. } => ledger.resolve(dispute_id),
                _ => continue,
            }
            ledger.settle(fact.occurred_at);
            see(&ledger, fact);
        }
        ledger
    }

    /// Corrections that came before it apply first; payments that wait for it come next, then credit.
    fn issue(&mut self, invoice_id: &'a str, at: Timestamp, due: Date, debt_type: Option<&'a str>, amount: i64) {
        let place = self.invoices.len();
        self.invoices.push(Invoice {
            invoice_id,
            issued_at: at,
            due,
            debt_type,
            face: amount,
            written_off: false,
            closed_at: None,
            allocations: Vec::new(),
            allocated: 0,
            disputes: BTreeSet::new(),
            covered: 0,
        });
        self.by_id.meet(invoice_id);
        self.enqueue(place);
        for body in self.early.remove(invoice_id).unwrap_or_default() {
            self.correct(place, body);
        }
        let naming: Vec<&str> =
            self.disputes.iter().filter(|(_, dispute)| dispute.named == Some(invoice_id)).map(|(id, _)| *id).collect();
        naming.into_iter().for_each(|dispute| self.cover(place, dispute));
        let mine: Vec<_> = self.waiting.extract_if(.., |(_, id, _)| *id == invoice_id).collect();
        for (payment, _, amount) in mine {
            self.detours.push((payment, invoice_id));
            self.receive(payment, amount, Some(invoice_id));
        }
        for (payment, amount) in std::mem::take(&mut self.free) {
            let rest = if self.invoices[place].written_off { amount } else { self.allocate(place, payment, amount) };
            self.keep(payment, rest);
        }
    }

    /// To the invoice named, else to the oldest due; a surplus to the others, oldest due first, then it is credit.
    fn receive(&mut self, payment: usize, amount: i64, named: Option<&'a str>) {
        let mut rest = amount;
        if let Some(invoice_id) = named {
            match self.by_id.get(invoice_id) {
                Some(place) => rest = self.allocate(place, payment, rest),
                None => return self.waiting.push((payment, invoice_id, amount)),
            }
        }
        self.spread(payment, rest);
    }

    fn spread(&mut self, payment: usize, amount: i64) {
        let mut rest = amount;
        for index in 0..self.queue.len() {
            if rest == 0 {
                return;
            }
            rest = self.allocate(self.queue[index], payment, rest);
        }
        self.keep(payment, rest);
    }

    fn keep(&mut self, payment: usize, amount: i64) {
        if amount > 0 {
            self.free.push((payment, amount));
        }
    }

    /// What is left after this invoice has taken its part.
    fn allocate(&mut self, place: usize, payment: usize, amount: i64) -> i64 {
        let invoice = &mut self.invoices[place];
        let taken = amount.min(invoice.unpaid());
        if taken > 0 {
            invoice.allocations.push((payment, taken));
            invoice.allocated += taken;
        }
        amount - taken
    }

    fn correct(&mut self, place: usize, body: &Body) {
        match body {
            Body::Adjusted { delta_minor, due_date, .. } => self.adjust(place, *delta_minor, *due_date),
            _ => self.invoices[place].written_off = true,
        }
    }

    /// What is allocated beyond the new amount is taken back, the latest first, and goes on as a payment's surplus does.
    fn adjust(&mut self, place: usize, delta: i64, due: Option<Date>) {
        let invoice = &mut self.invoices[place];
        invoice.face = invoice.face.saturating_add(delta);
        invoice.due = due.unwrap_or(invoice.due);
        let mut beyond = invoice.allocated.saturating_sub(invoice.amount());
        let mut back = Vec::new();
        while beyond > 0 {
            let (payment, allocated) = invoice.allocations.pop().expect("what is allocated was allocated by payments");
            let taken = allocated.min(beyond);
            if allocated > taken {
                invoice.allocations.push((payment, allocated - taken));
            }
            (invoice.allocated, beyond) = (invoice.allocated - taken, beyond - taken);
            back.push((payment, taken));
        }
        let invoice_id = invoice.invoice_id;
        self.enqueue(place);
        for (payment, amount) in back.into_iter().rev() {
            self.detours.push((payment, invoice_id));
            self.spread(payment, amount);
        }
    }

    fn dispute(&mut self, dispute_id: &'a str, dispute: Dispute<'a>) {
        let covered: Vec<usize> = match dispute.named {
            Some(invoice_id) => self.by_id.get(invoice_id).into_iter().collect(),
            None => self.queue.clone(),
        };
        self.disputes.insert(dispute_id, dispute);
        covered.into_iter().for_each(|place| self.cover(place, dispute_id));
    }

    fn cover(&mut self, place: usize, dispute_id: &'a str) {
        let (dispute, invoice) = (&self.disputes[dispute_id], &mut self.invoices[place]);
        invoice.disputes.insert(dispute_id);
        if dispute.open {
            invoice.covered = invoice.covered.saturating_add(dispute.amount);
        }
    }

    fn resolve(&mut self, dispute_id: &str) {
        match self.disputes.get_mut(dispute_id) {
            Some(dispute) if dispute.open => dispute.open = false,
            _ => return,
        }
        for invoice in self.invoices.iter_mut().filter(|invoice| invoice.disputes.contains(dispute_id)) {
            let open = invoice.disputes.iter().map(|id| &self.disputes[id]).filter(|dispute| dispute.open);
            invoice.covered = sum(open.map(|dispute| dispute.amount));
        }
    }

    fn enqueue(&mut self, place: usize) {
        self.queue.retain(|queued| *queued != place);
        let order = self.invoices[place].order();
        let at = self.queue.partition_point(|queued| self.invoices[*queued].order() < order);
        self.queue.insert(at, place);
    }

    /// Notes what was closed by the fact at this instant, and what was opened again.
    fn settle(&mut self, at: Timestamp) {
        for invoice in &mut self.invoices {
            invoice.closed_at = (invoice.open() == 0).then(|| invoice.closed_at.unwrap_or(at));
        }
        self.queue.retain(|place| self.invoices[*place].open() > 0);
    }

    /// Invoices with something open, by (due date, issue instant, id).
    pub fn open(&self) -> impl Iterator<Item = &Invoice<'a>> + Clone {
        self.queue.iter().map(|place| &self.invoices[*place])
    }

    /// When invoices were paid in full and their places, by (that instant, due date, id).
    #[must_use]
    pub fn paid(&self) -> Vec<(Timestamp, usize)> {
        let invoices = self.invoices.iter().enumerate();
        let mut paid: Vec<_> = invoices.filter_map(|(place, invoice)| Some((invoice.paid_at()?, place))).collect();
        paid.sort_unstable_by_key(|(at, place)| (*at, self.invoices[*place].due, self.invoices[*place].invoice_id));
        paid
    }

    /// What was received and not allocated, payments waiting for their invoice included.
    #[must_use]
    pub fn credit(&self) -> i64 {
        sum(self.free.iter().map(|(_, amount)| *amount).chain(self.waiting.iter().map(|(_, _, amount)| *amount)))
    }

    /// Payments of which something is not allocated, by their place among those that count.
    pub fn unspent(&self) -> impl Iterator<Item = (usize, i64)> {
        self.free.iter().copied().chain(self.waiting.iter().map(|(payment, _, amount)| (*payment, *amount)))
    }
}

/// Where each dispute's end stands among the facts.
fn resolved<'a>(facts: &[&'a Fact]) -> BTreeMap<&'a str, (Timestamp, &'a str)> {
    let mut ends = BTreeMap::new();
    for fact in facts {
        if let Body::Resolved { dispute_id, .. } = &fact.body {
            ends.entry(dispute_id.as_str()).or_insert(order(fact));
        }
    }
    ends
}

fn order(fact: &Fact) -> (Timestamp, &str) {
    (fact.occurred_at, &fact.event_id)
}

/// A sum that stops at the bounds of an `i64`, which amounts of at most 10^15 do not reach within 9,000 of them.
pub(super) fn sum(amounts: impl Iterator<Item = i64>) -> i64 {
    amounts.fold(0, i64::saturating_add)
}
