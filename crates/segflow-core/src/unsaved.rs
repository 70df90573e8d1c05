//! What of a customer's facts is not on disk yet. Facts do not change: those that came are written, and the others are not
//! written again.

use crate::fact::Fact;

/// What of a customer's facts is not on disk yet. It is kept beside a state while that is in memory.
#[derive(Clone, Default, Debug)]
pub enum Unsaved {
    /// Everything: nothing is on disk yet, or facts went or gave way since.
    #[default]
    All,
    /// Facts that came, encoded.
    Added(Vec<Vec<u8>>),
}

impl Unsaved {
    /// Notes a fact that came, and took no other's place.
    pub(crate) fn add(&mut self, fact: &Fact) {
        if let Self::Added(added) = self {
            added.push(fact.encode());
        }
    }
}
