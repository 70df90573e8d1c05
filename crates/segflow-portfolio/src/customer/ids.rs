//! The ids of what a customer's events tell of.

use super::Customer;
use crate::id;

impl Customer {
    pub(super) fn invoice_id(&self, invoice: u32) -> String {
        id::numbered("INV", self.number, invoice)
    }

    pub(super) fn payment_id(&self, payment: u32) -> String {
        id::numbered("PAY", self.number, payment)
    }

    pub(super) fn promise_id(&self, promise: u32) -> String {
        id::numbered("PRM", self.number, promise)
    }

    pub(super) fn plan_id(&self, first_promise: u32) -> String {
        id::numbered("PLN", self.number, first_promise)
    }

    pub(super) fn credit_note_id(&self, credit_note: u32) -> String {
        id::numbered("CRN", self.number, credit_note)
    }

    pub(super) fn dispute_id(&self, dispute: u32) -> String {
        id::numbered("DSP", self.number, dispute)
    }
}
