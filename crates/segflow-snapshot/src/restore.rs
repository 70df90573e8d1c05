//! A restore: the newest sound snapshot, every byte checked, in a directory that is complete or not there.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt, stream};
use object_store::ObjectStoreExt;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tracing::warn;

use crate::archive::{Archive, ArchivePlace};
use crate::error::SnapshotError;
use crate::manifest::{File, Manifest};

/// Files fetched at once.
const FILES_AT_ONCE: usize = 4;
/// How often the list of snapshots is read, if a snapshot is dropped while it is being fetched.
const LISTS: usize = 3;

/// Which snapshot may be restored.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Within {
    /// The restore is refused if a snapshot is newer than this epoch.
    pub at_most: Option<u64>,
    /// The snapshot of this name is restored only if there is no other.
    pub last_resort: Option<String>,
}

/// A snapshot that was restored.
#[derive(Clone, PartialEq, Debug)]
pub struct Restored {
    /// The manifest's name.
    pub name: String,
    /// The manifest.
    pub manifest: Manifest,
    /// The newer snapshots that are damaged, and how.
    pub skipped: Vec<String>,
}

/// Fetches the newest sound snapshot of a task into a directory, which may not exist; none if there is no snapshot.
pub(crate) async fn restore(
    archive: &Archive,
    task: u32,
    within: &Within,
    into: &Path,
    cancelled: &AtomicBool,
) -> Result<Option<Restored>, SnapshotError> {
    refuse_existing(into)?;
    for list in 1.. {
        match newest(archive, task, within, into, cancelled).await? {
            Outcome::Found(restored) => return Ok(restored.map(|restored| *restored)),
            Outcome::Changed if list < LISTS => {}
            Outcome::Changed => break,
        }
    }
    Err(SnapshotError::Store(format!("the snapshots of task {task} go while they are fetched: try again")))
}

/// Fetches one snapshot, and no other, into a directory, which may not exist; none if it has been dropped.
pub(crate) async fn restore_one(
    archive: &Archive,
    task: u32,
    place: &ArchivePlace,
    into: &Path,
    cancelled: &AtomicBool,
) -> Result<Option<Manifest>, SnapshotError> {
    refuse_existing(into)?;
    complete(archive, task, place, into, cancelled).await
}

fn refuse_existing(into: &Path) -> Result<(), SnapshotError> {
    if into.exists() {
        return Err(SnapshotError::Refused(format!("{}: expected no such directory, found one", into.display())));
    }
    Ok(())
}

enum Outcome {
    Found(Option<Box<Restored>>),
    /// A snapshot was dropped meanwhile, since there are newer ones now.
    Changed,
}

async fn newest(
    archive: &Archive,
    task: u32,
    within: &Within,
    into: &Path,
    cancelled: &AtomicBool,
) -> Result<Outcome, SnapshotError> {
    let mut places = archive.manifests(task).await?;
    if let (Some(newest), Some(most)) = (places.first(), within.at_most)
        && newest.epoch > most
    {
        return Err(SnapshotError::Refused(ahead(archive, task, newest, most)));
    }
    places.sort_by_key(|place| within.last_resort.as_deref() == Some(place.name()));
    let mut skipped: Vec<String> = Vec::new();
    for place in &places {
        match complete(archive, task, place, into, cancelled).await {
            Ok(Some(manifest)) => {
                let name = place.name().to_owned();
                return Ok(Outcome::Found(Some(Box::new(Restored { name, manifest, skipped }))));
            }
            Ok(None) => return Ok(Outcome::Changed),
            Err(SnapshotError::Damaged(reason) | SnapshotError::Unknown(reason)) => {
                warn!(task, epoch = place.epoch, "snapshot skipped: {reason}");
                skipped.push(reason);
            }
            Err(error) => return Err(error),
        }
    }
    if skipped.is_empty() {
        return Ok(Outcome::Found(None));
    }
    Err(SnapshotError::Damaged(format!(
        "none of the {} snapshots of task {task} in {} is sound: {}",
        skipped.len(),
        archive.url(),
        skipped.join("; ")
    )))
}

fn ahead(archive: &Archive, task: u32, newest: &ArchivePlace, most: u64) -> String {
    format!(
        "task {task}: the newest snapshot in {} is at epoch {}, but the journal ends at epoch {most}: the journal was \
         truncated or recreated; restore the journal, or, to begin anew, give the application another name or take its \
         snapshots away",
        archive.url(),
        newest.epoch
    )
}

/// Fetches a whole snapshot, or leaves no directory. None if its manifest was deleted before or while it was fetched.
async fn complete(
    archive: &Archive,
    task: u32,
    place: &ArchivePlace,
    into: &Path,
    cancelled: &AtomicBool,
) -> Result<Option<Manifest>, SnapshotError> {
    let fetched = fetch(archive, task, place, into, cancelled).await;
    if !matches!(fetched, Ok(Some(_))) {
        remove_directory(into).map_err(|error| SnapshotError::disk("clearing", into, error))?;
    }
    match fetched {
        // The files of a dropped snapshot are deleted after its manifest.
        Err(SnapshotError::Damaged(_) | SnapshotError::Unknown(_)) if archive.read(task, place).await == Ok(None) => {
            Ok(None)
        }
        fetched => fetched,
    }
}

/// Fetches a whole snapshot and makes it durable; none if its manifest was deleted.
async fn fetch(
    archive: &Archive,
    task: u32,
    place: &ArchivePlace,
    into: &Path,
    cancelled: &AtomicBool,
) -> Result<Option<Manifest>, SnapshotError> {
    let Some(manifest) = archive.read(task, place).await? else { return Ok(None) };
    std::fs::create_dir_all(into).map_err(|error| SnapshotError::disk("creating", into, error))?;
    let given_up = AtomicBool::new(false);
    let stop = || cancelled.load(Ordering::Relaxed) || given_up.load(Ordering::Relaxed);
    let files = manifest.files.iter().map(|file| async {
        let fetched = fetch_file(archive, task, file, into, &stop).await;
        given_up.fetch_or(fetched.is_err(), Ordering::Relaxed);
        fetched
    });
    // After a failure the others come to their ends too. A file that is being created by another thread while its fetch is
    // dropped would appear in the directory that is being removed.
    let fetched: Vec<Result<(), SnapshotError>> = stream::iter(files).buffer_unordered(FILES_AT_ONCE).collect().await;
    fetched.into_iter().collect::<Result<(), SnapshotError>>()?;
    sync(into)?;
    Ok(Some(manifest))
}

async fn fetch_file(
    archive: &Archive,
    task: u32,
    file: &File,
    into: &Path,
    stop: &(impl Fn() -> bool + Sync),
) -> Result<(), SnapshotError> {
    let path = target(into, file)?;
    if stop() {
        return Err(SnapshotError::Cancelled);
    }
    let failed = |error: std::io::Error| SnapshotError::disk("writing", &path, error);
    let mut target = tokio::fs::File::create(&path).await.map_err(failed)?;
    let mut bytes = Bytes::of(archive, task, file).await?;
    while let Some(chunk) = bytes.next().await? {
        if stop() {
            return Err(SnapshotError::Cancelled);
        }
        target.write_all(&chunk).await.map_err(failed)?;
    }
    target.sync_all().await.map_err(failed)
}

/// The bytes of a file. The end is reported only once all bytes are known to be right.
pub(crate) struct Bytes<'a> {
    called: object_store::path::Path,
    file: &'a File,
    stream: stream::BoxStream<'static, object_store::Result<Chunk>>,
    hash: Sha256,
    size: u64,
}

/// Shared bytes, as the object store hands them out.
type Chunk = <object_store::PutPayload as IntoIterator>::Item;

impl<'a> Bytes<'a> {
    pub(crate) async fn of(archive: &Archive, task: u32, file: &'a File) -> Result<Self, SnapshotError> {
        let called = archive.file(task, &file.object);
        match archive.store.get(&called).await {
            Ok(found) => Ok(Self { called, file, stream: found.into_stream(), hash: Sha256::new(), size: 0 }),
            Err(object_store::Error::NotFound { .. }) => Err(SnapshotError::Damaged(format!(
                "{called}: expected {} of {} bytes, found no such file",
                file.name, file.size
            ))),
            Err(error) => Err(error.into()),
        }
    }

    /// The next bytes; none after the last, if all were right.
    pub(crate) async fn next(&mut self) -> Result<Option<Chunk>, SnapshotError> {
        if let Some(chunk) = self.stream.next().await.transpose()? {
            self.size += chunk.len() as u64;
            if self.size > self.file.size {
                return Err(self.damaged(format!("expected {} bytes, found more", self.file.size)));
            }
            self.hash.update(&chunk);
            return Ok(Some(chunk));
        }
        if self.size != self.file.size {
            return Err(self.damaged(format!("expected {} bytes, found {}", self.file.size, self.size)));
        }
        let found = hex::encode(std::mem::take(&mut self.hash).finalize());
        if found != self.file.sha256 {
            return Err(self.damaged(format!("expected SHA-256 {}, found {found}", self.file.sha256)));
        }
        Ok(None)
    }

    fn damaged(&self, reason: String) -> SnapshotError {
        SnapshotError::Damaged(format!("{} ({}): {reason}", self.called, self.file.name))
    }
}

/// The path of a restored file. Although a manifest is checked, no name in it may lead out of the directory.
fn target(into: &Path, file: &File) -> Result<PathBuf, SnapshotError> {
    let plain = Path::new(&file.name).file_name().is_some_and(|name| name == file.name.as_str());
    if plain {
        return Ok(into.join(&file.name));
    }
    Err(SnapshotError::Damaged(format!("expected the name of a file, found {:?}", file.name)))
}

/// Makes the names in a directory durable.
pub(crate) fn sync(directory: &Path) -> Result<(), SnapshotError> {
    let opened = std::fs::File::open(directory).and_then(|opened| opened.sync_all());
    opened.map_err(|error| SnapshotError::disk("syncing", directory, error))
}

/// Removes a directory and all that is in it. It is no error if there is none.
///
/// # Errors
/// If the disk refuses.
pub fn remove_directory(directory: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
