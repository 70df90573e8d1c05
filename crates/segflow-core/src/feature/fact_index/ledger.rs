//! The ledger: money is allocated to invoices by replaying the facts in effect, in order.
//!
//! Money goes to the invoices that it names; the rest to what is collected, oldest due first; then to what is disputed or on
//! hold; then to what was written off. What is left is free, and is offered again after every fact. So nothing is overdue
//! while free money lies there.

use std::collections::{BTreeMap, BTreeSet};

use super::LEDGER;
use super::invoice::{Allocation, Hold, Invoice};
use super::receipts::Receipts;
use crate::event::{Body, Named};
use crate::fact::Fact;
use crate::feature::context::Parameters;
use crate::feature::interner::Interner;
use crate::feature::reading::sum;
use crate::time::{Date, Timestamp, Zone};

/// What a replay needs beside facts.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// What tunes the features.
    pub parameters: &'a Parameters,
    /// Where days begin.
    pub zone: &'a Zone,
}

/// The invoices, with every payment and credit note allocated.
#[derive(Debug)]
pub struct Ledger<'a> {
    terms: Terms<'a>,
    /// In the order of issue; those that were voided are left out.
    pub invoices: Vec<Invoice<'a>>,
    by_id: Interner<'a>,
    /// The places of invoices with something open, by (due date, issue instant, id).
    queue: Vec<usize>,
    /// The payments that stand and the credit notes, so far, in order.
    pub sources: Vec<Source<'a>>,
    /// Money on no invoice, the oldest first: its source, how much.
    free: Vec<(usize, i64)>,
    /// Invoices that are voided later: until then nobody knows that they are not owed.
    not_yet_voided: BTreeSet<&'a str>,
    /// Corrections that came before their invoice.
    early: BTreeMap<&'a str, Vec<&'a Body>>,
    disputes: BTreeMap<&'a str, Dispute<'a>>,
    /// Money that reached its present place later than it came: the source, and the invoice for which it waited or from
    /// which it was taken back.
    pub detours: Vec<(usize, &'a str)>,
    /// The instant of the fact that is being replayed.
    now: Timestamp,
    /// Its local day.
    today: Date,
}

/// Where money comes from: a payment that stands, or a credit note.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The id of the payment or credit note.
    pub id: &'a str,
    /// Whether it is a payment.
    pub is_payment: bool,
    /// Whether one event alone tells of it.
    pub is_single: bool,
    /// When it was received.
    pub at: Timestamp,
    /// Its local day.
    pub on: Date,
    /// Minor units.
    pub amount: i64,
    /// The invoices that it names.
    pub names: &'a [Named],
}

/// What a dispute covers.
#[derive(Debug)]
struct Dispute<'a> {
    named: Option<&'a str>,
    /// How much it covers of each invoice.
    amount: i64,
    open: bool,
}

/// An instant at which the ledger may change: after its last fact, or at the end of a hold. What lies between two facts of
/// one instant lasts for no time.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// The place of the instant's last fact among those of the ledger's families; none at the end of a hold.
    pub place: Option<usize>,
    /// Whether an invoice was issued then, voided later or not.
    pub issued: bool,
    /// Whether one was written off.
    pub written_off: bool,
}

impl Step {
    const fn new(at: Timestamp) -> Self {
        Self { at, place: None, issued: false, written_off: false }
    }
}

impl<'a> Ledger<'a> {
    fn new(terms: Terms<'a>, invoices: usize) -> Self {
        Self {
            terms,
            invoices: Vec::with_capacity(invoices),
            by_id: Interner::with_room(invoices),
            queue: Vec::new(),
            sources: Vec::new(),
            free: Vec::new(),
            not_yet_voided: BTreeSet::new(),
            early: BTreeMap::new(),
            disputes: BTreeMap::new(),
            detours: Vec::new(),
            now: Timestamp::BEGINNING,
            today: Date(0),
        }
    }

    /// Replays facts given in (`occurred_at`, `event_id`) order, and shows `see` the ledger after each instant of them, and
    /// after the end of each hold. Holds that have not ended with the last fact end later, if nothing happens.
    pub fn replay(facts: &[&'a Fact], terms: Terms<'a>, mut see: impl FnMut(&Self, Step)) -> Self {
        let issued = facts.iter().filter(|fact| matches!(fact.body, Body::Issued { .. })).count();
        let mut ledger = Self::new(terms, issued);
        let prepared = Prepared::of(facts);
        let (mut reached, mut told) = (Timestamp::BEGINNING, 0);
        let mut step = Step::new(reached);
        for (place, fact) in facts.iter().enumerate() {
            if fact.occurred_at > step.at {
                if step.place.is_some() {
                    see(&ledger, step);
                }
                step = Step::new(fact.occurred_at);
                ledger.end_holds(&mut reached, fact.occurred_at, &mut see);
                ledger.now = fact.occurred_at;
                ledger.today = terms.zone.date_of(fact.occurred_at);
            }
            if !LEDGER.has(fact.family()) {
                continue;
            }
            if ledger.tell(place, fact, &prepared) {
                ledger.offer_free_money();
                ledger.settle(fact.occurred_at);
                step.issued |= matches!(fact.body, Body::Issued { .. });
                step.written_off |= matches!(fact.body, Body::WrittenOff { .. });
            }
            step.place = Some(told);
            told += 1;
        }
        if step.place.is_some() {
            see(&ledger, step);
        }
        ledger.end_holds(&mut reached, Timestamp::NEVER, &mut see);
        ledger
    }

    /// Shows the ledger at the end of each hold that ends after `reached` and up to an instant.
    fn end_holds(&self, reached: &mut Timestamp, to: Timestamp, see: &mut impl FnMut(&Self, Step)) {
        while let Some(at) = self.next_end_of_hold(*reached).filter(|end| *end <= to) {
            see(self, Step::new(at));
            *reached = at;
        }
        *reached = to.max(*reached);
    }

    /// When the next hold ends after an instant, if nothing happens.
    #[must_use]
    pub fn next_end_of_hold(&self, after: Timestamp) -> Option<Timestamp> {
        let last_days = self.invoices.iter().filter_map(|invoice| invoice.hold?.until);
        let ends = last_days.map(|until| self.terms.zone.midnight(until.plus_days(1)));
        ends.filter(|end| *end > after).min()
    }

    /// Takes a fact in; false if it is none of the ledger.
    fn tell(&mut self, place: usize, fact: &'a Fact, prepared: &Prepared<'a>) -> bool {
        match &fact.body {
            Body::Issued { invoice_id, .. } => {
                if self.by_id.get(invoice_id).is_some() {
                    return false;
                }
                match prepared.voided.get(invoice_id.as_str()) {
                    None => self.issue(fact),
                    Some(voided) if *voided > order(fact) => drop(self.not_yet_voided.insert(invoice_id)),
                    Some(_) => {}
                }
            }
            Body::Voided { invoice_id } => return self.not_yet_voided.remove(invoice_id.as_str()),
            Body::WrittenOff { .. } if prepared.undone.contains(&place) => return false,
            Body::Adjusted { invoice_id, .. }
            | Body::WrittenOff { invoice_id }
            | Body::Held { invoice_id, .. }
            | Body::Released { invoice_id } => match self.by_id.get(invoice_id) {
                Some(invoice) => self.correct(invoice, &fact.body),
                None => self.early.entry(invoice_id).or_default().push(&fact.body),
            },
            Body::Received { .. } => {
                let Some(receipt) = prepared.receipts.at(place) else { return false };
                let (id, names, is_single) = (receipt.payment_id, receipt.names, receipt.is_single);
                self.receive(Source { id, names, is_single, ..Source::of(fact, self.today, receipt.amount) });
            }
            Body::Credited { credit_note_id: id, amount_minor, names } => {
                if self.sources.iter().any(|source| !source.is_payment && source.id == id) {
                    return false;
                }
                let source = Source::of(fact, self.today, *amount_minor);
                self.receive(Source { id, names, is_payment: false, ..source });
            }
            Body::Opened { dispute_id, invoice_id, amount_minor } => {
                if self.disputes.contains_key(dispute_id.as_str()) {
                    return false;
                }
                let resolved = prepared.resolved.get(dispute_id.as_str());
                let open = resolved.is_none_or(|resolved| *resolved > order(fact));
                let (named, amount) = (invoice_id.as_deref(), amount_minor.unwrap_or(i64::MAX));
                self.dispute(dispute_id, Dispute { named, amount, open });
            }
            Body::Resolved { dispute_id, .. } => self.resolve(dispute_id),
            _ => return false,
        }
        true
    }

    /// Adds an invoice. Corrections that came before it apply first; then comes the money that names it.
    fn issue(&mut self, fact: &'a Fact) {
        let Body::Issued { invoice_id, amount_minor, due_date, debt_type, discount } = &fact.body else { return };
        let (place, due) = (self.invoices.len(), self.rolled(*due_date));
        let invoice = Invoice::issued(invoice_id, fact.occurred_at, *amount_minor, due);
        self.invoices.push(Invoice { debt_type: debt_type.as_deref(), discount: *discount, ..invoice });
        self.by_id.meet(invoice_id);
        self.enqueue(place);
        for body in self.early.remove(invoice_id.as_str()).unwrap_or_default() {
            self.correct(place, body);
        }
        let names_it = |dispute: &Dispute<'_>| dispute.named == Some(invoice_id);
        let naming: Vec<&str> =
            self.disputes.iter().filter(|(_, dispute)| names_it(dispute)).map(|(id, _)| *id).collect();
        naming.into_iter().for_each(|dispute| self.cover(place, dispute));
        for (source, amount) in std::mem::take(&mut self.free) {
            let named = self.sources[source].names.iter().find(|named| named.invoice_id == *invoice_id);
            let taken = named.map_or(0, |named| self.allocate(place, source, amount, named.amount_minor));
            if taken > 0 {
                self.detours.push((source, invoice_id));
            }
            self.keep(source, amount - taken);
        }
    }

    /// The day on which something is due that is said to be due on a day.
    fn rolled(&self, due: Date) -> Date {
        let parameters = self.terms.parameters;
        if parameters.rolls_due_dates { parameters.business_day_from(due) } else { due }
    }

    /// Allocates money to the invoices that it names; what is left is free.
    fn receive(&mut self, source: Source<'a>) {
        let (place, mut rest) = (self.sources.len(), source.amount);
        self.sources.push(source);
        for named in source.names {
            if let Some(invoice) = self.by_id.get(&named.invoice_id) {
                rest -= self.allocate(invoice, place, rest, named.amount_minor);
            }
        }
        self.keep(place, rest);
    }

    fn keep(&mut self, source: usize, amount: i64) {
        if amount > 0 {
            self.free.push((source, amount));
        }
    }

    /// Offers the money that lies free to every invoice that may take it, the oldest money first.
    fn offer_free_money(&mut self) {
        if self.free.is_empty() {
            return;
        }
        for (source, amount) in std::mem::take(&mut self.free) {
            let mut rest = amount;
            for place in self.queue.clone() {
                let collectable = self.invoices[place].collectable(self.today);
                rest -= self.allocate(place, source, rest, Some(collectable));
            }
            for place in self.queue.clone() {
                let invoice = &self.invoices[place];
                let withheld = if self.terms.parameters.allocates_to_disputed { 0 } else { invoice.disputed() };
                let limit = invoice.open() - withheld;
                rest -= self.allocate(place, source, rest, Some(limit));
            }
            if rest > 0 {
                for place in self.written_off() {
                    rest -= self.allocate(place, source, rest, None);
                }
            }
            self.keep(source, rest);
        }
    }

    /// The places of written-off invoices, by (due date, issue instant, id).
    fn written_off(&self) -> Vec<usize> {
        let mut places: Vec<usize> =
            (0..self.invoices.len()).filter(|place| self.invoices[*place].written_off).collect();
        places.sort_unstable_by_key(|place| self.invoices[*place].order());
        places
    }

    /// Allocates what the invoice can take of an amount, up to a limit if there is one, and returns how much that was.
    fn allocate(&mut self, place: usize, source: usize, amount: i64, limit: Option<i64>) -> i64 {
        if amount == 0 {
            return 0;
        }
        let Source { is_payment, on: received_on, .. } = self.sources[source];
        let money = Allocation { source, amount, at: self.now, is_payment, is_recovery: false };
        let invoice = &mut self.invoices[place];
        let taken = invoice.take(money, limit.unwrap_or(i64::MAX));
        if taken > 0 && is_payment {
            invoice.discount(received_on);
        }
        taken
    }

    fn correct(&mut self, place: usize, body: &Body) {
        let invoice = &mut self.invoices[place];
        match body {
            Body::Adjusted { delta_minor, due_date, .. } => return self.adjust(place, *delta_minor, *due_date),
            Body::WrittenOff { .. } => invoice.written_off = true,
            Body::Held { until, .. } => invoice.hold = Some(Hold { until: *until }),
            Body::Released { .. } => invoice.hold = None,
            _ => return,
        }
        self.enqueue(place);
    }

    /// Adjusts an invoice. What is allocated beyond the new amount is free again.
    fn adjust(&mut self, place: usize, delta: i64, due: Option<Date>) {
        let due = due.map(|due| self.rolled(due));
        let invoice = &mut self.invoices[place];
        invoice.face = invoice.face.saturating_add(delta);
        invoice.due = due.unwrap_or(invoice.due);
        let (invoice_id, back) = (invoice.invoice_id, invoice.give_back());
        self.enqueue(place);
        for Allocation { source, amount, .. } in back {
            self.detours.push((source, invoice_id));
            self.keep(source, amount);
        }
        // The oldest money first. What one source left in two parts stays in the order in which they came.
        self.free.sort_by_key(|(source, _)| *source);
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
        self.invoices.iter_mut().for_each(|invoice| invoice.settle(at));
        self.queue.retain(|place| self.invoices[*place].open() > 0);
    }

    /// The place of an invoice that was issued.
    #[must_use]
    pub fn place(&self, invoice_id: &str) -> Option<usize> {
        self.by_id.get(invoice_id)
    }

    /// Invoices with something open, by (due date, issue instant, id).
    pub fn open(&self) -> impl Iterator<Item = &Invoice<'a>> + Clone {
        self.queue.iter().map(|place| &self.invoices[*place])
    }

    /// Whether something is owed, as far as anybody knows at the last fact.
    #[must_use]
    pub fn owes(&self) -> bool {
        self.open().next().is_some() || !self.not_yet_voided.is_empty()
    }

    /// When invoices were paid in full and their places, by (that instant, due date, id).
    #[must_use]
    pub fn paid(&self) -> Vec<(Timestamp, usize)> {
        let invoices = self.invoices.iter().enumerate();
        let mut paid: Vec<_> = invoices.filter_map(|(place, invoice)| Some((invoice.paid_at()?, place))).collect();
        paid.sort_unstable_by_key(|(at, place)| (*at, self.invoices[*place].due, self.invoices[*place].invoice_id));
        paid
    }

    /// The money that was received and not allocated.
    #[must_use]
    pub fn credit(&self) -> i64 {
        sum(self.free.iter().map(|(_, amount)| *amount))
    }

    /// The money that is not allocated: the place of its source, and how much.
    pub fn unspent(&self) -> impl Iterator<Item = (usize, i64)> {
        self.free.iter().copied()
    }

    /// How much of a payment, of this place, names what no invoice is called. An invoice that was issued before the horizon
    /// of that day, and took nothing of the payment, is forgotten: it may have been pruned.
    #[must_use]
    pub fn unmatched(&self, place: usize) -> i64 {
        let source = &self.sources[place];
        let horizon = self.terms.zone.midnight(source.on.plus_days(-self.terms.parameters.horizon_days));
        let is_known = |invoice: &Invoice<'_>| {
            invoice.issued_at >= horizon || invoice.allocations.iter().any(|allocation| allocation.source == place)
        };
        let unknown = source.names.iter().filter(|named| {
            !self.by_id.get(&named.invoice_id).is_some_and(|invoice| is_known(&self.invoices[invoice]))
        });
        sum(unknown.map(|named| named.amount_minor.unwrap_or(source.amount))).min(source.amount)
    }
}

impl<'a> Source<'a> {
    /// A payment that a fact brings, and of which no more is known.
    const fn of(fact: &'a Fact, on: Date, amount: i64) -> Self {
        Self { id: "", is_payment: true, is_single: true, at: fact.occurred_at, on, amount, names: &[] }
    }
}

/// What a replay has to know of later facts.
struct Prepared<'a> {
    receipts: Receipts<'a>,
    /// The place of the end of each voided invoice in the order of facts.
    voided: BTreeMap<&'a str, (Timestamp, &'a str)>,
    /// The places of write-offs that a reinstatement undoes: it is as if neither had been.
    undone: BTreeSet<usize>,
    /// The place of the end of each dispute in the order of facts.
    resolved: BTreeMap<&'a str, (Timestamp, &'a str)>,
}

impl<'a> Prepared<'a> {
    fn of(facts: &[&'a Fact]) -> Self {
        let (mut voided, mut undone) = (BTreeMap::new(), BTreeSet::new());
        let mut written_off: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, fact) in facts.iter().enumerate() {
            match &fact.body {
                Body::Voided { invoice_id } => drop(voided.entry(invoice_id.as_str()).or_insert(order(fact))),
                Body::WrittenOff { invoice_id } => written_off.entry(invoice_id).or_default().push(place),
                Body::InvoiceReinstated { invoice_id } => {
                    undone.extend(written_off.remove(invoice_id.as_str()).unwrap_or_default());
                }
                _ => {}
            }
        }
        Self { receipts: Receipts::among(facts), voided, undone, resolved: resolved(facts) }
    }
}

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
