//! Membership, exactly: which segment of a dimension holds at a breakpoint, and when to look again.

use std::num::NonZeroU32;

use crate::memo::{Memo, MemoEntry};
use crate::rule::Rule;
use crate::rule::eval::Evaluation;
use crate::segmentation::{Dimension, Dimensions, Segmentation};
use crate::state::{Decision, Membership};
use crate::time::Timestamp;
use crate::timed::{Timed, Truth};

/// A move from one segment to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Move {
    /// The dimension, in file order.
    pub dimension: usize,
    /// The segment left; none at first.
    pub from: Option<usize>,
    /// The segment entered.
    pub to: usize,
    /// When `from` was entered.
    pub entered_previous_at: Option<Timestamp>,
}

/// Opens a membership in every dimension, unless some are open already. `seq` goes on where it was closed.
pub(crate) fn open(decision: &mut Decision, segmentation: &Segmentation) {
    if decision.dimensions.is_empty() {
        let closed = &mut decision.closed;
        let dimension = |dimension: &Dimension| Membership {
            seq: closed.remove(&dimension.name).unwrap_or_default(),
            ..Membership::default()
        };
        decision.dimensions = segmentation.dimensions.iter().map(dimension).collect();
    }
    decision.segmentation = NonZeroU32::new(segmentation.version);
}

/// Closes every membership: nothing is decided any more. The `seq` of each dimension is kept.
pub(crate) fn close(decision: &mut Decision, segmentation: &Segmentation) {
    let names = segmentation.dimensions.iter().map(|dimension| dimension.name.clone());
    let memberships = std::mem::take(&mut decision.dimensions).into_iter();
    decision.closed.extend(names.zip(memberships.map(|membership| membership.seq)).filter(|(_, seq)| *seq > 0));
    decision.segmentation = None;
}

/// Decides the dimensions `among` at the evaluation's moment. Deciding twice at one instant changes nothing.
///
/// The memo holds outcomes of earlier instants, over these memberships and these facts; outcomes that rest on newer facts
/// must have been disturbed. Whatever one dimension of `among` rests on must be among them.
pub(crate) fn decide<'a>(
    segmentation: &'a Segmentation,
    evaluation: &Evaluation<'a, '_>,
    memberships: &mut Vec<Membership>,
    memo: &mut Memo,
    among: Dimensions,
) -> Timed<Vec<Move>> {
    let at = evaluation.moment.at;
    let (mut moves, mut moved) = (Timed::always(Vec::new()), Dimensions::NONE);
    memberships.resize_with(segmentation.dimensions.len(), Membership::default);
    memo.resize(segmentation.dimensions.len());
    for (index, dimension) in segmentation.dimensions.iter().enumerate().filter(|(index, _)| among.contain(*index)) {
        if let Some(next) = memo.known(index, at, moved) {
            moves.until = moves.until.min(next);
            continue;
        }
        evaluation.take_grounds();
        let place = Place { segmentation, evaluation, dimension, index };
        let since = place.holding_since(memberships);
        let pick = place.pick(memberships);
        let next = since.min(pick.until);
        moves.until = moves.until.min(next);
        match pick.value.and_then(|to| enter(&mut memberships[index], index, to, at)) {
            Some(entered) => {
                moves.value.push(entered);
                moved |= Dimensions::at(index);
                memo.note(index, None);
            }
            None => memo.note(index, Some(MemoEntry { next, grounds: evaluation.take_grounds() })),
        }
    }
    moves
}

fn enter(membership: &mut Membership, dimension: usize, to: usize, at: Timestamp) -> Option<Move> {
    let from = membership.current.map(usize::from);
    if from == Some(to) {
        return None;
    }
    let entered_previous_at = membership.entered_at.replace(at);
    membership.current = Some(u16::try_from(to).expect("the loader bounds the segments of a dimension"));
    membership.seq += 1;
    Some(Move { dimension, from, to, entered_previous_at })
}

/// The dimension that is being decided.
struct Place<'e, 'a, 'v> {
    segmentation: &'a Segmentation,
    evaluation: &'e Evaluation<'a, 'v>,
    dimension: &'a Dimension,
    /// Its place in the segmentation, and that of its membership.
    index: usize,
}

impl<'a> Place<'_, 'a, '_> {
    /// Notes since when the `when` of each segment with `for` has held, also of segments below the current one and under
    /// `keep`. Returns when to look again.
    fn holding_since(&self, memberships: &mut [Membership]) -> Timestamp {
        let Self { segmentation, evaluation, dimension, index } = *self;
        let at = evaluation.moment.at;
        let mut next = Timestamp::NEVER;
        memberships[index].since.resize(dimension.segments.len(), None);
        for (place, segment) in dimension.segments.iter().enumerate() {
            let (Some(hold), Some(when)) = (segment.hold, &segment.when) else {
                memberships[index].since[place] = None;
                continue;
            };
            let held = evaluation.eval(&when.root, memberships);
            next = next.min(held.until);
            let since = &mut memberships[index].since[place];
            if held.value != Truth::True {
                *since = None;
                continue;
            }
            let entry = segmentation.plus(*since.get_or_insert(at), hold);
            if at < entry {
                next = next.min(entry);
                evaluation.rest_until(entry);
            }
        }
        next
    }

    /// The segment that holds; none if `keep` does not let go of the current one.
    fn pick(&self, memberships: &[Membership]) -> Timed<Option<usize>> {
        let mut next = Timestamp::NEVER;
        if let Some(kept) = self.kept(memberships) {
            next = kept.until;
            if kept.value {
                return Timed::until(None, next);
            }
        }
        for segment in 0..self.dimension.otherwise() {
            let held = self.holds(segment, memberships);
            next = next.min(held.until);
            if held.value == Truth::True {
                return Timed::until(Some(segment), next);
            }
        }
        Timed::until(Some(self.dimension.otherwise()), next)
    }

    /// While the current segment's `keep` runs: whether it holds on, which its `bypass` overrides.
    fn kept(&self, memberships: &[Membership]) -> Option<Timed<bool>> {
        let Self { segmentation, evaluation, dimension, index } = *self;
        let membership = &memberships[index];
        let segment = &dimension.segments[usize::from(membership.current?)];
        let end = segmentation.plus(membership.entered_at?, segment.keep?);
        if evaluation.moment.at >= end {
            return None;
        }
        evaluation.rest_until(end);
        let bypass = match &segment.bypass {
            Some(rule) => evaluation.eval(&rule.root, memberships),
            None => Timed::always(Truth::False),
        };
        Some(Timed::until(bypass.value != Truth::True, bypass.until.min(end)))
    }

    /// Whether a segment would be picked: the current one by `when || stay`, one with `for` once it has held so long.
    fn holds(&self, segment: usize, memberships: &[Membership]) -> Timed<Truth> {
        let Self { segmentation, evaluation, dimension, index } = *self;
        let (membership, place) = (&memberships[index], segment);
        let segment = &dimension.segments[place];
        let rule = |rule: &'a Option<Rule>| {
            let rule = rule.as_ref().expect("every segment but `otherwise` has rules");
            evaluation.eval(&rule.root, memberships)
        };
        if membership.current.map(usize::from) == Some(place) {
            return rule(&segment.remain);
        }
        match segment.hold {
            Some(hold) => {
                let entry = membership.since[place].map(|since| segmentation.plus(since, hold));
                Timed::always(entry.is_some_and(|entry| evaluation.moment.at >= entry).into())
            }
            None => rule(&segment.when),
        }
    }
}
