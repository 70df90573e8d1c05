//! One file per subcommand.

pub mod audit;
pub mod backtest;
pub mod check;
pub mod demo;
pub mod fold;
pub mod generate;
pub mod inspect;
mod interrupt;
pub mod run;
pub mod snapshots;
pub mod topics;
