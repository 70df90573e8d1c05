//! What an observer of one customer's records knows: which fact is seen from when until when.
//!
//! What a record says counts from when it happened, from when it was recorded, or from the instant up to which everything
//! was decided when it was read: the latest of these. Of copies of one event that say different things one is seen at a
//! time; what an erasure covers is not seen from when it takes effect.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;

use segflow_core::event::Body;
use segflow_core::fact::{Fact, Facts};
use segflow_core::time::Timestamp;

/// A fact and the instants between which it is seen.
#[derive(Clone, Debug)]
pub struct Known {
    /// What happened.
    pub fact: Fact,
    /// From when it counts, as was fixed when it was read first.
    pub effective: Timestamp,
    /// Seen from this instant on.
    pub from: Timestamp,
    /// No longer seen from this instant on: it gave way to another copy of itself, or was erased.
    pub until: Timestamp,
}

impl Known {
    /// Whether it is seen at an instant and says something then; an erasure says nothing.
    pub fn is_seen(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until && !self.is_erasure()
    }

    /// Whether it comes into effect at an instant.
    pub fn is_new(&self, at: Timestamp) -> bool {
        self.is_seen(at) && self.effective == at
    }

    /// Whether it erases the customer.
    pub fn is_erasure(&self) -> bool {
        self.fact.body == Body::Erased
    }
}

/// A record that was read.
#[derive(Clone, Debug)]
struct Read {
    fact: Fact,
    /// Everything before it was decided by then.
    decided: Timestamp,
}

/// Everything that was read.
#[derive(Clone, Default, Debug)]
pub struct Observer {
    /// Copies of one event, in the order in which they were read.
    contests: Vec<Vec<Read>>,
}

impl Observer {
    /// One record more, read when everything before `decided` was decided; `is_new`: not one of the copies known before.
    pub fn read(&mut self, fact: Fact, decided: Timestamp, is_new: bool) {
        let is_copy = |other: &Fact| other.key() == fact.key();
        let copies = self.contests.iter_mut().rfind(|copies| is_copy(&copies[0].fact));
        let read = Read { fact, decided };
        match copies.filter(|_| !is_new) {
            Some(copies) => copies.push(read),
            None => self.contests.push(vec![read]),
        }
    }

    /// Which fact is seen when. Erasures that come about are among them.
    pub fn known(&self) -> Vec<Known> {
        let erasures = self.erasures();
        let (recordings, facts): (Vec<_>, Vec<_>) = self.contests.iter().partition(|copies| is_erasure(&copies[0]));
        let erasure = |read: &Read| Known {
            fact: read.fact.clone(),
            effective: effective(read),
            from: effective(read),
            until: Timestamp::NEVER,
        };
        let all = recordings.into_iter().flatten().map(erasure);
        let took_place = all.filter(|known| erasures.contains(&(known.fact.recorded_at, known.from)));
        facts.into_iter().flat_map(|copies| seen_of(copies, &erasures)).chain(took_place).collect()
    }

    /// The same, but for erasures that take effect at an instant or later.
    #[must_use]
    pub fn before(&self, at: Timestamp) -> Self {
        let took_effect = |copies: &Vec<Read>| {
            let copies: Vec<Read> =
                copies.iter().filter(|read| !is_erasure(read) || effective(read) < at).cloned().collect();
            (!copies.is_empty()).then_some(copies)
        };
        Self { contests: self.contests.iter().filter_map(took_effect).collect() }
    }

    /// When the erasures that come about were recorded and take effect. Those recorded last are looked at first, since
    /// an erasure that was taken away takes nothing away.
    fn erasures(&self) -> Vec<(Timestamp, Timestamp)> {
        let all = self.contests.iter().flatten().filter(|read| is_erasure(read));
        let mut all: Vec<(Timestamp, Timestamp)> = all.map(|read| (read.fact.recorded_at, effective(read))).collect();
        all.sort_by_key(|(recorded_at, from)| (Reverse(*recorded_at), *from));
        let mut erasures: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (recorded_at, from) in all {
            if erasures.iter().all(|(_, earlier)| from < *earlier) {
                erasures.push((recorded_at, from));
            }
        }
        erasures
    }
}

fn is_erasure(read: &Read) -> bool {
    read.fact.body == Body::Erased
}

fn effective(read: &Read) -> Timestamp {
    read.fact.occurred_at.max(read.fact.recorded_at).max(read.decided)
}

/// Between two instants at which a copy is read or erased, the copy that wins is seen, once it is in effect.
fn seen_of(copies: &[Read], erasures: &[(Timestamp, Timestamp)]) -> Vec<Known> {
    let gone = |read: &Read| {
        let covering = erasures.iter().filter(|(recorded_at, _)| read.fact.recorded_at <= *recorded_at);
        covering.map(|(_, from)| *from).min().unwrap_or(Timestamp::NEVER)
    };
    let marks: BTreeSet<Timestamp> = copies.iter().flat_map(|read| [read.decided, gone(read)]).collect();
    let mut seen: Vec<Known> = Vec::new();
    for mark in &marks {
        let until = marks.iter().copied().find(|later| later > mark).unwrap_or(Timestamp::NEVER);
        let read_by_now = || copies.iter().filter(|read| read.decided <= *mark);
        let Some(winner) = read_by_now().filter(|read| *mark < gone(read)).min_by(|a, b| contest(&a.fact, &b.fact))
        else {
            continue;
        };
        // What gave way to a copy that is erased now comes back, and counts when it happens. Else it counts as early as any
        // copy that says the same lets it, unless that was erased before it was read.
        let before = read_by_now().filter(|read| *mark <= gone(read)).min_by(|a, b| contest(&a.fact, &b.fact));
        let comes_back = before.is_some_and(|before| !says_the_same(&before.fact, &winner.fact));
        let was_there = |read: &&Read| read.decided <= gone(read);
        let same = read_by_now().filter(was_there).filter(|read| says_the_same(&read.fact, &winner.fact));
        let effective = match comes_back {
            true => winner.fact.occurred_at,
            false => same.map(effective).min().expect("it says the same as itself"),
        };
        let from = effective.max(*mark);
        // A copy that says the same is read again, or comes in place of one that was erased: nothing has changed.
        let goes_on = |last: &&mut Known| last.until == from && says_the_same(&last.fact, &winner.fact);
        if let Some(last) = seen.last_mut().filter(goes_on) {
            last.until = until;
        } else if from < until {
            seen.push(Known { fact: winner.fact.clone(), effective, from, until });
        }
    }
    seen
}

/// Which of two copies counts is the core's to say: by hashes that mean nothing.
fn contest(one: &Fact, other: &Fact) -> Ordering {
    let mut facts = Facts::default();
    facts.insert(one.clone());
    facts.insert(other.clone());
    let winner = facts.iter().next().expect("one of the two");
    match (says_the_same(one, winner), says_the_same(other, winner)) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

fn says_the_same(one: &Fact, other: &Fact) -> bool {
    one.occurred_at == other.occurred_at && one.body == other.body
}
