//! The attributes of a customer, as the segmentation declares them.

use crate::event::{Attribute, Body, Families, Family};
use crate::fact::Fact;
use crate::feature::context::AttributeDeclaration;

/// The families of events from which attributes are read.
pub const PROFILES: Families = Families::of(&[Family::Profiles]);

/// The present value of each declared attribute as it was sent: last-writer-wins, given facts in (`occurred_at`,
/// `event_id`) order; none where none was sent.
pub fn present<'a>(
    facts: impl Iterator<Item = &'a Fact>,
    declared: &[AttributeDeclaration],
) -> Vec<Option<&'a Attribute>> {
    let mut present = vec![None; declared.len()];
    for fact in facts {
        let Body::Updated { attributes } = &fact.body else {
            continue;
        };
        for (value, declaration) in present.iter_mut().zip(declared) {
            *value = attributes.get(&declaration.name).or(*value);
        }
    }
    present
}
