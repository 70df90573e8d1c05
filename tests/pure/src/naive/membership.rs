//! Which segment holds, as `docs/segmentation.md` says, run at every instant that could matter and on both sides of it.

use std::collections::BTreeSet;

use segflow_core::change::{Cause, Safety};
use segflow_core::event::{Body, CustomerId};
use segflow_core::feature::window::Window;
use segflow_core::segmentation::{Dimension, Segmentation, Slot};
use segflow_core::time::{Date, Timestamp};

use super::activation::{Activation, Closed, activate};
use super::rules::rule;
use super::safety::safety;
use super::world::World;
use super::{Known, Standing};

/// A customer's move from one segment to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move {
    /// In which dimension.
    pub dimension: String,
    /// The segment left; none at first.
    pub from: Option<String>,
    /// The segment entered; none on erasure.
    pub to: Option<String>,
    /// From when on.
    pub effective_at: Timestamp,
    /// When `from` was entered.
    pub entered_previous_at: Option<Timestamp>,
    /// 1, 2, 3 ... per dimension.
    pub seq: u64,
    /// An erasure, a fact that came into effect at that instant, or nothing but time.
    pub cause: Cause,
    /// The smallest event id that is new at that instant; an erasure's does not count.
    pub event_id: Option<String>,
    /// Every present membership, in file order.
    pub memberships: Vec<(String, String)>,
    /// The account at that instant.
    pub safety: Safety,
}

/// Where the customer stands in one dimension.
#[derive(Clone, Default)]
pub struct Place {
    /// The segment.
    pub current: Option<usize>,
    /// Since when.
    pub entered_at: Option<Timestamp>,
    /// How many moves there have been.
    pub seq: u64,
    /// Per segment with `for`: since when it has held.
    pub since: Vec<Option<Timestamp>>,
}

/// Every move before `end`, in order of (instant, dimension); at an instant those of an erasure come first.
///
/// From the first fact on everything is decided at every instant; from an erasure on nothing is, until there is a fact.
pub fn moves(segmentation: &Segmentation, customer: &CustomerId, known: &[Known], end: Timestamp) -> Vec<Move> {
    moves_across(segmentation, &[], customer, known, end)
}

/// As [`moves`], while other rules take over, in order of time; all of them in one time zone.
pub fn moves_across<'a>(
    mut segmentation: &'a Segmentation,
    activations: &[Activation<'a>],
    customer: &CustomerId,
    known: &[Known],
    end: Timestamp,
) -> Vec<Move> {
    let rules = activations.iter().map(|activation| activation.segmentation).chain([segmentation]);
    let mut candidates = calendar(segmentation, &hours(rules), known, end);
    candidates.extend(activations.iter().map(|activation| activation.at));
    let (mut activations, mut closed) = (activations.iter().peekable(), Closed::new());
    let edges: BTreeSet<Timestamp> = known.iter().flat_map(|known| [known.from, known.until]).collect();
    let mut places: Vec<Place> = vec![Place::default(); segmentation.dimensions.len()];
    let mut seen: Option<(Timestamp, World<'_>)> = None;
    let (mut begun, mut moves) = (false, Vec::new());
    while let Some(at) = candidates.pop_first() {
        while let Some(activation) = activations.next_if(|activation| activation.at <= at) {
            let (moved, later) = activate(activation, segmentation, customer, &mut places, &mut closed, begun);
            candidates.extend(later.into_iter().flat_map(around).filter(|later| *later > at && *later < end));
            moves.extend(moved);
            (segmentation, seen) = (activation.segmentation, None);
        }
        let edge = edges.range(..=at).next_back().copied().unwrap_or(at);
        let world = match seen.take() {
            Some((since, world)) if since == edge => world,
            _ => {
                let facts = known.iter().filter(|known| known.is_seen(at)).map(|known| &known.fact);
                World::new(segmentation, customer, facts)
            }
        };
        if known.iter().any(|known| known.is_erasure() && known.from == at) {
            moves.extend(erase(segmentation, customer, &mut places, at));
            begun = false;
        }
        begun |= world.first.is_some();
        if begun {
            let (moved, later) = decide(segmentation, &world, &mut places, at);
            candidates.extend(later.into_iter().flat_map(around).filter(|later| *later > at && *later < end));
            moves.extend(moved.into_iter().map(|moved| caused(moved, known, at)));
        }
        seen = Some((edge, world));
    }
    moves
}

/// How long a contact may wait for its answer.
const ANSWER_MS: i64 = 48 * 3_600_000;

/// The hours of the windows that some rule reads.
fn hours<'a>(rules: impl Iterator<Item = &'a Segmentation>) -> BTreeSet<i32> {
    rules.flat_map(|segmentation| segmentation.features.iter()).filter_map(hours_of).collect()
}

/// The hours of the window of a feature, if it has hours.
pub fn hours_of(slot: &Slot) -> Option<i32> {
    match slot.feature.references().window {
        Some(Window::Hours(hours)) => Some(hours),
        _ => None,
    }
}

/// The instants known beforehand: what comes into effect or goes, every local midnight (windows, due dates, deadlines and
/// the like), 48 hours after each contact, and the hours of a window after each midnight and fact; each with its
/// neighbours. From the first fact to the end.
fn calendar(
    segmentation: &Segmentation,
    hours: &BTreeSet<i32>,
    known: &[Known],
    end: Timestamp,
) -> BTreeSet<Timestamp> {
    let zone = &segmentation.zone;
    let Some(first) = known.iter().map(|known| known.from).min() else {
        return BTreeSet::new();
    };
    let days = zone.date_of(first).0..=zone.date_of(end).0;
    let midnights = days.map(|day| zone.midnight(Date(day)));
    let happened = midnights.clone().chain(known.iter().map(|known| known.fact.occurred_at));
    let ends = |at: Timestamp| hours.iter().map(move |hours| at.plus_ms(i64::from(*hours) * 3_600_000));
    let windows = happened.flat_map(ends);
    let edges = known.iter().flat_map(|known| [known.from, known.until]);
    let contacts = known.iter().filter(|known| matches!(known.fact.body, Body::Contact { .. }));
    let answers = contacts.map(|contact| contact.fact.occurred_at.plus_ms(ANSWER_MS));
    let all = midnights.chain(edges).chain(answers).chain(windows);
    all.flat_map(around).filter(|at| (first..end).contains(at)).collect()
}

fn around(at: Timestamp) -> [Timestamp; 3] {
    [at.plus_ms(-1), at, at.plus_ms(1)]
}

fn caused(mut moved: Move, known: &[Known], at: Timestamp) -> Move {
    let new = known.iter().filter(|known| known.is_new(at));
    moved.event_id = new.map(|known| known.fact.event_id.clone()).min();
    moved.cause = if moved.event_id.is_some() { Cause::Fact } else { Cause::Time };
    moved
}

/// They are nowhere any more and have no account; only how often they moved is remembered.
fn erase(segmentation: &Segmentation, customer: &CustomerId, places: &mut [Place], at: Timestamp) -> Vec<Move> {
    let nobody = World::new(segmentation, customer, []);
    let mut moves = Vec::new();
    for (dimension, place) in segmentation.dimensions.iter().zip(places) {
        let before = place.clone();
        let Some(current) = before.current else { continue };
        *place = Place { seq: before.seq + 1, ..Place::default() };
        moves.push(Move {
            dimension: dimension.name.clone(),
            from: Some(dimension.segments[current].name.clone()),
            to: None,
            effective_at: at,
            entered_previous_at: before.entered_at,
            seq: place.seq,
            cause: Cause::Erasure,
            event_id: None,
            memberships: Vec::new(),
            safety: safety(&nobody, at),
        });
    }
    moves
}

/// Decides every dimension at an instant; returns the moves and the instants at which a `for` or a `keep` ends.
pub fn decide(
    segmentation: &Segmentation,
    world: &World<'_>,
    places: &mut [Place],
    at: Timestamp,
) -> (Vec<Move>, Vec<Timestamp>) {
    let mut standings: Vec<Standing> = Vec::new();
    let (mut moves, mut later) = (Vec::new(), Vec::new());
    for (dimension, place) in segmentation.dimensions.iter().zip(places.iter_mut()) {
        let before = place.clone();
        later.extend(watch(segmentation, world, dimension, place, &standings, at));
        let pick = pick(segmentation, world, dimension, place, &standings, at);
        let name = |segment: usize| dimension.segments[segment].name.clone();
        if place.current != Some(pick) {
            *place =
                Place { current: Some(pick), entered_at: Some(at), seq: place.seq + 1, since: place.since.clone() };
            let keep = dimension.segments[pick].keep;
            later.extend(keep.map(|keep| segmentation.zone.plus(at, keep)));
            moves.push(Move {
                dimension: dimension.name.clone(),
                from: before.current.map(name),
                to: Some(name(pick)),
                effective_at: at,
                entered_previous_at: before.entered_at,
                seq: place.seq,
                cause: Cause::Time,
                event_id: None,
                memberships: Vec::new(),
                safety: safety(world, at),
            });
        }
        standings.push((name(pick), place.entered_at.expect("entered when picked")));
    }
    let names = segmentation.dimensions.iter().map(|dimension| dimension.name.clone());
    let memberships: Vec<_> = names.zip(standings.into_iter().map(|(name, _)| name)).collect();
    for moved in &mut moves {
        moved.memberships.clone_from(&memberships);
    }
    (moves, later)
}

/// Keeps `since`, for every segment with `for`; returns when each `for` that runs will have been served.
fn watch(
    segmentation: &Segmentation,
    world: &World<'_>,
    dimension: &Dimension,
    place: &mut Place,
    standings: &[Standing],
    at: Timestamp,
) -> Vec<Timestamp> {
    place.since.resize(dimension.segments.len(), None);
    let mut served = Vec::new();
    for (segment, since) in dimension.segments.iter().zip(&mut place.since) {
        let (Some(hold), Some(when)) = (segment.hold, &segment.when) else {
            continue;
        };
        let is_true = rule(world, standings, &when.root, at) == Some(true);
        *since = if is_true { since.or(Some(at)) } else { None };
        served.extend(since.map(|since| segmentation.zone.plus(since, hold)));
    }
    served
}

/// The segment in which the customer is at an instant.
fn pick(
    segmentation: &Segmentation,
    world: &World<'_>,
    dimension: &Dimension,
    place: &Place,
    standings: &[Standing],
    at: Timestamp,
) -> usize {
    let is_true = |node| rule(world, standings, node, at) == Some(true);
    if let (Some(current), Some(entered_at)) = (place.current, place.entered_at)
        && let Some(keep) = dimension.segments[current].keep
        && at < segmentation.zone.plus(entered_at, keep)
        && !dimension.segments[current].bypass.as_ref().is_some_and(|bypass| is_true(&bypass.root))
    {
        return current;
    }
    for (index, segment) in dimension.segments.iter().enumerate() {
        let Some(when) = &segment.when else { continue };
        let is_in = match (segment.hold, place.since[index]) {
            _ if place.current == Some(index) => is_true(&segment.remain.as_ref().unwrap_or(when).root),
            (None, _) => is_true(&when.root),
            (Some(hold), Some(since)) => at >= segmentation.zone.plus(since, hold),
            (Some(_), None) => false,
        };
        if is_in {
            return index;
        }
    }
    dimension.segments.len() - 1
}
