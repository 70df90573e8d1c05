//! Inputs of the owned tasks: their records, and the proof of their ends.

pub(crate) mod ends;
pub(crate) mod reader;
