//! `advance`: from breakpoint to breakpoint, deciding every instant before a bound.

pub(crate) mod describe;
mod forecast;
mod walk;

pub use forecast::{FORECAST, FORECAST_STEPS};

use crate::change::Decided;
use crate::customer::Customer;
use crate::event::CustomerId;
use crate::prune::prune;
use crate::segmentation::Segmentation;
use crate::state::Wake;
use crate::time::Timestamp;

/// Decides every instant of `[as_of, to)` and returns the changes in order of (instant, dimension).
///
/// The bound is exclusive, since records of equal timestamp may still be unread. Nothing is decided before the
/// customer's earliest effective instant.
pub fn advance(customer: &mut Customer, id: &CustomerId, segmentation: &Segmentation, to: Timestamp) -> Vec<Decided> {
    let Wake { fact, silence } = customer.state.wake();
    let due = fact.min(silence) < to;
    let decided = if due { walk::decide_until(customer, id, segmentation, to) } else { Vec::new() };
    if let Some(as_of) = &mut customer.state.decision.as_of {
        *as_of = to.max(*as_of);
        prune(customer, segmentation, to);
    }
    decided
}
