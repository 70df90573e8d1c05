//! Which facts count at an instant: all that were read, but for those that are pending.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::Family;
use crate::fact::{Fact, Facts};
use crate::time::Timestamp;

/// A fact that has been read and does not count yet. On disk, as part of a state: append only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// From when it counts.
    pub effective: Timestamp,
    /// The family of its event; with `event_id` it names the fact.
    pub family: Family,
    /// The id of its event, unique within the family.
    pub event_id: String,
    /// The offset of its record in the family's topic.
    pub offset: u64,
}

/// The facts that count at an instant.
#[derive(Clone, Debug)]
pub struct InEffect<'a> {
    /// In (`occurred_at`, `event_id`) order.
    pub facts: Vec<&'a Fact>,
    /// When the first of those happened that were pruned.
    pub pruned_from: Option<Timestamp>,
}

impl InEffect<'_> {
    /// The same without some facts.
    #[must_use]
    pub fn without(&self, hidden: &[Pending]) -> Self {
        let mut facts = self.facts.clone();
        for hidden in hidden {
            // The newest facts mostly stand last.
            let is_it = |fact: &&Fact| hidden.event_id == fact.event_id && hidden.family == fact.family();
            if let Some(place) = facts.iter().rposition(is_it) {
                facts.remove(place);
            }
        }
        Self { facts, pruned_from: self.pruned_from }
    }
}

/// The facts but those that are not in effect.
#[must_use]
pub fn in_effect<'a>(facts: &'a Facts, hidden: &[Pending]) -> InEffect<'a> {
    let pruned_from = facts.pruned_from();
    if hidden.is_empty() {
        return InEffect { facts: facts.iter().collect(), pruned_from };
    }
    let mut ids: BTreeMap<Family, BTreeSet<&str>> = BTreeMap::new();
    for pending in hidden {
        ids.entry(pending.family).or_default().insert(&pending.event_id);
    }
    let is_hidden = |fact: &Fact| ids.get(&fact.family()).is_some_and(|ids| ids.contains(fact.event_id.as_str()));
    let mut shown = Vec::with_capacity(facts.len());
    shown.extend(facts.iter().filter(|fact| !is_hidden(fact)));
    InEffect { facts: shown, pruned_from }
}
