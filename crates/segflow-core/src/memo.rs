//! What need not be decided again. A memo is kept beside a state while that is in memory; it is no part of the state.

use crate::event::Families;
use crate::feature::fact_index::FactIndex;
use crate::feature::interner::hash;
use crate::rule::eval::Grounds;
use crate::segmentation::{Dimensions, Segmentation};
use crate::state::{Decision, Membership};
use crate::time::Timestamp;

/// The outcome for each dimension, and the index of the facts, for as long as they stand.
///
/// From one breakpoint or fact to the next, only dimensions whose grounds have changed are decided again, and only facts
/// of families that have new ones are indexed again. An empty memo makes no difference but time: everything is decided
/// again, with the same outcome.
#[derive(Clone, Default, Debug)]
pub(crate) struct Memo {
    dimensions: Vec<Option<MemoEntry>>,
    index: FactIndex,
    /// A hash of the segmentation and of the decision that this memo was closed with.
    seal: u64,
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

impl Memo {
    /// Empties the memo if anything but `advance` by this segmentation has touched the decision since it was closed.
    pub(crate) fn open(&mut self, segmentation: &Segmentation, decision: &Decision) {
        if self.seal != seal(segmentation, decision) {
            (self.dimensions, self.index) = Default::default();
        }
    }

    /// Seals the memo, to be opened again for the same segmentation and decision.
    pub(crate) fn close(&mut self, segmentation: &Segmentation, decision: &Decision) {
        self.seal = seal(segmentation, decision);
    }

    /// Takes out the index of the facts.
    pub(crate) fn take_index(&mut self) -> FactIndex {
        std::mem::take(&mut self.index)
    }

    /// Keeps the index of the facts, until some of them go or give way.
    pub(crate) fn keep_index(&mut self, index: &FactIndex) {
        self.index = index.clone();
    }

    /// Makes room for so many dimensions.
    pub(crate) fn resize(&mut self, dimensions: usize) {
        self.dimensions.resize(dimensions, None);
    }

    /// When to look again at a dimension whose outcome is known at `at`, after others have `moved` at that instant.
    pub(crate) fn known(&self, dimension: usize, at: Timestamp, moved: Dimensions) -> Option<Timestamp> {
        self.dimensions[dimension].filter(|entry| entry.holds(at, moved)).map(|entry| entry.next)
    }

    /// Notes the outcome for a dimension; none if it moved.
    pub(crate) fn note(&mut self, dimension: usize, entry: Option<MemoEntry>) {
        self.dimensions[dimension] = entry;
    }

    /// Forgets the outcomes that rest on facts of these families.
    pub(crate) fn disturb(&mut self, families: Families) {
        for entry in &mut self.dimensions {
            *entry = entry.filter(|entry| !entry.grounds.families.meets(families));
        }
    }
}

/// A hash of everything beside facts that deciding reads.
fn seal(segmentation: &Segmentation, decision: &Decision) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |seal: u64, value: u64| (seal.rotate_left(29) ^ value).wrapping_mul(ODD);
    let instant = |at: Option<Timestamp>| at.map_or(0, |at| at.0.cast_unsigned().wrapping_add(1));
    let mut all = mix(hash(&segmentation.hash), decision.next.0.cast_unsigned());
    for Membership { current, entered_at, seq, since } in &decision.dimensions {
        all = mix(all, current.map_or(0, |current| u64::from(current) + 1));
        all = mix(mix(all, instant(*entered_at)), *seq);
        all = since.iter().fold(all, |all, since| mix(all, instant(*since)));
    }
    all
}
