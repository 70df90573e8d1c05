//! The promises of snapshots, on stores in memory and on disk.

mod damage;
mod formats;
mod races;
mod support;
mod whole;
