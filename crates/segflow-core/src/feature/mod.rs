//! Features: pure functions of the facts in effect and an instant, each with its expiry.

pub mod catalogue;
pub mod contacts;
pub mod dated;
pub mod ledger;
pub mod profile;
pub mod promises;
pub mod reading;
pub mod view;

use crate::event::{Channel, Direction};

/// A window: the present calendar day and the `days - 1` before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// 1 to the horizon.
    pub days: i32,
}

/// What a rule may read. Names and definitions are the catalogue's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Feature {
    /// `balance`: open amounts of all invoices.
    Balance,
    /// `credit`: received and not allocated.
    Credit,
    /// `overdue.amount`
    OverdueAmount,
    /// `overdue.days`: days past due.
    OverdueDays,
    /// `overdue.invoices`
    OverdueInvoices,
    /// `invoices.open`
    InvoicesOpen,
    /// `next_due.days`
    NextDueDays,
    /// `next_due.amount`
    NextDueAmount,
    /// `payments.count(w)`
    PaymentsCount(Window),
    /// `payments.sum(w)`
    PaymentsSum(Window),
    /// `payments.last_days`
    PaymentsLastDays,
    /// `promises.open`
    PromisesOpen,
    /// `promises.due_days`
    PromisesDueDays,
    /// `promises.kept(w)`
    PromisesKept(Window),
    /// `promises.broken(w)`
    PromisesBroken(Window),
    /// `promises.kept_ratio(w)`
    PromisesKeptRatio(Window),
    /// `contacts.outbound(w)`, `contacts.inbound(w)`, each also of one channel.
    Contacts(Direction, Window, Option<Channel>),
    /// `silent.days`
    SilentDays,
    /// `customer.days`
    CustomerDays,
    /// `profile.NAME`, by its place in `Segmentation::attributes`.
    Profile(usize),
    /// `segment("dimension")`, by its place in `Segmentation::dimensions`; earlier than the rule's own.
    Segment(usize),
    /// `segment.days("dimension")`
    SegmentDays(usize),
}
