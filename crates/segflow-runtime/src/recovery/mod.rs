//! Recovery: start, rebalance, unclear commit and restored disk are one path.
//!
//! A task that was assigned is taken over: first nothing about it may be undecided, then its store is caught up with its
//! journal, and the task runs. A standby follows a task that runs elsewhere, and never ends. Both open a store, replace
//! one that is of no use by a snapshot, and decide again, epoch by epoch, what the journal has and the store lacks. They
//! go one step at a time, so that other tasks go on. A takeover that decided otherwise than the task had emitted goes on
//! from what was emitted.

pub mod audit;
mod barriers;
mod catch_up;
mod emitted;
mod fetch;
pub(crate) mod follow;
pub(crate) mod roll_forward;
pub(crate) mod standbys;
pub(crate) mod takeover;

/// What a step of recovery did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecoveryStep {
    /// Nothing: it waits for something outside.
    Waiting,
    /// It came further.
    Progress,
}

impl RecoveryStep {
    /// What this one and another one did together.
    #[must_use]
    pub(crate) const fn or(self, other: Self) -> Self {
        match self {
            Self::Progress => self,
            Self::Waiting => other,
        }
    }
}
