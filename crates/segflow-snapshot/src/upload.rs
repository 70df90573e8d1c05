//! An upload: only the files that no manifest has yet, and the manifest last.
//!
//! Every object of a file has a name that this upload made, or one from a manifest that was still there after this
//! upload had declared its files. [`crate::collect`] says why that keeps the files safe.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{TryStreamExt, stream};
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutMode, PutOptions, PutPayload};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tracing::warn;

use crate::archive::{Archive, ArchivePlace, nonce};
use crate::content::{CHUNK_BYTES, Content};
use crate::error::SnapshotError;
use crate::intent::{self, Intent};
use crate::manifest::{self, FORMAT, File, Manifest, Subject};
use crate::step::SnapshotStep;

/// Files sent at once.
const FILES_AT_ONCE: usize = 2;
/// Parts of a file sent at once, and their size: together with the files at once they bound the memory to 48 MiB.
const PARTS_AT_ONCE: usize = 2;
const PART_BYTES: usize = 8 << 20;
/// How often an upload is planned, if manifests whose files it uses again are deleted while it begins.
const PLANS: usize = 3;

/// A snapshot that was uploaded.
#[derive(Clone, PartialEq, Debug)]
pub struct Uploaded {
    /// The manifest's name.
    pub name: String,
    /// The manifest, as it is in the store.
    pub manifest: Manifest,
}

/// An upload under way. Its steps are separate, so that tests can put the steps of others between them.
pub(crate) struct Upload {
    archive: Archive,
    subject: Subject,
    contents: Vec<Content>,
    nonce: String,
    intent: Path,
    /// The files of the manifest to be, in the order of `contents`.
    files: Vec<File>,
    /// The manifests whose objects are used again.
    bases: BTreeSet<Path>,
}

impl Upload {
    pub(crate) fn new(archive: &Archive, subject: Subject, contents: Vec<Content>) -> Self {
        let nonce = nonce();
        let intent = intent::path(archive, subject.task, subject.epoch, &nonce);
        let (files, bases) = (Vec::new(), BTreeSet::new());
        Self { archive: archive.clone(), subject, contents, nonce, intent, files, bases }
    }

    /// Takes all steps in their order.
    pub(crate) async fn run(mut self) -> Result<Uploaded, SnapshotError> {
        for plan in 1.. {
            self.plan().await?;
            self.declare().await?;
            if self.bases_stand().await? {
                break;
            }
            if plan == PLANS {
                self.withdraw().await?;
                return Err(SnapshotError::Store("manifests went while they were built upon: try again".to_owned()));
            }
        }
        if let Err(error) = self.send().await {
            // No manifest names the files that were sent, so that they may be deleted.
            self.withdraw().await.unwrap_or_else(|error| warn!("an upload that failed leaves its list: {error}"));
            return Err(error);
        }
        let uploaded = self.seal().await?;
        (self.archive.watch)(SnapshotStep::Sealed)?;
        self.conclude(&uploaded).await?;
        Ok(uploaded)
    }

    /// Step 1: chooses an object for each file: one that a manifest names already, or a new one.
    pub(crate) async fn plan(&mut self) -> Result<(), SnapshotError> {
        let mut there: BTreeMap<(String, u64), (String, Path)> = BTreeMap::new();
        for place in self.archive.manifests(self.subject.task).await? {
            for (content, object) in self.objects_of(&place).await? {
                there.entry(content).or_insert((object, place.path.clone()));
            }
        }
        self.bases.clear();
        self.files.clear();
        for content in &self.contents {
            let object = match there.get(&(content.sha256.clone(), content.size)) {
                Some((object, base)) => {
                    self.bases.insert(base.clone());
                    object.clone()
                }
                None => self.own(&content.sha256),
            };
            let Content { name, size, sha256, .. } = content.clone();
            self.files.push(File { name, size, sha256, object });
        }
        Ok(())
    }

    /// Step 2: declares the objects that are needed.
    pub(crate) async fn declare(&self) -> Result<(), SnapshotError> {
        let objects = self.files.iter().map(|file| file.object.clone()).collect();
        intent::write(&self.archive, &self.intent, &Intent { objects }).await?;
        (self.archive.watch)(SnapshotStep::Declared)
    }

    /// Step 3: whether the manifests whose objects are used again are still there, now that the objects are declared.
    pub(crate) async fn bases_stand(&self) -> Result<bool, SnapshotError> {
        let there = self.archive.manifests(self.subject.task).await?;
        let there: BTreeSet<Path> = there.into_iter().map(|place| place.path).collect();
        Ok(self.bases.is_subset(&there))
    }

    /// Step 4: sends the new files.
    pub(crate) async fn send(&self) -> Result<(), SnapshotError> {
        let mut seen = BTreeSet::new();
        let new = self
            .contents
            .iter()
            .zip(&self.files)
            .filter(|(_, file)| self.is_own(file) && seen.insert(file.object.clone()));
        let sent = stream::iter(new.map(|(content, file)| Ok(self.send_file(content, file))));
        sent.try_buffer_unordered(FILES_AT_ONCE).try_collect::<()>().await?;
        (self.archive.watch)(SnapshotStep::Sent)
    }

    /// Step 5: writes the manifest.
    pub(crate) async fn seal(&self) -> Result<Uploaded, SnapshotError> {
        let mut manifest = self.manifest();
        let bytes = manifest::encode(&mut manifest);
        let name = manifest::name(manifest.epoch, &manifest.checksum);
        let path = self.archive.folder(self.subject.task, "manifests").join(name.as_str());
        let only_new = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.archive.store.put_opts(&path, PutPayload::from(bytes.clone()), only_new).await {
            // The name is that of the content: an attempt whose answer was lost has put the same bytes.
            Err(object_store::Error::AlreadyExists { .. }) if self.has(&path, &bytes).await? => {}
            put => drop(put?),
        }
        Ok(Uploaded { name, manifest })
    }

    /// Step 6: deletes the declaration. If a collection has taken this upload for dead meanwhile, the snapshot is not safe,
    /// and its manifest is deleted instead.
    pub(crate) async fn conclude(&self, uploaded: &Uploaded) -> Result<(), SnapshotError> {
        if intent::stands(&self.archive, &self.intent).await? {
            return self.withdraw().await;
        }
        let manifests = self.archive.folder(self.subject.task, "manifests");
        self.archive.delete(&manifests.join(uploaded.name.as_str())).await?;
        let reason = "the upload was held up for so long that its files may have gone: it is taken back; try again";
        Err(SnapshotError::Store(reason.to_owned()))
    }

    async fn withdraw(&self) -> Result<(), SnapshotError> {
        self.archive.delete(&self.intent).await
    }

    async fn objects_of(&self, place: &ArchivePlace) -> Result<Vec<((String, u64), String)>, SnapshotError> {
        match self.archive.read(self.subject.task, place).await {
            Ok(Some(manifest)) => {
                Ok(manifest.files.into_iter().map(|file| ((file.sha256, file.size), file.object)).collect())
            }
            Ok(None) => Ok(Vec::new()),
            Err(SnapshotError::Damaged(reason) | SnapshotError::Unknown(reason)) => {
                warn!("nothing is built upon a snapshot: {reason}");
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }

    fn own(&self, sha256: &str) -> String {
        format!("{sha256}-{}", self.nonce)
    }

    fn is_own(&self, file: &File) -> bool {
        file.object == self.own(&file.sha256)
    }

    fn manifest(&self) -> Manifest {
        let mut seen = BTreeSet::new();
        let own = self.files.iter().filter(|file| self.is_own(file) && seen.insert(&file.object));
        let uploaded_bytes = own.map(|file| file.size).sum();
        let subject = self.subject.clone();
        Manifest {
            format: FORMAT,
            task: subject.task,
            epoch: subject.epoch,
            created_at: jiff::Timestamp::now(),
            engine_version: subject.engine_version,
            state_version: subject.state_version,
            segmentation_hash: subject.segmentation_hash,
            journal_offset: subject.journal_offset,
            summary: subject.summary,
            journal: hex::encode(subject.journal),
            uploaded_bytes,
            files: self.files.clone(),
            checksum: String::new(),
        }
    }

    async fn send_file(&self, content: &Content, file: &File) -> Result<(), SnapshotError> {
        let failed = |error: std::io::Error| SnapshotError::disk("reading", &content.path, error);
        let target = self.archive.file(self.subject.task, &file.object);
        let mut source = tokio::fs::File::open(&content.path).await.map_err(failed)?;
        let mut writer = BufWriter::with_capacity(self.archive.store.clone(), target, PART_BYTES)
            .with_max_concurrency(PARTS_AT_ONCE);
        let (mut hash, mut chunk) = (Sha256::new(), vec![0; CHUNK_BYTES]);
        loop {
            let read = source.read(&mut chunk).await.map_err(failed)?;
            if read == 0 {
                break;
            }
            hash.update(&chunk[..read]);
            writer.put(chunk[..read].to_vec().into()).await?;
        }
        let found = hex::encode(hash.finalize());
        if found != content.sha256 {
            writer.abort().await.unwrap_or_else(|error| warn!("an upload could not be aborted: {error}"));
            let expected = &content.sha256;
            return Err(SnapshotError::disk(
                "reading",
                &content.path,
                format!("expected SHA-256 {expected}, found {found}"),
            ));
        }
        let shut = tokio::io::AsyncWriteExt::shutdown(&mut writer).await;
        shut.map_err(|error| SnapshotError::Store(error.to_string()))?;
        (self.archive.watch)(SnapshotStep::FileSent)
    }

    async fn has(&self, path: &Path, bytes: &[u8]) -> Result<bool, SnapshotError> {
        Ok(self.archive.store.get(path).await?.bytes().await? == bytes)
    }
}
