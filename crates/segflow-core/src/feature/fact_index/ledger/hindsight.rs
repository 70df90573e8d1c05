//! What a replay has to know of later facts.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::Body;
use crate::fact::Fact;
use crate::feature::fact_index::receipts::Receipts;
use crate::time::Timestamp;

/// What a replay has to know of later facts.
pub(super) struct Hindsight<'a> {
    pub(super) receipts: Receipts<'a>,
    /// The place of the end of each voided invoice in the order of facts.
    pub(super) voided: BTreeMap<&'a str, (Timestamp, &'a str)>,
    /// The places of write-offs that a reinstatement undoes: it is as if neither had been.
    pub(super) undone: BTreeSet<usize>,
    /// The place of the end of each dispute in the order of facts.
    pub(super) resolved: BTreeMap<&'a str, (Timestamp, &'a str)>,
}

impl<'a> Hindsight<'a> {
    pub(super) fn of(facts: &[&'a Fact]) -> Self {
        let (mut voided, mut undone) = (BTreeMap::new(), BTreeSet::new());
        let mut written_off: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, fact) in facts.iter().enumerate() {
            match &fact.body {
                Body::Voided { invoice_id } => drop(voided.entry(invoice_id.as_str()).or_insert(order(fact))),
                Body::WrittenOff { invoice_id } => written_off.entry(invoice_id).or_default().push(place),
                Body::InvoiceReinstated { invoice_id } => {
                    undone.extend(written_off.remove(invoice_id.as_str()).unwrap_or_default());
                }
                _ => {}
            }
        }
        Self { receipts: Receipts::among(facts), voided, undone, resolved: resolved(facts) }
    }
}

fn resolved<'a>(facts: &[&'a Fact]) -> BTreeMap<&'a str, (Timestamp, &'a str)> {
    let mut ends = BTreeMap::new();
    for fact in facts {
        if let Body::Resolved { dispute_id, .. } = &fact.body {
            ends.entry(dispute_id.as_str()).or_insert(order(fact));
        }
    }
    ends
}

/// The place of a fact in the order of facts.
pub(super) fn order(fact: &Fact) -> (Timestamp, &str) {
    (fact.occurred_at, &fact.event_id)
}
