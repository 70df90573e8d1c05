//! Allocation: where money goes, and what of it lies on no invoice.

use super::{Ledger, Source, Terms};
use crate::feature::fact_index::invoice::{Allocation, Invoice};
use crate::feature::reading::sum;
use crate::time::Timestamp;

impl Ledger {
    /// Allocates money to the invoices that it names; what is left is free.
    pub(super) fn receive(&mut self, source: Source, terms: Terms<'_>) {
        let (place, mut rest) = (self.sources.len(), source.amount);
        self.sources.push(source);
        for named in source.names(terms) {
            if let Some(invoice) = self.by_id.get(&named.invoice_id, terms.facts) {
                rest -= self.allocate(invoice, place, rest, named.amount_minor);
            }
        }
        self.keep(place, rest);
        if source.is_payment && self.may_be_unmatched(&source, terms) {
            self.doubtful.push(place);
        }
    }

    /// Keeps money free. What is free of one source is one sum: it may bring an invoice to within its discount only as a whole.
    pub(super) fn keep(&mut self, source: usize, amount: i64) {
        if amount == 0 {
            return;
        }
        match self.free.iter_mut().find(|(other, _)| *other == source) {
            Some((_, rest)) => *rest += amount,
            None => self.free.push((source, amount)),
        }
    }

    /// Offers the money that lies free to every invoice that may take it, the oldest money first.
    pub(super) fn offer_free_money(&mut self, terms: Terms<'_>) {
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
                let withheld = if terms.parameters.allocates_to_disputed { 0 } else { invoice.disputed() };
                let limit = invoice.open() - withheld;
                rest -= self.allocate(place, source, rest, Some(limit));
            }
            if rest > 0 {
                for place in self.written_off(terms) {
                    rest -= self.allocate(place, source, rest, None);
                }
            }
            self.keep(source, rest);
        }
    }

    /// The places of written-off invoices, by (due date, issue instant, id).
    fn written_off(&self, terms: Terms<'_>) -> Vec<usize> {
        let mut places: Vec<usize> =
            (0..self.invoices.len()).filter(|place| self.invoices[*place].written_off).collect();
        places.sort_unstable_by_key(|place| self.invoices[*place].order(terms));
        places
    }

    /// Allocates what the invoice can take of an amount, up to a limit if there is one, and returns how much that was.
    pub(super) fn allocate(&mut self, place: usize, source: usize, amount: i64, limit: Option<i64>) -> i64 {
        if amount == 0 {
            return 0;
        }
        let Source { is_payment, on: received_on, .. } = self.sources[source];
        let money = Allocation { source, amount, at: self.now, is_payment, is_recovery: false };
        let invoice = &mut self.invoices[place];
        let taken = invoice.take(money, limit.unwrap_or(i64::MAX));
        if taken > 0 {
            self.touched.push(place);
            if is_payment {
                invoice.discount(received_on);
            }
        }
        taken
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

    /// The payments of which a part names what no invoice is called, by the instant of their receipt, with that part.
    #[must_use]
    pub fn unmatched(&self, terms: Terms<'_>) -> Vec<(Timestamp, i64)> {
        let payments = self.doubtful.iter().map(|place| (self.sources[*place].at, self.unmatched_of(*place, terms)));
        payments.filter(|(_, amount)| *amount > 0).collect()
    }

    /// How much of a payment, of this place, names what no invoice is called. An invoice that was issued before the horizon
    /// of that day, and took nothing of the payment, is forgotten: it may have been pruned.
    fn unmatched_of(&self, place: usize, terms: Terms<'_>) -> i64 {
        let source = &self.sources[place];
        let horizon = horizon(source, terms);
        let is_known = |invoice: &Invoice| {
            invoice.issued_at >= horizon || invoice.allocations.iter().any(|allocation| allocation.source == place)
        };
        let unknown = source.names(terms).iter().filter(|named| {
            let invoice = self.by_id.get(&named.invoice_id, terms.facts);
            !invoice.is_some_and(|invoice| is_known(&self.invoices[invoice]))
        });
        sum(unknown.map(|named| named.amount_minor.unwrap_or(source.amount))).min(source.amount)
    }

    /// Whether a payment names an invoice of which it is not certain already that it stays known.
    fn may_be_unmatched(&self, source: &Source, terms: Terms<'_>) -> bool {
        let names = source.names(terms);
        let horizon = if names.is_empty() { Timestamp::NEVER } else { horizon(source, terms) };
        names.iter().any(|named| {
            let invoice = self.by_id.get(&named.invoice_id, terms.facts);
            invoice.is_none_or(|invoice| self.invoices[invoice].issued_at < horizon)
        })
    }
}

/// The horizon of the day of a receipt.
fn horizon(source: &Source, terms: Terms<'_>) -> Timestamp {
    terms.zone.midnight(source.on.plus_days(-terms.parameters.horizon_days))
}
