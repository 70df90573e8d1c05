//! Snapshots of tasks in an object store: uploaded incrementally, kept for a while, restored whole or not at all.
//!
//! This crate knows the number of a task and opaque bytes, and no domain types. Its promises:
//!
//! - A snapshot is there once its manifest is. A manifest is written last, to a name that is never written twice.
//! - Every restored file was checked against the SHA-256 in the manifest, and the manifest against its own.
//! - No file is deleted that a manifest or an upload under way needs. That holds while any number of processes upload
//!   and collect at the same time, each held up for any time: [`collect`] says why.
//!
//! ```
//! use segflow_snapshot::{KnownFiles, Snapshots, Subject, Within};
//!
//! # let directory = tempfile::tempdir()?;
//! # let (checkpoint, into) = (directory.path().join("checkpoint"), directory.path().join("restored"));
//! # std::fs::create_dir(&checkpoint)?;
//! # std::fs::write(checkpoint.join("CURRENT"), "MANIFEST-1")?;
//! # let url = format!("file://{}/snapshots", directory.path().display());
//! let snapshots = Snapshots::open(&url, "my-application")?;
//! let subject = Subject {
//!     task: 3,
//!     epoch: 42,
//!     journal_offset: None,
//!     journal: vec![0xc3, 0x01],
//!     summary: serde_json::json!({}),
//!     segmentation_hash: "5e9".to_owned(),
//!     engine_version: "0.1.0".to_owned(),
//!     state_version: 3,
//! };
//! snapshots.upload(subject, &checkpoint, &mut KnownFiles::default())?;
//!
//! let restored = snapshots.restore(3, &Within::default(), &into, &false.into())?.expect("there is a snapshot");
//! assert_eq!(restored.manifest.epoch, 42);
//! assert_eq!(std::fs::read(into.join("CURRENT"))?, std::fs::read(checkpoint.join("CURRENT"))?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
