//! The runtime over the embedded log: clocks, timers, dead letters, restarts.

mod support;

mod bounds;
mod clock;
mod dead_letters;
mod erasure;
mod restart;
mod snapshots;
