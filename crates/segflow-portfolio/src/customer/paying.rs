//! Money that the customer sends: for an invoice, for several, or for what there is.

use segflow_core::event::{Body, FailureCode, Family};
use segflow_core::time::Date;

use super::receipt::Receipt;
use super::{Action, Customer};
use crate::ledger::OpenInvoice;
use crate::now::{HOUR, MINUTE, Now, next_day_of_month};
use crate::persona::Persona;

/// Shares are paid in whole pounds.
const POUND: i64 = 100;

/// A payment run pays what is due within so many days.
const RUN_DAYS: i32 = 20;

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
    /// An invoice less its discount, if it is not too late for that.
    Discounted(u32),
    /// All that is open, or so many minor units of it; names no invoice.
    Balance(i64),
    /// All that is overdue, or else what is open of the oldest invoice.
    Overdue,
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
        self.chance.per_mille(pays).then(|| self.pay(payment, None, now)).flatten()
    }

    /// Makes a payment, of a number if it was tried before, unless nothing is left to pay or nobody is left to pay it. A
    /// contested amount waits until its dispute is resolved.
    pub(super) fn pay(&mut self, payment: Payment, number: Option<u32>, now: &Now) -> Option<Body> {
        if self.vanished(now) {
            return None;
        }
        if let Due::Invoice(invoice) | Due::Discounted(invoice) = payment.due
            && self.is_contested(invoice, now)
        {
            let at = now.on(now.in_days(self.chance.days(5, 12)), (7, 23), &mut self.chance);
            self.plan(at, Action::Pay(payment));
            return None;
        }
        let (whole, names) = self.asked(payment, now);
        if whole == 0 {
            return None;
        }
        if payment.method == "CARD" && self.chance.per_mille(15) {
            return Some(self.decline(payment, number, now));
        }
        let amount_minor = match payment.share {
            1_000 => whole,
            share => (whole * i64::from(share) / 1_000 / POUND + 1) * POUND,
        };
        let number = number.unwrap_or_else(|| self.next_number(Family::Payments));
        Some(self.receive(Receipt::now(number, amount_minor, payment.method, now).names(names), now))
    }

    /// The amount that a payment is for, and the invoices that it names.
    fn asked(&mut self, payment: Payment, now: &Now) -> (i64, Vec<(u32, i64)>) {
        let (several, due_by) = match payment.due {
            Due::Invoice(_) if self.persona == Persona::Business => (400, now.in_days(RUN_DAYS)),
            Due::Overdue => (300, now.date),
            _ => (0, now.date),
        };
        let parts = self.together(due_by, now);
        if payment.share == 1_000 && parts.len() > 1 && self.chance.per_mille(several) {
            return (parts.iter().map(|(_, part)| part).sum(), parts);
        }
        match payment.due {
            Due::Invoice(number) => (self.ledger.open_of(number), vec![(number, i64::MAX)]),
            Due::Discounted(number) => {
                let open = self.ledger.invoice(number);
                (open.map_or(0, |open| less_discount(open, now)), vec![(number, i64::MAX)])
            }
            Due::Balance(most) => (self.ledger.balance().min(most), Vec::new()),
            Due::Overdue => (self.pressing(now), Vec::new()),
        }
    }

    /// What is open of each invoice due before a day, unless it is contested.
    fn together(&self, due_by: Date, now: &Now) -> Vec<(u32, i64)> {
        let due = self.ledger.due_before(due_by).filter(|invoice| !self.is_contested(invoice.number, now));
        due.map(|invoice| (invoice.number, invoice.open_minor)).collect()
    }

    /// A card that is refused. Most try again within the hour: half of them the same payment, the others another.
    fn decline(&mut self, payment: Payment, number: Option<u32>, now: &Now) -> Body {
        let number = number.unwrap_or_else(|| self.next_number(Family::Payments));
        if self.chance.per_mille(700) {
            let at = now.within(MINUTE, HOUR, &mut self.chance);
            let action = match self.chance.per_mille(500) {
                true => Action::Retry { number, payment },
                false => Action::Pay(payment),
            };
            self.plan(at, action);
        }
        let codes = [(300, FailureCode::Expired), (600, FailureCode::Declined), (100, FailureCode::Other)];
        self.fail(Some(number), &codes)
    }

    /// The amount that the creditor asks for: all that is overdue, or else what is open of the oldest invoice, in minor units.
    pub(super) fn pressing(&self, now: &Now) -> i64 {
        match self.ledger.overdue(now.date) {
            0 => self.ledger.oldest().map_or(0, |oldest| oldest.open_minor),
            overdue => overdue,
        }
    }
}

fn less_discount(open: OpenInvoice, now: &Now) -> i64 {
    let discount = open.discount.filter(|discount| now.date <= discount.until);
    (open.open_minor - discount.map_or(0, |discount| discount.amount_minor)).max(0)
}
