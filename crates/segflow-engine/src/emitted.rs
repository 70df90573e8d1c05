//! What was really emitted wins over what is decided again: subscribers act on what they were told.
//!
//! Where a release, a time-zone database or a compacted input explains that recovery decides otherwise than a task did, the
//! task goes on from the decision state in the compacted topic of memberships. This module says what that makes of a
//! customer. It reads no topic and no store.

use std::num::NonZeroU32;

use segflow_core::clock::Cursor;
use segflow_core::event::CustomerId;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::{Decision, Membership, State};
use segflow_core::time::Timestamp;
use segflow_wire::Malformed;
use segflow_wire::memberships::Memberships;

use crate::rules::{DecidedBy, Rules};

/// A task that takes over what was emitted.
pub struct Emitted<'a> {
    /// The rules of its last epoch.
    pub rules: &'a Rules,
    /// Up to where silence was judged: a timer behind it would never be seen.
    pub cursor: &'a Cursor,
}

impl Emitted<'_> {
    /// The decision of a customer of whom `told` is the last that subscribers read; none if it is the one decided again.
    ///
    /// A segment and when it was entered, and the numbers of the changes, are as told. So is since when a segment with `for`
    /// has held, unless it has ceased to hold or begun to hold after that was told. The customer is looked at again at the
    /// first instant that is not decided.
    ///
    /// # Errors
    /// A dimension or a segment that was told is in none of the rules.
    pub fn told(
        &self,
        customer: &CustomerId,
        state: &State,
        told: &Memberships,
    ) -> Result<Option<Decision>, Malformed> {
        let ours = &state.decision;
        let by = self.numbers_by(state, told);
        let mut decision = told.decision(by)?;
        let version = NonZeroU32::new(by.version);
        decision.segmentation = version.filter(|_| !decision.dimensions.is_empty());
        decision.as_of = ours.as_of.max(told.as_of);
        for (dimension, membership) in by.dimensions.iter().zip(&mut decision.dimensions) {
            if let Some(seq) = decision.closed.remove(&dimension.name) {
                membership.seq = seq;
            }
        }
        if ours.segmentation.is_some() && ours.segmentation == version {
            let told_until = told.as_of.unwrap_or(Timestamp::BEGINNING);
            for (told, ours) in decision.dimensions.iter_mut().zip(&ours.dimensions) {
                told.since = since(told, ours, told_until);
            }
        }
        let same = (decision.segmentation, &decision.dimensions, &decision.closed)
            == (ours.segmentation, &ours.dimensions, &ours.closed);
        decision.next = self.first_undecided(customer, decision.as_of);
        Ok((!same).then_some(decision))
    }

    /// The decision of a customer of whom subscribers were told nothing; none if nothing was decided again either. The topic
    /// forgets erased customers after a while, so that a missing record says nothing about them.
    #[must_use]
    pub fn untold(&self, customer: &CustomerId, state: &State) -> Option<Decision> {
        let Decision { as_of, dimensions, closed, .. } = &state.decision;
        if state.facts.erased().is_some() || (dimensions.is_empty() && closed.is_empty()) {
            return None;
        }
        let next = self.first_undecided(customer, *as_of);
        Some(Decision { as_of: *as_of, next, ..Decision::default() })
    }

    /// The rules by which segments are numbered from now on: the later ones of those that decided the customer here and
    /// those that decided what was told. A customer who goes over without moving is told nothing. So rules with the same
    /// names may be later than those that decided the last record.
    fn numbers_by(&self, state: &State, told: &Memberships) -> &Segmentation {
        let mut known = self.rules.former.iter().chain([&self.rules.present]);
        let told_by = known.find(|known| known.hash == told.segmentation_hash);
        let ours_by = match self.rules.of(state) {
            DecidedBy::Nothing => None,
            DecidedBy::Present => Some(&self.rules.present),
            DecidedBy::Former(former) => Some(former),
        };
        match (told_by, ours_by) {
            (Some(told_by), Some(ours_by)) if told_by.version < ours_by.version && fits(told, ours_by) => ours_by,
            (Some(told_by), _) => told_by,
            (None, Some(ours_by)) => ours_by,
            (None, None) => &self.rules.present,
        }
    }

    /// The first instant of a customer that is not decided, and not behind the cursor of silence.
    fn first_undecided(&self, customer: &CustomerId, as_of: Option<Timestamp>) -> Timestamp {
        let Cursor { instant, customer: judged } = self.cursor;
        let is_behind = judged.as_ref().is_some_and(|judged| customer <= judged);
        let silence = if is_behind { instant.plus_ms(1) } else { *instant };
        as_of.map_or(silence, |as_of| as_of.max(silence))
    }
}

/// Whether rules have the dimensions and the segments that were told, and no more dimensions.
fn fits(told: &Memberships, rules: &Segmentation) -> bool {
    let known = |told: &segflow_wire::memberships::Membership| {
        let dimension = rules.dimensions.iter().find(|dimension| dimension.name == told.dimension);
        let named = |name: &String| {
            dimension.is_some_and(|dimension| dimension.segments.iter().any(|segment| segment.name == *name))
        };
        dimension.is_some() && told.segment.as_ref().is_none_or(named)
    };
    told.dimensions.len() == rules.dimensions.len() && told.dimensions.iter().all(known)
}

/// Since when each segment with `for` has held. What was told holds up to `told_until`; the rest is what was decided again.
fn since(told: &Membership, ours: &Membership, told_until: Timestamp) -> Vec<Option<Timestamp>> {
    let since = |(told, ours): (&Option<Timestamp>, &Option<Timestamp>)| match (*told, (*ours)?) {
        (_, ours) if ours >= told_until => Some(ours),
        (Some(told), _) => Some(told),
        (None, _) => Some(told_until),
    };
    told.since.iter().zip(&ours.since).map(since).collect()
}

#[cfg(test)]
mod tests;
