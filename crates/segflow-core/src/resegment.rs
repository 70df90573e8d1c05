//! `resegment`: a customer goes over from one segmentation to another.
//!
//! What stands is carried over by name and decided anew, at one instant, by the same `decide` and described as every
//! other change; nothing here decides anything by itself.

use std::collections::BTreeMap;

use crate::advance::{Left, Occasion, advance, names, treatment};
use crate::change::{Cause, Decided};
use crate::event::CustomerId;
use crate::feature::fact_index::FactIndex;
use crate::feature::reading::Moment;
use crate::feature::view::View;
use crate::membership::{Memo, decide_on};
use crate::rule::eval::Evaluation;
use crate::rule::explain::Scene;
use crate::segmentation::{Dimension, Dimensions, Segment, Segmentation};
use crate::state::{Decision, Membership, State, in_effect};
use crate::time::Timestamp;

/// Takes a customer from `old`, which decided them, to `new`, and returns the changes.
///
/// Everything before `silence`, or before the customer's `as_of` where that is later, is decided by `old`; from that
/// instant on `new` decides. At the instant itself every dimension is decided anew: a move is of cause `SEGMENTATION`,
/// from where the customer stood, under its old name. Dimensions that `new` lacks come first, and close with `to: null`;
/// their `seq` is kept. Of somebody about whom nothing is decided nothing changes.
///
/// A segment with `for` keeps since when it has held if its rule is written as before.
pub fn resegment(
    state: &mut State,
    customer: &CustomerId,
    old: &Segmentation,
    new: &Segmentation,
    silence: Timestamp,
) -> Vec<Decided> {
    let mut decided = advance(state, customer, old, silence);
    let State { facts, pending, decision, settled } = state;
    let (Some(at), false) = (decision.as_of, decision.dimensions.is_empty()) else { return decided };
    *settled = Memo::default();
    let Gone { segments, dimensions } = carry(decision, old, new);
    let before = decision.dimensions.clone();
    let view = View::new(customer, in_effect(facts, pending), new);
    let evaluation = Evaluation::new(new, &view, Moment::new(at, &new.zone));
    let moves = decide_on(new, &evaluation, &mut decision.dimensions, settled, Dimensions::ALL);
    (decision.next, decision.segmentation) = (moves.until, new.version);

    for (dimension, before) in &dimensions {
        let left = Left { customer, dimension, before, seq: before.seq + 1 };
        let mut core = left.close(new, at, Cause::Segmentation, view.safety(evaluation.moment));
        core.memberships = names(new, &decision.dimensions);
        (core.treatment, core.treatment_from) = treatment(new, &decision.dimensions);
        decision.closed.insert(dimension.name.clone(), left.seq);
        decided.push(Decided { core, origin: None });
    }
    let now = Scene { evaluation: &evaluation, memberships: &decision.dimensions };
    let known = &FactIndex::default();
    let step = Occasion { customer, segmentation: new, news: &[], before: &before, known, view: &view, now, settled };
    for mut moved in step.describe(&moves.value, decision.next) {
        moved.core.cause = Cause::Segmentation;
        if let Some(from) = segments.get(moved.core.dimension.as_str()) {
            moved.core.from = Some((*from).to_owned());
        }
        decided.push(moved);
    }
    decided
}

/// What has no place in the new segmentation.
struct Gone<'a> {
    /// By dimension that stays: the segment that the customer is in and that is no more.
    segments: BTreeMap<&'a str, &'a str>,
    /// Dimensions that are no more, with where the customer stood.
    dimensions: Vec<(&'a Dimension, Membership)>,
}

/// Numbers the memberships by the new segmentation, and returns what could not be.
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
    decision.open(new);
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

/// Where a segment of the same name is, there the customer stays; when they entered is known in any case.
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
