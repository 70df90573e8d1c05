//! Metrics and health of a process over HTTP, for its operators.
//!
//! Invariants: it reads [`segflow_runtime::status::Status`] and keeps no state of its own, so that a scrape shows what the
//! workers say at that moment; customer ids never appear.
//!
//! A metric is a row of `metrics/table.rs`, a path a row of `endpoints.rs`.

mod connections;
mod endpoints;
mod exposition;
pub mod health;
pub mod metrics;
mod server;

#[cfg(test)]
mod tests;

pub use server::{OpsError, Server, serve};
