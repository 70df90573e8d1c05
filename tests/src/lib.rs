//! The code that the suites under `tests/` share.

pub mod archives;
pub mod binary;
pub mod broker;
pub mod chaos;
pub mod checker;
pub mod embedded;
pub mod service;
pub mod sim;
pub mod versions;
