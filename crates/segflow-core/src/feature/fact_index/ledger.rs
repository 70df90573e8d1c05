//! The ledger: payments are allocated to invoices by replaying the facts in effect, in order.

use std::collections::BTreeMap;

use super::invoice::Invoice;
use super::payments::Receipts;
use crate::event::Body;
use crate::fact::Fact;
use crate::feature::interner::Interner;
use crate::feature::reading::sum;
use crate::time::{Date, Timestamp};

/// The invoices, with every payment allocated.
#[derive(Default, Debug)]
pub struct Ledger<'a> {
    /// In the order of issue.
    pub invoices: Vec<Invoice<'a>>,
    by_id: Interner<'a>,
    /// The places of invoices with something open, by (due date, issue instant, id).
    queue: Vec<usize>,
    /// Money that waits for the invoice that it names: the payment, the invoice, how much.
    waiting: Vec<(usize, &'a str, i64)>,
    /// Money that waits for any invoice, the oldest first: the payment, how much.
    free: Vec<(usize, i64)>,
    /// Corrections that came before their invoice.
    early: BTreeMap<&'a str, Vec<&'a Body>>,
    disputes: BTreeMap<&'a str, Dispute<'a>>,
    /// How many payments count so far.
    payments: usize,
    /// Money that reached its present place later than it came: the payment, and the invoice for which it waited or from
    /// which it was taken back.
    pub detours: Vec<(usize, &'a str)>,
}

/// What a dispute covers.
#[derive(Debug)]
struct Dispute<'a> {
    named: Option<&'a str>,
    /// How much it covers of each invoice.
    amount: i64,
    open: bool,
}

impl<'a> Ledger<'a> {
    /// Replays facts given in (`occurred_at`, `event_id`) order, and shows `see` the ledger after each.
    pub fn replay(facts: &[&'a Fact], mut see: impl FnMut(&Self, &'a Fact)) -> Self {
        let most = facts.iter().filter(|fact| matches!(fact.body, Body::Issued { .. })).count();
        let (invoices, by_id) = (Vec::with_capacity(most), Interner::with_room(most));
        let mut ledger = Self { invoices, by_id, ..Self::default() };
        let (mut receipts, resolved) = (Receipts::among(facts), resolved(facts));
        for fact in facts {
            match &fact.body {
                Body::Issued { invoice_id, .. } if ledger.by_id.get(invoice_id).is_some() => continue,
                Body::Issued { invoice_id, amount_minor, due_date, debt_type } => {
                    let invoice = Invoice::issued(invoice_id, fact.occurred_at, *amount_minor, *due_date);
                    ledger.issue(Invoice { debt_type: debt_type.as_deref(), ..invoice });
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

    /// Adds an invoice. Corrections that came before it apply first; then come the payments that wait for it, then credit.
    fn issue(&mut self, invoice: Invoice<'a>) {
        let (place, invoice_id) = (self.invoices.len(), invoice.invoice_id);
        self.invoices.push(invoice);
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

    /// Allocates a payment to the invoice that it names, and the rest to the others, oldest due first; what is left is
    /// credit.
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

    /// Allocates what the invoice can take, and returns the rest.
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

    /// Adjusts an invoice. What is allocated beyond the new amount is taken back, the latest first, and goes to the other
    /// invoices as the rest of a payment does.
    fn adjust(&mut self, place: usize, delta: i64, due: Option<Date>) {
        let invoice = &mut self.invoices[place];
        invoice.face = invoice.face.saturating_add(delta);
        invoice.due = due.unwrap_or(invoice.due);
        invoice.earliest_due = invoice.earliest_due.min(invoice.due);
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

    /// Notes which invoices the fact at this instant closed, and which it opened again.
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

    /// The money that was received and not allocated, payments that wait for their invoice included.
    #[must_use]
    pub fn credit(&self) -> i64 {
        sum(self.free.iter().map(|(_, amount)| *amount).chain(self.waiting.iter().map(|(_, _, amount)| *amount)))
    }

    /// The money that is not allocated: the place of the payment among those that count, and how much.
    pub fn unspent(&self) -> impl Iterator<Item = (usize, i64)> {
        self.free.iter().copied().chain(self.waiting.iter().map(|(payment, _, amount)| (*payment, *amount)))
    }
}

/// The place of the end of each dispute in the order of facts.
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
