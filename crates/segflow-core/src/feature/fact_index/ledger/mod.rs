//! The ledger: money is allocated to invoices by replaying the facts in effect, in order.
//!
//! Money goes to the invoices that it names; the rest to what is collected, oldest due first; then to what is disputed or on
//! hold; then to what was written off. What is left is free, and is offered again after every fact. So nothing is overdue
//! while free money lies there.

mod allocation;
mod disputed;
mod hindsight;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use super::LEDGER;
use super::invoice::{Allocation, Hold, Invoice};
use crate::event::Body;
use crate::fact::Fact;
use crate::feature::context::Parameters;
use crate::feature::interner::Interner;
use crate::time::{Date, Timestamp, Zone};
pub use source::Source;

use disputed::Dispute;
use hindsight::{Hindsight, order};

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
        let hindsight = Hindsight::of(facts);
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
            if ledger.tell(place, fact, &hindsight) {
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
    fn tell(&mut self, place: usize, fact: &'a Fact, hindsight: &Hindsight<'a>) -> bool {
        match &fact.body {
            Body::Issued { invoice_id, .. } => {
                if self.by_id.get(invoice_id).is_some() {
                    return false;
                }
                match hindsight.voided.get(invoice_id.as_str()) {
                    None => self.issue(fact),
                    Some(voided) if *voided > order(fact) => drop(self.not_yet_voided.insert(invoice_id)),
                    Some(_) => {}
                }
            }
            Body::Voided { invoice_id } => return self.not_yet_voided.remove(invoice_id.as_str()),
            Body::WrittenOff { .. } if hindsight.undone.contains(&place) => return false,
            Body::Adjusted { invoice_id, .. }
            | Body::WrittenOff { invoice_id }
            | Body::Held { invoice_id, .. }
            | Body::Released { invoice_id } => match self.by_id.get(invoice_id) {
                Some(invoice) => self.correct(invoice, &fact.body),
                None => self.early.entry(invoice_id).or_default().push(&fact.body),
            },
            Body::Received { .. } => {
                let Some(receipt) = hindsight.receipts.at(place) else { return false };
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
                let resolved = hindsight.resolved.get(dispute_id.as_str());
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
        // The oldest money first.
        self.free.sort_by_key(|(source, _)| *source);
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
}
