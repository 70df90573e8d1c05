//! What a replay has to know of later facts.

use std::collections::{BTreeMap, BTreeSet};

use super::Terms;
use crate::event::Body;
use crate::feature::fact_index::receipts::Receipts;
use crate::feature::interner::Interner;

/// What a replay has to know of later facts. Places are those of facts.
#[derive(Default, Debug)]
pub(super) struct Hindsight {
    pub(super) receipts: Receipts,
    /// Invoices that are voided, from the first fact that says so.
    pub(super) voided: Interner,
    /// The places of write-offs that a reinstatement undoes: it is as if neither had been.
    pub(super) undone: BTreeSet<usize>,
    /// Disputes that are resolved, from the first fact that says so.
    pub(super) resolved: Interner,
}

impl Hindsight {
    pub(super) fn of(terms: Terms<'_>) -> Self {
        let mut hindsight = Self { receipts: Receipts::among(terms.facts, terms.zone), ..Self::default() };
        let mut written_off: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, fact) in terms.facts.iter().enumerate() {
            match &fact.body {
                Body::Voided { .. } => drop(hindsight.voided.meet(place, terms.facts)),
                Body::Resolved { .. } => drop(hindsight.resolved.meet(place, terms.facts)),
                Body::WrittenOff { invoice_id } => written_off.entry(invoice_id).or_default().push(place),
                Body::InvoiceReinstated { invoice_id } => {
                    hindsight.undone.extend(written_off.remove(invoice_id.as_str()).unwrap_or_default());
                }
                _ => {}
            }
        }
        hindsight
    }

    /// Learns of the next fact. False if it lets an earlier fact have another effect: then all has to be replayed.
    pub(super) fn learn(&mut self, place: usize, terms: Terms<'_>) -> bool {
        match &terms.facts[place].body {
            Body::Voided { .. } | Body::InvoiceReinstated { .. } => false,
            // A dispute is open until it is resolved, whether that is known before or not.
            Body::Resolved { .. } => {
                self.resolved.meet(place, terms.facts);
                true
            }
            _ => self.receipts.tell(place, terms.facts, terms.zone),
        }
    }
}
