//! Administration: topics created and checked, retention, trimmed journals, and records produced in bulk.

pub(crate) mod bulk_producer;
pub(crate) mod check;
pub mod retention;
pub mod topics;
pub(crate) mod trim;
