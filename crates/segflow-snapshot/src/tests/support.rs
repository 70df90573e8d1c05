//! A store in memory, directories of small files, and uploads of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use tempfile::TempDir;

use crate::{Archive, KnownFiles, Restored, SnapshotError, Snapshots, Subject, Uploaded, Within};

pub const TASK: u32 = 3;

/// Names and contents.
pub type Files = BTreeMap<String, String>;

pub struct Bench {
    pub store: Arc<InMemory>,
    pub archive: Archive,
    pub snapshots: Snapshots,
    pub directory: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let store = Arc::new(InMemory::new());
        let archive = Archive::over(store.clone(), "app".into(), "memory:///app");
        let snapshots = Snapshots::over(archive.clone()).unwrap();
        Self { store, archive, snapshots, directory: tempfile::tempdir().unwrap() }
    }

    /// Uploads a snapshot of files with these names and contents.
    pub fn upload(&self, epoch: u64, files: &[(&str, &str)]) -> Uploaded {
        let checkpoint = checkpoint(files);
        self.snapshots.upload(subject(epoch), checkpoint.path(), &mut KnownFiles::default()).unwrap()
    }

    pub fn restore(&self, within: &Within) -> Result<Option<(Restored, Files)>, SnapshotError> {
        let into = self.directory.path().join("task-3");
        let restored = self.snapshots.restore(TASK, within, &into, &AtomicBool::new(false));
        let found = restored.map(|restored| restored.map(|restored| (restored, read(&into))));
        if found.as_ref().map_or(true, Option::is_none) {
            assert!(!into.exists(), "a directory is complete or not there");
        } else {
            std::fs::remove_dir_all(&into).unwrap();
        }
        found
    }

    /// Every object and its bytes.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        block_on(async {
            let mut objects = BTreeMap::new();
            for found in self.archive.list(&"app".into()).await.unwrap() {
                let bytes = self.store.get(&found.location).await.unwrap().bytes().await.unwrap();
                objects.insert(found.location.to_string(), bytes.to_vec());
            }
            objects
        })
    }

    pub fn put(&self, object: &str, bytes: Vec<u8>) {
        block_on(self.store.put(&object.into(), PutPayload::from(bytes))).unwrap();
    }

    pub fn delete(&self, object: &str) {
        let path = object.into();
        block_on((&*self.store as &dyn ObjectStore).delete(&path)).unwrap();
    }
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub fn subject(epoch: u64) -> Subject {
    Subject {
        task: TASK,
        epoch,
        journal_offset: Some(epoch * 2),
        journal: format!("record {epoch}").into_bytes(),
        summary: serde_json::json!({"offsets": {"payments": epoch}}),
        segmentation_hash: "5e9".to_owned(),
        engine_version: "0".to_owned(),
        state_version: 1,
    }
}

pub fn checkpoint(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    directory
}

pub fn read(directory: &Path) -> BTreeMap<String, String> {
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())
    };
    std::fs::read_dir(directory).unwrap().map(file).collect()
}

pub fn map(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(name, content)| ((*name).to_owned(), (*content).to_owned())).collect()
}
