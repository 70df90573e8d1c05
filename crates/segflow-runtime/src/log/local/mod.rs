//! The embedded log: in memory, in one process, with atomic commit and no broker.

mod broker;
mod member;

pub use broker::{LocalBroker, NewRecord};
pub use member::LocalLog;
