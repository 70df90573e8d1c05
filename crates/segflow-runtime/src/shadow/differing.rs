//! How many customers the candidate puts elsewhere than the live segmentation, counted as they move.

use std::collections::{BTreeMap, BTreeSet};

use segflow_core::change::{Core, Decided};
use segflow_core::event::CustomerId;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;

use segflow_engine::rules::Rules;

/// The moves of each customer that an epoch moved, in the order of the changes: the dimension, and the segment left if
/// there was one.
pub(crate) type Moves = BTreeMap<CustomerId, Vec<(String, Option<String>)>>;

/// The moves that changes tell of.
pub(crate) fn moves(changes: &[Decided]) -> Moves {
    let mut moves = Moves::new();
    changes.iter().for_each(|change| note(&mut moves, &change.core));
    moves
}

/// Notes the move that a change tells of.
pub(crate) fn note(moves: &mut Moves, core: &Core) {
    let left = (core.dimension.clone(), core.from.clone());
    moves.entry(core.customer_id.clone()).or_default().push(left);
}

/// Segments by dimension; a dimension in which a customer does not stand is missing.
pub(super) type Stands = BTreeMap<String, String>;

/// Where a customer stands.
pub(super) fn stands(state: &State, rules: &Rules) -> Stands {
    let dimensions = rules.segmentation_of(state).dimensions.iter().zip(&state.decision.dimensions);
    let stands = dimensions.filter_map(|(dimension, membership)| {
        let segment = &dimension.segments[usize::from(membership.current?)];
        Some((dimension.name.clone(), segment.name.clone()))
    });
    stands.collect()
}

/// Dimensions that both segmentations have, in each of which nobody differs yet.
pub(super) fn none_differing(candidate: &Segmentation, live: &Segmentation) -> BTreeMap<String, u64> {
    let names: BTreeSet<&str> = live.dimensions.iter().map(|dimension| dimension.name.as_str()).collect();
    let shared = candidate.dimensions.iter().filter(|dimension| names.contains(dimension.name.as_str()));
    shared.map(|dimension| (dimension.name.clone(), 0)).collect()
}

/// Counts a customer anew. `sides` tells where the customer stands after an epoch on each side, and by which moves.
pub(super) fn count(differing: &mut BTreeMap<String, u64>, customer: &CustomerId, sides: [(&Stands, &Moves); 2]) {
    let before = sides.map(|(after, moves)| before(after, moves.get(customer).map_or(&[], Vec::as_slice)));
    for (dimension, count) in differing {
        let differ = |a: &Stands, b: &Stands| u64::from(a.get(dimension) != b.get(dimension));
        let (was, is) = (differ(&before[0], &before[1]), differ(sides[0].0, sides[1].0));
        *count = (*count + is).saturating_sub(was);
    }
}

/// Where a customer stood before these moves.
fn before(after: &Stands, moves: &[(String, Option<String>)]) -> Stands {
    let mut stands = after.clone();
    for (dimension, from) in moves.iter().rev() {
        match from {
            Some(from) => stands.insert(dimension.clone(), from.clone()),
            None => stands.remove(dimension),
        };
    }
    stands
}
