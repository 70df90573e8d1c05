//! What is kept of one customer: facts, pending facts, and the decision.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::{Event, Family};
use crate::fact::{Fact, Facts, Inserted};
use crate::membership::Memo;
use crate::segmentation::{Dimension, Segmentation};
use crate::time::Timestamp;

pub use crate::in_effect::{InEffect, Pending, in_effect};

/// One customer.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct State {
    /// Every fact that was read, in effect or not.
    pub facts: Facts,
    /// Those not yet in effect, by (`effective`, family, `event_id`).
    pub pending: Vec<Pending>,
    /// What was decided last.
    pub decision: Decision,
    /// What need not be decided again.
    #[serde(skip)]
    pub(crate) settled: Memo,
}

/// The decision state.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// Everything before it is decided; none until something was.
    pub as_of: Option<Timestamp>,
    /// The next breakpoint if no fact arrives.
    pub next: Timestamp,
    /// The version of the segmentation that decided it; 0 while `dimensions` is empty.
    pub segmentation: u32,
    /// One per dimension, in that segmentation's order; empty while nothing is decided, or nothing any more.
    pub dimensions: Vec<Membership>,
    /// Of dimensions in which the customer stands no more (erased, or dropped from the segmentation): how many changes
    /// there have been. By name.
    pub closed: BTreeMap<String, u64>,
}

impl Default for Decision {
    fn default() -> Self {
        Self { as_of: None, next: Timestamp::NEVER, segmentation: 0, dimensions: Vec::new(), closed: BTreeMap::new() }
    }
}

impl Decision {
    /// Up to where the customer is decided while the task's cursor of silence stands at `silence`.
    #[must_use]
    pub fn up_to(&self, silence: Timestamp) -> Timestamp {
        self.as_of.map_or(silence, |as_of| as_of.max(silence))
    }

    /// Makes room for the memberships of somebody of whom nothing is decided; `seq` goes on where it was closed.
    pub(crate) fn open(&mut self, segmentation: &Segmentation) {
        if self.dimensions.is_empty() {
            let dimension = |dimension: &Dimension| Membership {
                seq: self.closed.remove(&dimension.name).unwrap_or_default(),
                ..Membership::default()
            };
            self.dimensions = segmentation.dimensions.iter().map(dimension).collect();
        }
        self.segmentation = segmentation.version;
    }

    /// Nothing is decided any more; of every dimension the `seq` is kept.
    pub(crate) fn close(&mut self, segmentation: &Segmentation) {
        let names = segmentation.dimensions.iter().map(|dimension| dimension.name.clone());
        let memberships = std::mem::take(&mut self.dimensions).into_iter();
        self.closed.extend(names.zip(memberships.map(|membership| membership.seq)).filter(|(_, seq)| *seq > 0));
        self.segmentation = 0;
    }
}

/// Where the customer stands in one dimension. Segments are numbered in file order; `otherwise` comes last.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Membership {
    /// The present segment; none until the first decision.
    pub current: Option<u16>,
    /// When it was entered.
    pub entered_at: Option<Timestamp>,
    /// How many changes there have been.
    pub seq: u64,
    /// Per segment of the dimension: since when its `when` has held, where it has `for`.
    pub since: Vec<Option<Timestamp>>,
}

/// What folding an event did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Folded {
    /// What became of the fact.
    pub inserted: Inserted,
    /// Whether it counts only from later than it happened.
    pub late: bool,
}

/// When a customer must be looked at again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wake {
    /// When the next pending fact comes into effect.
    pub fact: Timestamp,
    /// The next breakpoint of silence.
    pub silence: Timestamp,
}

/// Folds one event in, read while the task's cursor of silence stood at `silence`, from `offset` of its topic.
///
/// Commutative and idempotent in the facts; the effective instant is fixed here, once. What happened before the
/// segmentation's horizon is forgotten, so that a copy of what was pruned cannot bring it back.
pub fn fold(state: &mut State, event: Event, offset: u64, silence: Timestamp, segmentation: &Segmentation) -> Folded {
    let fact = Fact::from(event);
    let (family, event_id, occurred_at) = (fact.family(), fact.event_id.clone(), fact.occurred_at);
    let decided = state.decision.up_to(silence);
    let too_old = family != Family::Profiles && occurred_at < segmentation.horizon(decided);
    let inserted = if too_old { Inserted::Forgotten } else { state.facts.insert(fact) };
    if !matches!(inserted, Inserted::New | Inserted::Replaced) {
        return Folded { inserted, late: false };
    }
    let effective = occurred_at.max(decided);
    if inserted == Inserted::Replaced {
        state.settled = Memo::default();
        state.withdraw(family, &event_id, decided);
    }
    let pending = Pending { effective, family, event_id, offset };
    let at = state.pending.partition_point(|known| *known < pending);
    state.pending.insert(at, pending);
    Folded { inserted, late: effective > occurred_at }
}

impl State {
    /// Of which nothing is remembered but what is kept.
    #[must_use]
    pub fn new(facts: Facts, pending: Vec<Pending>, decision: Decision) -> Self {
        Self { facts, pending, decision, settled: Memo::default() }
    }

    /// The next instant of each kind at which something may change.
    #[must_use]
    pub fn wake(&self) -> Wake {
        Wake {
            fact: self.pending.first().map_or(Timestamp::NEVER, |first| first.effective),
            silence: self.decision.next,
        }
    }

    /// Whether nothing is left but that somebody was erased, when, and how many changes there have been.
    #[must_use]
    pub fn is_stub(&self) -> bool {
        self.facts.erased().is_some() && self.facts.is_empty()
    }

    /// Erases everything recorded up to an instant. A copy that was worth less than an erased one, and is recorded
    /// later, counts from then on, or from when it happens.
    pub(crate) fn erase(&mut self, recorded: Timestamp, erasure: &Pending) {
        let Self { facts, pending, decision, settled } = self;
        *settled = Memo::default();
        let id = |fact: &Fact| (fact.family(), fact.event_id.clone());
        let stay = facts.iter().filter(|fact| fact.recorded_at > recorded).map(id).collect::<BTreeSet<_>>();
        facts.erase(recorded);
        pending.retain(|pending| stay.contains(&(pending.family, pending.event_id.clone())));
        let ahead = |fact: &&Fact| fact.occurred_at >= erasure.effective && !stay.contains(&id(fact));
        for fact in facts.iter().filter(ahead) {
            let ((family, event_id), effective) = (id(fact), fact.occurred_at);
            pending.push(Pending { effective, family, event_id, offset: erasure.offset });
        }
        pending.sort();
        decision.next = Timestamp::NEVER;
        for membership in &mut decision.dimensions {
            *membership = Membership { seq: membership.seq, ..Membership::default() };
        }
    }

    /// A fact gave way to another copy of itself. Had it been in effect, what was decided from it must be looked at
    /// again, at the first instant that is still undecided.
    fn withdraw(&mut self, family: Family, event_id: &str, decided: Timestamp) {
        let before = self.pending.len();
        self.pending.retain(|pending| !(pending.family == family && pending.event_id == event_id));
        if self.pending.len() == before {
            self.decision.next = self.decision.next.min(decided);
        }
    }
}
