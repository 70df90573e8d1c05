//! Records that could not be used: counted by reason, and the first of them by name.

use std::collections::BTreeMap;

use crate::batch::RecordPlace;

/// The most that are named; the others are only counted.
pub const NAMED_MAX: usize = 100;

/// Records that could not be used.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Rejected {
    /// Their number, by reason.
    pub counts: BTreeMap<&'static str, u64>,
    /// The first of them, by place. They are the same ones in any order of reading.
    pub named: BTreeMap<RecordPlace, Fault>,
}

/// The fault of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The kind of fault, one of those in `docs/bad-input.md`.
    pub reason: &'static str,
    /// What was expected and what was found.
    pub detail: String,
}

impl Rejected {
    /// Adds one.
    pub fn add(&mut self, place: RecordPlace, reason: &'static str, detail: &str) {
        *self.counts.entry(reason).or_default() += 1;
        self.name(place, Fault { reason, detail: detail.to_owned() });
    }

    /// Adds those of another.
    pub fn merge(&mut self, other: Self) {
        for (reason, count) in other.counts {
            *self.counts.entry(reason).or_default() += count;
        }
        for (place, fault) in other.named {
            self.name(place, fault);
        }
    }

    /// The number of all of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    fn name(&mut self, place: RecordPlace, fault: Fault) {
        self.named.insert(place, fault);
        if self.named.len() > NAMED_MAX {
            self.named.pop_last();
        }
    }
}
