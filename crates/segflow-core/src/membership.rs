//! Membership, exactly: which segment of a dimension holds at a breakpoint, and when to look again.

use crate::event::Families;
use crate::feature::fact_index::FactIndex;
use crate::feature::interner::hash;
use crate::rule::Rule;
use crate::rule::eval::{Evaluation, Grounds};
use crate::segmentation::{Dimension, Dimensions, Segmentation};
use crate::state::{Decision, Membership};
use crate::time::Timestamp;
use crate::timed::{Timed, Truth};

/// A move from one segment to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Move {
    /// The dimension, in file order.
    pub dimension: usize,
    /// The segment left; none at first.
    pub from: Option<usize>,
    /// The segment entered.
    pub to: usize,
    /// When `from` was entered.
    pub entered_previous_at: Option<Timestamp>,
}

/// What was decided of each dimension, and what was arranged of the facts, for as long as it stands: from one breakpoint or
/// fact to the next only dimensions whose grounds have changed are decided again, and only facts of families that have
/// new ones are arranged again.
///
/// It is remembered beside a state and is no part of it: without it everything is decided again, with the same outcome.
#[derive(Clone, Default, Debug)]
pub struct Memo {
    dimensions: Vec<Option<MemoEntry>>,
    arranged: FactIndex,
    /// Of the segmentation, and of what it left of the decision.
    seal: u64,
}

/// What is remembered makes no state another one.
impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Memo {
    /// Remembers nothing if anything but `advance` by this segmentation has touched the decision since.
    pub(crate) fn open(&mut self, segmentation: &Segmentation, decision: &Decision) {
        if self.seal != seal(segmentation, decision) {
            (self.dimensions, self.arranged) = Default::default();
        }
    }

    /// Takes out what is arranged of the facts.
    pub(crate) fn take_arranged(&mut self) -> FactIndex {
        std::mem::take(&mut self.arranged)
    }

    /// Keeps what is arranged of the facts, until some of them go or give way.
    pub(crate) fn keep_arranged(&mut self, arranged: &FactIndex) {
        self.arranged = arranged.clone();
    }

    /// To be opened again for the same segmentation and decision.
    pub(crate) fn close(&mut self, segmentation: &Segmentation, decision: &Decision) {
        self.seal = seal(segmentation, decision);
    }

    /// Forgets what rests on facts of these families.
    pub(crate) fn disturb(&mut self, families: Families) {
        for standing in &mut self.dimensions {
            *standing = standing.filter(|standing| !standing.grounds.families.meets(families));
        }
    }
}

/// A hash of all that `decide` reads beside facts.
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

/// A dimension that did not move when it was decided.
#[derive(Clone, Copy, Debug)]
struct MemoEntry {
    /// When to look again.
    next: Timestamp,
    /// Until when, and while which dimensions stay, deciding it again has the same outcome.
    grounds: Grounds,
}

impl MemoEntry {
    fn holds(&self, at: Timestamp, moved: Dimensions) -> bool {
        at < self.grounds.until && !self.grounds.dimensions.meet(moved)
    }
}

/// Decides every dimension at the evaluation's moment. Deciding twice at one instant changes nothing.
pub fn decide<'a>(
    segmentation: &'a Segmentation,
    evaluation: &Evaluation<'a, '_>,
    memberships: &mut Vec<Membership>,
) -> Timed<Vec<Move>> {
    decide_on(segmentation, evaluation, memberships, &mut Memo::default(), Dimensions::ALL)
}

/// [`decide`] of some dimensions, where `settled` is from earlier instants over these memberships, and over these facts
/// but for those of families by which it was disturbed. Whatever one of `among` rests on must be among them.
pub fn decide_on<'a>(
    segmentation: &'a Segmentation,
    evaluation: &Evaluation<'a, '_>,
    memberships: &mut Vec<Membership>,
    settled: &mut Memo,
    among: Dimensions,
) -> Timed<Vec<Move>> {
    let at = evaluation.moment.at;
    let (mut moves, mut moved) = (Timed::always(Vec::new()), Dimensions::NONE);
    memberships.resize_with(segmentation.dimensions.len(), Membership::default);
    settled.dimensions.resize(segmentation.dimensions.len(), None);
    for (index, dimension) in segmentation.dimensions.iter().enumerate().filter(|(index, _)| among.contain(*index)) {
        if let Some(standing) = settled.dimensions[index].filter(|standing| standing.holds(at, moved)) {
            moves.until = moves.until.min(standing.next);
            continue;
        }
        evaluation.take_grounds();
        let since = holding_since(dimension, segmentation, evaluation, index, memberships);
        let pick = pick(dimension, segmentation, evaluation, index, memberships);
        let next = since.min(pick.until);
        moves.until = moves.until.min(next);
        let entered = pick.value.and_then(|to| enter(&mut memberships[index], index, to, at));
        settled.dimensions[index] = match entered {
            Some(entered) => {
                moves.value.push(entered);
                moved |= Dimensions::at(index);
                None
            }
            None => Some(MemoEntry { next, grounds: evaluation.take_grounds() }),
        };
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

/// Notes per segment with `for` since when its `when` has held; also below the current segment and under `keep`. Returns
/// when to look again.
fn holding_since<'a>(
    dimension: &'a Dimension,
    segmentation: &'a Segmentation,
    evaluation: &Evaluation<'a, '_>,
    index: usize,
    memberships: &mut [Membership],
) -> Timestamp {
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
fn pick<'a>(
    dimension: &'a Dimension,
    segmentation: &'a Segmentation,
    evaluation: &Evaluation<'a, '_>,
    index: usize,
    memberships: &[Membership],
) -> Timed<Option<usize>> {
    let membership = &memberships[index];
    let mut next = Timestamp::NEVER;
    if let Some(kept) = kept(dimension, segmentation, evaluation, membership, memberships) {
        next = kept.until;
        if kept.value {
            return Timed::until(None, next);
        }
    }
    for place in 0..dimension.otherwise() {
        let held = holds(dimension, segmentation, evaluation, place, membership, memberships);
        next = next.min(held.until);
        if held.value == Truth::True {
            return Timed::until(Some(place), next);
        }
    }
    Timed::until(Some(dimension.otherwise()), next)
}

/// While the current segment's `keep` runs: whether it holds on, which its `bypass` overrides.
fn kept<'a>(
    dimension: &'a Dimension,
    segmentation: &'a Segmentation,
    evaluation: &Evaluation<'a, '_>,
    membership: &Membership,
    memberships: &[Membership],
) -> Option<Timed<bool>> {
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
fn holds<'a>(
    dimension: &'a Dimension,
    segmentation: &'a Segmentation,
    evaluation: &Evaluation<'a, '_>,
    place: usize,
    membership: &Membership,
    memberships: &[Membership],
) -> Timed<Truth> {
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
