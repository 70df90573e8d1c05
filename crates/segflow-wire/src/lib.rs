//! Bytes to and from the core's types: Avro, JSON, headers, partitions.
//!
//! This crate does no input or output and keeps nothing: every function is pure. Accepting a record
//! ([`intake::accept`]) depends on the record, the intake configuration and the wall time of the cycle, and on nothing
//! else, so that replay accepts what was accepted live. Floating point stays inside: a double becomes decimal text.

pub mod change;
pub mod dead_letter;
pub mod encoding;
pub mod envelope;
pub mod event;
pub mod intake;
pub mod journal;
pub mod memberships;
pub mod partition;
pub mod schema;

mod malformed;
mod shape;

pub use encoding::{Encoding, Headers, Malformed};
pub use intake::{Intake, OtherCurrency, RawRecord, Reason, Rejection, accept};
pub use partition::{Partitioner, partition_of};
