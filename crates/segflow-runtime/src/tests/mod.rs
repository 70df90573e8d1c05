//! The runtime over the embedded log: clocks, timers, dead letters, restarts, ownership.

mod slow;
mod support;

mod activation;
mod bounds;
mod clock;
mod dead_letters;
mod erasure;
mod ownership;
mod restart;
mod snapshots;
