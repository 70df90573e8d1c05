//! Direct debits: submitted some days before they are due, answered by the bank, and tried again if there was no cover.

use segflow_core::event::{Body, FailureCode, Family};
use segflow_core::time::Date;

use super::receipt::Receipt;
use super::{Action, Customer};
use crate::now::{Now, weekday_from, weekday_until};
use crate::persona::Persona;

/// How often an invoice is collected by direct debit before the customer is asked.
const COLLECTIONS: u8 = 2;

/// How many days before it is due a direct debit is submitted.
const AHEAD_DAYS: i32 = 2;

/// How early before its due date an invoice may be collected: by the weekends between.
const EARLY_DAYS: i32 = 6;

/// The collection of an invoice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Collection {
    pub(super) invoice: u32,
    /// From 1.
    pub(super) attempt: u8,
    /// The payment, once the first attempt has been made: the bank presents it again under the same number.
    pub(super) payment: Option<u32>,
}

impl Customer {
    /// Plans to collect on a day, or on the Friday before a weekend.
    pub(super) fn plan_collection(&mut self, collection: Collection, date: Date, now: &Now) {
        let submitted_on = weekday_until(weekday_until(date).plus_days(-AHEAD_DAYS));
        let at = now.on(submitted_on.max(now.in_days(1)), (17, 21), &mut self.chance);
        self.plan(at, Action::Submit(collection));
    }

    /// None if nothing is left to collect. What is contested, or given more time, is collected later.
    pub(super) fn submit(&mut self, collection: Collection, now: &Now) -> Option<Body> {
        let open = self.ledger.invoice(collection.invoice).filter(|_| self.mandate)?;
        if open.due > now.in_days(EARLY_DAYS) || self.is_contested(collection.invoice, now) {
            self.plan_collection(collection, open.due.max(now.in_days(10)), now);
            return None;
        }
        let (amount_minor, payment) =
            (open.open_minor, collection.payment.unwrap_or_else(|| self.next_number(Family::Payments)));
        let answered_on = match weekday_until(open.due) {
            due if due > now.date => due,
            _ => weekday_from(now.in_days(AHEAD_DAYS)),
        };
        let at = now.on(answered_on, (2, 5), &mut self.chance);
        let collection = Collection { payment: Some(payment), ..collection };
        self.plan(at, Action::Settle { collection, amount_minor });
        Some(Body::Submitted { payment_id: self.payment_id(payment), amount_minor })
    }

    /// The bank pays or does not. A debit for what was paid or contested meanwhile is recalled, of which nobody tells; what is
    /// contested is collected later.
    pub(super) fn settle(&mut self, collection: Collection, amount_minor: i64, now: &Now) -> Option<Body> {
        let Collection { invoice, payment, .. } = collection;
        if self.ledger.open_of(invoice) == 0 {
            return None;
        }
        if self.is_contested(invoice, now) {
            self.plan_collection(collection, now.in_days(10), now);
            return None;
        }
        if self.chance.per_mille(if self.vanished(now) { 1_000 } else { self.persona.debit_fails() }) {
            return Some(self.fail_to_collect(collection, now));
        }
        let receipt = Receipt::now(payment?, amount_minor, "DIRECT_DEBIT", now).names(vec![(invoice, i64::MAX)]);
        Some(self.receive(receipt, now))
    }

    fn fail_to_collect(&mut self, collection: Collection, now: &Now) -> Body {
        let (short, cancelled, closed) = match self.persona {
            Persona::Struggling | Persona::Vulnerable => (900, 60, 10),
            Persona::Strategic => (100, 800, 50),
            Persona::Vanishing => (200, 500, 280),
            _ => (600, 180, 120),
        };
        let codes = [
            (short, FailureCode::InsufficientFunds),
            (cancelled, FailureCode::MandateCancelled),
            (closed, FailureCode::AccountClosed),
            (30, FailureCode::Other),
        ];
        let body = self.fail(collection.payment, &codes);
        match body {
            Body::Failed { code: Some(FailureCode::MandateCancelled | FailureCode::AccountClosed), .. } => {
                self.mandate = false;
            }
            _ if collection.attempt < COLLECTIONS => {
                let again = Collection { attempt: collection.attempt + 1, ..collection };
                let date = now.in_days(self.chance.days(9, 14));
                self.plan_collection(again, date, now);
            }
            _ => {}
        }
        body
    }

    /// A payment that does not come about: of this number, or a new one.
    pub(super) fn fail(&mut self, payment: Option<u32>, codes: &[(u16, FailureCode)]) -> Body {
        let payment = payment.unwrap_or_else(|| self.next_number(Family::Payments));
        Body::Failed { payment_id: self.payment_id(payment), code: Some(self.chance.weighted(codes)) }
    }
}
