//! A receivable, as the facts so far leave it.

use super::ledger::Terms;
use crate::event::{Body, Discount};
use crate::feature::interner::subject;
use crate::time::{Date, Timestamp};

/// A receivable, as the facts so far leave it.
#[derive(Clone, Debug)]
pub struct Invoice {
    /// The place of the fact that issued it.
    pub issued: usize,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Its last day on which it is not overdue.
    pub due: Date,
    /// The earliest due date that it ever had.
    pub earliest_due: Date,
    /// The amount issued plus all adjustments, less the discount taken; negative where they take more than was issued.
    pub(super) face: i64,
    /// What an early receipt need not pay; none once it is taken.
    pub(super) discount: Option<Discount>,
    /// Whether it was written off.
    pub written_off: bool,
    /// The hold on it, if it is on hold.
    pub hold: Option<Hold>,
    /// Since when nothing of it has been open.
    pub closed_at: Option<Timestamp>,
    /// Since when nothing of it has been left to pay, and some of that was paid by a payment, written off or not.
    pub(super) paid_at: Option<Timestamp>,
    /// Whether the ledger lists it among those that are paid in full.
    pub(super) is_listed: bool,
    /// The money allocated to it, in order.
    pub allocations: Vec<Allocation>,
    /// The sum of `allocations`.
    pub(super) allocated: i64,
    /// The numbers of the disputes that cover it or did.
    pub(super) disputes: Vec<usize>,
    /// How much of it open disputes cover; `i64::MAX` is everything.
    pub(super) covered: i64,
}

/// Money on an invoice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allocation {
    /// The place of the money among the ledger's sources.
    pub source: usize,
    /// Minor units.
    pub amount: i64,
    /// When it went there.
    pub at: Timestamp,
    /// Whether it is the money of a payment; else it is that of a credit note.
    pub is_payment: bool,
    /// Whether the invoice was written off then.
    pub is_recovery: bool,
}

/// A time for which an invoice is not collected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// Its last day; without it, the hold lasts until the invoice is released.
    pub until: Option<Date>,
}

impl Hold {
    /// Whether it lasts on a day.
    #[must_use]
    pub fn lasts(&self, today: Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }
}

impl Invoice {
    /// The invoice of the fact at this place, which issued an amount in minor units, and that is due on a day.
    pub(super) fn issued(fact: usize, issued_at: Timestamp, amount_minor: i64, due: Date) -> Self {
        Self {
            issued: fact,
            issued_at,
            due,
            earliest_due: due,
            face: amount_minor,
            discount: None,
            written_off: false,
            hold: None,
            closed_at: None,
            paid_at: None,
            is_listed: false,
            allocations: Vec::new(),
            allocated: 0,
            disputes: Vec::new(),
            covered: 0,
        }
    }

    /// Its id.
    #[must_use]
    pub fn id<'f>(&self, terms: Terms<'f>) -> &'f str {
        subject(self.issued, terms.facts)
    }

    /// The producer's word for what kind of debt it is.
    #[must_use]
    pub fn debt_type<'f>(&self, terms: Terms<'f>) -> Option<&'f str> {
        if let Body::Issued { debt_type, .. } = &terms.facts[self.issued].body { debt_type.as_deref() } else { None }
    }

    /// The amount issued plus all adjustments, less the discount taken, at least 0.
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

    /// Since when it has been paid in full: by payments, at least in part.
    #[must_use]
    pub fn paid_at(&self) -> Option<Timestamp> {
        self.paid_at.filter(|_| !self.written_off)
    }

    /// Notes how the fact at this instant left it.
    pub(super) fn settle(&mut self, at: Timestamp) {
        let is_paid = self.unpaid() == 0 && self.allocations.iter().any(|allocation| allocation.is_payment);
        self.paid_at = is_paid.then(|| self.paid_at.unwrap_or(at));
        self.closed_at = (self.open() == 0).then(|| self.closed_at.unwrap_or(at));
    }

    /// The disputed part of what is owed.
    #[must_use]
    pub fn disputed(&self) -> i64 {
        self.open().min(self.covered)
    }

    /// Whether it is on hold on a day.
    #[must_use]
    pub fn is_held(&self, today: Date) -> bool {
        self.hold.is_some_and(|hold| hold.lasts(today))
    }

    /// The part of what is owed that is collected on a day: neither disputed nor on hold.
    #[must_use]
    pub fn collectable(&self, today: Date) -> i64 {
        if self.is_held(today) { 0 } else { self.open() - self.disputed() }
    }

    /// The order in which money goes to invoices.
    pub(super) fn order<'f>(&self, terms: Terms<'f>) -> (Date, Timestamp, &'f str) {
        (self.due, self.issued_at, self.id(terms))
    }

    /// Takes what it can of some money, up to a limit, and returns how much that was.
    pub(super) fn take(&mut self, money: Allocation, limit: i64) -> i64 {
        let amount = money.amount.min(limit).min(self.unpaid());
        if amount > 0 {
            self.allocations.push(Allocation { amount, is_recovery: self.written_off, ..money });
            self.allocated += amount;
        }
        amount
    }

    /// Gives up the discount's part if a receipt of this day has brought what is paid that near to the amount.
    pub(super) fn discount(&mut self, received_on: Date) {
        let Some(Discount { amount_minor, until }) = self.discount else { return };
        if received_on <= until && self.allocated > 0 && self.unpaid() <= amount_minor {
            self.face = self.face.saturating_sub(self.unpaid());
            self.discount = None;
        }
    }

    /// Gives back what is allocated beyond its amount, the latest first; returned in the order in which it came.
    pub(super) fn give_back(&mut self) -> Vec<Allocation> {
        let mut beyond = self.allocated.saturating_sub(self.amount());
        let mut back = Vec::new();
        while beyond > 0 {
            let last = self.allocations.pop().expect("the allocations make up what is allocated");
            let taken = last.amount.min(beyond);
            if last.amount > taken {
                self.allocations.push(Allocation { amount: last.amount - taken, ..last });
            }
            (self.allocated, beyond) = (self.allocated - taken, beyond - taken);
            back.push(Allocation { amount: taken, ..last });
        }
        back.reverse();
        back
    }
}
