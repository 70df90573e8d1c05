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
pub(crate) struct Arranged {
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

impl Arranged {
    /// What is arranged of facts among which those of some families are others: of these families that of `theirs`.
    pub fn but_for(&self, families: Families, theirs: &Self) -> Self {
        fn pick<T>(theirs: Option<&Part<T>>, ours: &Part<T>) -> Part<T> {
            theirs.unwrap_or(ours).clone()
        }
        let differ = |of: &[Family]| Families::of(of).meets(families).then_some(theirs);
        let ledger = LEDGER.meets(families).then_some(theirs);
        Self {
            owed: pick(ledger.map(|theirs| &theirs.owed), &self.owed),
            history: pick(ledger.map(|theirs| &theirs.history), &self.history),
            payments: pick(differ(&[Family::Payments]).map(|theirs| &theirs.payments), &self.payments),
            promises: pick(
                differ(&[Family::Promises, Family::Payments]).map(|theirs| &theirs.promises),
                &self.promises,
            ),
            contacts: pick(differ(&[Family::Contacts]).map(|theirs| &theirs.contacts), &self.contacts),
            disputes: pick(differ(&[Family::Disputes]).map(|theirs| &theirs.disputes), &self.disputes),
            attributes: pick(differ(&[Family::Profiles]).map(|theirs| &theirs.attributes), &self.attributes),
        }
    }
}
