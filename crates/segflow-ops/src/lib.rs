//! What an operator sees of a process: metrics and health over HTTP. It reads [`segflow_runtime::status::Status`] and
//! keeps no state of its own, so a scrape shows what the workers say at that moment. Customer ids never appear.

mod exposition;
pub mod health;
pub mod metrics;
mod server;

#[cfg(test)]
mod tests;

pub use server::{OpsError, Server, serve};
