//! What snapshots promise, on stores in memory and on disk.

mod damage;
mod races;
mod support;
mod whole;
