//! The period of a backtest: it reports the changes that take effect within it.
//!
//! Records from before it are folded and decided all the same, since they make the states what they are when the period
//! begins.

use segflow_core::time::Timestamp;

/// From an instant (inclusive) to another (exclusive), either of which may be open.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Period {
    /// Changes before it are not reported; none: all up to `to` are.
    pub from: Option<Timestamp>,
    /// Records at or after it are not folded, and every clock is settled up to it; none: up to the last record.
    pub to: Option<Timestamp>,
}

impl Period {
    /// Whether a change that takes effect then is reported.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to)
    }
}
