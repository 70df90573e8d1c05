//! What is kept of one customer on disk: facts, pending facts, and the decision. Data alone; no rule is known here.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::fact::Facts;
use crate::time::Timestamp;

use crate::in_effect::Pending;

/// One customer.
///
/// On disk, after a byte that says the version: its fields are fixed, and another field needs another version.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct State {
    /// Every fact that was read, in effect or not.
    pub facts: Facts,
    /// Those not yet in effect, by (`effective`, family, `event_id`).
    pub pending: Vec<Pending>,
    /// The last decision.
    pub decision: Decision,
}

/// Where a customer stands in every dimension, and how far they are decided.
///
/// On disk: its fields are fixed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// Everything before it is decided; none until something was.
    pub as_of: Option<Timestamp>,
    /// The next breakpoint if no fact arrives.
    pub next: Timestamp,
    /// The version of the segmentation that decided it; none while `dimensions` is empty.
    #[serde(with = "zero_for_none")]
    pub segmentation: Option<NonZeroU32>,
    /// One per dimension, in that segmentation's order; empty while nothing is decided, or nothing any more.
    pub dimensions: Vec<Membership>,
    /// How many changes there have been, by name, in dimensions that the customer left for good: when they were erased,
    /// or when a segmentation dropped the dimension.
    pub closed: BTreeMap<String, u64>,
}

impl Default for Decision {
    fn default() -> Self {
        Self {
            as_of: None,
            next: Timestamp::NEVER,
            segmentation: None,
            dimensions: Vec::new(),
            closed: BTreeMap::new(),
        }
    }
}

impl Decision {
    /// The instant up to which the customer is decided while the task's cursor of silence stands at `silence`.
    #[must_use]
    pub fn up_to(&self, silence: Timestamp) -> Timestamp {
        self.as_of.map_or(silence, |as_of| as_of.max(silence))
    }
}

/// A version in the bytes of a [`Decision`]: a number, and 0 for none.
mod zero_for_none {
    use std::num::NonZeroU32;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub fn serialize<S: Serializer>(version: &Option<NonZeroU32>, serializer: S) -> Result<S::Ok, S::Error> {
        version.map_or(0, NonZeroU32::get).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NonZeroU32>, D::Error> {
        u32::deserialize(deserializer).map(NonZeroU32::new)
    }
}

/// Where the customer stands in one dimension. Segments are numbered in file order; `otherwise` comes last.
///
/// On disk: its fields are fixed.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Membership {
    /// The present segment; none until the first decision.
    pub current: Option<u16>,
    /// When it was entered.
    pub entered_at: Option<Timestamp>,
    /// How many changes there have been.
    pub seq: u64,
    /// Per segment of the dimension: since when its `when` has held, where it has `for`.
    pub since: Vec<Option<Timestamp>>,
}

/// When a customer must be looked at again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wake {
    /// When the next pending fact comes into effect.
    pub fact: Timestamp,
    /// The next breakpoint of silence.
    pub silence: Timestamp,
}

impl State {
    /// The next instant of each kind at which something may change.
    #[must_use]
    pub fn wake(&self) -> Wake {
        Wake {
            fact: self.pending.first().map_or(Timestamp::NEVER, |first| first.effective),
            silence: self.decision.next,
        }
    }

    /// Whether the customer was erased and nothing has come since: the state says only when they were erased, and how
    /// many changes there have been.
    #[must_use]
    pub fn is_stub(&self) -> bool {
        self.facts.erased().is_some() && self.facts.is_empty()
    }
}
