//! The snapshots of an application for threads that wait: each call returns once it is done.

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

/// A snapshot by its place, and what its manifest says, or why it cannot be read.
pub type Listed = (ArchivePlace, Result<Manifest, SnapshotError>);

/// See the module. Any number of threads may use it.
pub struct Snapshots {
    archive: Archive,
    runtime: Runtime,
}

impl Snapshots {
    /// The snapshots of an application under a URL; see [`Archive::open`].
    ///
    /// # Errors
    /// As there.
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

    /// Lets somebody watch what is done.
    #[must_use]
    pub fn watched(mut self, watch: Watch) -> Self {
        self.archive.watch = watch;
        self
    }

    /// As configured.
    #[must_use]
    pub fn url(&self) -> &str {
        self.archive.url()
    }

    /// Uploads what a checkpoint has and no snapshot yet, then the manifest.
    ///
    /// # Errors
    /// If the disk or the store fails. Nothing is there then, but for files that a later collection deletes.
    pub fn upload(
        &self,
        subject: Subject,
        checkpoint: &Path,
        known: &mut KnownFiles,
    ) -> Result<Uploaded, SnapshotError> {
        let contents = known.contents(checkpoint)?;
        self.runtime.block_on(Upload::new(&self.archive, subject, contents).run())
    }

    /// Deletes a task's snapshots beyond those to be kept, and every file that nothing needs. Returns those kept, the
    /// newest first.
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

    /// The snapshots of a task, the newest first; in place of one that cannot be read, why.
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

    /// Reads every file of every snapshot of a task, and says which are damaged. Also returns how many bytes were read.
    ///
    /// # Errors
    /// If the store does not answer.
    pub fn verify(&self, task: u32) -> Result<(u64, Vec<Damage>), SnapshotError> {
        self.runtime.block_on(verify(&self.archive, task))
    }
}
