//! The values that a change gives as its reasons, held against the naive ones.

use proptest::prelude::*;
use segflow_core::change::{Cause, Core};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Instant;
use segflow_tests::arbitrary::Case;
use segflow_tests::naive::{Known, Move, Standing, Value, World, value};

use crate::customer;

/// Each reason's value at the instant of the change and, from the facts then in effect, a millisecond before.
pub fn check_reasons(case: &Case, known: &[Known], moves: &[Move], core: &Core) -> Result<(), TestCaseError> {
    let needs_none = core.to.as_deref() == Some("rest") || core.cause == Cause::Erasure;
    prop_assert!(needs_none || !core.reasons.is_empty(), "no reason to enter {:?}", core.to);
    for reason in &core.reasons {
        for (at, found) in [(core.effective_at, &reason.value), (core.effective_at.plus_ms(-1), &reason.value_before)] {
            let naive = at_instant(&case.segmentation, known, moves, &reason.feature, at);
            prop_assert!(says(found.as_deref(), naive.as_ref()), "{:?} at {}: naive is {:?}", reason, at, naive);
        }
    }
    Ok(())
}

/// None before the first fact.
fn at_instant(
    segmentation: &Segmentation,
    known: &[Known],
    moves: &[Move],
    feature: &str,
    at: Instant,
) -> Option<Value> {
    let slot = segmentation.features.iter().find(|slot| slot.text == feature)?;
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
    value(&World::new(segmentation, &customer(), facts), &standings, &slot.feature, at)
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
        Value::Ratio(..) => {
            let parsed =
                text.split_once('/').and_then(|(num, den)| Some(Value::Ratio(num.parse().ok()?, den.parse().ok()?)));
            parsed.as_ref() == Some(value)
        }
        Value::Text(value) => text == value,
        Value::Date(date) => text == date.to_string(),
    }
}
