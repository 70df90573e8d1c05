//! One customer's facts, arranged by what features read. Nothing here is borrowed from the facts, so that it can be kept
//! for as long as they stay; what no rule asks for is not arranged.

use std::cell::OnceCell;
use std::sync::Arc;

use super::LEDGER;
use super::contacts::Contacts;
use super::disputes::Disputes;
use super::history::History;
use super::owed::Owed;
use super::payments::Payments;
use super::promises::Promises;
use super::reading::Reading;
use crate::event::{Families, Family};

/// Each part once it is asked for. Clones share what is arranged.
#[derive(Clone, Default, Debug)]
pub(crate) struct FactIndex {
    pub owed: Part<(Owed, Option<History>)>,
    pub history: Part<History>,
    pub payments: Part<Payments>,
    pub promises: Part<Promises>,
    pub contacts: Part<Contacts>,
    pub disputes: Part<Disputes>,
    /// By attribute; none of a text.
    pub attributes: Part<Vec<Option<Reading<'static>>>>,
}

type Part<T> = OnceCell<Arc<T>>;

impl FactIndex {
    /// What is arranged of facts among which those of some families are others: of these families that of `theirs`.
    pub fn but_for(&self, families: Families, theirs: &Self) -> Self {
        let of = |read: Families| if read.meets(families) { theirs } else { self };
        Self {
            owed: of(LEDGER).owed.clone(),
            history: of(LEDGER).history.clone(),
            payments: of(Families::of(&[Family::Payments])).payments.clone(),
            promises: of(Families::of(&[Family::Promises, Family::Payments])).promises.clone(),
            contacts: of(Families::of(&[Family::Contacts])).contacts.clone(),
            disputes: of(Families::of(&[Family::Disputes])).disputes.clone(),
            attributes: of(Families::of(&[Family::Profiles])).attributes.clone(),
        }
    }
}
