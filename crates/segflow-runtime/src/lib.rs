//! The cycle, the commit, recovery and dead letters, over the `Log` port.
//!
//! Holds no rule and no Kafka client: what is decided, `segflow-core` decides; where records come from and go to, a
//! [`log::Log`] says. A task's store is never ahead of what the log has committed (I3).

mod activation;
pub mod audit;
pub mod config;
pub mod dead_letter;
pub mod epoch;
pub mod error;
pub mod failpoint;
pub mod local;
pub mod log;
pub mod publish;
pub mod recovery;
pub mod replay;
mod report;
mod roll;
pub mod rules;
pub mod shadow;
pub mod shelf;
pub mod snapshots;
pub mod standby;
pub mod state_bytes;
pub mod states;
pub mod status;
pub mod store_digest;
pub mod task;
pub mod worker;

pub use config::Config;
pub use error::WorkerError;
pub use standby::Standbys;
pub use status::Status;
pub use worker::{Cycle, Worker};

#[cfg(test)]
mod tests;
