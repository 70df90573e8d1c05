//! The engine of a task: which records are facts, which customers an epoch decides and how far, by which rules.
//!
//! Invariant: no disk, thread, clock, log or metric is reached from here. Live processing, recovery, standbys, `fold`, backtests
//! and audits all decide through [`epoch::decide`], so that they cannot disagree.

pub mod envelope;
pub mod epoch;
pub mod intake;
pub mod migration;
pub mod replay;
pub mod rules;
pub mod states;
