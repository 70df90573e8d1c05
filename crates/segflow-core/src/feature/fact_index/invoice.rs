//! A receivable, as the facts so far leave it.

use std::collections::BTreeSet;

use crate::time::{Date, Timestamp};

/// A receivable, as the facts so far leave it.
#[derive(Clone, Debug)]
pub struct Invoice<'a> {
    /// Its id.
    pub invoice_id: &'a str,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Its last day on which it is not overdue.
    pub due: Date,
    /// The earliest due date that it ever had.
    pub earliest_due: Date,
    /// The producer's word for what kind of debt it is.
    pub debt_type: Option<&'a str>,
    /// The amount issued plus all adjustments; negative where they take more than was issued.
    pub(super) face: i64,
    /// Whether it was written off.
    pub written_off: bool,
    /// Since when nothing of it has been open.
    pub closed_at: Option<Timestamp>,
    /// The money allocated to it, in order: the place of the payment among those that count, and how much.
    pub allocations: Vec<(usize, i64)>,
    /// The sum of `allocations`.
    pub(super) allocated: i64,
    /// The ids of the disputes that cover it or did.
    pub disputes: BTreeSet<&'a str>,
    /// How much of it open disputes cover; `i64::MAX` is everything.
    pub(super) covered: i64,
}

impl<'a> Invoice<'a> {
    /// An invoice of an amount in minor units, issued at an instant, and due on a day; of no debt type.
    #[must_use]
    pub const fn issued(invoice_id: &'a str, issued_at: Timestamp, amount_minor: i64, due: Date) -> Self {
        Self {
            invoice_id,
            issued_at,
            due,
            earliest_due: due,
            debt_type: None,
            face: amount_minor,
            written_off: false,
            closed_at: None,
            allocations: Vec::new(),
            allocated: 0,
            disputes: BTreeSet::new(),
            covered: 0,
        }
    }

    /// The amount issued plus all adjustments, at least 0.
    #[must_use]
    pub fn amount(&self) -> i64 {
        self.face.max(0)
    }

    /// The part that is not paid, whether written off or not.
    #[must_use]
    pub fn unpaid(&self) -> i64 {
        self.amount().saturating_sub(self.allocated)
    }

    /// The part that is owed: nothing once it is written off.
    #[must_use]
    pub fn open(&self) -> i64 {
        if self.written_off { 0 } else { self.unpaid() }
    }

    /// Since when it has been paid in full.
    #[must_use]
    pub fn paid_at(&self) -> Option<Timestamp> {
        self.closed_at.filter(|_| self.allocated > 0 && !self.written_off)
    }

    /// The disputed part of what is owed.
    #[must_use]
    pub fn disputed(&self) -> i64 {
        self.open().min(self.covered)
    }

    /// The part of what is owed that is not disputed.
    #[must_use]
    pub fn undisputed(&self) -> i64 {
        self.open() - self.disputed()
    }

    /// The order in which money goes to invoices.
    pub(super) fn order(&self) -> (Date, Timestamp, &'a str) {
        (self.due, self.issued_at, self.invoice_id)
    }
}
