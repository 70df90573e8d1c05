//! What becomes of a customer's places when other rules take over.

use std::collections::BTreeMap;

use segflow_core::change::Cause;
use segflow_core::event::CustomerId;
use segflow_core::segmentation::{Dimension, Segmentation};
use segflow_core::time::Timestamp;

use super::Known;
use super::membership::{Move, Place, decide};
use super::safety::safety;
use super::world::World;

/// Rules that decide from an instant on.
#[derive(Clone, Debug)]
pub struct Activation<'a> {
    /// Everything before it is decided by the rules before.
    pub at: Timestamp,
    /// The rules.
    pub segmentation: &'a Segmentation,
    /// What was known by then.
    pub known: Vec<Known>,
}

/// Dimensions in which the customer stands no more, with the last `seq` of each.
pub type Closed = BTreeMap<String, u64>;

/// Takes the places over by name, and decides anew, if the customer has `begun`; facts that come into effect at the
/// instant itself do not count yet. Returns the moves, and when each `for` and `keep` ends.
pub fn activate(
    activation: &Activation<'_>,
    from: &Segmentation,
    customer: &CustomerId,
    places: &mut Vec<Place>,
    closed: &mut Closed,
    begun: bool,
) -> (Vec<Move>, Vec<Timestamp>) {
    let Activation { at, segmentation: to, known } = activation;
    let mut before: BTreeMap<&str, (&Dimension, Place)> = from
        .dimensions
        .iter()
        .zip(std::mem::take(places))
        .map(|(dimension, place)| (dimension.name.as_str(), (dimension, place)))
        .collect();
    let mut gone: BTreeMap<&str, &str> = BTreeMap::new();
    for dimension in &to.dimensions {
        let Some((old, place)) = before.remove(dimension.name.as_str()) else {
            places.push(Place { seq: closed.remove(&dimension.name).unwrap_or(0), ..Place::default() });
            continue;
        };
        let name = place.current.map(|current| old.segments[current].name.as_str());
        let current = name.and_then(|name| dimension.segments.iter().position(|segment| segment.name == name));
        if let (Some(name), None) = (name, current) {
            gone.insert(&dimension.name, name);
        }
        let since = dimension.segments.iter().map(|segment| {
            let index = old.segments.iter().position(|other| other.name == segment.name)?;
            let written = |when: &Option<segflow_core::rule::Rule>| when.as_ref().map(|rule| rule.text.clone());
            let same = written(&old.segments[index].when) == written(&segment.when);
            place.since.get(index).copied().flatten().filter(|_| same)
        });
        places.push(Place { current, since: since.collect(), ..place.clone() });
    }
    let mut dropped = Vec::new();
    for (dimension, place) in from.dimensions.iter().filter_map(|dimension| before.remove(dimension.name.as_str())) {
        if place.current.is_some() {
            closed.insert(dimension.name.clone(), place.seq + 1);
            dropped.push((dimension, place));
        } else if place.seq > 0 {
            closed.insert(dimension.name.clone(), place.seq);
        }
    }
    if !begun {
        return (Vec::new(), Vec::new());
    }
    let stands = |known: &&Known| known.from < *at && *at < known.until && !known.is_erasure();
    let world = World::new(to, customer, known.iter().filter(stands).map(|known| &known.fact));
    let (mut moves, mut later) = decide(to, &world, places, *at);
    for (dimension, place) in to.dimensions.iter().zip(places.iter()) {
        let keep = place.current.and_then(|current| dimension.segments[current].keep);
        later.extend(keep.zip(place.entered_at).map(|(keep, entered)| to.zone.plus(entered, keep)));
    }
    for moved in &mut moves {
        (moved.cause, moved.event_id) = (Cause::Segmentation, None);
        if let Some(name) = gone.get(moved.dimension.as_str()) {
            moved.from = Some((*name).to_owned());
        }
    }
    let names = to.dimensions.iter().zip(places.iter()).filter_map(|(dimension, place)| {
        Some((dimension.name.clone(), dimension.segments[place.current?].name.clone()))
    });
    let memberships: Vec<(String, String)> = names.collect();
    let closing = |(dimension, place): (&Dimension, Place)| Move {
        dimension: dimension.name.clone(),
        from: place.current.map(|current| dimension.segments[current].name.clone()),
        to: None,
        effective_at: *at,
        entered_previous_at: place.entered_at,
        seq: place.seq + 1,
        cause: Cause::Segmentation,
        event_id: None,
        memberships: memberships.clone(),
        safety: safety(&world, *at),
    };
    (dropped.into_iter().map(closing).chain(moves).collect(), later)
}
