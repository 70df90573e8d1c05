//! Where money comes from.

use super::Terms;
use crate::event::Named;
use crate::feature::interner::subject;
use crate::time::{Date, Timestamp};

/// Where money comes from: a payment that stands, or a credit note.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The place of the fact that brought it.
    pub fact: usize,
    /// The place of the fact that says which invoices it names.
    pub(super) naming: usize,
    /// Whether it is a payment.
    pub is_payment: bool,
    /// Whether one event alone tells of it.
    pub is_single: bool,
    /// When it was received.
    pub at: Timestamp,
    /// Its local day.
    pub on: Date,
    /// Minor units.
    pub amount: i64,
}

impl Source {
    /// The id of the payment or credit note.
    #[must_use]
    pub fn id<'f>(&self, terms: Terms<'f>) -> &'f str {
        subject(self.fact, terms.facts)
    }

    /// The invoices that it names.
    pub(super) fn names<'f>(&self, terms: Terms<'f>) -> &'f [Named] {
        terms.facts[self.naming].body.names()
    }
}
