//! What tells a person about a customer, a difference between two decisions, or what would be if something happened.
//!
//! Invariant: nothing is decided here and nothing is read from outside. The core and the engine are asked, over states that
//! the caller holds, and the answer is text.

pub mod customer;
pub mod difference;
pub mod local_time;
pub mod outlook;
pub mod sentence;
pub mod what_if;
mod why;
