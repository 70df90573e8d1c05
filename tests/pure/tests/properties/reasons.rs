//! The values that a change gives as its reasons, held against the naive ones.

use proptest::prelude::*;
use segflow_core::change::{Cause, Core};
use segflow_core::rule::spelling::spelled;
use segflow_core::rule::{Arithmetic, Node, Operand};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;
use segflow_core::value_type::ValueType;
use segflow_pure_tests::arbitrary::Case;
use segflow_pure_tests::naive::{Known, Move, Standing, Value, World, operand, value};

use crate::customer;
use crate::until::{nodes, rules};

/// Each reason's value at the instant of the change and, from the facts then in effect, a millisecond before.
pub fn check_reasons(case: &Case, known: &[Known], moves: &[Move], core: &Core) -> Result<(), TestCaseError> {
    let needs_none = core.to.as_deref() == Some("rest") || core.cause == Cause::Erasure;
    prop_assert!(needs_none || !core.reasons.is_empty(), "no reason to enter {:?}", core.to);
    for reason in &core.reasons {
        if core.from.is_none() {
            // The customer had no membership, or their facts are erased.
            prop_assert_eq!(&reason.value_before, &None);
        }
        for (at, found) in [(core.effective_at, &reason.value), (core.effective_at.plus_ms(-1), &reason.value_before)] {
            if core.from.is_none() && at < core.effective_at {
                continue;
            }
            let naive = at_instant(&case.segmentation, known, moves, &reason.feature, at);
            prop_assert!(says(found.as_deref(), naive.as_ref()), "{:?} at {}: naive is {:?}", reason, at, naive);
        }
    }
    Ok(())
}

/// None before the first fact. What is computed of money is in major units.
fn at_instant(
    segmentation: &Segmentation,
    known: &[Known],
    moves: &[Move],
    feature: &str,
    at: Timestamp,
) -> Option<Value> {
    let facts: Vec<_> = known.iter().filter(|known| known.is_seen(at)).map(|known| &known.fact).collect();
    if facts.is_empty() {
        return None;
    }
    let standing = |name: &str| -> Option<Standing> {
        let last = moves.iter().rfind(|moved| moved.dimension == name && moved.effective_at <= at)?;
        Some((last.to.clone()?, last.effective_at))
    };
    let standings: Vec<Standing> =
        segmentation.dimensions.iter().filter_map(|dimension| standing(&dimension.name)).collect();
    let customer = customer();
    let world = World::new(segmentation, &customer, facts);
    if let Some(slot) = segmentation.features.iter().find(|slot| slot.text == feature) {
        return value(&world, &standings, &slot.feature, at);
    }
    let side = computed(segmentation, feature).expect("what is compared is a feature or computed of features");
    let value = operand(&world, &standings, &Operand::Arithmetic(Box::new(side.clone())), at)?;
    match (side.kind, value) {
        (ValueType::Money, Value::Ratio(numerator, denominator)) => Some(Value::Ratio(numerator, denominator * 100)),
        (_, value) => Some(value),
    }
}

/// The value that the rules compute under this name.
fn computed<'a>(segmentation: &'a Segmentation, text: &str) -> Option<&'a Arithmetic> {
    let sides = rules(segmentation).flat_map(|rule| nodes(&rule.root)).filter_map(|node| match node {
        Node::Compare(left, ..) | Node::In(left, _) => Some(left),
        _ => None,
    });
    let named = |side: &&Operand| spelled(side, &segmentation.features, &segmentation.currency) == text;
    sides.filter(named).find_map(|side| match side {
        Operand::Arithmetic(arithmetic) => Some(&**arithmetic),
        _ => None,
    })
}

/// Whether a text is what the segmentation's author would write for a value, in a currency of two decimals.
fn says(text: Option<&str>, value: Option<&Value>) -> bool {
    let (Some(text), Some(value)) = (text, value) else { return text.is_none() && value.is_none() };
    match value {
        Value::Bool(value) => text == value.to_string(),
        Value::Int(value) => text == value.to_string(),
        Value::Money(minor) => {
            let sign = if *minor < 0 { "-" } else { "" };
            text == format!("{sign}{}.{:02}", minor.abs() / 100, minor.abs() % 100)
        }
        Value::Ratio(..) => number(text).as_ref() == Some(value),
        Value::Text(value) => text == value,
        Value::Date(date) => text == date.to_string(),
    }
}

/// A fraction such as `2/3`, or a decimal.
fn number(text: &str) -> Option<Value> {
    if let Some((numerator, denominator)) = text.split_once('/') {
        return Some(Value::Ratio(numerator.parse().ok()?, denominator.parse().ok()?));
    }
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let digits = text.replace('.', "").parse().ok()?;
    Some(Value::Ratio(digits, 10_i128.pow(u32::try_from(decimals).ok()?)))
}
