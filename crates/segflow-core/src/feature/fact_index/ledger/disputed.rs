//! Disputes: what they cover of which invoices.

use super::{Ledger, Terms};
use crate::event::Body;
use crate::feature::interner::subject;
use crate::feature::reading::sum;

/// What a dispute covers.
#[derive(Debug)]
pub(super) struct Dispute {
    /// The place of the fact that opened it.
    opened: usize,
    /// How much it covers of each invoice.
    amount: i64,
    open: bool,
}

impl Dispute {
    pub(super) fn id<'f>(&self, terms: Terms<'f>) -> &'f str {
        subject(self.opened, terms.facts)
    }

    fn named<'f>(&self, terms: Terms<'f>) -> Option<&'f str> {
        if let Body::Opened { invoice_id, .. } = &terms.facts[self.opened].body { invoice_id.as_deref() } else { None }
    }
}

impl Ledger {
    /// Opens the dispute of the fact at this place, unless it was opened before.
    pub(super) fn dispute(&mut self, opened: usize, open: bool, terms: Terms<'_>) -> bool {
        let Body::Opened { invoice_id, amount_minor, .. } = &terms.facts[opened].body else { return false };
        let (dispute, is_new) = self.dispute_ids.meet(opened, terms.facts);
        if !is_new {
            return false;
        }
        self.disputes.push(Dispute { opened, amount: amount_minor.unwrap_or(i64::MAX), open });
        let covered: Vec<usize> = match invoice_id {
            Some(invoice_id) => self.by_id.get(invoice_id, terms.facts).into_iter().collect(),
            None => self.queue.clone(),
        };
        covered.into_iter().for_each(|invoice| self.cover(invoice, dispute));
        true
    }

    /// Lets the disputes that name an invoice cover it.
    pub(super) fn cover_by_name(&mut self, invoice: usize, invoice_id: &str, terms: Terms<'_>) {
        for dispute in 0..self.disputes.len() {
            if self.disputes[dispute].named(terms) == Some(invoice_id) {
                self.cover(invoice, dispute);
            }
        }
    }

    fn cover(&mut self, invoice: usize, dispute: usize) {
        let (invoice, number) = (&mut self.invoices[invoice], dispute);
        invoice.disputes.push(number);
        if self.disputes[dispute].open {
            invoice.covered = invoice.covered.saturating_add(self.disputes[dispute].amount);
        }
    }

    pub(super) fn resolve(&mut self, dispute_id: &str, terms: Terms<'_>) {
        let Some(resolved) = self.dispute_ids.get(dispute_id, terms.facts) else { return };
        if !std::mem::take(&mut self.disputes[resolved].open) {
            return;
        }
        for invoice in self.invoices.iter_mut().filter(|invoice| invoice.disputes.contains(&resolved)) {
            let open = invoice.disputes.iter().map(|dispute| &self.disputes[*dispute]).filter(|dispute| dispute.open);
            invoice.covered = sum(open.map(|dispute| dispute.amount));
        }
    }
}
