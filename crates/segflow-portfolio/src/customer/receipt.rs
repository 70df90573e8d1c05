//! What is received: which invoices it names, whether the reference is right, and when it is booked.

use segflow_core::event::{Body, Family, Named};
use segflow_core::time::{Date, Timestamp};

use super::returned::Return;
use super::{Action, Customer};
use crate::ledger::{Money, OpenInvoice};
use crate::now::{HOUR, Now, weekday_from};
use crate::persona::Persona;

/// The share of transfers for an invoice whose reference has a typing error.
const MISTYPED_PER_MILLE: u16 = 10;

/// The share of transfers that are booked days after they arrived.
const BOOKED_LATE_PER_MILLE: u16 = 15;

/// A payment that is received, and where it goes.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    pub(super) payment: u32,
    pub(super) amount_minor: i64,
    /// The invoices that it is for, each with how much is for it at most.
    pub(super) names: Vec<(u32, i64)>,
    pub(super) method: &'static str,
    /// The day on which it was received.
    on: Date,
    /// The parts of it that have gone to invoices, in order.
    pub(super) parts: Vec<OpenInvoice>,
}

impl Receipt {
    pub(super) fn now(payment: u32, amount_minor: i64, method: &'static str, now: &Now) -> Self {
        Self { payment, amount_minor, names: Vec::new(), method, on: now.date, parts: Vec::new() }
    }

    pub(super) fn names(self, names: Vec<(u32, i64)>) -> Self {
        Self { names, ..self }
    }

    /// Whether all of it has gone to invoices.
    fn is_spent(&self) -> bool {
        self.parts.iter().map(|part| part.open_minor).sum::<i64>() == self.amount_minor
    }
}

impl Customer {
    /// A payment by card or direct debit may be taken back. A customer who pays after a cancelled mandate may give another.
    pub(super) fn receive(&mut self, mut receipt: Receipt, now: &Now) -> Body {
        let is_transfer = receipt.method == "BANK_TRANSFER";
        let mistyped = is_transfer && receipt.names.len() == 1 && self.chance.per_mille(MISTYPED_PER_MILLE);
        let body = match mistyped {
            true => Body::Received {
                payment_id: self.payment_id(receipt.payment),
                amount_minor: receipt.amount_minor,
                names: vec![Named::whole(mistyped_id(&self.invoice_id(receipt.names[0].0)))],
                method: Some(receipt.method.to_owned()),
            },
            false => self.received(&receipt),
        };
        if is_transfer && self.chance.per_mille(BOOKED_LATE_PER_MILLE) {
            let happened = self.days_ago(now);
            (self.happened, receipt.on) = (Some(happened), now.zone.date_of(happened));
        }
        let names = if mistyped { &[] } else { receipt.names.as_slice() };
        self.ledger.receive(Money { names, ..receipt.money() }, |part| receipt.parts.push(part));
        if receipt.is_spent() {
            match mistyped {
                true => self.plan_match(receipt, now),
                false => self.plan_return(receipt, now),
            }
        }
        if self.persona == Persona::DirectDebit && !self.mandate {
            self.mandate = self.chance.per_mille(600);
        }
        body
    }

    /// What the producer tells of a receipt.
    fn received(&self, receipt: &Receipt) -> Body {
        let named = |(invoice, most): &(u32, i64)| Named {
            invoice_id: self.invoice_id(*invoice),
            amount_minor: Some(*most).filter(|most| *most < i64::MAX),
        };
        Body::Received {
            payment_id: self.payment_id(receipt.payment),
            amount_minor: receipt.amount_minor,
            names: receipt.names.iter().map(named).collect(),
            method: Some(receipt.method.to_owned()),
        }
    }

    fn days_ago(&mut self, now: &Now) -> Timestamp {
        now.at.plus_ms(-24 * HOUR * self.chance.between(1, 4))
    }

    /// Most errors are found out: by the customer, who is asked to pay again.
    fn plan_match(&mut self, receipt: Receipt, now: &Now) {
        if self.chance.per_mille(800) {
            let at = now.on(weekday_from(now.in_days(self.chance.days(2, 12))), (9, 17), &mut self.chance);
            self.plan(at, Action::Match { payment: receipt.payment });
            self.receipts.push(receipt);
        }
    }

    /// The receipt is told again, under its own number and with the right reference. None if its money helped to settle what
    /// was given up since.
    pub(super) fn match_payment(&mut self, payment: u32, now: &Now) -> Option<Body> {
        let mut receipt = self.take_receipt(payment)?;
        if self.is_given_up(&receipt) {
            return None;
        }
        std::mem::take(&mut receipt.parts).into_iter().for_each(|part| self.ledger.reopen(part));
        self.ledger.receive(receipt.money(), |_| {});
        self.plan_chase(now);
        Some(self.received(&receipt))
    }

    fn plan_return(&mut self, receipt: Receipt, now: &Now) {
        let Some(how) = Return::drawn(self.persona, receipt.method, &mut self.chance) else { return };
        let (least, most) = how.days();
        let date = now.in_days(self.chance.days(least, most));
        let at = now.on(weekday_from(date), (2, 5), &mut self.chance);
        self.plan(at, Action::Return { payment: receipt.payment, how });
        self.receipts.push(receipt);
    }

    pub(super) fn take_receipt(&mut self, payment: u32) -> Option<Receipt> {
        let at = self.receipts.iter().position(|receipt| receipt.payment == payment)?;
        Some(self.receipts.swap_remove(at))
    }

    /// Whether a part of a receipt is on an invoice that was written off.
    pub(super) fn is_given_up(&self, receipt: &Receipt) -> bool {
        receipt.parts.iter().any(|part| self.given_up.iter().any(|(invoice, _)| *invoice == part.number))
    }

    /// The agency that took on a written-off invoice recovers a part of it, and tells days later. The payment names the
    /// invoice.
    pub(super) fn recover(&mut self, now: &Now) -> Option<Body> {
        let (invoice, unpaid) = self.given_up.pop()?;
        let amount_minor = if self.chance.per_mille(500) { unpaid } else { (unpaid / 4).max(1) };
        if unpaid > amount_minor {
            self.given_up.push((invoice, unpaid - amount_minor));
        }
        if !self.given_up.is_empty() {
            let at = now.on(now.in_days(self.chance.days(20, 40)), (7, 20), &mut self.chance);
            self.plan(at, Action::Recover);
        }
        self.happened = Some(self.days_ago(now));
        let payment = self.next_number(Family::Payments);
        let receipt = Receipt::now(payment, amount_minor, "AGENCY", now).names(vec![(invoice, i64::MAX)]);
        Some(self.received(&receipt))
    }
}

impl Receipt {
    pub(super) fn money(&self) -> Money<'_> {
        Money { amount_minor: self.amount_minor, names: &self.names, on: self.on }
    }
}

/// `INV-000217-003` for `INV-000217-0003`: no invoice's number has fewer than four digits.
fn mistyped_id(invoice_id: &str) -> String {
    let (stem, digits) = invoice_id.rsplit_once('-').expect("an id with a number");
    format!("{stem}-{}", &digits[1..])
}
