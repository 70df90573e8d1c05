//! A check that the store still holds the bytes that were uploaded.

use std::collections::BTreeMap;

use tracing::debug;

use crate::archive::{Archive, ArchivePlace};
use crate::error::SnapshotError;
use crate::manifest::Manifest;
use crate::restore::Bytes;

/// A snapshot that cannot be restored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Damage {
    /// The number of its task.
    pub task: u32,
    /// The manifest's name.
    pub name: String,
    /// Which object is damaged, and how.
    pub reason: String,
}

/// Reads every file of every snapshot of a task, each once. It returns how many bytes were read, and the damaged
/// snapshots.
pub(crate) async fn verify(archive: &Archive, task: u32) -> Result<(u64, Vec<Damage>), SnapshotError> {
    let (mut seen, mut bytes, mut damages) = (BTreeMap::new(), 0, Vec::new());
    for place in archive.manifests(task).await? {
        let reasons = match archive.read(task, &place).await {
            Ok(Some(manifest)) => files(archive, &manifest, &mut seen, &mut bytes).await?,
            Ok(None) => continue,
            Err(SnapshotError::Damaged(reason) | SnapshotError::Unknown(reason)) => vec![reason],
            Err(error) => return Err(error),
        };
        if reasons.is_empty() || gone(archive, task, &place).await? {
            continue;
        }
        let name = place.name().to_owned();
        damages.extend(reasons.into_iter().map(|reason| Damage { task, name: name.clone(), reason }));
    }
    Ok((bytes, damages))
}

/// The damages of a manifest's files. `seen` has the outcome of each object read so far.
async fn files(
    archive: &Archive,
    manifest: &Manifest,
    seen: &mut BTreeMap<(String, String, u64), Option<String>>,
    bytes: &mut u64,
) -> Result<Vec<String>, SnapshotError> {
    let mut reasons = Vec::new();
    for file in &manifest.files {
        let key = (file.object.clone(), file.sha256.clone(), file.size);
        if !seen.contains_key(&key) {
            debug!(task = manifest.task, object = file.object, "read");
            let outcome = match read(archive, manifest.task, file).await {
                Ok(()) => None,
                Err(SnapshotError::Damaged(reason)) => Some(reason),
                Err(error) => return Err(error),
            };
            *bytes += file.size;
            seen.insert(key.clone(), outcome);
        }
        reasons.extend(seen[&key].clone());
    }
    Ok(reasons)
}

async fn read(archive: &Archive, task: u32, file: &crate::manifest::File) -> Result<(), SnapshotError> {
    let mut bytes = Bytes::of(archive, task, file).await?;
    while bytes.next().await?.is_some() {}
    Ok(())
}

/// Whether a manifest was dropped meanwhile, and its files with it.
async fn gone(archive: &Archive, task: u32, place: &ArchivePlace) -> Result<bool, SnapshotError> {
    Ok(archive.read(task, place).await == Ok(None))
}
