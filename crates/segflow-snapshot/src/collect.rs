//! Retention, and the deletion of files that nothing needs.
//!
//! Uploads and collections of any number of processes may run at once, each held up anywhere for any time. A file is
//! deleted only if, in this order,
//!
//! 1. it was listed;
//! 2. no manifest named it;
//! 3. no upload under way had declared it;
//! 4. still no manifest named it.
//!
//! *A new file* has a name that its upload made and no other will, and was declared before it was there. A collection
//! that saw it in 1 therefore sees the declaration in 3; or the upload has ended before 3, and 4 sees its manifest.
//!
//! *A file that is used again* is named by a manifest `M` that its upload saw standing after it had declared the file.
//! If 2 sees `M`, the file is kept. If not, `M` was deleted before 2, so that the declaration is older than 2, and 3 sees
//! it or 4 the new manifest, as before. (Were `M` not written yet at 2, its own upload protects the file.)
//!
//! No name is ever used again after its file may have been condemned, so that a deletion that comes late does no harm.
//! A declaration whose upload has died is deleted once it is [`Policy::upload_max`] old, before 1. An upload that was held
//! up longer than that finds its declaration gone after it wrote its manifest, and takes the manifest back.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use object_store::ObjectMeta;
use object_store::path::Path;
use tracing::{info, warn};

use crate::archive::{Archive, ArchivePlace};
use crate::error::SnapshotError;
use crate::intent;
use crate::manifest::Manifest;
use crate::step::SnapshotStep;

/// Objects deleted at once.
const DELETIONS_AT_ONCE: usize = 8;

/// How many snapshots are kept, and for how long an upload may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// How many snapshots of a task, 1 or more.
    pub keep: usize,
    /// The age at which an upload that has not ended is taken for dead.
    pub upload_max: Duration,
}

impl Policy {
    /// This many snapshots of each task; an upload is taken for dead after a day.
    #[must_use]
    pub const fn keep(keep: usize) -> Self {
        Self { keep, upload_max: Duration::from_secs(86_400) }
    }
}

/// A collection under way. Its steps are separate, so that tests can put the steps of others between them.
pub(crate) struct Collection {
    archive: Archive,
    task: u32,
    policy: Policy,
    /// The files that may go, unless a later step finds that they are needed.
    condemned: BTreeSet<Path>,
}

impl Collection {
    pub(crate) fn new(archive: &Archive, task: u32, policy: Policy) -> Self {
        Self { archive: archive.clone(), task, policy, condemned: BTreeSet::new() }
    }

    /// Takes all steps in their order. It returns the snapshots that are kept, the newest first.
    pub(crate) async fn run(mut self) -> Result<Vec<Manifest>, SnapshotError> {
        let kept = self.retain().await?;
        (self.archive.watch)(SnapshotStep::Retained)?;
        self.bury(Timestamp::now()).await?;
        self.list().await?;
        self.spare_named().await?;
        self.spare_declared().await?;
        self.spare_named().await?;
        self.sweep().await?;
        Ok(kept)
    }

    /// Deletes the manifests beyond those to be kept: the newest sound ones, by epoch.
    pub(crate) async fn retain(&self) -> Result<Vec<Manifest>, SnapshotError> {
        let (mut kept, mut epochs) = (Vec::new(), BTreeSet::new());
        for place in self.archive.manifests(self.task).await? {
            if epochs.len() >= self.policy.keep && !epochs.contains(&place.epoch) {
                info!(task = self.task, epoch = place.epoch, "snapshot dropped: newer ones are kept");
                self.archive.delete(&place.path).await?;
                continue;
            }
            if let Some(manifest) = self.sound(&place).await? {
                epochs.insert(place.epoch);
                kept.push(manifest);
            }
        }
        Ok(kept)
    }

    /// Deletes the declarations of uploads that are taken for dead.
    pub(crate) async fn bury(&self, now: Timestamp) -> Result<(), SnapshotError> {
        for found in self.archive.list(&self.archive.folder(self.task, "uploads")).await? {
            let age_s = now.as_second().saturating_sub(found.last_modified.timestamp());
            if u64::try_from(age_s).is_ok_and(|age| age >= self.policy.upload_max.as_secs()) {
                warn!(task = self.task, upload = %found.location, age_s, "an upload has not ended: taken for dead");
                self.archive.delete(&found.location).await?;
            }
        }
        Ok(())
    }

    /// Step 1.
    pub(crate) async fn list(&mut self) -> Result<(), SnapshotError> {
        let files = self.archive.list(&self.archive.folder(self.task, "files")).await?;
        self.condemned = files.into_iter().map(|found: ObjectMeta| found.location).collect();
        Ok(())
    }

    /// Steps 2 and 4. A damaged manifest can never be restored, and so it needs no files.
    pub(crate) async fn spare_named(&mut self) -> Result<(), SnapshotError> {
        for place in self.archive.manifests(self.task).await? {
            let manifest = self.sound(&place).await?;
            self.spare(manifest.iter().flat_map(|manifest| &manifest.files).map(|file| file.object.as_str()));
        }
        Ok(())
    }

    /// Step 3.
    pub(crate) async fn spare_declared(&mut self) -> Result<(), SnapshotError> {
        for found in self.archive.list(&self.archive.folder(self.task, "uploads")).await? {
            let intent = intent::read(&self.archive, &found.location).await?;
            self.spare(intent.iter().flat_map(|intent| &intent.objects).map(String::as_str));
        }
        Ok(())
    }

    /// Deletes the files that are still condemned.
    pub(crate) async fn sweep(&mut self) -> Result<(), SnapshotError> {
        let condemned = std::mem::take(&mut self.condemned);
        let archive = &self.archive;
        let deletions = stream::iter(condemned).map(|path| async move { archive.delete(&path).await });
        deletions.buffer_unordered(DELETIONS_AT_ONCE).try_collect().await
    }

    fn spare<'a>(&mut self, objects: impl Iterator<Item = &'a str>) {
        for object in objects {
            self.condemned.remove(&self.archive.file(self.task, object));
        }
    }

    /// A manifest; none if it has been deleted or is damaged. A manifest of a newer release ends the collection, since the
    /// files that it needs are not known.
    async fn sound(&self, place: &ArchivePlace) -> Result<Option<Manifest>, SnapshotError> {
        match self.archive.read(self.task, place).await {
            Err(SnapshotError::Damaged(reason)) => {
                warn!(task = self.task, "a snapshot does not count: {reason}");
                Ok(None)
            }
            read => read,
        }
    }
}
