//! `resegment`: a customer migrates from one segmentation to another.
//!
//! Memberships are carried over by name and decided anew, at one instant. The same `decide` decides them as at any other
//! breakpoint, and the changes are described like all others.

use std::collections::BTreeMap;

use crate::advance::advance;
use crate::advance::describe::{Left, Occasion, names, treatment};
use crate::change::{Cause, Decided};
use crate::customer::Customer;
use crate::event::CustomerId;
use crate::feature::fact_index::FactIndex;
use crate::feature::reading::Moment;
use crate::feature::view::View;
use crate::in_effect::in_effect;
use crate::membership::{self, decide};
use crate::memo::Memo;
use crate::rule::eval::Evaluation;
use crate::rule::explain::Scene;
use crate::segmentation::{Dimension, Dimensions, Segment, Segmentation};
use crate::state::{Decision, Membership, State};
use crate::time::Timestamp;

/// Takes a customer from `old`, which decided them, to `new`, and returns the changes.
///
/// Everything before `silence`, or before the customer's `as_of` where that is later, is decided by `old`; from that
/// instant on `new` decides. At the instant itself every dimension is decided anew: a move is of cause `SEGMENTATION`,
/// from where the customer stood, under its old name. Dimensions that `new` lacks come first, and close with `to: null`;
/// their `seq` is kept. Nothing changes for a customer about whom nothing is decided.
///
/// A segment with `for` keeps the instant since when its rule has held, if the rule is written as before.
pub fn resegment(
    customer: &mut Customer,
    id: &CustomerId,
    old: &Segmentation,
    new: &Segmentation,
    silence: Timestamp,
) -> Vec<Decided> {
    let mut decided = advance(customer, id, old, silence);
    let Customer { state: State { facts, pending, decision }, memo, .. } = customer;
    let (Some(at), false) = (decision.as_of, decision.dimensions.is_empty()) else { return decided };
    *memo = Memo::default();
    memo.open(new);
    let Gone { segments, dimensions } = carry(decision, old, new);
    let before = &decision.dimensions.clone();
    let view = &View::new(id, in_effect(facts, pending), new);
    let evaluation = Evaluation::new(new, view, Moment::new(at, &new.zone));
    let moves = decide(new, &evaluation, &mut decision.dimensions, memo, Dimensions::ALL);
    decision.next = moves.until;

    for (dimension, before) in &dimensions {
        let left = Left { customer: id, dimension, before, seq: before.seq + 1 };
        let mut core = left.close(new, at, Cause::Segmentation, view.safety(evaluation.moment));
        core.memberships = names(new, &decision.dimensions);
        (core.treatment, core.treatment_from) = treatment(new, &decision.dimensions);
        decision.closed.insert(dimension.name.clone(), left.seq);
        decided.push(Decided { core, origin: None });
    }
    let now = Scene { evaluation: &evaluation, memberships: &decision.dimensions };
    let known = &FactIndex::default();
    let occasion = Occasion { customer: id, segmentation: new, news: &[], before, known, view, now, memo };
    for mut moved in occasion.describe(&moves.value, decision.next) {
        moved.core.cause = Cause::Segmentation;
        if let Some(from) = segments.get(moved.core.dimension.as_str()) {
            moved.core.from = Some((*from).to_owned());
        }
        decided.push(moved);
    }
    decided
}

/// The parts of a decision that have no place in the new segmentation.
struct Gone<'a> {
    /// The segment that the customer is in and that is no more, by dimension that stays.
    segments: BTreeMap<&'a str, &'a str>,
    /// Dimensions that are no more, with where the customer stood.
    dimensions: Vec<(&'a Dimension, Membership)>,
}

/// Numbers the memberships by the new segmentation, and returns those that have no place there.
fn carry<'a>(decision: &mut Decision, old: &'a Segmentation, new: &Segmentation) -> Gone<'a> {
    let mut gone = Gone { segments: BTreeMap::new(), dimensions: Vec::new() };
    let mut known: BTreeMap<&str, (&'a Dimension, Membership)> = BTreeMap::new();
    for (dimension, membership) in old.dimensions.iter().zip(std::mem::take(&mut decision.dimensions)) {
        if new.dimensions.iter().any(|stays| stays.name == dimension.name) {
            known.insert(&dimension.name, (dimension, membership));
        } else {
            gone.dimensions.push((dimension, membership));
        }
    }
    membership::open(decision, new);
    for (dimension, membership) in new.dimensions.iter().zip(&mut decision.dimensions) {
        let Some((from, stood)) = known.remove(dimension.name.as_str()) else { continue };
        let segment = stood.current.map(|current| &from.segments[usize::from(current)]);
        *membership = renumbered(from, &stood, dimension);
        if let (Some(segment), None) = (segment, membership.current) {
            gone.segments.insert(&from.name, &segment.name);
        }
    }
    gone
}

/// The customer stays in the segment of the same name, if there is one; when they entered is kept in any case.
fn renumbered(from: &Dimension, stood: &Membership, to: &Dimension) -> Membership {
    let named = |segments: &[Segment], name: &str| segments.iter().position(|segment| segment.name == name);
    let current = stood.current.and_then(|current| named(&to.segments, &from.segments[usize::from(current)].name));
    let since = to.segments.iter().map(|segment| {
        let old = named(&from.segments, &segment.name)?;
        let rule = |segment: &'_ Segment| segment.when.as_ref().map(|when| when.text.clone());
        let same = rule(&from.segments[old]) == rule(segment);
        stood.since.get(old).copied().flatten().filter(|_| same)
    });
    Membership {
        current: current.map(|place| u16::try_from(place).expect("the loader bounds the segments of a dimension")),
        entered_at: stood.entered_at,
        seq: stood.seq,
        since: since.collect(),
    }
}
