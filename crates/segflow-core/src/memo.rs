//! What need not be decided again. A memo is kept beside a state while that is in memory; it is no part of the state.

use crate::event::Families;
use crate::feature::fact_index::FactIndex;
use crate::feature::interner::hash;
use crate::rule::RuleReads;
use crate::segmentation::{Dimensions, Segmentation};
use crate::time::Timestamp;
use crate::timed::{Timed, Truth};

/// The outcome for each dimension and of each rule, and the index of the facts, for as long as they stand.
///
/// From one breakpoint or fact to the next, only dimensions whose grounds have changed are decided again, of these only
/// the rules whose grounds have changed are evaluated again, and only facts of families that have new ones are indexed
/// again. An empty memo makes no difference but time: everything is decided again, with the same outcome.
#[derive(Default, Debug)]
pub(crate) struct Memo {
    dimensions: Vec<Option<MemoEntry>>,
    /// By the numbers of the rules.
    rules: Vec<Option<MemoRule>>,
    index: FactIndex,
    /// A hash of the segmentation that decided what is kept here; whatever else touches a decision empties its memo.
    seal: u64,
}

/// What a decision rested on. While none of it changes, deciding again has the same outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Grounds {
    /// The first later instant at which a reading or a comparison could differ.
    pub until: Timestamp,
    /// The dimensions that were read.
    pub dimensions: Dimensions,
    /// The families whose facts were read.
    pub families: Families,
}

impl Grounds {
    pub const NONE: Self = Self { until: Timestamp::NEVER, dimensions: Dimensions::NONE, families: Families::NONE };
}

/// A dimension that did not move when it was decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoEntry {
    /// When to look again.
    pub next: Timestamp,
    /// Until when, and while which dimensions stay, deciding it again has the same outcome.
    pub grounds: Grounds,
}

impl MemoEntry {
    fn holds(&self, at: Timestamp, moved: Dimensions) -> bool {
        at < self.grounds.until && !self.grounds.dimensions.meet(moved)
    }
}

/// The outcome of a rule that reads no dimension.
#[derive(Clone, Copy, Debug)]
struct MemoRule {
    truth: Truth,
    families: Families,
    until: Timestamp,
    /// Until when evaluating it again has the same outcome.
    stands: Timestamp,
}

/// A copy has the outcomes, and no index.
impl Clone for Memo {
    fn clone(&self) -> Self {
        let Self { dimensions, rules, seal, .. } = self;
        Self { dimensions: dimensions.clone(), rules: rules.clone(), index: FactIndex::default(), seal: *seal }
    }
}

impl Memo {
    /// Empties the memo if it was kept by another segmentation than this.
    pub(crate) fn open(&mut self, segmentation: &Segmentation) {
        let seal = hash(&segmentation.hash);
        if self.seal != seal {
            *self = Self { seal, ..Self::default() };
        }
        self.dimensions.resize(segmentation.dimensions.len(), None);
        self.rules.resize(segmentation.rules, None);
    }

    /// Takes out the index of the facts.
    pub(crate) fn take_index(&mut self) -> FactIndex {
        std::mem::take(&mut self.index)
    }

    /// Keeps the index of the facts, until some of them go or give way.
    pub(crate) fn keep_index(&mut self, index: FactIndex) {
        self.index = index;
    }

    /// When to look again at a dimension whose outcome is known at `at`, after others have `moved` at that instant.
    pub(crate) fn known(&self, dimension: usize, at: Timestamp, moved: Dimensions) -> Option<Timestamp> {
        self.dimensions[dimension].filter(|entry| entry.holds(at, moved)).map(|entry| entry.next)
    }

    /// Notes the outcome for a dimension; none if it moved.
    pub(crate) fn note(&mut self, dimension: usize, entry: Option<MemoEntry>) {
        self.dimensions[dimension] = entry;
    }

    /// The outcome of a rule that is known at `at`, and until when it has that outcome.
    pub(crate) fn known_rule(&self, number: usize, at: Timestamp) -> Option<(Timed<Truth>, Timestamp)> {
        let known = self.rules[number].filter(|known| at < known.stands)?;
        Some((Timed::until(known.truth, known.until), known.stands))
    }

    /// Notes the outcome of a rule, unless it reads dimensions.
    pub(crate) fn note_rule(&mut self, reads: RuleReads, held: Timed<Truth>, stands: Timestamp) {
        if reads.dimensions == Dimensions::NONE {
            let Timed { value: truth, until } = held;
            self.rules[reads.number] = Some(MemoRule { truth, families: reads.families, until, stands });
        }
    }

    /// Forgets the outcomes that rest on facts of these families.
    pub(crate) fn disturb(&mut self, families: Families) {
        for entry in &mut self.dimensions {
            entry.take_if(|entry| entry.grounds.families.meets(families));
        }
        for rule in &mut self.rules {
            rule.take_if(|rule| rule.families.meets(families));
        }
    }
}
