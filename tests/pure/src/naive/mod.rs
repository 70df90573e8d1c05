//! The oracle of the properties: what a customer's segments are, computed from scratch at every instant that could
//! matter. It knows no expiry, keeps nothing between two sets of facts, and shares no evaluation with the core: only
//! the core's plain types, its calendar, and what the loader made of the segmentation.

mod activation;
mod arithmetic;
mod attributes;
mod contacts;
mod days;
mod features;
mod habits;
mod history;
mod known;
mod ledger;
mod membership;
mod owed;
mod promises;
mod rules;
mod safety;
mod standing;
#[cfg(test)]
mod tests;
mod windows;
mod world;

pub use activation::Activation;
pub use attributes::unreadable;
pub use features::value;
pub use known::{Known, Observer};
pub use membership::{Move, hours_of, moves, moves_across};
pub use rules::{Kleene, operand, rule};
pub use safety::safety;
pub use world::World;

use segflow_core::time::{Date, Timestamp};

/// A feature's value; absence is the `None` around it.
#[derive(Clone, Debug)]
pub enum Value {
    /// A truth value.
    Bool(bool),
    /// A count, or days.
    Int(i64),
    /// Minor units.
    Money(i64),
    /// Numerator and positive denominator.
    Ratio(i128, i128),
    /// Text, also a segment's name.
    Text(String),
    /// A calendar date.
    Date(Date),
}

/// Ratios are equal by value, in whatever terms they are written.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        rules::compare(self, other).is_eq()
    }
}

/// The lower of the two in the middle, if there are two; none of nothing.
fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied()
}

/// Where the customer stands in a dimension while later dimensions are decided: the segment's name, and since when.
pub type Standing = (String, Timestamp);
