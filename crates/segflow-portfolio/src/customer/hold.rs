//! Holds on single invoices: an answer is awaited, and nobody asks for the money until it is there.

use segflow_core::event::Body;
use segflow_core::time::Date;

use super::{Action, Customer};
use crate::now::{Now, weekday_from};

/// The share of invoices that are put on hold, unless they are paid before.
const HELD_PER_MILLE: u16 = 15;

/// A hold that was not released.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    invoice: u32,
    /// Its last day; without it, the hold lasts until the invoice is released.
    until: Option<Date>,
}

impl Hold {
    fn lasts(self, now: &Now) -> bool {
        self.until.is_none_or(|until| now.date <= until)
    }
}

impl Customer {
    pub(super) fn plan_hold(&mut self, invoice: u32, now: &Now) {
        if self.chance.per_mille(HELD_PER_MILLE) {
            let date = weekday_from(now.in_days(self.chance.days(8, 40)));
            let at = now.on(date, (9, 18), &mut self.chance);
            self.plan(at, Action::Hold { invoice });
        }
    }

    /// Most holds end by themselves on the day that is told, some before; those without a day are released. None once the
    /// invoice is paid or contested.
    pub(super) fn hold(&mut self, invoice: u32, now: &Now) -> Option<Body> {
        if self.ledger.open_of(invoice) == 0 || self.is_contested(invoice, now) {
            return None;
        }
        let days = self.chance.days(7, 28);
        let until = self.chance.per_mille(800).then(|| now.in_days(days));
        self.holds.retain(|hold| hold.invoice != invoice);
        self.holds.push(Hold { invoice, until });
        if until.is_none() || self.chance.per_mille(300) {
            let date = weekday_from(now.in_days(self.chance.days(2, days - 2)));
            let at = now.on(date, (9, 18), &mut self.chance);
            self.plan(at, Action::Release { invoice });
        }
        Some(Body::Held { invoice_id: self.invoice_id(invoice), until })
    }

    /// None if the hold has ended by itself.
    pub(super) fn release(&mut self, invoice: u32, now: &Now) -> Option<Body> {
        let at = self.holds.iter().position(|hold| hold.invoice == invoice)?;
        let hold = self.holds.swap_remove(at);
        hold.lasts(now).then(|| Body::Released { invoice_id: self.invoice_id(invoice) })
    }

    /// Whether an invoice is disputed or on hold.
    pub(super) fn is_contested(&self, invoice: u32, now: &Now) -> bool {
        let holds = |hold: &Hold| hold.invoice == invoice && hold.lasts(now);
        self.is_disputed(invoice) || self.holds.iter().any(holds)
    }

    /// Whether an invoice is on hold. Even if it is paid meanwhile, the answer is awaited.
    pub(super) fn holds_anything(&self, now: &Now) -> bool {
        self.holds.iter().any(|hold| hold.lasts(now))
    }
}
