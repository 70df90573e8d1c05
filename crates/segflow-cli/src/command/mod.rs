//! One file per subcommand. A subcommand of several files has a folder.

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

use segflow_core::event::CustomerId;

/// Reads a customer's id that is an argument of a command.
fn customer_id(text: &str) -> Result<CustomerId, String> {
    CustomerId::new(text).ok_or_else(|| format!("expected an id of 1 to {} bytes", CustomerId::MAX_BYTES))
}
