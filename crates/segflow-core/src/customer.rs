//! One customer in memory: the state with its memo, and how an event is folded in.

use std::collections::BTreeSet;

use crate::event::{Event, Family, Kind};
use crate::fact::{Fact, FactKey, Inserted};
use crate::in_effect::Pending;
use crate::memo::Memo;
use crate::segmentation::Segmentation;
use crate::state::{Membership, State};
use crate::time::Timestamp;
use crate::unsaved::Unsaved;

/// A customer's state, and beside it the memo of what was decided and what is not on disk yet.
///
/// They change together: `fold`, `advance` and `resegment` keep the memo true to the state. To begin without a memo, make a
/// customer from the state alone.
#[derive(Clone, Default, Debug)]
pub struct Customer {
    pub(crate) state: State,
    pub(crate) memo: Memo,
    pub(crate) unsaved: Unsaved,
}

impl From<State> for Customer {
    /// This state with an empty memo, and nothing of it on disk.
    fn from(state: State) -> Self {
        Self { state, memo: Memo::default(), unsaved: Unsaved::All }
    }
}

/// The outcome of folding an event in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folded {
    /// The fate of the fact.
    pub inserted: Inserted,
    /// Whether it counts only from later than it happened and was recorded.
    pub late: bool,
    /// What the fact contradicts, if it is new or has the id of that one.
    pub contradiction: Option<Contradiction>,
}

/// Two events that say different things of one invoice, credit note, promise or dispute, of which the earlier one counts; or
/// two events of one kind that tell of different things under one id, of which one counts, as of any two copies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contradiction {
    /// The kind of both.
    pub kind: Kind,
    /// The id of the thing of which the event that was read tells.
    pub subject: String,
    /// The id of the thing of which the event that was known tells; another one if the two share an event id.
    pub known_subject: String,
    /// The id of the event that was known.
    pub event_id: String,
    /// When that happened.
    pub occurred_at: Timestamp,
    /// Whether that one counts.
    pub stands: bool,
}

impl Contradiction {
    fn of(fact: &Fact, known: &Fact) -> Option<Self> {
        Some(Self {
            kind: fact.body.kind()?,
            subject: fact.body.subject()?.to_owned(),
            known_subject: known.body.subject()?.to_owned(),
            event_id: known.event_id.clone(),
            occurred_at: known.occurred_at,
            stands: (known.occurred_at, &known.event_id) < (fact.occurred_at, &fact.event_id),
        })
    }

    /// What is to be told of it, by the fate of the fact. Of one that was known already, it was told before.
    fn told(self, inserted: Inserted) -> Option<Self> {
        let same_id = self.subject != self.known_subject;
        match inserted {
            Inserted::New => Some(self),
            Inserted::Kept if same_id => Some(Self { stands: true, ..self }),
            Inserted::Replaced if same_id => Some(Self { stands: false, ..self }),
            _ => None,
        }
    }
}

/// Folds one event in, read while the task's cursor of silence stood at `silence`, from `offset` of its topic.
///
/// Commutative and idempotent in the facts; the effective instant is fixed here, once. What happened before the
/// segmentation's horizon is forgotten, so that a copy of what was pruned cannot bring it back.
pub fn fold(
    customer: &mut Customer,
    event: Event,
    offset: u64,
    silence: Timestamp,
    segmentation: &Segmentation,
) -> Folded {
    let Customer { state, memo, unsaved } = customer;
    let fact = Fact::from(event);
    let (family, kind, event_id) = (fact.family(), fact.body.kind(), fact.event_id.clone());
    let (occurred_at, in_time) = (fact.occurred_at, fact.counts_from());
    let decided = state.decision.up_to(silence);
    let too_old = family != Family::Profiles && occurred_at < segmentation.horizon(decided);
    let contradiction = state.facts.contradicted_by(&fact).and_then(|known| Contradiction::of(&fact, known));
    let inserted = if too_old { Inserted::Forgotten } else { state.facts.insert(fact) };
    match inserted {
        Inserted::New => unsaved.add(state.facts.get(occurred_at, (kind, &event_id)).expect("it was inserted")),
        // A copy may take the place of the one that was known, if only for the time of its recording.
        Inserted::Duplicate | Inserted::Kept | Inserted::Replaced => *unsaved = Unsaved::All,
        Inserted::Forgotten | Inserted::Full => {}
    }
    let contradiction = contradiction.and_then(|contradiction| contradiction.told(inserted));
    if inserted == Inserted::Duplicate {
        bring_forward(state, (kind, &event_id), in_time.max(decided));
    }
    if !matches!(inserted, Inserted::New | Inserted::Replaced) {
        return Folded { inserted, late: false, contradiction };
    }
    let effective = in_time.max(decided);
    if inserted == Inserted::Replaced {
        *memo = Memo::default();
        withdraw(state, (kind, &event_id), decided);
    }
    let pending = Pending { effective, kind, event_id, offset };
    let at = state.pending.partition_point(|known| *known < pending);
    state.pending.insert(at, pending);
    Folded { inserted, late: effective > in_time, contradiction }
}

/// Lets a fact that does not count yet count earlier, since a copy of it was recorded earlier.
fn bring_forward(state: &mut State, key: FactKey<'_>, effective: Timestamp) {
    let waits = |pending: &Pending| pending.key() == key && pending.effective > effective;
    if let Some(place) = state.pending.iter().position(waits) {
        let pending = Pending { effective, ..state.pending.remove(place) };
        let at = state.pending.partition_point(|known| *known < pending);
        state.pending.insert(at, pending);
    }
}

/// Looks again at what was decided from a fact that gave way to another copy of itself, at the first instant that is
/// still undecided. A fact that was not yet in effect decided nothing.
fn withdraw(state: &mut State, key: FactKey<'_>, decided: Timestamp) {
    let before = state.pending.len();
    state.pending.retain(|pending| pending.key() != key);
    if state.pending.len() == before {
        state.decision.next = state.decision.next.min(decided);
    }
}

impl Customer {
    /// The state.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// What of the facts is not on disk yet.
    #[must_use]
    pub const fn unsaved(&self) -> &Unsaved {
        &self.unsaved
    }

    /// Notes that the state is on disk as it stands.
    pub fn saved(&mut self) {
        self.unsaved = Unsaved::Added(Vec::new());
    }

    /// The state alone; the memo is dropped.
    #[must_use]
    pub fn into_state(self) -> State {
        self.state
    }

    /// Erases everything recorded up to an instant, from the facts and from the memberships.
    ///
    /// Copies that gave way to an erased fact, and were recorded later, come back: they count from the erasure on, or from
    /// when they happen.
    pub(crate) fn erase(&mut self, recorded: Timestamp, erasure: &Pending) {
        let Self { state: State { facts, pending, decision }, memo, unsaved } = self;
        (*memo, *unsaved) = (Memo::default(), Unsaved::All);
        let key = |fact: &Fact| (fact.body.kind(), fact.event_id.clone());
        let stay = facts.iter().filter(|fact| fact.recorded_at > recorded).map(key).collect::<BTreeSet<_>>();
        facts.erase(recorded);
        pending.retain(|pending| stay.contains(&(pending.kind, pending.event_id.clone())));
        let ahead = |fact: &&Fact| fact.occurred_at >= erasure.effective && !stay.contains(&key(fact));
        for fact in facts.iter().filter(ahead) {
            let ((kind, event_id), effective) = (key(fact), fact.occurred_at);
            pending.push(Pending { effective, kind, event_id, offset: erasure.offset });
        }
        pending.sort();
        decision.next = Timestamp::NEVER;
        for membership in &mut decision.dimensions {
            *membership = Membership { seq: membership.seq, ..Membership::default() };
        }
    }
}
