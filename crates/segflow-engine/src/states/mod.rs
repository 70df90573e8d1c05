//! Where an epoch finds the customers' states and the timers that are due: in memory, or where a runtime keeps them.

mod memory;

use segflow_core::clock::Cursor;
use segflow_core::customer::Customer;
use segflow_core::event::CustomerId;
use segflow_core::state::State;
use segflow_core::time::Timestamp;

pub use memory::Memory;

/// Why a customer must be looked at again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimerKind {
    /// A fact comes into effect: due before `F`.
    Fact,
    /// Time may move the customer: due before `T`.
    Silence,
}

/// A timer row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
    /// When it is due.
    pub instant: Timestamp,
    /// Whose it is.
    pub customer: CustomerId,
}

/// The states of a task's customers, and their timers.
pub trait States {
    /// Why a state cannot be read.
    type Error;

    /// Changes a customer; one that is not known begins empty.
    ///
    /// # Errors
    /// If the state cannot be read.
    fn change<R>(&mut self, customer: &CustomerId, change: impl FnOnce(&mut Customer) -> R) -> Result<R, Self::Error>;

    /// A customer's state as it stands in this epoch; an empty one if the customer is not known.
    ///
    /// # Errors
    /// If the state cannot be read.
    fn peek(&mut self, customer: &CustomerId) -> Result<&State, Self::Error>;

    /// At most `max` timer rows of a kind after `from`, up to and including `to`, in (instant, customer) order.
    ///
    /// Rows of states changed since the last write may still be the old ones. The state says when a customer must be
    /// looked at; a row that disagrees is stale.
    ///
    /// # Errors
    /// If a row cannot be read.
    fn due(&self, kind: TimerKind, from: &Cursor, to: &Cursor, max: usize) -> Result<Vec<Due>, Self::Error>;

    /// At most `max` customers after `after`, up to and including `to`, in the order of their ids. A bound that is none
    /// excludes nobody. A customer who was first heard of since the last write may be missing, and so is one who was
    /// erased.
    ///
    /// # Errors
    /// If a row cannot be read.
    fn customers(
        &self,
        after: Option<&CustomerId>,
        to: Option<&CustomerId>,
        max: usize,
    ) -> Result<Vec<CustomerId>, Self::Error>;
}
