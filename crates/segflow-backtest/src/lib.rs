//! Backtests: events from topics or archives, decided by the engine of live processing, counted into a report.
//!
//! Invariant: nothing is decided here. Records go through `segflow_engine::replay`, partition by partition, and the report
//! counts its changes. The result depends neither on the number of threads nor on where the events lie.
//!
//! On the way of a record: an archive ([`segflow_archive`]) or a topic -> [`feeder`] -> [`batch_queue`] ->
//! [`partition_replay`] -> [`observe`] -> [`report`]. [`run`] holds the threads.

pub mod archive_feed;
pub mod batch;
pub mod batch_queue;
pub mod changes_parquet;
pub mod feeder;
pub mod observe;
pub mod partition_replay;
pub mod period;
pub mod rejected;
pub mod report;
pub mod run;
pub mod sample;
pub mod states;
