//! Which facts count at an instant: all that were read, but for those that are pending.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::{Family, Kind};
use crate::fact::{Fact, FactKey, Facts};
use crate::time::Timestamp;

/// A fact that has been read and does not count yet. On disk, as part of a state: append only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// From when it counts.
    pub effective: Timestamp,
    /// The kind of its event, with `event_id` the key of the fact; none of an erasure.
    pub kind: Option<Kind>,
    /// The id of its event.
    pub event_id: String,
    /// The offset of its record in the topic of its family.
    pub offset: u64,
}

impl Pending {
    /// The key of the fact.
    #[must_use]
    pub fn key(&self) -> FactKey<'_> {
        (self.kind, &self.event_id)
    }

    /// The family of the fact.
    #[must_use]
    pub fn family(&self) -> Family {
        self.kind.map_or(Family::Profiles, Kind::family)
    }
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
            let is_it = |fact: &&Fact| hidden.key() == fact.key();
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
    let hidden: BTreeSet<FactKey<'_>> = hidden.iter().map(Pending::key).collect();
    let mut shown = Vec::with_capacity(facts.len());
    shown.extend(facts.iter().filter(|fact| !hidden.contains(&fact.key())));
    InEffect { facts: shown, pruned_from }
}
