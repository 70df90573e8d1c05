//! The engine of a task: which records are facts, which customers an epoch decides and how far, by which rules.
//!
//! Invariant: no disk, thread, clock, log or metric is reached from here. Live processing, recovery, standbys, `fold`,
//! backtests and audits all decide through [`epoch::decide`], so that they cannot disagree.
//!
//! - [`intake`] accepts records: it tells events, by customer, from records that cannot be used.
//! - [`epoch`] folds the events of one cycle and decides up to a clock.
//! - [`rules`] says by which rules, and [`migration`] takes customers over to new ones.
//! - [`states`] is where an epoch finds the customers: a trait, and states in memory.
//! - [`unreadable`] names the values of attributes that an epoch folded in and that no rule can read.
//! - [`replay`] runs records through epochs without a broker. Its documentation begins with an example.

pub mod emitted;
pub mod envelope;
pub mod epoch;
pub mod intake;
pub mod migration;
pub mod replay;
pub mod rules;
pub mod states;
pub mod unreadable;
