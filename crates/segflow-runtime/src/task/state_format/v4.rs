//! Version 4, of releases that wrote a whole state whenever any of it changed.
//!
//! On disk, in stores that such a release wrote.

use segflow_core::fact::Facts;
use segflow_core::in_effect::Pending;
use segflow_core::state::{self, Decision};
use serde::Deserialize;

/// The version byte of these states.
pub(super) const VERSION: u8 = 4;

#[derive(Deserialize)]
struct State {
    facts: Facts,
    pending: Vec<Pending>,
    decision: Decision,
}

/// The state as this release keeps it: only its bytes are others.
pub(super) fn upgrade(bytes: &[u8]) -> Result<state::State, postcard::Error> {
    let State { facts, pending, decision } = postcard::from_bytes(bytes)?;
    Ok(state::State { facts, pending, decision })
}
