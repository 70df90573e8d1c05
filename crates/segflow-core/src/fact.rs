//! Facts are a set: any order of insertion, with any copies, makes the same bytes (I1).

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::{Body, Event, Family};
use crate::time::Instant;

/// An event reduced to what can matter later.
///
/// The event id is kept in full, since the catalogue orders facts of one instant by it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Fact {
    /// When it happened.
    pub occurred_at: Instant,
    /// The timestamp of its record.
    pub recorded_at: Instant,
    /// Unique within the family.
    pub event_id: String,
    /// What happened.
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

    fn order(&self) -> (Instant, &str, Family) {
        (self.occurred_at, &self.event_id, self.family())
    }

    fn is_copy_of(&self, other: &Self) -> bool {
        self.family() == other.family() && self.event_id == other.event_id
    }

    /// Decides between copies of different content: the smaller stays.
    fn canonical_hash(&self) -> [u8; 32] {
        let bytes = postcard::to_allocvec(self).expect("a fact encodes into memory");
        Sha256::digest(bytes).into()
    }
}

/// The facts of one customer in (`occurred_at`, `event_id`) order.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct Facts(Vec<Fact>);

/// What became of a fact that was read.
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
}

impl Facts {
    /// Every fact, in (`occurred_at`, `event_id`) order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Fact> + Clone {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a fact. Of copies with different content the one with the smaller canonical hash wins.
    pub fn insert(&mut self, fact: Fact) -> Inserted {
        let Some(at) = self.0.iter().position(|known| known.is_copy_of(&fact)) else {
            self.place(fact);
            return Inserted::New;
        };
        let known = &self.0[at];
        if *known == fact {
            return Inserted::Duplicate;
        }
        if known.canonical_hash() <= fact.canonical_hash() {
            return Inserted::Kept;
        }
        self.0.remove(at);
        self.place(fact);
        Inserted::Replaced
    }

    fn place(&mut self, fact: Fact) {
        let at = self.0.partition_point(|known| known.order() < fact.order());
        self.0.insert(at, fact);
    }
}
