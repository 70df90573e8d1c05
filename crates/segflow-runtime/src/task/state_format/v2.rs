//! Version 2, of releases that could not replace a segmentation: one decided all states of a task.
//!
//! On disk, in stores that such a release wrote.

use std::num::NonZeroU32;

use segflow_core::segmentation::Segmentation;
use segflow_core::state::{self, Membership};
use segflow_core::time::Timestamp;
use serde::Deserialize;

use super::v3::{Facts, Pending, upgrade_pending};

/// The version byte of these states.
pub(super) const VERSION: u8 = 2;

#[derive(Deserialize)]
struct State {
    facts: Facts,
    pending: Vec<Pending>,
    decision: Decision,
}

#[derive(Deserialize)]
struct Decision {
    as_of: Option<Timestamp>,
    next: Timestamp,
    dimensions: Vec<Membership>,
}

/// The state as this release keeps it. An erased customer stood in dimensions without a segment; now those are
/// closed, by name.
pub(super) fn upgrade(bytes: &[u8], segmentation: &Segmentation) -> Result<state::State, postcard::Error> {
    let State { facts, pending, decision: Decision { as_of, next, dimensions } } = postcard::from_bytes(bytes)?;
    let mut decision = state::Decision { as_of, next, ..state::Decision::default() };
    if dimensions.iter().any(|membership| membership.current.is_some()) {
        (decision.segmentation, decision.dimensions) = (NonZeroU32::new(segmentation.version), dimensions);
    } else {
        let names = segmentation.dimensions.iter().map(|dimension| dimension.name.clone());
        let closed = names.zip(dimensions.into_iter().map(|membership| membership.seq));
        decision.closed = closed.filter(|(_, seq)| *seq > 0).collect();
    }
    let facts = facts.upgrade();
    Ok(state::State { pending: upgrade_pending(pending, &facts), facts, decision })
}
