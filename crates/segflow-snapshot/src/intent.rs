//! The list of the files that an upload under way needs. It is the first object that the upload writes, and is deleted
//! once the upload's manifest is there.

use std::collections::BTreeSet;

use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};
use serde::{Deserialize, Serialize};

use crate::archive::Archive;
use crate::error::SnapshotError;

/// The files that an upload needs. In the object store: append only.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Intent {
    /// The names of the objects that the manifest is going to name.
    pub objects: BTreeSet<String>,
}

pub(crate) fn path(archive: &Archive, task: u32, epoch: u64, nonce: &str) -> Path {
    archive.folder(task, "uploads").join(format!("{epoch:020}-{nonce}.json"))
}

pub(crate) async fn write(archive: &Archive, path: &Path, intent: &Intent) -> Result<(), SnapshotError> {
    let bytes = serde_json::to_vec(intent).expect("an intent is plain data");
    archive.store.put(path, PutPayload::from(bytes)).await?;
    Ok(())
}

/// Whether an intent is still there.
pub(crate) async fn stands(archive: &Archive, path: &Path) -> Result<bool, SnapshotError> {
    match archive.store.head(path).await {
        Ok(_) => Ok(true),
        Err(object_store::Error::NotFound { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Reads an intent; none if its upload has ended meanwhile.
///
/// # Errors
/// `Unknown` if it cannot be read: the files that its upload needs are not known then.
pub(crate) async fn read(archive: &Archive, path: &Path) -> Result<Option<Intent>, SnapshotError> {
    let bytes = match archive.store.get(path).await {
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        found => found?.bytes().await?,
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| SnapshotError::Unknown(format!("{path}: expected the list of an upload's files: {error}")))
}
