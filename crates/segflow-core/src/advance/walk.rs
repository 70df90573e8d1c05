//! The walk of one customer from breakpoint to breakpoint, with the erasures on the way.

use super::describe::{Left, Occasion};
use crate::change::{Cause, Decided};
use crate::customer::Customer;
use crate::event::{CustomerId, Families, erased};
use crate::feature::reading::Moment;
use crate::feature::view::View;
use crate::in_effect::{InEffect, Pending, in_effect};
use crate::membership::{self, Move, decide};
use crate::rule::eval::Evaluation;
use crate::rule::explain::Scene;
use crate::segmentation::{Dimensions, Segmentation};
use crate::state::{Membership, State};
use crate::time::Timestamp;

/// Decides every breakpoint before `to`, with the memo of earlier walks.
pub(super) fn decide_until(
    customer: &mut Customer,
    id: &CustomerId,
    segmentation: &Segmentation,
    to: Timestamp,
) -> Vec<Decided> {
    let walk = Walk { id, segmentation, to };
    let mut decided = Vec::new();
    while let Some(due) = walk.next(&mut customer.state) {
        decided.extend(match due {
            Due::Facts(at, news) => walk.stretch(customer, at, &news),
            Due::Erasure(erasure) => walk.erase(customer, &erasure),
        });
    }
    decided
}

/// Whose walk it is, by which rules, and up to where.
struct Walk<'a> {
    id: &'a CustomerId,
    segmentation: &'a Segmentation,
    /// Exclusive.
    to: Timestamp,
}

/// The next stop of a walk.
enum Due {
    /// A breakpoint, with the facts that come into effect at it; at a breakpoint of silence there is none.
    Facts(Timestamp, Vec<Pending>),
    /// An erasure, which comes before the facts of its instant.
    Erasure(Pending),
}

impl Walk<'_> {
    /// Takes from the pending facts what is due next; none once the bound is reached.
    fn next(&self, state: &mut State) -> Option<Due> {
        let State { pending, decision, .. } = state;
        let fact = pending.first().map_or(Timestamp::NEVER, |first| first.effective);
        let at = fact.min(decision.next);
        if at >= self.to {
            return None;
        }
        let due = pending.partition_point(|fact| fact.effective <= at);
        Some(match pending[..due].iter().position(|fact| erased(&fact.event_id).is_some()) {
            Some(erasure) => Due::Erasure(pending.remove(erasure)),
            None => Due::Facts(at, pending.drain(..due).collect()),
        })
    }

    /// Decides from a breakpoint to the next fact, or to the bound: on this stretch only time passes.
    fn stretch(&self, customer: &mut Customer, at: Timestamp, news: &[Pending]) -> Vec<Decided> {
        let Self { id, segmentation, to } = *self;
        let Customer { state: State { facts, pending, decision }, memo, .. } = customer;
        let families = news.iter().fold(Families::NONE, |all, fact| all | Families::of(&[fact.family()]));
        memo.open(segmentation);
        let mut known = memo.take_index();
        let index = known.take_but_for(families);
        let in_effect = in_effect(facts, pending);
        index.running().follow(&in_effect.facts, news);
        let view = View::indexed(id, in_effect, segmentation, index);
        let mut evaluation = Evaluation::new(segmentation, &view, Moment::new(at, &segmentation.zone));
        memo.disturb(families);
        membership::open(decision, segmentation);
        let quiet = pending.first().map_or(to, |first| first.effective.min(to));
        let (mut decided, mut news) = (Vec::new(), news);
        loop {
            let at = evaluation.moment.at;
            let moves = decide(segmentation, &evaluation, &mut decision.dimensions, memo, Dimensions::ALL);
            assert!(moves.until > at, "the next breakpoint lies after the present one");
            (decision.next, decision.as_of) = (moves.until, Some(at));
            if !moves.value.is_empty() {
                let before = &unmoved(&decision.dimensions, &moves.value);
                let now = Scene { evaluation: &evaluation, memberships: &decision.dimensions };
                let occasion =
                    Occasion { customer: id, segmentation, news, before, known: &known, view: &view, now, memo };
                decided.extend(occasion.describe(&moves.value, decision.next));
            }
            if decision.next >= quiet {
                memo.keep_index(view.into_index());
                return decided;
            }
            news = &[];
            evaluation = evaluation.at(Moment::new(decision.next, &segmentation.zone));
        }
    }

    /// Closes every membership and forgets everything recorded up to the erasure. A customer of whom facts remain begins
    /// anew.
    fn erase(&self, customer: &mut Customer, erasure: &Pending) -> Vec<Decided> {
        let Self { id, segmentation, .. } = *self;
        let at = erasure.effective;
        let before = customer.state.decision.dimensions.clone();
        customer.erase(erased(&erasure.event_id).expect("only an erasure erases"), erasure);
        let nobody = InEffect { facts: Vec::new(), pruned_from: None };
        let safety = View::new(id, nobody, segmentation).safety(Moment::new(at, &segmentation.zone));
        let State { facts, pending, decision } = &mut customer.state;
        let mut decided = Vec::new();
        for ((dimension, before), membership) in
            segmentation.dimensions.iter().zip(before).zip(&mut decision.dimensions)
        {
            if before.current.is_none() {
                continue;
            }
            membership.seq += 1;
            let left = Left { customer: id, dimension, before: &before, seq: membership.seq };
            let core = left.close(segmentation, at, Cause::Erasure, safety.clone());
            decided.push(Decided { core, origin: Some((erasure.family(), erasure.offset)) });
        }
        membership::close(decision, segmentation);
        let remains = !in_effect(facts, pending).facts.is_empty();
        decision.as_of = Some(at);
        decision.next = if remains { at } else { Timestamp::NEVER };
        decided
    }
}

/// The memberships before these moves. The instants since when a `when` has held are not taken back.
fn unmoved(memberships: &[Membership], moves: &[Move]) -> Vec<Membership> {
    let mut before = memberships.to_vec();
    for moved in moves {
        let membership = &mut before[moved.dimension];
        membership.current = moved.from.map(|from| u16::try_from(from).expect("it was a `u16`"));
        membership.entered_at = moved.entered_previous_at;
        membership.seq -= 1;
    }
    before
}
