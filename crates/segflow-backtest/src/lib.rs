//! Backtests: topics or archives -> the same core -> a report.
//!
//! Nothing here decides: records go through `segflow_engine::replay`, partition by partition, and what is counted is read
//! from its changes. The result depends neither on how many threads there are nor on where the events lie.

pub mod archive_feed;
pub mod batch;
pub mod batch_queue;
pub mod changes_parquet;
pub mod engine;
pub mod feeder;
pub mod observe;
pub mod partition_replay;
pub mod period;
pub mod rejected;
pub mod report;
pub mod states;
