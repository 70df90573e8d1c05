//! Money: payments, failed and reversed ones, and recoveries after a write-off.

use segflow_core::event::{Body, FailureCode, Family, Named};
use segflow_core::time::Date;

use super::{Action, Customer};
use crate::ledger::OpenInvoice;
use crate::now::{HOUR, MINUTE, Now, next_day_of_month, weekday_from};
use crate::persona::Persona;

/// Shares are paid in whole pounds.
const POUND: i64 = 100;

/// How often an invoice is collected by direct debit before the customer is asked.
const COLLECTIONS: u8 = 2;

/// A payment that may come, and how it is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Payment {
    pub(super) due: Due,
    /// The share of it that is paid, in per mille; above 1,000 is too much.
    pub(super) share: u16,
    /// The producer's word for the way it is paid.
    pub(super) method: &'static str,
}

/// What a payment is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Due {
    /// An invoice, which the payment names.
    Invoice(u32),
    /// All that is open, or so many minor units of it; names no invoice.
    Balance(i64),
    /// All that is overdue, or else what is open of the oldest invoice; names no invoice.
    Overdue,
}

/// Where a payment went that will be taken back.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    payment: u32,
    parts: Vec<OpenInvoice>,
}

impl Customer {
    /// Pays on the monthly day of a customer with their own calendar: all that is open, or as much as there is.
    pub(super) fn keep_pay_day(&mut self, now: &Now) -> Option<Body> {
        let pay_day = self.traits.pay_day?;
        let next_month = next_day_of_month(now.in_days(4), pay_day);
        let date = next_month.plus_days(self.chance.days(-1, 1));
        let at = now.on(date, (6, 22), &mut self.chance);
        self.plan(at, Action::PayDay);
        let (pays, share, method) = match self.persona {
            Persona::DatePayer if self.chance.per_mille(40) => (980, 1_100, "STANDING_ORDER"),
            Persona::DatePayer => (980, 1_000, "STANDING_ORDER"),
            _ if self.chance.per_mille(200) => (450, 1_000, "CARD"),
            _ => (450, u16::try_from(self.chance.between(150, 600)).expect("a share"), "CARD"),
        };
        let payment = Payment { due: Due::Balance(i64::MAX), share, method };
        self.chance.per_mille(pays).then(|| self.pay(payment, now)).flatten()
    }

    /// Makes a payment, unless nothing is left to pay or nobody is left to pay it. A contested amount waits until its dispute
    /// is resolved.
    pub(super) fn pay(&mut self, payment: Payment, now: &Now) -> Option<Body> {
        if self.vanished(now) {
            return None;
        }
        let (whole, named) = match payment.due {
            Due::Invoice(number) if self.is_disputed(number) => {
                let at = now.on(now.in_days(self.chance.days(5, 12)), (7, 23), &mut self.chance);
                self.plan(at, Action::Pay(payment));
                return None;
            }
            Due::Invoice(number) => (self.ledger.open_of(number), Some(number)),
            Due::Balance(most) => (self.ledger.balance().min(most), None),
            Due::Overdue => (self.pressing(now), None),
        };
        if whole == 0 {
            return None;
        }
        if payment.method == "CARD" && self.chance.per_mille(15) {
            if self.chance.per_mille(700) {
                let at = now.within(MINUTE, HOUR, &mut self.chance);
                self.plan(at, Action::Pay(payment));
            }
            let codes = [(300, FailureCode::Expired), (600, FailureCode::Declined), (100, FailureCode::Other)];
            return Some(self.fail(&codes));
        }
        let amount_minor = match payment.share {
            1_000 => whole,
            share => (whole * i64::from(share) / 1_000 / POUND + 1) * POUND,
        };
        Some(self.receive(amount_minor, named, payment.method, now))
    }

    /// The creditor collects on the due date, and once more if there was no cover.
    pub(super) fn collect(&mut self, invoice: u32, attempt: u8, now: &Now) -> Option<Body> {
        let open = self.ledger.invoice(invoice).filter(|_| self.mandate)?;
        if open.due > now.in_days(2) || self.is_disputed(invoice) {
            let later = open.due.max(now.in_days(10));
            self.plan_collection(invoice, attempt, later, now);
            return None;
        }
        if self.chance.per_mille(if self.vanished(now) { 1_000 } else { self.persona.debit_fails() }) {
            return Some(self.fail_to_collect(invoice, attempt, now));
        }
        Some(self.receive(open.open_minor, Some(invoice), "DIRECT_DEBIT", now))
    }

    fn plan_collection(&mut self, invoice: u32, attempt: u8, date: Date, now: &Now) {
        let at = now.on(weekday_from(date), (2, 5), &mut self.chance);
        self.plan(at, Action::Collect { invoice, attempt });
    }

    fn fail_to_collect(&mut self, invoice: u32, attempt: u8, now: &Now) -> Body {
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
        let body = self.fail(&codes);
        match body {
            Body::Failed { code: Some(FailureCode::MandateCancelled | FailureCode::AccountClosed), .. } => {
                self.mandate = false;
            }
            _ if attempt < COLLECTIONS => {
                let again = now.in_days(self.chance.days(7, 12));
                self.plan_collection(invoice, attempt + 1, again, now);
            }
            _ => {}
        }
        body
    }

    fn fail(&mut self, codes: &[(u16, FailureCode)]) -> Body {
        let payment_id = self.payment_id(self.next_number(Family::Payments));
        Body::Failed { payment_id, code: Some(self.chance.weighted(codes)) }
    }

    /// A payment by card or direct debit may be taken back. A customer who pays after a cancelled mandate may give another.
    fn receive(&mut self, amount_minor: i64, named: Option<u32>, method: &'static str, now: &Now) -> Body {
        let payment = self.next_number(Family::Payments);
        let revocable = matches!(method, "CARD" | "DIRECT_DEBIT");
        if revocable && self.chance.per_mille(self.persona.takes_back()) {
            let mut parts = Vec::new();
            self.ledger.receive(amount_minor, named, |part| parts.push(part));
            self.reversible.push(Receipt { payment, parts });
            let date = now.in_days(self.chance.days(2, 45));
            let at = now.on(weekday_from(date), (2, 5), &mut self.chance);
            self.plan(at, Action::Reverse { payment });
        } else {
            self.ledger.receive(amount_minor, named, |_| {});
        }
        if self.persona == Persona::DirectDebit && !self.mandate {
            self.mandate = self.chance.per_mille(600);
        }
        let (payment_id, invoice_id) = (self.payment_id(payment), named.map(|number| self.invoice_id(number)));
        Body::Received {
            payment_id,
            amount_minor,
            names: invoice_id.map(Named::whole).into_iter().collect(),
            method: Some(method.to_owned()),
        }
    }

    /// The amount of a reversed payment is owed again; for an invoice written off meanwhile, it adds to the loss.
    pub(super) fn reverse(&mut self, payment: u32, now: &Now) -> Option<Body> {
        let at = self.reversible.iter().position(|receipt| receipt.payment == payment)?;
        let receipt = self.reversible.swap_remove(at);
        for part in receipt.parts {
            match self.given_up.iter_mut().find(|(invoice, _)| *invoice == part.number) {
                Some((_, unpaid)) => *unpaid += part.open_minor,
                None => self.ledger.reopen(part),
            }
        }
        self.plan_chase(now);
        Some(Body::Reversed { payment_id: self.payment_id(payment), amount_minor: None })
    }

    /// The agency that took on a written-off invoice recovers a part of it. The payment names the invoice.
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
        let payment_id = self.payment_id(self.next_number(Family::Payments));
        let (invoice_id, method) = (Some(self.invoice_id(invoice)), Some("AGENCY".to_owned()));
        Some(Body::Received {
            payment_id,
            amount_minor,
            names: invoice_id.map(Named::whole).into_iter().collect(),
            method,
        })
    }

    /// The amount that the creditor asks for: all that is overdue, or else what is open of the oldest invoice, in minor units.
    pub(super) fn pressing(&self, now: &Now) -> i64 {
        match self.ledger.overdue(now.date) {
            0 => self.ledger.oldest().map_or(0, |oldest| oldest.open_minor),
            overdue => overdue,
        }
    }
}
