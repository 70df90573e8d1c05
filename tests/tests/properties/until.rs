//! What a value promises by its `until`, held against the naive value at every local midnight before it.

use std::iter;

use proptest::prelude::*;
use segflow_core::feature::reading::{Moment, Reading};
use segflow_core::feature::view::View;
use segflow_core::rule::eval::Evaluation;
use segflow_core::rule::{Node, Rule};
use segflow_core::segmentation::Segmentation;
use segflow_core::state::{State, in_effect};
use segflow_core::time::{Date, Instant};
use segflow_core::timed::Truth;
use segflow_tests::arbitrary::Case;
use segflow_tests::naive::{Kleene, Standing, Value, World, rule, value};

/// Beyond the longest window of the rules.
const DAYS: i32 = 100;

/// Every feature and every part of every rule, of a state decided up to and including `at`.
pub fn check_until(case: &Case, state: &State, at: Instant) -> Result<(), TestCaseError> {
    let segmentation = &case.segmentation;
    let world = World::new(segmentation, state.facts.iter().filter(|fact| fact.occurred_at <= at));
    let standings = standings(segmentation, state);
    let instants = later(segmentation, at);
    let view = View::new(in_effect(&state.facts, &state.pending), segmentation);
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

/// The instant, and each local midnight after it with the millisecond before.
fn later(segmentation: &Segmentation, at: Instant) -> Vec<Instant> {
    let zone = &segmentation.zone;
    let midnights = (1..DAYS).map(|day| zone.midnight(zone.date_of(at).plus_days(day)));
    let around = midnights.flat_map(|midnight| [midnight.plus_ms(-1), midnight]);
    iter::once(at).chain(around.filter(|instant| *instant > at)).collect()
}

fn standings(segmentation: &Segmentation, state: &State) -> Vec<Standing> {
    let places = segmentation.dimensions.iter().zip(&state.decision.dimensions);
    places
        .map(|(dimension, place)| {
            let current = usize::from(place.current.expect("decided"));
            (dimension.segments[current].name.clone(), place.entered_at.expect("decided"))
        })
        .collect()
}

fn rules(segmentation: &Segmentation) -> impl Iterator<Item = &Rule> {
    let segments = segmentation.dimensions.iter().flat_map(|dimension| &dimension.segments);
    segments.flat_map(|segment| [&segment.when, &segment.remain, &segment.bypass]).flatten()
}

/// A node and all below it.
fn nodes(node: &Node) -> Vec<&Node> {
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
fn read(reading: Reading<'_>, today: Date) -> Option<Value> {
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
