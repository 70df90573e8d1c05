//! The facts of a customer. They are a set: any order of insertion, with any copies, makes the same bytes (I1).

mod places;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::{Body, Event, Family, Kind};
use crate::time::Timestamp;
use places::Places;

/// An event reduced to what can matter later.
///
/// The event id is kept in full, since the catalogue orders facts of one instant by it.
///
/// On disk: its fields are fixed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Fact {
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The timestamp of its record.
    pub recorded_at: Timestamp,
    /// Unique within the kind.
    pub event_id: String,
    /// The event's content.
    pub body: Body,
}

impl From<Event> for Fact {
    fn from(event: Event) -> Self {
        let Event { event_id, occurred_at, recorded_at, body, .. } = event;
        Self { occurred_at, recorded_at, event_id, body }
    }
}

impl Fact {
    /// The family of the event.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.body.family()
    }

    /// What copies of this fact share, and no other fact of the customer has: producers use one id for a payment's receipt
    /// and its reversal.
    #[must_use]
    pub fn key(&self) -> FactKey<'_> {
        (self.body.kind(), &self.event_id)
    }

    /// From when it counts if it is read in time: when it happened, or was recorded if that is later, for nobody knew of it
    /// before.
    #[must_use]
    pub fn counts_from(&self) -> Timestamp {
        self.occurred_at.max(self.recorded_at)
    }

    /// Its bytes on disk.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("a fact encodes into memory")
    }

    fn order(&self) -> (Timestamp, &str, Option<Kind>) {
        (self.occurred_at, &self.event_id, self.body.kind())
    }

    fn is_copy_of(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    /// Whether another copy has the same content. The time of its recording is no content.
    fn says(&self, other: &Self) -> bool {
        self.occurred_at == other.occurred_at && self.body == other.body
    }

    /// A hash that decides between copies of different content: the copy with the smaller hash stays.
    fn canonical_hash(&self) -> [u8; 32] {
        let content = (self.occurred_at, &self.event_id, &self.body);
        let bytes = postcard::to_allocvec(&content).expect("a fact encodes into memory");
        Sha256::digest(bytes).into()
    }

    fn bytes(&self) -> usize {
        postcard::experimental::serialized_size(self).expect("a fact has a size")
    }
}

/// The kind of an event, and its id: unique per customer.
pub type FactKey<'a> = (Option<Kind>, &'a str);

/// The facts of one customer in (`occurred_at`, `event_id`) order.
///
/// On disk: its fields are fixed.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct Facts {
    list: Vec<Fact>,
    /// Copies of other content, which would count if an erasure took the copies recorded earlier.
    shadowed: Vec<Fact>,
    /// The timestamp of the last erasure: records up to it are ignored for ever.
    erased: Option<Timestamp>,
    /// The instant of the earliest fact that was pruned.
    pruned_from: Option<Timestamp>,
    /// How many facts from before the horizon the last pruning left.
    kept: usize,
    /// The encoded size of all of them.
    bytes: usize,
    /// The places of the facts in the list; not on disk.
    #[serde(skip)]
    places: Places,
}

/// What there is of facts beside the list of them.
///
/// On disk: its fields are fixed.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct Beside {
    /// Copies of other content, which would count if an erasure took the copies recorded earlier.
    shadowed: Vec<Fact>,
    /// The timestamp of the last erasure.
    erased: Option<Timestamp>,
    /// The instant of the earliest fact that was pruned.
    pruned_from: Option<Timestamp>,
    /// How many facts from before the horizon the last pruning left.
    kept: usize,
}

/// The fate of a fact that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inserted {
    /// It was not there.
    New,
    /// The same fact was there.
    Duplicate,
    /// A copy of other content was there, and stays.
    Kept,
    /// A copy of other content was there, and gave way.
    Replaced,
    /// It came too late to matter: from before the horizon, or from before an erasure.
    Forgotten,
    /// There is no room for it.
    Full,
}

impl Facts {
    /// The most bytes that one customer's facts may take, encoded. A fact beyond it is refused; an erasure never is.
    pub const MAX_BYTES: usize = 1 << 20;

    /// The facts that an earlier form of a state held, the copies of other content among them.
    #[must_use]
    pub fn restored(
        facts: impl IntoIterator<Item = Fact>,
        erased: Option<Timestamp>,
        pruned_from: Option<Timestamp>,
        kept: usize,
    ) -> Self {
        let mut restored = Self { erased, pruned_from, kept, ..Self::default() };
        for fact in facts {
            restored.insert(fact);
        }
        restored
    }

    /// What there is beside the list of facts.
    #[must_use]
    pub fn beside(&self) -> Beside {
        let Self { shadowed, erased, pruned_from, kept, .. } = self;
        Beside { shadowed: shadowed.clone(), erased: *erased, pruned_from: *pruned_from, kept: *kept }
    }

    /// Facts of which each was encoded by [`Fact::encode`], in any order, with what there is beside them.
    ///
    /// # Errors
    /// If the bytes are not those of facts, or hold one of them twice.
    pub fn decode(mut bytes: &[u8], beside: Beside) -> Result<Self, postcard::Error> {
        let Beside { shadowed, erased, pruned_from, kept } = beside;
        let length = bytes.len();
        let mut list: Vec<Fact> = Vec::new();
        while !bytes.is_empty() {
            let (fact, rest) = postcard::take_from_bytes(bytes)?;
            list.push(fact);
            bytes = rest;
        }
        list.sort_by(|a, b| a.order().cmp(&b.order()));
        // The same number can be read from more bytes than are ever written.
        let as_written = list.iter().map(Fact::bytes).sum::<usize>() == length;
        if !as_written || list.windows(2).any(|pair| pair[0].order() == pair[1].order()) {
            return Err(postcard::Error::DeserializeBadEncoding);
        }
        let bytes = length + shadowed.iter().map(Fact::bytes).sum::<usize>();
        Ok(Self { list, shadowed, erased, pruned_from, kept, bytes, places: Places::default() })
    }

    /// The fact that happened at an instant and has a key.
    pub(crate) fn get(&self, occurred_at: Timestamp, (kind, event_id): FactKey<'_>) -> Option<&Fact> {
        let order = (occurred_at, event_id, kind);
        let at = self.list.partition_point(|known| known.order() < order);
        self.list.get(at).filter(|fact| fact.order() == order)
    }

    /// Another fact that cannot be true beside this one. It tells of another thing under the id of this event: two payments
    /// with one event id. Or it says something else of the same thing, where one event alone may tell of it: two issues of one
    /// invoice; the same told again under another id contradicts nothing.
    #[must_use]
    pub fn contradicted_by(&mut self, fact: &Fact) -> Option<&Fact> {
        self.places.renew(&self.list);
        let kind = fact.body.kind()?;
        let same_thing = |at: &usize| self.list[*at].body.subject() == fact.body.subject();
        let otherwise = |at: &usize| {
            let other = &self.list[*at];
            let same_kind = other.body.kind() == Some(kind);
            same_kind && other.event_id != fact.event_id && same_thing(at) && other.body != fact.body
        };
        let copy = self.places.of_copy(fact, &self.list).filter(|at| !same_thing(at));
        let first = self.places.of_thing(fact).filter(otherwise).chain(copy).min()?;
        Some(&self.list[first])
    }

    /// Every fact, in (`occurred_at`, `event_id`) order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Fact> + Clone {
        self.list.iter()
    }

    /// The number of facts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is no fact.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Their encoded size, in bytes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The instant of the earliest fact that was pruned.
    #[must_use]
    pub const fn pruned_from(&self) -> Option<Timestamp> {
        self.pruned_from
    }

    /// How many facts from before the horizon the last pruning left.
    pub(crate) const fn kept(&self) -> usize {
        self.kept
    }

    /// The timestamp up to which records were erased.
    #[must_use]
    pub const fn erased(&self) -> Option<Timestamp> {
        self.erased
    }

    /// Adds a fact. Of copies with different content the one with the smaller canonical hash wins.
    pub fn insert(&mut self, fact: Fact) -> Inserted {
        if self.erased.is_some_and(|erased| fact.recorded_at <= erased) {
            return Inserted::Forgotten;
        }
        self.places.renew(&self.list);
        let Some(at) = self.places.of_copy(&fact, &self.list) else {
            let bytes = fact.bytes();
            if self.bytes + bytes > Self::MAX_BYTES && fact.body != Body::Erased {
                return Inserted::Full;
            }
            self.place(fact, bytes);
            return Inserted::New;
        };
        if self.list[at].says(&fact) && fact.recorded_at <= self.list[at].recorded_at {
            return Inserted::Duplicate;
        }
        self.insert_copy(at, fact)
    }

    /// Orders several copies by their hash: the first counts. A further copy is kept only if it was recorded later than
    /// every copy before it.
    fn insert_copy(&mut self, at: usize, fact: Fact) -> Inserted {
        let known = self.remove(at);
        let (mut copies, others): (Vec<Fact>, Vec<Fact>) =
            std::mem::take(&mut self.shadowed).into_iter().partition(|other| other.is_copy_of(&known));
        self.shadowed = others;
        self.bytes -= copies.iter().map(Fact::bytes).sum::<usize>();
        let same = known.says(&fact);
        copies.extend([known.clone(), fact]);
        copies.sort_by_cached_key(|copy| (copy.canonical_hash(), std::cmp::Reverse(copy.recorded_at)));
        let mut latest = Timestamp::BEGINNING;
        copies.retain(|copy| {
            let later = copy.recorded_at > latest;
            latest = latest.max(copy.recorded_at);
            later
        });
        let winner = copies.remove(0);
        self.bytes += copies.iter().map(Fact::bytes).sum::<usize>();
        self.shadowed.extend(copies);
        self.shadowed.sort_by(|a, b| (a.order(), a.recorded_at).cmp(&(b.order(), b.recorded_at)));
        let stays = winner.says(&known);
        let bytes = winner.bytes();
        self.place(winner, bytes);
        match (same, stays) {
            (true, _) => Inserted::Duplicate,
            (false, true) => Inserted::Kept,
            (false, false) => Inserted::Replaced,
        }
    }

    fn place(&mut self, fact: Fact, bytes: usize) {
        let is_last = self.list.last().is_none_or(|last| last.order() < fact.order());
        let at = match is_last {
            true => self.list.len(),
            false => self.list.partition_point(|known| known.order() < fact.order()),
        };
        self.bytes += bytes;
        self.places.insert(at, &fact);
        self.list.insert(at, fact);
    }

    fn remove(&mut self, at: usize) -> Fact {
        let fact = self.list.remove(at);
        self.places.remove(at);
        self.bytes -= fact.bytes();
        fact
    }

    /// Erases everything recorded up to an instant, for ever.
    pub(crate) fn erase(&mut self, recorded: Timestamp) {
        let (list, shadowed) = (std::mem::take(&mut self.list), std::mem::take(&mut self.shadowed));
        *self = Self { erased: self.erased.max(Some(recorded)), ..Self::default() };
        for fact in list.into_iter().chain(shadowed) {
            self.insert(fact);
        }
    }

    /// Puts the facts that pruning has left in place of all facts. Of the others only the earliest instant is kept.
    pub(crate) fn prune(&mut self, kept: Vec<Fact>, horizon: Timestamp) {
        let gone = |fact: &&Fact| !kept.iter().any(|left| left.is_copy_of(fact));
        let first = self.list.iter().find(gone).map(|fact| fact.occurred_at);
        let pruned_from = [self.pruned_from, first].into_iter().flatten().min();
        self.shadowed.retain(|copy| kept.iter().any(|fact| fact.is_copy_of(copy)));
        self.bytes = kept.iter().chain(&self.shadowed).map(Fact::bytes).sum();
        self.kept = kept.partition_point(|fact| fact.occurred_at < horizon);
        (self.list, self.pruned_from, self.places) = (kept, pruned_from, Places::default());
    }
}
