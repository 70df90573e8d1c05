//! The cycle, the commit, recovery and dead letters, over the `Log` port.

pub mod log;
