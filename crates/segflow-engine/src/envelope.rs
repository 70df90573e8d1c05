//! The envelope of a change: what depends on batching or on the release, and is outside the digest.

use segflow_core::ENGINE_VERSION;
use segflow_core::change::{Decided, Envelope};
use segflow_core::event::Family;
use segflow_core::time::Timestamp;

/// The envelope of a change that this release decided in a partition and that nobody is to act on. `topic` names the
/// input of a family.
pub fn of(decided: &Decided, decided_at: Timestamp, partition: u32, topic: impl FnOnce(Family) -> String) -> Envelope {
    Envelope {
        actionable: false,
        decided_at,
        lag_ms: decided_at.since_ms(decided.core.effective_at),
        engine_version: ENGINE_VERSION.to_owned(),
        topic: decided.origin.map(|(family, _)| topic(family)),
        partition: decided.origin.map(|_| partition),
        offset: decided.origin.map(|(_, offset)| offset),
    }
}
