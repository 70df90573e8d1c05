//! One customer's facts, indexed by what features read.
//!
//! An index borrows nothing from the facts, so that it can be kept for as long as they stay. Each part is built when the
//! first feature asks for it.

pub mod attributes;
pub mod books;
pub mod contact_log;
pub mod contacts;
pub mod disputes;
pub mod habit;
pub mod history;
pub mod invoice;
pub mod ledger;
pub mod owed;
pub mod payments;
pub mod plans;
mod promise;
mod promise_replay;
pub mod promises;
pub mod receipts;
mod running;
#[cfg(test)]
mod tests;

use std::cell::{OnceCell, RefCell, RefMut};
use std::sync::Arc;

use super::reading::Reading;
use crate::event::{Families, Family};
use attributes::PROFILES;
use contacts::{CONTACTS, Contacts};
use disputes::{DISPUTES, Disputes};
use history::History;
use owed::Owed;
use payments::{PAYMENTS, Payments};
use promises::{PROMISES, Promises};
pub(crate) use running::Running;

/// The families of events from which the ledger is replayed.
pub const LEDGER: Families = Families::of(&[Family::Invoices, Family::Payments, Family::Disputes]);

/// Every index of one customer's facts.
#[derive(Default, Debug)]
pub(crate) struct FactIndex {
    /// What is owed; with the history where the same replay served both.
    pub owed: Part<(Owed, Option<History>)>,
    /// The history where a replay of its own served it.
    pub history: Part<History>,
    pub payments: Part<Payments>,
    pub promises: Part<Promises>,
    pub contacts: Part<Contacts>,
    pub disputes: Part<Disputes>,
    /// The value of each attribute; none for a text, which would borrow from a fact.
    pub attributes: Part<Vec<Option<Reading<'static>>>>,
    /// From what the next index is made, if the next facts come in order.
    running: RefCell<Option<Box<Running>>>,
}

type Part<T> = OnceCell<Arc<T>>;

impl FactIndex {
    /// What is kept from fact to fact.
    pub fn running(&self) -> RefMut<'_, Running> {
        RefMut::map(self.running.borrow_mut(), |running| &mut **running.get_or_insert_default())
    }

    /// Takes out the parts that stay valid when facts of some families change; the others stay here.
    pub fn take_but_for(&mut self, families: Families) -> Self {
        fn taken<T>(part: &mut Part<T>, is_valid: bool) -> Part<T> {
            if is_valid { std::mem::take(part) } else { Part::new() }
        }
        let valid = |read: Families| !read.meets(families);
        Self {
            owed: taken(&mut self.owed, valid(LEDGER)),
            history: taken(&mut self.history, valid(LEDGER)),
            payments: taken(&mut self.payments, valid(PAYMENTS)),
            promises: taken(&mut self.promises, valid(PROMISES)),
            contacts: taken(&mut self.contacts, valid(CONTACTS)),
            disputes: taken(&mut self.disputes, valid(DISPUTES)),
            attributes: taken(&mut self.attributes, valid(PROFILES)),
            running: std::mem::take(&mut self.running),
        }
    }

    /// The parts that stay valid when facts of some families change; the other parts are taken from `theirs`. Both share
    /// the parts that are built.
    pub fn but_for(&self, families: Families, theirs: &Self) -> Self {
        let source = |read: Families| if read.meets(families) { theirs } else { self };
        Self {
            owed: source(LEDGER).owed.clone(),
            history: source(LEDGER).history.clone(),
            payments: source(PAYMENTS).payments.clone(),
            promises: source(PROMISES).promises.clone(),
            contacts: source(CONTACTS).contacts.clone(),
            disputes: source(DISPUTES).disputes.clone(),
            attributes: source(PROFILES).attributes.clone(),
            running: RefCell::default(),
        }
    }
}
