//! Changes as subscribers read them: the move, its reasons, the next move, and the account then.

use std::collections::BTreeMap;
use std::iter::repeat_n;

use super::forecast::forecast;
use crate::change::{Cause, Core, Decided, Forecast, Reason, Safety, change_id};
use crate::event::CustomerId;
use crate::feature::fact_index::FactIndex;
use crate::feature::reading::Moment;
use crate::feature::view::View;
use crate::in_effect::Pending;
use crate::membership::Move;
use crate::memo::Memo;
use crate::rule::eval::Evaluation;
use crate::rule::explain::{Scene, deciding, reason};
use crate::segmentation::{Dimension, Segment, Segmentation};
use crate::state::Membership;
use crate::time::Timestamp;

/// A dimension that the customer leaves for good.
pub(crate) struct Left<'a> {
    pub customer: &'a CustomerId,
    /// The dimension as the segmentation has it that decided it.
    pub dimension: &'a Dimension,
    /// Where the customer stood.
    pub before: &'a Membership,
    /// The number of the last change.
    pub seq: u64,
}

impl Left<'_> {
    /// The last change, to no segment. It names no membership.
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
    /// The facts that came into effect now.
    pub news: &'s [Pending],
    /// The memberships before the moves.
    pub before: &'s [Membership],
    /// The index of the facts before the news.
    pub known: &'s FactIndex,
    pub view: &'s View<'a>,
    pub now: Scene<'s, 'a, 's>,
    pub memo: &'s Memo,
}

/// The parts of a change that were found out about one move.
struct Findings {
    reasons: Vec<Reason>,
    next_if_silent: Option<Forecast>,
    forecast_until: Timestamp,
    situation: Situation,
}

/// The parts that all changes of an instant share.
#[derive(Clone)]
struct Situation {
    memberships: Vec<(String, String)>,
    safety: Safety,
    treatment: BTreeMap<String, String>,
    treatment_from: BTreeMap<String, String>,
}

impl<'a> Occasion<'_, 'a> {
    /// The changes that these moves make, in their order. `next` is the next breakpoint.
    pub fn describe(&self, moves: &[Move], next: Timestamp) -> Vec<Decided> {
        let zone = &self.segmentation.zone;
        // A customer who stood nowhere has no values before.
        let stood = self.before.iter().any(|membership| membership.entered_at.is_some());
        let earlier = (stood && !self.news.is_empty()).then(|| self.view.without(self.news, self.known));
        let moment = Moment::new(self.now.evaluation.moment.at.plus_ms(-1), zone);
        let evaluation = Evaluation::new(self.segmentation, earlier.as_ref().unwrap_or(self.view), moment);
        let before = Scene { evaluation: &evaluation, memberships: self.before };
        let before = stood.then_some(&before);
        let (forecasts, forecast_until) = forecast(self.segmentation, &self.now, self.memo, moves, next);
        // The last change takes the situation itself, each other one a copy.
        let situations = repeat_n(self.situation(), moves.len());
        moves
            .iter()
            .zip(forecasts)
            .zip(situations)
            .map(|((moved, next_if_silent), situation)| {
                let reasons = self.reasons(moved, before);
                // The forecast of a dimension ends at its next move: beyond it nobody looked.
                let forecast_until = next_if_silent.as_ref().map_or(forecast_until, |forecast| forecast.at);
                self.change(moved, Findings { reasons, next_if_silent, forecast_until, situation })
            })
            .collect()
    }

    fn situation(&self) -> Situation {
        let (segmentation, memberships) = (self.segmentation, self.now.memberships);
        let (treatment, treatment_from) = treatment(segmentation, memberships);
        Situation {
            memberships: names(segmentation, memberships),
            safety: self.view.safety(self.now.evaluation.moment),
            treatment,
            treatment_from,
        }
    }

    fn change(&self, moved: &Move, findings: Findings) -> Decided {
        let Findings { reasons, next_if_silent, forecast_until, situation } = findings;
        let Situation { memberships, safety, treatment, treatment_from } = situation;
        let segmentation = self.segmentation;
        let dimension = &segmentation.dimensions[moved.dimension];
        let seq = self.now.memberships[moved.dimension].seq;
        let first = self.news.iter().min_by_key(|fact| (&fact.event_id, fact.kind));
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
            memberships,
            safety,
            treatment,
            treatment_from,
        };
        Decided { core, origin: first.map(|fact| (fact.family(), fact.offset)) }
    }

    /// The comparisons that let the customer in. On a fall also those that no longer hold them; where a `keep` was cut
    /// short, also those of its `bypass`.
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
}

/// The segment that the customer is in, by dimension, in file order.
pub(crate) fn names(segmentation: &Segmentation, memberships: &[Membership]) -> Vec<(String, String)> {
    present(segmentation, memberships)
        .map(|(dimension, segment)| (dimension.name.clone(), segment.name.clone()))
        .collect()
}

/// The treatment merged over all memberships, and the dimension that each key is from. Per key the first dimension in
/// file order wins.
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
