//! The ledger: money is allocated to invoices by replaying the facts in effect, in order.
//!
//! Money goes to the invoices that it names; the rest to what is collected, oldest due first; then to what is disputed or on
//! hold; then to what was written off. What is left is free, and is offered again after every fact. So nothing is overdue
//! while free money lies there.

mod allocation;
mod disputed;
mod hindsight;
mod paid;
mod replay;
mod source;

use super::invoice::{Allocation, Hold, Invoice};
use crate::event::Body;
use crate::fact::Fact;
use crate::feature::context::Parameters;
use crate::feature::interner::Interner;
use crate::time::{Date, Timestamp, Zone};
pub use replay::{Replay, Step};
pub use source::Source;

use disputed::Dispute;
use hindsight::Hindsight;

/// What a ledger is made from.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The facts in effect, in (`occurred_at`, `event_id`) order. The ledger knows them by their places here.
    pub facts: &'a [&'a Fact],
    /// What tunes the features.
    pub parameters: &'a Parameters,
    /// Where days begin.
    pub zone: &'a Zone,
}

/// The invoices, with every payment and credit note allocated. It borrows nothing from the facts, so that it can be kept
/// from one to the next.
#[derive(Debug)]
pub struct Ledger {
    /// In the order of issue; those that were voided are left out.
    pub invoices: Vec<Invoice>,
    by_id: Interner,
    /// The places of invoices with something open, by (due date, issue instant, id).
    queue: Vec<usize>,
    /// When invoices were paid in full and their places, by (that instant, due date, id).
    paid: Vec<(Timestamp, usize)>,
    /// The payments that stand and the credit notes, so far, in order.
    pub sources: Vec<Source>,
    /// The places of payments that may name what no invoice is called.
    doubtful: Vec<usize>,
    /// Money on no invoice, the oldest first: its source, how much.
    free: Vec<(usize, i64)>,
    /// Invoices that are voided later, by the fact that voids them: until then nobody knows that they are not owed.
    not_yet_voided: Vec<usize>,
    /// The places of corrections that came before their invoice.
    early: Vec<usize>,
    disputes: Vec<Dispute>,
    dispute_ids: Interner,
    /// Money that reached its present place later than it came: the source, and the place of the invoice for which it
    /// waited or from which it was taken back.
    pub detours: Vec<(usize, usize)>,
    /// The places of the invoices that the present fact may have closed, or opened again.
    touched: Vec<usize>,
    /// Whether some hold has a last day.
    has_holds: bool,
    /// The instant of the fact that is being replayed.
    now: Timestamp,
    /// Its local day.
    today: Date,
}

impl Ledger {
    fn new() -> Self {
        Self {
            invoices: Vec::new(),
            by_id: Interner::default(),
            queue: Vec::new(),
            paid: Vec::new(),
            sources: Vec::new(),
            doubtful: Vec::new(),
            free: Vec::new(),
            not_yet_voided: Vec::new(),
            early: Vec::new(),
            disputes: Vec::new(),
            dispute_ids: Interner::default(),
            detours: Vec::new(),
            touched: Vec::new(),
            has_holds: false,
            now: Timestamp::BEGINNING,
            today: Date(0),
        }
    }

    /// When the next hold ends after an instant, if nothing happens.
    fn next_end_of_hold(&self, after: Timestamp, zone: &Zone) -> Option<Timestamp> {
        if !self.has_holds {
            return None;
        }
        let last_days = self.invoices.iter().filter_map(|invoice| invoice.hold?.until);
        let ends = last_days.map(|until| zone.midnight(until.plus_days(1)));
        ends.filter(|end| *end > after).min()
    }

    /// Takes in the fact at a place; false if it is none of the ledger.
    fn tell(&mut self, place: usize, hindsight: &Hindsight, terms: Terms<'_>) -> bool {
        let (body, facts) = (&terms.facts[place].body, terms.facts);
        match body {
            Body::Issued { invoice_id, .. } => {
                if self.by_id.get(invoice_id, facts).is_some() {
                    return false;
                }
                match hindsight.voided.first(invoice_id, facts) {
                    None => self.issue(place, terms),
                    Some(voided) if voided > place => self.expect_void(voided),
                    Some(_) => {}
                }
            }
            Body::Voided { .. } => return self.void(place),
            Body::WrittenOff { .. } if hindsight.undone.contains(&place) => return false,
            Body::Adjusted { invoice_id, .. }
            | Body::WrittenOff { invoice_id }
            | Body::Held { invoice_id, .. }
            | Body::Released { invoice_id } => match self.by_id.get(invoice_id, facts) {
                Some(invoice) => self.correct(invoice, body, terms),
                None => self.early.push(place),
            },
            Body::Received { .. } => {
                let Some(receipt) = hindsight.receipts.at(place) else { return false };
                let (naming, amount, is_single) = (receipt.told, receipt.amount, receipt.is_single);
                self.receive(Source { naming, is_single, ..self.source(place, amount, terms) }, terms);
            }
            Body::Credited { credit_note_id: id, amount_minor, .. } => {
                if self.sources.iter().any(|source| !source.is_payment && source.id(terms) == id) {
                    return false;
                }
                self.receive(Source { is_payment: false, ..self.source(place, *amount_minor, terms) }, terms);
            }
            Body::Opened { dispute_id, .. } => {
                let open = hindsight.resolved.first(dispute_id, facts).is_none_or(|resolved| resolved > place);
                return self.dispute(place, open, terms);
            }
            Body::Resolved { dispute_id, .. } => self.resolve(dispute_id, terms),
            _ => return false,
        }
        true
    }

    /// The payment that a fact brings.
    fn source(&self, fact: usize, amount: i64, terms: Terms<'_>) -> Source {
        let at = terms.facts[fact].occurred_at;
        Source { fact, naming: fact, is_payment: true, is_single: true, at, on: self.today, amount }
    }

    /// Notes that the invoice that was issued now is voided later, by the fact at a place.
    fn expect_void(&mut self, voided: usize) {
        if !self.not_yet_voided.contains(&voided) {
            self.not_yet_voided.push(voided);
        }
    }

    /// Whether the fact at a place voids an invoice of which nobody knew.
    fn void(&mut self, place: usize) -> bool {
        let found = self.not_yet_voided.iter().position(|voided| *voided == place);
        found.map(|found| self.not_yet_voided.swap_remove(found)).is_some()
    }

    /// Adds an invoice. Corrections that came before it apply first; then comes the money that names it.
    fn issue(&mut self, fact: usize, terms: Terms<'_>) {
        let Fact { occurred_at, body, .. } = terms.facts[fact];
        let Body::Issued { invoice_id, amount_minor, due_date, discount, .. } = body else { return };
        let (place, due) = (self.invoices.len(), rolled(*due_date, terms));
        let invoice = Invoice::issued(fact, *occurred_at, *amount_minor, due);
        self.invoices.push(Invoice { discount: *discount, ..invoice });
        self.by_id.meet(fact, terms.facts);
        self.enqueue(place, terms);
        let is_for_it = |early: &mut usize| terms.facts[*early].body.subject() == Some(invoice_id);
        let early: Vec<usize> = self.early.extract_if(.., is_for_it).collect();
        early.into_iter().for_each(|early| self.correct(place, &terms.facts[early].body, terms));
        self.cover_by_name(place, invoice_id, terms);
        for (source, amount) in std::mem::take(&mut self.free) {
            let named = self.sources[source].names(terms).iter().find(|named| named.invoice_id == *invoice_id);
            let taken = named.map_or(0, |named| self.allocate(place, source, amount, named.amount_minor));
            if taken > 0 {
                self.detours.push((source, place));
            }
            self.keep(source, amount - taken);
        }
    }

    fn correct(&mut self, place: usize, body: &Body, terms: Terms<'_>) {
        let invoice = &mut self.invoices[place];
        match body {
            Body::Adjusted { delta_minor, due_date, .. } => {
                return self.adjust(place, *delta_minor, *due_date, terms);
            }
            Body::WrittenOff { .. } => invoice.written_off = true,
            Body::Held { until, .. } => {
                invoice.hold = Some(Hold { until: *until });
                self.has_holds |= until.is_some();
            }
            Body::Released { .. } => invoice.hold = None,
            _ => return,
        }
        self.enqueue(place, terms);
    }

    /// Adjusts an invoice. What is allocated beyond the new amount is free again.
    fn adjust(&mut self, place: usize, delta: i64, due: Option<Date>, terms: Terms<'_>) {
        let due = due.map(|due| rolled(due, terms));
        let invoice = &mut self.invoices[place];
        invoice.face = invoice.face.saturating_add(delta);
        invoice.due = due.unwrap_or(invoice.due);
        let back = invoice.give_back();
        self.enqueue(place, terms);
        for Allocation { source, amount, .. } in back {
            self.detours.push((source, place));
            self.keep(source, amount);
        }
        // The oldest money first.
        self.free.sort_by_key(|(source, _)| *source);
    }

    fn enqueue(&mut self, place: usize, terms: Terms<'_>) {
        self.touched.push(place);
        self.queue.retain(|queued| *queued != place);
        let order = self.invoices[place].order(terms);
        let at = self.queue.partition_point(|queued| self.invoices[*queued].order(terms) < order);
        self.queue.insert(at, place);
    }

    /// Notes which invoices the fact at this instant closed, and which it opened again.
    fn settle(&mut self, at: Timestamp, terms: Terms<'_>) {
        let touched = std::mem::take(&mut self.touched);
        // All of them leave the list before one is listed again: it is in order for those that are in it.
        touched.iter().for_each(|place| self.unlist(*place));
        for place in touched {
            self.invoices[place].settle(at);
            self.list_if_paid(place, terms);
        }
        self.queue.retain(|place| self.invoices[*place].open() > 0);
    }

    /// The place of an invoice that was issued.
    #[must_use]
    pub fn place(&self, invoice_id: &str, terms: Terms<'_>) -> Option<usize> {
        self.by_id.get(invoice_id, terms.facts)
    }

    /// Invoices with something open, by (due date, issue instant, id).
    pub fn open(&self) -> impl Iterator<Item = &Invoice> + Clone {
        self.queue.iter().map(|place| &self.invoices[*place])
    }

    /// Whether something is owed, as far as anybody knows at the last fact.
    #[must_use]
    pub fn owes(&self) -> bool {
        self.open().next().is_some() || !self.not_yet_voided.is_empty()
    }

    /// Whether a dispute covers an invoice or did, and was not resolved in the customer's favour.
    fn is_contested(&self, invoice: &Invoice, hindsight: &Hindsight, terms: Terms<'_>) -> bool {
        invoice.disputes.iter().any(|dispute| {
            let resolved = hindsight.resolved.first(self.disputes[*dispute].id(terms), terms.facts);
            let upheld = resolved.map(|resolved| &terms.facts[resolved].body);
            !matches!(upheld, Some(Body::Resolved { upheld: Some(true), .. }))
        })
    }

    /// The ids of the disputes that cover an invoice or did.
    pub fn disputes_of<'f>(&self, invoice: &Invoice, terms: Terms<'f>) -> impl Iterator<Item = &'f str> {
        invoice.disputes.iter().map(move |dispute| self.disputes[*dispute].id(terms))
    }
}

/// The day on which something is due that is said to be due on a day.
fn rolled(due: Date, terms: Terms<'_>) -> Date {
    if terms.parameters.rolls_due_dates { terms.parameters.business_day_from(due) } else { due }
}
