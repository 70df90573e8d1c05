//! The snapshots of an application, for threads without an async runtime: each call blocks until it is done.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use tokio::runtime::{Builder, Runtime};

use crate::archive::{Archive, ArchivePlace};
use crate::collect::{Collection, Policy};
use crate::content::KnownFiles;
use crate::error::SnapshotError;
use crate::manifest::{Manifest, Subject};
use crate::restore::{Restored, Within, restore, restore_one};
use crate::step::Watch;
use crate::upload::{Upload, Uploaded};
use crate::verify::{Damage, verify};

/// The place of a snapshot, and its manifest, or the reason why it cannot be read.
pub type Listed = (ArchivePlace, Result<Manifest, SnapshotError>);

/// The snapshots of an application. Any number of threads may use it at once.
pub struct Snapshots {
    archive: Archive,
    runtime: Runtime,
}

impl Snapshots {
    /// The snapshots of an application under a URL.
    ///
    /// # Errors
    /// As [`Archive::open`].
    pub fn open(url: &str, application: &str) -> Result<Self, SnapshotError> {
        Self::over(Archive::open(url, application)?)
    }

    /// The snapshots in an archive.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn over(archive: Archive) -> Result<Self, SnapshotError> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("snapshots").enable_all().build();
        let runtime = runtime.map_err(|error| SnapshotError::Disk(format!("starting a thread: {error}")))?;
        Ok(Self { archive, runtime })
    }

    /// Calls `watch` after each step of an upload and of a collection.
    #[must_use]
    pub fn watched(mut self, watch: Watch) -> Self {
        self.archive.watch = watch;
        self
    }

    /// The URL, as configured.
    #[must_use]
    pub fn url(&self) -> &str {
        self.archive.url()
    }

    /// Uploads those files of a checkpoint that no snapshot has yet, then the manifest.
    ///
    /// # Errors
    /// If the disk or the store fails. There is no snapshot then, and a later collection deletes the files.
    pub fn upload(
        &self,
        subject: Subject,
        checkpoint: &Path,
        known: &mut KnownFiles,
    ) -> Result<Uploaded, SnapshotError> {
        let contents = known.contents(checkpoint)?;
        self.runtime.block_on(Upload::new(&self.archive, subject, contents).run())
    }

    /// Deletes a task's snapshots beyond those to be kept, and every file that no snapshot needs. It returns the snapshots
    /// that are kept, the newest first.
    ///
    /// # Errors
    /// If the store fails, or has manifests of a newer release.
    pub fn collect(&self, task: u32, policy: Policy) -> Result<Vec<Manifest>, SnapshotError> {
        self.runtime.block_on(Collection::new(&self.archive, task, policy).run())
    }

    /// Fetches the newest sound snapshot of a task into a directory, which may not exist yet; none if there is no
    /// snapshot at all. Afterwards the directory is complete and durable; after an error it is not there.
    ///
    /// # Errors
    /// `Refused` if the newest is beyond `within`; `Damaged` if there are snapshots and none is sound; `Cancelled` soon
    /// after `cancelled` was set; otherwise if the disk or the store fails.
    pub fn restore(
        &self,
        task: u32,
        within: &Within,
        into: &Path,
        cancelled: &AtomicBool,
    ) -> Result<Option<Restored>, SnapshotError> {
        self.runtime.block_on(restore(&self.archive, task, within, into, cancelled))
    }

    /// Fetches one snapshot, and no other, into a directory, which may not exist yet. None if it has been dropped
    /// meanwhile. Afterwards the directory is complete and durable; otherwise it is not there.
    ///
    /// # Errors
    /// `Damaged` if it is not sound; otherwise as [`Snapshots::restore`].
    pub fn restore_one(
        &self,
        task: u32,
        place: &ArchivePlace,
        into: &Path,
        cancelled: &AtomicBool,
    ) -> Result<Option<Manifest>, SnapshotError> {
        self.runtime.block_on(restore_one(&self.archive, task, place, into, cancelled))
    }

    /// The tasks that have snapshots, in order.
    ///
    /// # Errors
    /// If the store does not answer.
    pub fn tasks(&self) -> Result<Vec<u32>, SnapshotError> {
        self.runtime.block_on(self.archive.tasks())
    }

    /// The snapshots of a task, the newest first. One that cannot be read is listed with the reason.
    ///
    /// # Errors
    /// If the store does not answer.
    pub fn list(&self, task: u32) -> Result<Vec<Listed>, SnapshotError> {
        self.runtime.block_on(async {
            let mut listed = Vec::new();
            for place in self.archive.manifests(task).await? {
                match self.archive.read(task, &place).await {
                    Ok(None) => {}
                    Ok(Some(manifest)) => listed.push((place, Ok(manifest))),
                    Err(error @ SnapshotError::Store(_)) => return Err(error),
                    Err(error) => listed.push((place, Err(error))),
                }
            }
            Ok(listed)
        })
    }

    /// Reads every file of every snapshot of a task. It returns how many bytes were read, and the damaged snapshots.
    ///
    /// # Errors
    /// If the store does not answer.
    pub fn verify(&self, task: u32) -> Result<(u64, Vec<Damage>), SnapshotError> {
        self.runtime.block_on(verify(&self.archive, task))
    }
}
