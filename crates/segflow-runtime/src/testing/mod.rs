//! What tests of a running system need inside it: points at which it fails on purpose, and the digest of a store.

pub mod failpoint;
pub mod store_digest;
