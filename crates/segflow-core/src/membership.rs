//! Membership, exactly: which segment of a dimension holds at a breakpoint, and when to look again.

use std::num::NonZeroU32;

use crate::memo::{Grounds, Memo, MemoEntry};
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
/// must have been disturbed, and the memo opened for this segmentation. Whatever one dimension of `among` rests on must be among them.
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
    for (index, dimension) in segmentation.dimensions.iter().enumerate().filter(|(index, _)| among.contain(*index)) {
        if let Some(next) = memo.known(index, at, moved) {
            moves.until = moves.until.min(next);
            continue;
        }
        let mut place = Place { segmentation, evaluation, dimension, index, memo, grounds: Grounds::NONE };
        let since = place.holding_since(memberships);
        let pick = place.pick(memberships);
        let (next, grounds) = (since.min(pick.until), place.grounds);
        moves.until = moves.until.min(next);
        match pick.value.and_then(|to| enter(&mut memberships[index], index, to, at)) {
            Some(entered) => {
                moves.value.push(entered);
                moved |= Dimensions::at(index);
                memo.note(index, None);
            }
            None => memo.note(index, Some(MemoEntry { next, grounds })),
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
    memo: &'e mut Memo,
    /// What the decision has rested on so far.
    grounds: Grounds,
}

impl<'a> Place<'_, 'a, '_> {
    /// The outcome of a rule, from the memo if it is known.
    fn eval(&mut self, rule: &'a Rule, memberships: &[Membership]) -> Timed<Truth> {
        let (held, stands) = self.memo.known_rule(rule.reads.number, self.evaluation.moment.at).unwrap_or_else(|| {
            let (held, stands) = self.evaluation.outcome(rule, memberships);
            self.memo.note_rule(rule.reads, held, stands);
            (held, stands)
        });
        let Grounds { until, dimensions, families } = self.grounds;
        self.grounds = Grounds {
            until: until.min(stands),
            dimensions: dimensions | rule.reads.dimensions,
            families: families | rule.reads.families,
        };
        held
    }

    /// Notes that the decision may change at an instant.
    fn rest_until(&mut self, until: Timestamp) {
        self.grounds.until = self.grounds.until.min(until);
    }

    /// Notes since when the `when` of each segment with `for` has held, also of segments below the current one and under
    /// `keep`. Returns when to look again.
    fn holding_since(&mut self, memberships: &mut [Membership]) -> Timestamp {
        let Self { segmentation, dimension, index, .. } = *self;
        let at = self.evaluation.moment.at;
        let mut next = Timestamp::NEVER;
        memberships[index].since.resize(dimension.segments.len(), None);
        for (place, segment) in dimension.segments.iter().enumerate() {
            let (Some(hold), Some(when)) = (segment.hold, &segment.when) else {
                memberships[index].since[place] = None;
                continue;
            };
            let held = self.eval(when, memberships);
            next = next.min(held.until);
            let since = &mut memberships[index].since[place];
            if held.value != Truth::True {
                *since = None;
                continue;
            }
            let entry = segmentation.plus(*since.get_or_insert(at), hold);
            if at < entry {
                next = next.min(entry);
                self.rest_until(entry);
            }
        }
        next
    }

    /// The segment that holds; none if `keep` does not let go of the current one.
    fn pick(&mut self, memberships: &[Membership]) -> Timed<Option<usize>> {
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
    fn kept(&mut self, memberships: &[Membership]) -> Option<Timed<bool>> {
        let Self { segmentation, dimension, index, .. } = *self;
        let membership = &memberships[index];
        let segment = &dimension.segments[usize::from(membership.current?)];
        let end = segmentation.plus(membership.entered_at?, segment.keep?);
        if self.evaluation.moment.at >= end {
            return None;
        }
        self.rest_until(end);
        let bypass = match &segment.bypass {
            Some(rule) => self.eval(rule, memberships),
            None => Timed::always(Truth::False),
        };
        Some(Timed::until(bypass.value != Truth::True, bypass.until.min(end)))
    }

    /// Whether a segment would be picked: the current one by `when || stay`, one with `for` once it has held so long.
    fn holds(&mut self, segment: usize, memberships: &[Membership]) -> Timed<Truth> {
        let Self { segmentation, dimension, index, .. } = *self;
        let (membership, place) = (&memberships[index], segment);
        let segment = &dimension.segments[place];
        let rule = |rule: &'a Option<Rule>| rule.as_ref().expect("every segment but `otherwise` has rules");
        if membership.current.map(usize::from) == Some(place) {
            return self.eval(rule(&segment.remain), memberships);
        }
        match segment.hold {
            Some(hold) => {
                let entry = membership.since[place].map(|since| segmentation.plus(since, hold));
                Timed::always(entry.is_some_and(|entry| self.evaluation.moment.at >= entry).into())
            }
            None => self.eval(rule(&segment.when), memberships),
        }
    }
}
