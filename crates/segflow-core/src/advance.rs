//! `advance`: from breakpoint to breakpoint, deciding every instant before a bound.

use std::collections::BTreeMap;

use crate::change::{Cause, Core, Decided, Forecast, Reason, Safety, change_id};
use crate::event::{CustomerId, Families, erased};
use crate::feature::fact_index::FactIndex;
use crate::feature::reading::Moment;
use crate::feature::view::View;
use crate::membership::{Memo, Move, decide_on};
use crate::prune::prune;
use crate::rule::eval::Evaluation;
use crate::rule::explain::{Scene, deciding, reason};
use crate::segmentation::{Dimension, Dimensions, Segment, Segmentation};
use crate::state::{InEffect, Membership, Pending, State, Wake, in_effect};
use crate::time::{Span, Timestamp};

/// How far a forecast looks.
pub const FORECAST: Span = Span::Days(400);
/// How many breakpoints a forecast visits at most; `forecast_until` says how far it came.
pub const FORECAST_STEPS: usize = 2_000;

/// Decides every instant of `[as_of, to)` and returns the changes in order of (instant, dimension).
///
/// The bound is exclusive, since records of equal timestamp may still be unread. Nothing is decided before the
/// customer's earliest effective instant.
pub fn advance(state: &mut State, customer: &CustomerId, segmentation: &Segmentation, to: Timestamp) -> Vec<Decided> {
    let Wake { fact, silence } = state.wake();
    let decided = if fact.min(silence) < to { decide_until(state, customer, segmentation, to) } else { Vec::new() };
    if let Some(as_of) = &mut state.decision.as_of {
        *as_of = to.max(*as_of);
        prune(state, segmentation, to);
    }
    decided
}

fn decide_until(state: &mut State, customer: &CustomerId, segmentation: &Segmentation, to: Timestamp) -> Vec<Decided> {
    let mut decided = Vec::new();
    state.settled.open(segmentation, &state.decision);
    loop {
        let walk = walk(state, customer, segmentation, to);
        decided.extend(walk.decided);
        let Some(erasure) = walk.erasure else { break };
        decided.extend(erase(state, customer, segmentation, &erasure));
    }
    state.settled.close(segmentation, &state.decision);
    decided
}

/// Instants decided one after the other.
struct Walk {
    decided: Vec<Decided>,
    /// What stopped it, if it did not come to its end.
    erasure: Option<Pending>,
}

fn walk(state: &mut State, customer: &CustomerId, segmentation: &Segmentation, to: Timestamp) -> Walk {
    let State { facts, pending, decision, settled } = state;
    let mut decided = Vec::new();
    loop {
        let fact = pending.first().map_or(Timestamp::NEVER, |first| first.effective);
        let at = fact.min(decision.next);
        if at >= to {
            return Walk { decided, erasure: None };
        }
        let due = pending.partition_point(|fact| fact.effective <= at);
        if let Some(erasure) = pending[..due].iter().position(|fact| erased(&fact.event_id).is_some()) {
            return Walk { decided, erasure: Some(pending.remove(erasure)) };
        }
        let news: Vec<Pending> = pending.drain(..due).collect();
        let families = news.iter().fold(Families::NONE, |all, fact| all | Families::of(&[fact.family]));
        let known = settled.take_arranged();
        let arranged = known.but_for(families, &FactIndex::default());
        let view = &View::arranged(customer, in_effect(facts, pending), segmentation, arranged);
        let mut evaluation = Evaluation::new(segmentation, view, Moment::new(at, &segmentation.zone));
        settled.disturb(families);
        decision.open(segmentation);
        let mut news = &*news;
        // From here to the next fact, or to the end, only time passes.
        let quiet = pending.first().map_or(to, |first| first.effective.min(to));
        loop {
            let at = evaluation.moment.at;
            let moves = decide_on(segmentation, &evaluation, &mut decision.dimensions, settled, Dimensions::ALL);
            assert!(moves.until > at, "the next breakpoint lies after the present one");
            (decision.next, decision.as_of) = (moves.until, Some(at));
            if !moves.value.is_empty() {
                let before = &unmoved(&decision.dimensions, &moves.value);
                let now = Scene { evaluation: &evaluation, memberships: &decision.dimensions };
                let instant = Occasion { customer, segmentation, news, before, known: &known, view, now, settled };
                decided.extend(instant.describe(&moves.value, decision.next));
            }
            if decision.next >= quiet {
                settled.keep_arranged(view.arrangement());
                break;
            }
            news = &[];
            evaluation = evaluation.at(Moment::new(decision.next, &segmentation.zone));
        }
    }
}

/// Where every dimension stood before these moves; since when a `when` has held is not told back.
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

/// Closes every membership and forgets everything recorded up to the erasure. Who is not gone begins anew.
fn erase(state: &mut State, customer: &CustomerId, segmentation: &Segmentation, erasure: &Pending) -> Vec<Decided> {
    let at = erasure.effective;
    let before = state.decision.dimensions.clone();
    state.erase(erased(&erasure.event_id).expect("only an erasure erases"), erasure);
    let nobody = InEffect { facts: Vec::new(), pruned_from: None };
    let safety = View::new(customer, nobody, segmentation).safety(Moment::new(at, &segmentation.zone));
    let mut decided = Vec::new();
    let dimensions = segmentation.dimensions.iter().zip(before).zip(&mut state.decision.dimensions);
    for ((dimension, before), membership) in dimensions {
        if before.current.is_none() {
            continue;
        }
        membership.seq += 1;
        let left = Left { customer, dimension, before: &before, seq: membership.seq };
        let core = left.close(segmentation, at, Cause::Erasure, safety.clone());
        decided.push(Decided { core, origin: Some((erasure.family, erasure.offset)) });
    }
    state.decision.close(segmentation);
    let remains = !in_effect(&state.facts, &state.pending).facts.is_empty();
    state.decision.as_of = Some(at);
    state.decision.next = if remains { at } else { Timestamp::NEVER };
    decided
}

/// A dimension in which the customer stands no more.
pub(crate) struct Left<'a> {
    pub customer: &'a CustomerId,
    /// As in the segmentation that decided it.
    pub dimension: &'a Dimension,
    /// Where they stood.
    pub before: &'a Membership,
    /// Of the last change.
    pub seq: u64,
}

impl Left<'_> {
    /// The last change. No membership is left to be named.
    pub fn close(&self, segmentation: &Segmentation, at: Timestamp, cause: Cause, safety: Safety) -> Core {
        let left = |current: u16| self.dimension.segments[usize::from(current)].name.clone();
        Core {
            change_id: change_id(self.customer, &self.dimension.name, self.seq),
            seq: self.seq,
            customer_id: self.customer.clone(),
            dimension: self.dimension.name.clone(),
            from: self.before.current.map(left),
            to: None,
            effective_at: at,
            entered_previous_at: self.before.entered_at,
            cause,
            event_id: None,
            reasons: Vec::new(),
            segmentation: segmentation.name.clone(),
            segmentation_version: segmentation.version,
            segmentation_hash: segmentation.hash.clone(),
            next_if_silent: None,
            forecast_until: at,
            memberships: Vec::new(),
            safety,
            treatment: BTreeMap::new(),
            treatment_from: BTreeMap::new(),
        }
    }
}

/// An instant at which something moved.
pub(crate) struct Occasion<'s, 'a> {
    pub customer: &'a CustomerId,
    pub segmentation: &'a Segmentation,
    /// What came into effect now.
    pub news: &'s [Pending],
    pub before: &'s [Membership],
    /// What was arranged of the facts before the news.
    pub known: &'s FactIndex,
    pub view: &'s View<'a>,
    pub now: Scene<'s, 'a, 's>,
    pub settled: &'s Memo,
}

impl<'a> Occasion<'_, 'a> {
    /// The changes of some moves, in their order. `next` is the next breakpoint.
    pub fn describe(&self, moves: &[Move], next: Timestamp) -> Vec<Decided> {
        let zone = &self.segmentation.zone;
        let earlier;
        let view = if self.news.is_empty() {
            self.view
        } else {
            earlier = self.view.without(self.news, self.known);
            &earlier
        };
        let moment = Moment::new(self.now.evaluation.moment.at.plus_ms(-1), zone);
        let evaluation = Evaluation::new(self.segmentation, view, moment);
        let before = Scene { evaluation: &evaluation, memberships: self.before };
        let stood = self.before.iter().any(|membership| membership.entered_at.is_some());
        let before = stood.then_some(&before);
        let (forecasts, forecast_until) = self.forecast(moves, next);
        let safety = self.view.safety(self.now.evaluation.moment);
        moves
            .iter()
            .zip(forecasts)
            .map(|(moved, next_if_silent)| {
                // Up to its next move a dimension is foreseen; beyond it nobody looked.
                let until = next_if_silent.as_ref().map_or(forecast_until, |forecast| forecast.at);
                self.change(moved, self.reasons(moved, before), next_if_silent, until, safety.clone())
            })
            .collect()
    }

    fn change(
        &self,
        moved: &Move,
        reasons: Vec<Reason>,
        next_if_silent: Option<Forecast>,
        forecast_until: Timestamp,
        safety: Safety,
    ) -> Decided {
        let segmentation = self.segmentation;
        let dimension = &segmentation.dimensions[moved.dimension];
        let seq = self.now.memberships[moved.dimension].seq;
        let first = self.news.iter().min_by_key(|fact| (&fact.event_id, fact.family));
        let (treatment, treatment_from) = treatment(segmentation, self.now.memberships);
        let core = Core {
            change_id: change_id(self.customer, &dimension.name, seq),
            seq,
            customer_id: self.customer.clone(),
            dimension: dimension.name.clone(),
            from: moved.from.map(|from| dimension.segments[from].name.clone()),
            to: Some(dimension.segments[moved.to].name.clone()),
            effective_at: self.now.evaluation.moment.at,
            entered_previous_at: moved.entered_previous_at,
            cause: if first.is_some() { Cause::Fact } else { Cause::Time },
            event_id: first.map(|fact| fact.event_id.clone()),
            reasons,
            segmentation: segmentation.name.clone(),
            segmentation_version: segmentation.version,
            segmentation_hash: segmentation.hash.clone(),
            next_if_silent,
            forecast_until,
            memberships: names(segmentation, self.now.memberships),
            safety,
            treatment,
            treatment_from,
        };
        Decided { core, origin: first.map(|fact| (fact.family, fact.offset)) }
    }

    /// The comparisons that let the customer in; on a fall also those that no longer hold them, and of a `keep` cut
    /// short those of its `bypass`.
    fn reasons(&self, moved: &Move, before: Option<&Scene<'_, 'a, '_>>) -> Vec<Reason> {
        let segments = &self.segmentation.dimensions[moved.dimension].segments;
        let entered = segments[moved.to].when.as_ref();
        let left = moved.from.map(|from| &segments[from]);
        let bypassed = left.filter(|left| self.is_kept(left, moved)).and_then(|left| left.bypass.as_ref());
        let failed = moved.from.filter(|from| *from < moved.to).and_then(|from| segments[from].remain.as_ref());
        let rules = [entered, failed, bypassed].into_iter().flatten();
        let leaves = rules.flat_map(|rule| deciding(&rule.root, &self.now));
        let mut reasons = Vec::new();
        for leaf in leaves {
            let reason = reason(leaf, self.segmentation, &self.now, before);
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons
    }

    fn is_kept(&self, left: &Segment, moved: &Move) -> bool {
        let end = left.keep.zip(moved.entered_previous_at).map(|(keep, entered)| self.segmentation.plus(entered, keep));
        end.is_some_and(|end| self.now.evaluation.moment.at < end)
    }

    /// Where each moved dimension goes next if no fact arrives, and how far ahead this looked.
    fn forecast(&self, moves: &[Move], mut next: Timestamp) -> (Vec<Option<Forecast>>, Timestamp) {
        let segmentation = self.segmentation;
        let horizon = segmentation.plus(self.now.evaluation.moment.at, FORECAST);
        let (mut memberships, mut settled) = (self.now.memberships.to_vec(), self.settled.clone());
        let mut found: Vec<Option<Forecast>> = vec![None; moves.len()];
        for _ in 0..FORECAST_STEPS {
            let sought = moves.iter().zip(&found).filter(|(_, found)| found.is_none());
            let rests_on = sought.map(|(moved, _)| segmentation.dimensions[moved.dimension].rests_on);
            let among = rests_on.fold(Dimensions::NONE, |all, one| all | one);
            if next > horizon || among == Dimensions::NONE {
                return (found, horizon);
            }
            let evaluation = self.now.evaluation.at(Moment::new(next, &segmentation.zone));
            let step = decide_on(segmentation, &evaluation, &mut memberships, &mut settled, among);
            for moved in &step.value {
                let wanted = moves.iter().position(|wanted| wanted.dimension == moved.dimension);
                if let Some(wanted) = wanted.filter(|wanted| found[*wanted].is_none()) {
                    let to = segmentation.dimensions[moved.dimension].segments[moved.to].name.clone();
                    found[wanted] = Some(Forecast { to, at: next });
                }
            }
            next = step.until;
        }
        (found, next)
    }
}

pub(crate) fn names(segmentation: &Segmentation, memberships: &[Membership]) -> Vec<(String, String)> {
    present(segmentation, memberships)
        .map(|(dimension, segment)| (dimension.name.clone(), segment.name.clone()))
        .collect()
}

/// Per key the first dimension in file order wins.
pub(crate) fn treatment(
    segmentation: &Segmentation,
    memberships: &[Membership],
) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let (mut treatment, mut from) = (BTreeMap::new(), BTreeMap::new());
    for (dimension, segment) in present(segmentation, memberships) {
        for (key, value) in &segment.treatment {
            treatment.entry(key.clone()).or_insert_with(|| {
                from.insert(key.clone(), dimension.name.clone());
                value.clone()
            });
        }
    }
    (treatment, from)
}

fn present<'a>(
    segmentation: &'a Segmentation,
    memberships: &'a [Membership],
) -> impl Iterator<Item = (&'a Dimension, &'a Segment)> {
    segmentation.dimensions.iter().zip(memberships).filter_map(|(dimension, membership)| {
        let current = usize::from(membership.current?);
        Some((dimension, &dimension.segments[current]))
    })
}
