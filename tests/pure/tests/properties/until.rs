//! The promise of a value's `until`, held against the naive value at every local midnight before it.

use std::iter;

use proptest::prelude::*;
use segflow_core::fact::Fact;
use segflow_core::feature::reading::{Moment, Reading};
use segflow_core::feature::view::View;
use segflow_core::in_effect::in_effect;
use segflow_core::rule::eval::Evaluation;
use segflow_core::rule::{Node, Rule};
use segflow_core::segmentation::{Dimension, Segmentation};
use segflow_core::state::{Membership, State};
use segflow_core::time::{Date, Timestamp};
use segflow_core::timed::Truth;
use segflow_pure_tests::arbitrary::Case;
use segflow_pure_tests::naive::{Kleene, Known, Standing, Value, World, hours_of, rule, value};

use crate::customer;

/// For so many days, what happens at a midnight is seen to leave windows of hours too.
const SOON_DAYS: usize = 60;

/// Every feature and every part of every rule, of a state decided up to and including `at`.
pub fn check_until(case: &Case, state: &State, known: &[Known], at: Timestamp) -> Result<(), TestCaseError> {
    let segmentation = &case.segmentation;
    let Some(standings) = standings(segmentation, state) else { return Ok(()) };
    let (customer, facts) = (customer(), seen(known, at));
    let world = World::new(segmentation, &customer, facts);
    let instants = later(case, known, at);
    let view = View::new(&customer, in_effect(&state.facts, &state.pending), segmentation);
    let evaluation = Evaluation::new(segmentation, &view, Moment::new(at, &segmentation.zone));
    let memberships = &state.decision.dimensions;
    for node in rules(segmentation).flat_map(|rule| nodes(&rule.root)) {
        let timed = evaluation.eval(node, memberships);
        prop_assert!(timed.until > at, "{:?} ends when it begins, {}", node, at);
        for instant in instants.iter().filter(|instant| **instant < timed.until) {
            let naive = rule(&world, &standings, node, *instant);
            prop_assert_eq!(naive, kleene(timed.value), "{:?} at {}, from {} until {}", node, instant, at, timed.until);
        }
    }
    for (index, slot) in segmentation.features.iter().enumerate() {
        let timed = evaluation.feature(index, memberships);
        prop_assert!(timed.until > at, "{} ends when it begins, {}", slot.text, at);
        for instant in instants.iter().filter(|instant| **instant < timed.until) {
            let naive = value(&world, &standings, &slot.feature, *instant);
            let core = read(timed.value, segmentation.zone.date_of(*instant));
            prop_assert_eq!(naive, core, "{} at {}, from {} until {}", slot.text, instant, at, timed.until);
        }
    }
    Ok(())
}

/// Every feature at one instant, of a state decided up to and including it.
pub fn check_features(case: &Case, state: &State, known: &[Known], at: Timestamp) -> Result<(), TestCaseError> {
    let segmentation = &case.segmentation;
    let Some(standings) = standings(segmentation, state) else { return Ok(()) };
    let customer = customer();
    let world = World::new(segmentation, &customer, seen(known, at));
    let view = View::new(&customer, in_effect(&state.facts, &state.pending), segmentation);
    let evaluation = Evaluation::new(segmentation, &view, Moment::new(at, &segmentation.zone));
    for (index, slot) in segmentation.features.iter().enumerate() {
        let naive = value(&world, &standings, &slot.feature, at);
        let core = read(evaluation.feature(index, &state.decision.dimensions).value, segmentation.zone.date_of(at));
        prop_assert_eq!(naive, core, "{} at {}", slot.text, at);
    }
    Ok(())
}

fn seen(known: &[Known], at: Timestamp) -> Vec<&Fact> {
    known.iter().filter(|known| known.is_seen(at)).map(|known| &known.fact).collect()
}

/// The instant, and each local midnight after it with the millisecond before, until every window has run out; as well as
/// what leaves windows of hours.
fn later(case: &Case, known: &[Known], at: Timestamp) -> Vec<Timestamp> {
    let zone = &case.segmentation.zone;
    let midnights = (1..case.silent_days()).map(|day| zone.midnight(zone.date_of(at).plus_days(day)));
    let hours: Vec<i32> = case.segmentation.features.iter().filter_map(hours_of).collect();
    let happened = midnights.clone().take(SOON_DAYS).chain(known.iter().map(|known| known.fact.occurred_at));
    let left = happened.flat_map(|then| hours.iter().map(move |hours| then.plus_ms(i64::from(*hours) * 3_600_000)));
    let around = midnights.chain(left).flat_map(|midnight| [midnight.plus_ms(-1), midnight]);
    iter::once(at).chain(around.filter(|instant| *instant > at)).collect()
}

/// None if the customer is nowhere: nothing was decided, or they were erased.
fn standings(segmentation: &Segmentation, state: &State) -> Option<Vec<Standing>> {
    let places = &state.decision.dimensions;
    let standing = |(dimension, place): (&Dimension, &Membership)| -> Option<Standing> {
        Some((dimension.segments[usize::from(place.current?)].name.clone(), place.entered_at?))
    };
    let standings: Option<Vec<Standing>> = segmentation.dimensions.iter().zip(places).map(standing).collect();
    standings.filter(|standings| !standings.is_empty())
}

/// Every rule of a segmentation.
pub fn rules(segmentation: &Segmentation) -> impl Iterator<Item = &Rule> {
    let segments = segmentation.dimensions.iter().flat_map(|dimension| &dimension.segments);
    segments.flat_map(|segment| [&segment.when, &segment.remain, &segment.bypass]).flatten()
}

/// A node and all below it.
pub fn nodes(node: &Node) -> Vec<&Node> {
    let below: Vec<&Node> = match node {
        Node::And(parts) | Node::Or(parts) => parts.iter().flat_map(nodes).collect(),
        Node::Not(inner) => nodes(inner),
        _ => Vec::new(),
    };
    iter::once(node).chain(below).collect()
}

fn kleene(truth: Truth) -> Kleene {
    match truth {
        Truth::False => Some(false),
        Truth::Unknown => None,
        Truth::True => Some(true),
    }
}

/// A reading on a day.
pub fn read(reading: Reading<'_>, today: Date) -> Option<Value> {
    Some(match reading {
        Reading::Absent => return None,
        Reading::Bool(value) => Value::Bool(value),
        Reading::Int(value) => Value::Int(value),
        Reading::Money(minor) => Value::Money(minor),
        Reading::Ratio(numerator, denominator) => Value::Ratio(numerator.into(), denominator.into()),
        Reading::Text(text) => Value::Text(text.to_owned()),
        Reading::Date(date) => Value::Date(date),
        Reading::Since(date) => Value::Int(today.days_since(date)),
        Reading::Until(date) => Value::Int(date.days_since(today)),
    })
}
