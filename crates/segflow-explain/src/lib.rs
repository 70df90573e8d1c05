//! Tells a person about a customer, about one change, about two decisions that differ, or about what would follow if
//! something happened. `segflow inspect`, `fold --explain`, `audit` and the backtest's report all show these texts.
//!
//! Invariant: nothing is decided here, and nothing is read from or written to the outside. Each function asks the core or
//! the engine about a state that its caller holds, and returns text. Values of sensitive attributes appear in no text.
//!
//! | module | tells of |
//! |---|---|
//! | [`customer`] | one customer: facts, features, memberships, the reason of each, and what comes next |
//! | [`outlook`] | where a customer stands in each dimension and goes next |
//! | [`sentence`] | one change: as a sentence, in local time, or in one line for an audit |
//! | [`difference`] | one epoch that is decided differently now than its journal says |
//! | [`what_if`] | one customer, after events that are only assumed |
//!
//! Ids and values in these texts are what producers wrote: [`printable`] takes from them what a terminal would obey.
//! Clocks on the wall of the segmentation's time zone show the instants of these texts: [`local_time`].

pub mod customer;
pub mod difference;
mod forecast;
pub mod local_time;
pub mod outlook;
pub mod printable;
pub mod sentence;
#[cfg(test)]
mod testing;
pub mod what_if;
mod why;
