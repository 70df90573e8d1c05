//! Backtests: topics or archives -> the same core -> a report.
//!
//! Nothing here decides: records go through `segflow_runtime::replay`, partition by partition, and what is counted is read
//! from its changes. The result depends neither on how many threads there are nor on where the events lie.

pub mod archive;
pub mod bad;
pub mod batch;
pub mod board;
pub mod engine;
pub mod feed;
pub mod feeder;
pub mod lane;
pub mod observe;
pub mod period;
pub mod portrait;
pub mod report;
pub mod rows;
pub mod states;
