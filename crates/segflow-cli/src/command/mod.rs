//! One file per subcommand. A subcommand of several files has a folder.

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

use segflow_core::event::CustomerId;

/// Reads a customer's id that is an argument of a command.
fn customer_id(text: &str) -> Result<CustomerId, String> {
    CustomerId::new(text).ok_or_else(|| format!("expected an id of 1 to {} bytes", CustomerId::MAX_BYTES))
}
