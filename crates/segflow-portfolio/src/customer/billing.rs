//! Invoices: what is owed, and when and how it would be paid if nobody asked.

use segflow_core::event::{Body, Channel, Discount, Family};
use segflow_core::time::Date;

use super::debit::Collection;
use super::paying::{Due, Payment};
use super::{Action, Customer};
use crate::ledger::OpenInvoice;
use crate::now::{Now, next_day_of_month, weekday_from};
use crate::persona::Contract;
use crate::persona::Persona;

/// How long a discount may be taken, and how much it is, in per mille.
const DISCOUNT: (i32, i64) = (10, 20);

/// A bill that is to be issued.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bill {
    pub(super) due: Date,
    pub(super) amount_minor: i64,
    /// The producer's word for such a debt.
    pub(super) debt_type: &'static str,
}

impl Customer {
    /// The month's invoice of one contract; none once that has ended.
    pub(super) fn bill(&mut self, contract: usize, now: &Now) -> Option<Body> {
        if self.closed {
            return None;
        }
        let next_month = next_day_of_month(now.in_days(1), now.date.civil().day());
        let at = now.on(next_month, (5, 8), &mut self.chance);
        self.plan(at, Action::Bill { contract });
        let grown = (1_000 + self.traits.growth * self.counts.bills / 12).clamp(300, 3_000);
        let Contract { usual_minor, debt_type } = self.traits.contracts[contract];
        let amount_minor = usual_minor * grown / 1_000 * self.chance.between(800, 1_250) / 1_000;
        self.counts.bills += i64::from(contract == 0);
        let invoice = self.next_number(Family::Invoices);
        let bill = Bill { due: now.in_days(self.traits.terms_days), amount_minor, debt_type };
        let discount = self.discount(amount_minor, now);
        let body = self.issue(bill, discount, now);
        self.plan_payment(invoice, bill.due, discount, now);
        self.plan_questions(invoice, bill, now);
        Some(body)
    }

    pub(super) fn load_opening_debt(&mut self, days_past_due: i32, now: &Now) -> Body {
        let Contract { usual_minor, debt_type } = self.traits.contracts[0];
        let amount_minor = usual_minor * self.chance.between(500, 2_500) / 1_000;
        self.issue(Bill { due: now.in_days(-days_past_due), amount_minor, debt_type }, None, now)
    }

    /// What the customer need not pay of the bill issued now, if they pay early.
    fn discount(&self, amount_minor: i64, now: &Now) -> Option<Discount> {
        let (days, per_mille) = DISCOUNT;
        let offered = Discount { amount_minor: amount_minor * per_mille / 1_000, until: now.in_days(days) };
        Some(offered).filter(|offered| self.traits.discounts && offered.amount_minor > 0)
    }

    pub(super) fn issue(&mut self, bill: Bill, discount: Option<Discount>, now: &Now) -> Body {
        let Bill { due, amount_minor, debt_type } = bill;
        let number = self.next_number(Family::Invoices);
        self.ledger.issue(OpenInvoice { due, number, open_minor: amount_minor, discount });
        self.plan_chase(now);
        let (invoice_id, debt_type) = (self.invoice_id(number), Some(debt_type.to_owned()));
        Body::Issued { invoice_id, amount_minor, due_date: due, debt_type, discount }
    }

    /// When and how the invoice just issued would be paid if nobody asked; those with a pay day wait for it.
    pub(super) fn plan_payment(&mut self, invoice: u32, due: Date, discount: Option<Discount>, now: &Now) {
        if self.mandate {
            return self.plan_collection(Collection { invoice, attempt: 1, payment: None }, due, now);
        }
        if let Some(Discount { until, .. }) = discount.filter(|_| self.chance.per_mille(550)) {
            let at = now.on(until.plus_days(-self.chance.days(0, 5)), (7, 23), &mut self.chance);
            let payment = Payment { due: Due::Discounted(invoice), share: 1_000, method: "BANK_TRANSFER" };
            return self.plan(at, Action::Pay(payment));
        }
        let chance = &mut self.chance;
        let (paid_on, hours, share, method) = match self.persona {
            Persona::DirectDebit | Persona::Forgetful | Persona::Vanishing if chance.per_mille(480) => {
                (due.plus_days(-chance.days(0, 9)), (7, 23), 1_000, "CARD")
            }
            Persona::DirectDebit | Persona::Forgetful | Persona::Vanishing => {
                (due.plus_days(chance.days(20, 50)), (7, 23), 1_000, "CARD")
            }
            Persona::Straggler => match chance.between(0, 19) {
                0..=2 => (due.plus_days(-chance.days(0, 3)), (7, 23), 1_000, "BANK_TRANSFER"),
                3 => (due.plus_days(chance.days(4, 8)), (7, 23), 1_000, "BANK_TRANSFER"),
                // The creditor's reminders leave from eight on the second day.
                4..=9 => (due.plus_days(2), (0, 8), 1_000, "BANK_TRANSFER"),
                _ => (due.plus_days(1), (7, 23), 1_000, "BANK_TRANSFER"),
            },
            Persona::Strategic => {
                (due.plus_days(self.traits.patience_days - chance.days(0, 2)), (7, 23), 1_000, "BANK_TRANSFER")
            }
            Persona::Business => match chance.between(0, 9) {
                0 => (due.plus_days(chance.days(40, 75)), (7, 23), 1_000, "BANK_TRANSFER"),
                1 => (due.plus_days(chance.days(0, 20)), (7, 23), 900, "BANK_TRANSFER"),
                _ => (due.plus_days(chance.days(-3, 22)), (7, 23), 1_000, "BANK_TRANSFER"),
            },
            _ => return,
        };
        let at = now.on(paid_on, hours, chance);
        self.plan(at, Action::Pay(Payment { due: Due::Invoice(invoice), share, method }));
    }

    /// Some ask about the bill, some contest it, and some bills are wrong.
    fn plan_questions(&mut self, invoice: u32, bill: Bill, now: &Now) {
        if self.chance.per_mille(30) {
            let channel = self.chance.one_of(&[Channel::Call, Channel::Chat, Channel::Email, Channel::Portal]);
            let date = weekday_from(now.in_days(self.chance.days(1, 10)));
            let at = now.on(date, (8, 19), &mut self.chance);
            self.plan(at, Action::Inbound { channel });
        }
        if self.chance.per_mille(self.traits.disputes) {
            let date = now.in_days(self.chance.days(1, 25));
            let at = now.on(date, (8, 21), &mut self.chance);
            self.plan(at, Action::Dispute { invoice });
        }
        self.plan_correction(invoice, bill, now);
        self.plan_hold(invoice, now);
        self.plan_goodwill(now);
    }

    /// Sends no more bills. A customer who owes nothing may later ask to be forgotten.
    pub(super) fn leave(&mut self, now: &Now) -> Option<Body> {
        self.closed = true;
        let at = now.on(now.in_days(self.chance.days(50, 120)), (8, 20), &mut self.chance);
        self.plan(at, Action::Forget);
        None
    }

    /// None as long as something is owed: that is a reason to keep the file.
    pub(super) fn forget(&mut self) -> Option<Body> {
        if self.ledger.balance() > 0 || !self.given_up.is_empty() || !self.disputes.is_empty() {
            return None;
        }
        self.plans.clear();
        Some(Body::Erased)
    }
}
