//! Where facts stand in a list, found by hashes: a search reads one short list of numbers, not every fact.

use super::Fact;
use crate::feature::interner::hash;

/// The hashes of a list of facts, in its order. They are made from the facts, and are no part of them: not on disk, and
/// alike in all comparisons.
#[derive(Clone, Default, Debug)]
pub(super) struct Places {
    /// Of the event ids.
    ids: Vec<u64>,
    /// Of the things that an event tells of once; 0 of every other event.
    things: Vec<u64>,
}

impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Places {
    /// Hashes the facts of a list that was not built by [`Self::insert`], such as one that was read from disk.
    pub fn renew(&mut self, list: &[Fact]) {
        if self.ids.len() != list.len() {
            self.ids = list.iter().map(|fact| hash(&fact.event_id)).collect();
            self.things = list.iter().map(told_once).collect();
        }
    }

    /// Notes that a fact was put at this place.
    pub fn insert(&mut self, at: usize, fact: &Fact) {
        self.ids.insert(at, hash(&fact.event_id));
        self.things.insert(at, told_once(fact));
    }

    /// Notes that the fact at this place was taken out.
    pub fn remove(&mut self, at: usize) {
        self.ids.remove(at);
        self.things.remove(at);
    }

    /// The place of the fact of this key; there is one at most.
    pub fn of_copy(&self, fact: &Fact, list: &[Fact]) -> Option<usize> {
        places_of(&self.ids, hash(&fact.event_id)).find(|at| list[*at].is_copy_of(fact))
    }

    /// The places of facts that may tell of the same thing, where one event alone may tell of it.
    pub fn of_thing(&self, fact: &Fact) -> impl Iterator<Item = usize> {
        let wanted = told_once(fact);
        let hashes = if wanted == 0 { &[] } else { self.things.as_slice() };
        places_of(hashes, wanted)
    }
}

fn told_once(fact: &Fact) -> u64 {
    let told = fact.body.kind().filter(|kind| kind.is_told_once()).and(fact.body.subject());
    told.map_or(0, |subject| hash(subject).max(1))
}

/// The places of a hash, the last first: the newest facts mostly stand last.
fn places_of(hashes: &[u64], wanted: u64) -> impl Iterator<Item = usize> {
    hashes.iter().enumerate().rev().filter(move |(_, hash)| **hash == wanted).map(|(place, _)| place)
}
