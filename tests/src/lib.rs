//! The code that the suites under `tests/` share.

pub mod arbitrary;
pub mod archives;
pub mod binary;
pub mod broker;
pub mod chaos;
pub mod checker;
pub mod embedded;
pub mod naive;
pub mod service;
pub mod sim;
pub mod versions;
