//! Disputes: opened by the customer, looked into, and resolved one way or the other.

use segflow_core::event::{Body, Family};

use super::{Action, Customer};
use crate::now::{Now, weekday_from};

/// A dispute that is not resolved.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenDispute {
    number: u32,
    invoice: u32,
    /// The share of what is open that is contested.
    per_mille: i64,
}

impl Customer {
    /// Opens a dispute, unless the invoice is paid or contested already. Most name the invoice, some contest everything.
    pub(super) fn dispute(&mut self, invoice: u32, now: &Now) -> Option<Body> {
        let open = self.ledger.open_of(invoice);
        if open == 0 || self.vanished(now) || self.is_disputed(invoice) {
            return None;
        }
        let number = self.next_number(Family::Disputes);
        let per_mille = if self.chance.per_mille(600) { 1_000 } else { self.chance.between(100, 900) };
        self.disputes.push(OpenDispute { number, invoice, per_mille });
        let date = weekday_from(now.in_days(self.chance.days(3, 30)));
        let at = now.on(date, (9, 18), &mut self.chance);
        self.plan(at, Action::Resolve { dispute: number });
        let named = self.chance.per_mille(900);
        Some(Body::Opened {
            dispute_id: self.dispute_id(number),
            invoice_id: named.then(|| self.invoice_id(invoice)),
            amount_minor: (per_mille < 1_000).then(|| (open * per_mille / 1_000).max(1)),
        })
    }

    /// Resolves a dispute. A customer who contests every third invoice is seldom right. An upheld amount is credited.
    pub(super) fn resolve(&mut self, dispute: u32, now: &Now) -> Option<Body> {
        let at = self.disputes.iter().position(|open| open.number == dispute)?;
        let OpenDispute { invoice, per_mille, .. } = self.disputes.swap_remove(at);
        let right = if self.traits.disputes > 100 { 120 } else { 550 };
        let upheld = self.chance.per_mille(right);
        if upheld {
            self.plan_credit_note(invoice, per_mille, now);
        }
        let told = self.chance.per_mille(960);
        Some(Body::Resolved { dispute_id: self.dispute_id(dispute), upheld: told.then_some(upheld) })
    }

    pub(super) fn is_disputed(&self, invoice: u32) -> bool {
        self.disputes.iter().any(|open| open.invoice == invoice)
    }
}
