//! The place of snapshots: an object store, and in it a prefix for each application.
//!
//! In the object store: these names are never changed. `tests/formats.rs` has them.
//!
//! ```text
//! URL/APPLICATION/task-P/manifests/EPOCH-CHECKSUM.json   a snapshot, complete
//! URL/APPLICATION/task-P/uploads/EPOCH-NONCE.json        what an upload under way needs
//! URL/APPLICATION/task-P/files/SHA256-NONCE              a file
//! ```

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, ObjectStoreScheme};

use crate::error::SnapshotError;
use crate::manifest::{self, Manifest};
use crate::step::{Watch, unwatched};

/// The largest manifest that is read, in bytes: a task of a million files would have one.
const MANIFEST_MAX_BYTES: u64 = 256 << 20;

/// The snapshots of one application. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Archive {
    pub(crate) store: Arc<dyn ObjectStore>,
    root: Path,
    url: String,
    pub(crate) watch: Watch,
}

/// A manifest by its place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ArchivePlace {
    /// The epoch of the snapshot.
    pub epoch: u64,
    /// The path of the object.
    pub path: Path,
}

impl ArchivePlace {
    /// The last part of the path, which is the name in commands and messages.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.filename().unwrap_or_default()
    }
}

impl Archive {
    /// The snapshots of an application under `file://`, `s3://`, `gs://` or `az://` and friends. Settings and
    /// credentials come from the environment, under the names that the clouds' own tools use (`AWS_ACCESS_KEY_ID`,
    /// `GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_ACCOUNT_NAME` ...).
    ///
    /// # Errors
    /// `Refused` if the URL is not one, or settings are missing. Nothing is contacted, but a directory is created.
    pub fn open(url: &str, application: &str) -> Result<Self, SnapshotError> {
        let refused = |reason: String| {
            SnapshotError::Refused(format!(
                "`snapshots.url`: expected file:///DIRECTORY, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or \
                 az://CONTAINER/PREFIX, found {url:?}: {reason}"
            ))
        };
        let parsed = url::Url::parse(url).map_err(|error| refused(error.to_string()))?;
        let (scheme, _) = ObjectStoreScheme::parse(&parsed).map_err(|error| refused(error.to_string()))?;
        if scheme == ObjectStoreScheme::Local {
            let directory = parsed.to_file_path().map_err(|()| refused("no absolute path".to_owned()))?;
            std::fs::create_dir_all(&directory)
                .map_err(|error| SnapshotError::disk("creating the snapshot store", &directory, error))?;
        }
        let (store, root) =
            object_store::parse_url_opts(&parsed, std::env::vars()).map_err(|error| refused(error.to_string()))?;
        Ok(Self::over(store.into(), root.join(application), url))
    }

    /// The snapshots under a prefix of a store. Messages name it by `url`.
    #[must_use]
    pub fn over(store: Arc<dyn ObjectStore>, root: Path, url: &str) -> Self {
        Self { store, root, url: url.to_owned(), watch: unwatched }
    }

    /// The URL, as configured.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The tasks that have an object here, in order.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn tasks(&self) -> Result<Vec<u32>, SnapshotError> {
        let listed = self.store.list_with_delimiter(Some(&self.root)).await?;
        let number = |path: &Path| path.filename()?.strip_prefix("task-")?.parse().ok();
        let mut tasks: Vec<u32> = listed.common_prefixes.iter().filter_map(number).collect();
        tasks.sort_unstable();
        Ok(tasks)
    }

    /// The places of a task's manifests, the newest first.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn manifests(&self, task: u32) -> Result<Vec<ArchivePlace>, SnapshotError> {
        let place = |meta: ObjectMeta| {
            let epoch = meta.location.filename()?.split('-').next()?.parse().ok()?;
            Some(ArchivePlace { epoch, path: meta.location })
        };
        let listed = self.list(&self.folder(task, "manifests")).await?;
        let mut places: Vec<ArchivePlace> = listed.into_iter().filter_map(place).collect();
        places.sort_by(|a, b| b.cmp(a));
        Ok(places)
    }

    /// Reads a manifest; none if it has been deleted meanwhile.
    ///
    /// # Errors
    /// `Damaged` if its bytes are not those that were written, `Unknown` if a newer release wrote it, `Store` if the store
    /// does not answer.
    pub async fn read(&self, task: u32, place: &ArchivePlace) -> Result<Option<Manifest>, SnapshotError> {
        let found = match self.store.get(&place.path).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found?,
        };
        if found.meta.size > MANIFEST_MAX_BYTES {
            let reason =
                format!("{}: expected at most {MANIFEST_MAX_BYTES} bytes, found {}", place.path, found.meta.size);
            return Err(SnapshotError::Damaged(reason));
        }
        let bytes = found.bytes().await?;
        let manifest = manifest::decode(place.path.as_ref(), &bytes)?;
        let named = manifest::name(manifest.epoch, &manifest.checksum);
        if manifest.task != task || named != place.name() {
            let reason =
                format!("{}: expected what its name says, found {named} of task {}", place.path, manifest.task);
            return Err(SnapshotError::Damaged(reason));
        }
        Ok(Some(manifest))
    }

    /// A folder of a task.
    pub(crate) fn folder(&self, task: u32, name: &str) -> Path {
        self.root.clone().join(format!("task-{task}")).join(name)
    }

    /// A file of a task, by the object's name.
    pub(crate) fn file(&self, task: u32, object: &str) -> Path {
        self.folder(task, "files").join(object)
    }

    pub(crate) async fn list(&self, folder: &Path) -> Result<Vec<ObjectMeta>, SnapshotError> {
        Ok(self.store.list(Some(folder)).try_collect().await?)
    }

    /// Deletes an object, which may have been deleted already.
    pub(crate) async fn delete(&self, path: &Path) -> Result<(), SnapshotError> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// 16 hexadecimal digits that no other upload has.
pub(crate) fn nonce() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}
