//! The runtime over the embedded log: clocks, timers, dead letters, restarts, ownership.

mod gate;
mod held;
mod slow;
mod support;

mod activation;
mod apart;
mod audit;
mod bounds;
mod clock;
mod dead_letters;
mod erasure;
mod ownership;
mod refusals;
mod restart;
mod shadow;
mod snapshots;
