//! Snapshots of tasks in an object store: uploaded incrementally, kept for a while, restored whole or not at all.
//!
//! Knows a task's number and opaque bytes, no domain types. What it promises:
//!
//! - A snapshot is there once its manifest is, and a manifest is written last, to a name that nobody writes twice.
//! - Everything that is restored was checked against the SHA-256 in the manifest, and the manifest against its own.
//! - No file is deleted that a manifest or an upload under way needs, whoever uploads or collects at the same time and
//!   however long one of them is held up: see [`collect`].

pub mod archive;
pub mod collect;
pub mod content;
pub mod error;
pub mod intent;
pub mod manifest;
pub mod restore;
mod snapshots;
pub mod step;
pub mod upload;
pub mod verify;

pub use archive::{Archive, ArchivePlace};
pub use collect::Policy;
pub use content::KnownFiles;
pub use error::SnapshotError;
pub use manifest::{File, Manifest, Subject};
pub use restore::{Restored, Within, remove_directory};
pub use snapshots::{Listed, Snapshots};
pub use step::{SnapshotStep, Watch};
pub use upload::Uploaded;
pub use verify::Damage;

#[cfg(test)]
mod tests;
