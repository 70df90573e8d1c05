//! One file per subcommand.

#[cfg(feature = "service")]
pub mod audit;
#[cfg(feature = "service")]
pub mod backtest;
pub mod check;
#[cfg(feature = "service")]
pub mod demo;
pub mod fold;
#[cfg(feature = "service")]
pub mod generate;
#[cfg(feature = "service")]
pub mod inspect;
#[cfg(feature = "service")]
mod interrupt;
#[cfg(feature = "service")]
pub mod run;
#[cfg(feature = "service")]
pub mod snapshots;
#[cfg(feature = "service")]
pub mod topics;
