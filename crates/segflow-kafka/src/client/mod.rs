//! Clients of librdkafka: their configuration, what they say, their errors, and parts of what they hold.

pub(crate) mod client_context;
pub(crate) mod config;
pub(crate) mod delivery;
pub(crate) mod errors;
pub(crate) mod headers;
pub(crate) mod partitions;
pub(crate) mod record;
