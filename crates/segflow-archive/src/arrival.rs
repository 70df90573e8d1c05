//! When a record counts as having arrived.

use segflow_core::time::Timestamp;
use segflow_wire::{Intake, accept};

use super::{Addresses, Held};

/// When the records of archives count as having arrived.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Arrival {
    /// At their timestamps.
    #[default]
    Recorded,
    /// When they happened: for a history that was exported in one go, so that its timestamps tell of the export alone.
    OccurredAt,
}

impl Arrival {
    /// Each with the word that stands for it.
    pub const ALL: [(&'static str, Self); 2] = [("recorded", Self::Recorded), ("occurred-at", Self::OccurredAt)];
}

/// When the event of a record happened; none of a record that cannot be used.
pub(super) fn occurred_at(held: &Held, addresses: &mut Addresses, intake: &Intake) -> Option<Timestamp> {
    if held.malformed.is_some() {
        return None;
    }
    let address = addresses.of(held).ok()?;
    accept(&held.raw(address), intake, Timestamp::LATEST).ok().map(|event| event.occurred_at)
}
