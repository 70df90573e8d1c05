//! Invoices, and the payments that the customer would make unasked.

use segflow_core::event::{Body, Channel, Family};
use segflow_core::time::Date;

use super::{Action, Customer, Due, Payment};
use crate::id;
use crate::now::{Now, next_day_of_month, weekday_from, weekday_until};
use crate::persona::Persona;

/// Shares are paid in whole pounds.
const POUND: i64 = 100;

impl Customer {
    pub(super) fn bill(&mut self, now: &Now) -> Body {
        let next_month = next_day_of_month(now.in_days(1), now.date.civil().day());
        let at = now.on(next_month, (5, 8), &mut self.chance);
        self.plan(at, Action::Bill);
        let amount_minor = self.usual_minor * self.chance.between(800, 1_250) / 1_000;
        let due = now.in_days(self.terms_days);
        let body = self.issue(due, amount_minor, now);
        self.plan_payment(due, now);
        if self.chance.per_mille(30) {
            let channel = self.chance.one_of(&[Channel::Call, Channel::Chat, Channel::Email, Channel::Portal]);
            let date = weekday_from(now.in_days(self.chance.days(1, 10)));
            let at = now.on(date, (8, 19), &mut self.chance);
            self.plan(at, Action::Inbound { channel });
        }
        body
    }

    pub(super) fn load_opening_debt(&mut self, days_past_due: i32, now: &Now) -> Body {
        let amount_minor = self.usual_minor * self.chance.between(500, 2_500) / 1_000;
        self.issue(now.in_days(-days_past_due), amount_minor, now)
    }

    fn issue(&mut self, due_date: Date, amount_minor: i64, now: &Now) -> Body {
        let number = self.next_number(Family::Invoices);
        self.ledger.issue(number, due_date, amount_minor);
        self.plan_chase(now);
        let invoice_id = id::numbered("INV", self.number, number);
        Body::Issued { invoice_id, amount_minor, due_date, debt_type: Some(self.debt_type.to_owned()) }
    }

    /// When and how the invoice just issued would be paid if nobody asked; those with a pay day wait for it.
    fn plan_payment(&mut self, due: Date, now: &Now) {
        let chance = &mut self.chance;
        let (paid_on, share, method) = match self.persona {
            Persona::DirectDebit if chance.per_mille(975) => (weekday_until(due), 1_000, "DIRECT_DEBIT"),
            Persona::Forgetful if chance.per_mille(480) => (due.plus_days(-chance.days(0, 9)), 1_000, "CARD"),
            Persona::Forgetful => (due.plus_days(chance.days(20, 50)), 1_000, "CARD"),
            Persona::Strategic => (due.plus_days(self.patience_days - chance.days(0, 2)), 1_000, "BANK_TRANSFER"),
            Persona::Business => match chance.between(0, 9) {
                0 => (due.plus_days(chance.days(40, 75)), 1_000, "BANK_TRANSFER"),
                1 => (due.plus_days(chance.days(0, 20)), 900, "BANK_TRANSFER"),
                _ => (due.plus_days(chance.days(-3, 22)), 1_000, "BANK_TRANSFER"),
            },
            _ => return,
        };
        let hours = if method == "DIRECT_DEBIT" { (2, 5) } else { (7, 23) };
        let at = now.on(paid_on, hours, chance);
        let invoice = self.next_number(Family::Invoices);
        self.plan(at, Action::Pay(Payment { due: Due::Invoice(invoice), share, method }));
    }

    /// The monthly day of those who pay by their own calendar: all of it, or what there is.
    pub(super) fn keep_pay_day(&mut self, now: &Now) -> Option<Body> {
        let pay_day = self.pay_day?;
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

    /// None if there is nothing left to pay.
    pub(super) fn pay(&mut self, payment: Payment, now: &Now) -> Option<Body> {
        let (whole, named) = match payment.due {
            Due::Invoice(number) => (self.ledger.open_of(number), Some(number)),
            Due::Balance(most) => (self.ledger.balance().min(most), None),
            Due::Overdue => (self.pressing(now), None),
        };
        if whole == 0 {
            return None;
        }
        let amount_minor = match payment.share {
            1_000 => whole,
            share => (whole * i64::from(share) / 1_000 / POUND + 1) * POUND,
        };
        self.ledger.receive(amount_minor, named);
        let payment_id = id::numbered("PAY", self.number, self.next_number(Family::Payments));
        let invoice_id = named.map(|number| id::numbered("INV", self.number, number));
        Some(Body::Received { payment_id, amount_minor, invoice_id, method: Some(payment.method.to_owned()) })
    }

    /// What a creditor asks for: all that is overdue, or else what is open of the oldest invoice, in minor units.
    pub(super) fn pressing(&self, now: &Now) -> i64 {
        match self.ledger.overdue(now.date) {
            0 => self.ledger.oldest().map_or(0, |oldest| oldest.open_minor),
            overdue => overdue,
        }
    }
}
