//! Invoices after they were issued: corrected, extended, charged with a fee, or given up.

use segflow_core::event::{Body, Family};

use super::billing::Bill;
use super::{Action, Customer};
use crate::ledger::OpenInvoice;
use crate::now::{MINUTE, Now, SECOND, weekday_from};
use crate::persona::Persona;

/// The fee for a formal demand, in minor units.
const FEE_MINOR: i64 = 1_200;

/// How an invoice is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Correction {
    /// It was too high, by so many per mille of its open amount.
    Less { per_mille: i64 },
    /// It was too low, by so many minor units.
    More { minor: i64 },
    /// The customer is given so many days more.
    Extension { days: i32 },
}

/// A wrong bill, and the amount of the one in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reissue {
    wrong: Bill,
    right_minor: i64,
}

impl Customer {
    /// A few bills are wrong; a few customers ask for time before they are late.
    pub(super) fn plan_correction(&mut self, invoice: u32, bill: Bill, now: &Now) {
        let correction = match self.chance.between(0, 999) {
            0..=5 => Correction::Less { per_mille: self.chance.between(50, 400) },
            6..=8 => Correction::More { minor: self.chance.between(200, 2_000) },
            9..=13 => Correction::Extension { days: self.chance.days(7, 28) },
            14..=17 => return self.plan_void(invoice, bill, now),
            _ => return,
        };
        let date = weekday_from(now.in_days(self.chance.days(2, 12)));
        let at = now.on(date, (9, 17), &mut self.chance);
        self.plan(at, Action::Correct { invoice, correction });
    }

    /// Before a direct debit for it is submitted.
    fn plan_void(&mut self, invoice: u32, bill: Bill, now: &Now) {
        let right_minor = (bill.amount_minor * self.chance.between(400, 1_100) / 1_000).max(1);
        let at = now.on(weekday_from(now.in_days(self.chance.days(1, 6))), (9, 17), &mut self.chance);
        self.plan(at, Action::Void { invoice, reissue: Reissue { wrong: bill, right_minor } });
    }

    /// None if something was paid, or the customer contests it: then it is corrected in other ways.
    pub(super) fn void(&mut self, invoice: u32, reissue: Reissue, now: &Now) -> Option<Body> {
        if self.ledger.open_of(invoice) != reissue.wrong.amount_minor || self.is_contested(invoice, now) {
            return None;
        }
        self.ledger.void(invoice);
        let at = now.within(MINUTE, 30 * MINUTE, &mut self.chance);
        self.plan(at, Action::Reissue(reissue));
        Some(Body::Voided { invoice_id: self.invoice_id(invoice) })
    }

    pub(super) fn reissue(&mut self, reissue: Reissue, now: &Now) -> Body {
        let Reissue { wrong, right_minor } = reissue;
        let invoice = self.next_number(Family::Invoices);
        let body = self.issue(Bill { amount_minor: right_minor, ..wrong }, None, now);
        self.plan_payment(invoice, wrong.due, None, now);
        body
    }

    pub(super) fn plan_credit_note(&mut self, invoice: u32, per_mille: i64, now: &Now) {
        let at = now.within(MINUTE, 30 * MINUTE, &mut self.chance);
        let action = match self.chance.per_mille(600) {
            true => Action::Credit { invoice, per_mille },
            false => Action::Correct { invoice, correction: Correction::Less { per_mille } },
        };
        self.plan(at, action);
    }

    pub(super) fn plan_fee(&mut self, now: &Now) {
        let Some(oldest) = self.ledger.oldest() else { return };
        let at = now.within(MINUTE, 30 * MINUTE, &mut self.chance);
        let correction = Correction::More { minor: FEE_MINOR };
        self.plan(at, Action::Correct { invoice: oldest.number, correction });
    }

    /// None once the invoice is paid or given up.
    pub(super) fn correct(&mut self, invoice: u32, correction: Correction, now: &Now) -> Option<Body> {
        let open = self.ledger.invoice(invoice)?;
        let (delta_minor, due_date) = match correction {
            Correction::Less { per_mille } => (-(open.open_minor * per_mille / 1_000).max(1), None),
            Correction::More { minor } => (minor, None),
            Correction::Extension { days } => (0, Some(open.due.max(now.date).plus_days(days))),
        };
        match due_date {
            Some(due) => self.ledger.extend(invoice, due),
            None if delta_minor < 0 => self.ledger.credit(invoice, -delta_minor),
            None => self.ledger.reopen(OpenInvoice { open_minor: delta_minor, ..open }),
        }
        Some(Body::Adjusted { invoice_id: self.invoice_id(invoice), delta_minor, due_date })
    }

    /// The creditor gives up an account that is half a year late; most are closed with it.
    pub(super) fn plan_write_off(&mut self, now: &Now) {
        self.closed |= self.persona == Persona::Vanishing || self.chance.per_mille(700);
        let at = now.on(now.date, (12, 17), &mut self.chance);
        self.plan(at, Action::WriteOff);
    }

    /// Writes off the oldest open invoice, and plans the next. After the last one, something is sometimes recovered.
    pub(super) fn write_off(&mut self, now: &Now) -> Option<Body> {
        let invoice = self.ledger.give_up()?;
        if self.ledger.oldest().is_some() {
            let at = now.within(SECOND, MINUTE, &mut self.chance);
            self.plan(at, Action::WriteOff);
        } else if self.chance.per_mille(300) {
            let at = now.on(now.in_days(self.chance.days(20, 150)), (7, 20), &mut self.chance);
            self.plan(at, Action::Recover);
        }
        self.given_up.push((invoice.number, invoice.open_minor));
        Some(Body::WrittenOff { invoice_id: self.invoice_id(invoice.number) })
    }
}
