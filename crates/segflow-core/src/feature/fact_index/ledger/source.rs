//! Where money comes from.

use crate::event::Named;
use crate::fact::Fact;
use crate::time::{Date, Timestamp};

/// Where money comes from: a payment that stands, or a credit note.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The id of the payment or credit note.
    pub id: &'a str,
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
    /// The invoices that it names.
    pub names: &'a [Named],
}

impl<'a> Source<'a> {
    /// A payment that a fact brings, and of which no more is known.
    pub(super) const fn of(fact: &'a Fact, on: Date, amount: i64) -> Self {
        Self { id: "", is_payment: true, is_single: true, at: fact.occurred_at, on, amount, names: &[] }
    }
}
