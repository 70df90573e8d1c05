//! The oracle of the properties: what a customer's segments are, computed from scratch at every instant that could
//! matter. It knows no expiry, keeps nothing between two sets of facts, and shares no evaluation with the core: only
//! the core's plain types, its calendar, and what the loader made of the segmentation.

mod features;
mod invoices;
mod membership;
mod promises;
mod rules;
mod world;

pub use features::value;
pub use membership::{Move, moves};
pub use rules::{Kleene, rule};
pub use world::World;

use segflow_core::fact::Fact;
use segflow_core::time::{Date, Instant};

/// A fact and the instants between which it is seen.
#[derive(Clone, Debug)]
pub struct Known {
    /// What happened.
    pub fact: Fact,
    /// Seen from this instant on: its effective instant.
    pub from: Instant,
    /// No longer seen from this instant on: it gave way to another copy of itself.
    pub until: Instant,
}

impl Known {
    fn is_seen(&self, at: Instant) -> bool {
        self.from <= at && at < self.until
    }
}

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

/// Where the customer stands in a dimension while later dimensions are decided: the segment's name, and since when.
pub type Standing = (String, Instant);
