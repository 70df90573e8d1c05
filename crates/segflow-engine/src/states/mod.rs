//! Where an epoch finds the customers' states and the timers that are due: in memory, or wherever a runtime keeps them.

mod memory;

use segflow_core::clock::Cursor;
use segflow_core::customer::Customer;
use segflow_core::event::CustomerId;
use segflow_core::state::Wake;
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

/// The states of a task's customers.
pub trait States {
    /// Why a state cannot be read.
    type Error;

    /// Changes a customer; one that is not known begins empty.
    fn change<R>(&mut self, customer: &CustomerId, change: impl FnOnce(&mut Customer) -> R) -> Result<R, Self::Error>;

    /// When a customer must be looked at again. The state says; a timer row that disagrees is stale.
    fn wake(&mut self, customer: &CustomerId) -> Result<Wake, Self::Error>;

    /// The version of the segmentation that decided a customer's memberships; 0 if nothing is decided of them.
    fn decided_by(&mut self, customer: &CustomerId) -> Result<u32, Self::Error>;

    /// At most `max` timer rows of a kind after `from`, up to and including `to`, in (instant, customer) order.
    ///
    /// Rows of states changed since the last write may still be the old ones.
    fn due(&self, kind: TimerKind, from: &Cursor, to: &Cursor, max: usize) -> Result<Vec<Due>, Self::Error>;

    /// At most `max` customers after `after`, up to and including `to`, in the order of their ids; without a bound where
    /// there is none. Who was first heard of since the last write may be missing, and so is who was erased.
    fn customers(
        &self,
        after: Option<&CustomerId>,
        to: Option<&CustomerId>,
        max: usize,
    ) -> Result<Vec<CustomerId>, Self::Error>;
}
