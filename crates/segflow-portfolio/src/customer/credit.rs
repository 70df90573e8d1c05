//! Credit notes: for an invoice that was too high, or as a gesture for none.

use segflow_core::event::{Body, Family, Named};

use super::{Action, Customer};
use crate::ledger::Money;
use crate::now::{Now, weekday_from};

impl Customer {
    /// A few customers are sent something for their trouble.
    pub(super) fn plan_goodwill(&mut self, now: &Now) {
        if self.chance.per_mille(3) {
            let minor = (self.traits.usual_minor() * self.chance.between(50, 200) / 1_000).max(1);
            let at = now.on(weekday_from(now.in_days(self.chance.days(2, 20))), (9, 17), &mut self.chance);
            self.plan(at, Action::Goodwill { minor });
        }
    }

    /// None to whom nothing is sold any more.
    pub(super) fn show_goodwill(&mut self, minor: i64, now: &Now) -> Option<Body> {
        let welcome = !self.closed && self.given_up.is_empty();
        welcome.then(|| self.credit_note(minor, None, now))
    }

    /// A credit note for a share of what is open of an invoice; none once that is nothing.
    pub(super) fn credit(&mut self, invoice: u32, per_mille: i64, now: &Now) -> Option<Body> {
        let open = self.ledger.invoice(invoice)?;
        Some(self.credit_note((open.open_minor * per_mille / 1_000).max(1), Some(invoice), now))
    }

    fn credit_note(&mut self, amount_minor: i64, invoice: Option<u32>, now: &Now) -> Body {
        let names: Vec<_> = invoice.map(|invoice| (invoice, i64::MAX)).into_iter().collect();
        self.ledger.receive(Money { amount_minor, names: &names, on: now.date }, |_| {});
        Body::Credited {
            credit_note_id: self.credit_note_id(self.next_number(Family::Invoices)),
            amount_minor,
            names: invoice.map(|invoice| Named::whole(self.invoice_id(invoice))).into_iter().collect(),
        }
    }
}
