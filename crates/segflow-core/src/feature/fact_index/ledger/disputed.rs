//! Disputes: what they cover of which invoices.

use super::Ledger;
use crate::feature::reading::sum;

/// What a dispute covers.
#[derive(Debug)]
pub(super) struct Dispute<'a> {
    pub(super) named: Option<&'a str>,
    /// How much it covers of each invoice.
    pub(super) amount: i64,
    pub(super) open: bool,
}

impl<'a> Ledger<'a> {
    pub(super) fn dispute(&mut self, dispute_id: &'a str, dispute: Dispute<'a>) {
        let covered: Vec<usize> = match dispute.named {
            Some(invoice_id) => self.by_id.get(invoice_id).into_iter().collect(),
            None => self.queue.clone(),
        };
        self.disputes.insert(dispute_id, dispute);
        covered.into_iter().for_each(|place| self.cover(place, dispute_id));
    }

    pub(super) fn cover(&mut self, place: usize, dispute_id: &'a str) {
        let (dispute, invoice) = (&self.disputes[dispute_id], &mut self.invoices[place]);
        invoice.disputes.insert(dispute_id);
        if dispute.open {
            invoice.covered = invoice.covered.saturating_add(dispute.amount);
        }
    }

    pub(super) fn resolve(&mut self, dispute_id: &str) {
        match self.disputes.get_mut(dispute_id) {
            Some(dispute) if dispute.open => dispute.open = false,
            _ => return,
        }
        for invoice in self.invoices.iter_mut().filter(|invoice| invoice.disputes.contains(dispute_id)) {
            let open = invoice.disputes.iter().map(|id| &self.disputes[id]).filter(|dispute| dispute.open);
            invoice.covered = sum(open.map(|dispute| dispute.amount));
        }
    }
}
