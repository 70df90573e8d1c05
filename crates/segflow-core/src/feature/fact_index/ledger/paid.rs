//! The list of invoices that are paid in full.

use super::{Ledger, Terms};
use crate::time::Timestamp;

impl Ledger {
    /// Takes an invoice from the list, if it is there.
    pub(super) fn unlist(&mut self, place: usize) {
        if std::mem::take(&mut self.invoices[place].is_listed)
            && let Some(listed) = self.paid.iter().rposition(|(_, paid)| *paid == place)
        {
            self.paid.remove(listed);
        }
    }

    /// Lists an invoice among those that are paid in full, if it is and is not listed yet.
    pub(super) fn list_if_paid(&mut self, place: usize, terms: Terms<'_>) {
        if self.invoices[place].is_listed {
            return;
        }
        let Some(at) = self.invoices[place].paid_at() else { return };
        let order = |at: Timestamp, place: usize| {
            let invoice = &self.invoices[place];
            (at, invoice.due, invoice.id(terms))
        };
        // What is paid now mostly stands last.
        let later = self.paid.iter().rev().take_while(|(paid_at, paid)| order(*paid_at, *paid) > order(at, place));
        self.paid.insert(self.paid.len() - later.count(), (at, place));
        self.invoices[place].is_listed = true;
    }

    /// When the last invoices were paid in full, at most so many, and their places, by (that instant, due date, id).
    #[must_use]
    pub fn paid(&self, most: usize) -> &[(Timestamp, usize)] {
        &self.paid[self.paid.len().saturating_sub(most)..]
    }
}
