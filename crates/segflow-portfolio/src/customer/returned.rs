//! Payments that do not stand: charged back, refunded in part, or returned by the bank days after they were booked.

use segflow_core::event::{Body, FailureCode};

use super::{Action, Customer};
use crate::chance::Chance;
use crate::ledger::OpenInvoice;
use crate::now::{Now, weekday_from};
use crate::persona::Persona;

/// How a payment is taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Return {
    /// By the customer's bank, at the customer's wish.
    Chargeback,
    /// So many per mille of it go back to the customer.
    Refund { per_mille: i64 },
    /// The bank had no cover after all.
    LateFailure,
}

impl Return {
    /// Whether and how a payment of a method will be taken back.
    pub(super) fn drawn(persona: Persona, method: &str, chance: &mut Chance) -> Option<Self> {
        let (is_card, is_debit) = (method == "CARD", method == "DIRECT_DEBIT");
        if !is_card && !is_debit {
            return None;
        }
        if chance.per_mille(persona.takes_back()) {
            return Some(Self::Chargeback);
        }
        if is_card && chance.per_mille(5) {
            return Some(Self::Refund { per_mille: chance.between(100, 600) });
        }
        let fails_late = if persona.short_of_money() { 20 } else { 3 };
        (is_debit && chance.per_mille(fails_late)).then_some(Self::LateFailure)
    }

    /// Within how many days, at least and at most.
    pub(super) const fn days(self) -> (i32, i32) {
        match self {
            Self::Chargeback => (2, 45),
            Self::Refund { .. } => (1, 20),
            Self::LateFailure => (2, 6),
        }
    }
}

impl Customer {
    /// What is taken back is owed again; for an invoice written off meanwhile, it adds to the loss. Some chargebacks are won.
    pub(super) fn take_back(&mut self, payment: u32, how: Return, now: &Now) -> Option<Body> {
        let mut receipt = self.take_receipt(payment)?;
        let amount_minor = match how {
            Return::Refund { per_mille } => (receipt.amount_minor * per_mille / 1_000).max(1),
            _ => receipt.amount_minor,
        };
        self.owe_again(&mut receipt.parts, amount_minor);
        self.plan_chase(now);
        let payment_id = self.payment_id(payment);
        if how == Return::LateFailure {
            let code =
                self.chance.weighted(&[(850, FailureCode::InsufficientFunds), (150, FailureCode::AccountClosed)]);
            self.mandate &= code != FailureCode::AccountClosed;
            return Some(Body::Failed { payment_id, code: Some(code) });
        }
        if how == Return::Chargeback && self.chance.per_mille(300) {
            let at = now.on(weekday_from(now.in_days(self.chance.days(15, 50))), (9, 17), &mut self.chance);
            self.plan(at, Action::Reinstate { payment });
            self.receipts.push(receipt);
        }
        let part = matches!(how, Return::Refund { .. }).then_some(amount_minor);
        Some(Body::Reversed { payment_id, amount_minor: part })
    }

    /// Takes an amount off the parts of a receipt, the latest first.
    fn owe_again(&mut self, parts: &mut [OpenInvoice], amount_minor: i64) {
        let mut left = amount_minor;
        for part in parts.iter_mut().rev() {
            let back = OpenInvoice { open_minor: part.open_minor.min(left), ..*part };
            left -= back.open_minor;
            match self.given_up.iter_mut().find(|(invoice, _)| *invoice == back.number) {
                Some((_, unpaid)) => *unpaid += back.open_minor,
                None if back.open_minor > 0 => self.ledger.reopen(back),
                None => {}
            }
        }
    }

    /// The creditor has proved that the payment was due to it. None if what it paid was given up since.
    pub(super) fn reinstate(&mut self, payment: u32) -> Option<Body> {
        let receipt = self.take_receipt(payment)?;
        if self.is_given_up(&receipt) {
            return None;
        }
        self.ledger.receive(receipt.money(), |_| {});
        Some(Body::PaymentReinstated { payment_id: self.payment_id(payment), amount_minor: None })
    }
}
