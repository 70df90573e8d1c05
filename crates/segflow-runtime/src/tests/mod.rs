//! The runtime over the embedded log: clocks, timers, dead letters, restarts, ownership.

mod full_disk;
mod gate;
mod stalling_log;
mod stalling_store;
pub(crate) mod support;

mod activation;
mod audit;
mod bounds;
mod clock;
mod dead_letters;
mod emitted;
mod engine_version;
mod erasure;
mod host_clock;
mod hung;
mod ownership;
mod refusals;
mod restart;
mod shadow;
mod snapshots;
mod snapshots_elsewhere;
