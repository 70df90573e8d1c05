//! The cycle, the commit, recovery and dead letters, over the `Log` port.
//!
//! Holds no rule and no Kafka client: what is decided, `segflow-engine` decides; where records come from and go to, a
//! [`log::Log`] says. A task's store is never ahead of what the log has committed (I3). The folders follow the life of a
//! task: it is recovered, runs in a worker, is snapshotted, and is told of.

#![warn(unreachable_pub)]

pub mod config;
pub mod directories;
pub mod error;
pub mod log;
pub mod offer;
pub mod recovery;
pub mod rulebook;
pub(crate) mod shadow;
pub mod snapshots;
pub mod state_lock;
pub mod status;
pub mod task;
pub mod testing;
pub mod time;
pub mod worker;

pub use config::Config;
pub use error::WorkerError;
pub use recovery::RecoveryStep;
pub use recovery::standbys::Standbys;
pub use shadow::ShadowCommit;
pub use status::Status;
pub use worker::{Cycle, Worker};

#[cfg(test)]
#[allow(unreachable_pub)]
mod tests;
