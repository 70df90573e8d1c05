//! The attributes of a customer, read by the types that the segmentation declares. A value of another type is absent.

use crate::event::{Attribute, Body, Families, Family};
use crate::fact::Fact;
use crate::feature::context::AttributeDeclaration;
use crate::feature::reading::Reading;
use crate::value_type::ValueType;

/// The families of events from which attributes are read.
pub const PROFILES: Families = Families::of(&[Family::Profiles]);

/// The present value of each declared attribute: last-writer-wins, given facts in (`occurred_at`, `event_id`) order.
pub fn attributes<'a>(facts: impl Iterator<Item = &'a Fact>, declared: &[AttributeDeclaration]) -> Vec<Reading<'a>> {
    let mut present = vec![Reading::Absent; declared.len()];
    for fact in facts {
        let Body::Updated { attributes } = &fact.body else {
            continue;
        };
        for (reading, declaration) in present.iter_mut().zip(declared) {
            if let Some(value) = attributes.get(&declaration.name) {
                *reading = read(value, declaration.kind);
            }
        }
    }
    present
}

fn read(value: &Attribute, kind: ValueType) -> Reading<'_> {
    match (kind, value) {
        (ValueType::Bool, Attribute::Bool(value)) => Reading::Bool(*value),
        (ValueType::Int, Attribute::Long(value)) => Reading::Int(*value),
        (ValueType::Money, Attribute::Long(minor)) => Reading::Money(*minor),
        (ValueType::Text, Attribute::Text(text)) => Reading::Text(text),
        (ValueType::Date, Attribute::Text(text)) => text.parse().map_or(Reading::Absent, Reading::Date),
        (ValueType::Ratio, Attribute::Long(value)) => Reading::Ratio(*value, 1),
        (ValueType::Ratio, Attribute::Double(decimal)) => {
            fraction(decimal).map_or(Reading::Absent, |(numerator, denominator)| Reading::Ratio(numerator, denominator))
        }
        _ => Reading::Absent,
    }
}

/// A plain decimal as an exact fraction; none if numerator or denominator does not fit 64 bits.
#[must_use]
pub fn fraction(decimal: &str) -> Option<(i64, i64)> {
    let (whole, decimals) = decimal.split_once('.').unwrap_or((decimal, ""));
    let denominator = 10_i64.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    let shaped = !whole.trim_start_matches('-').is_empty() && decimals.bytes().all(|b| b.is_ascii_digit());
    let numerator = shaped.then(|| format!("{whole}{decimals}").parse().ok()).flatten()?;
    Some((numerator, denominator))
}
