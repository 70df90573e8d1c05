//! The files of a directory by their content, each hashed once.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::SnapshotError;

/// The bytes of a file that are read at once.
pub(crate) const CHUNK_BYTES: usize = 1 << 20;

/// A file with its hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Content {
    /// Its name in the directory.
    pub name: String,
    /// Its path.
    pub path: PathBuf,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// The hashes of the files of a task's last checkpoint.
///
/// A checkpoint's table files are hard links to those of the store, which never change. The same inode with the same
/// length and time of change therefore has the same bytes.
#[derive(Clone, Default, Debug)]
pub struct KnownFiles {
    hashes: BTreeMap<Identity, String>,
}

type Identity = (u64, u64, u64, i64, i64);

fn identity(found: &Metadata) -> Identity {
    (found.dev(), found.ino(), found.len(), found.mtime(), found.mtime_nsec())
}

impl KnownFiles {
    /// The files of a directory, by name. A file that is known is not read again. Known files that are not in this
    /// directory are forgotten.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn contents(&mut self, directory: &Path) -> Result<Vec<Content>, SnapshotError> {
        let failed = |error: std::io::Error| SnapshotError::disk("reading the checkpoint", directory, error);
        let (mut contents, mut hashes) = (Vec::new(), BTreeMap::new());
        for entry in std::fs::read_dir(directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
            let name = name.ok_or_else(|| SnapshotError::disk("reading", &path, "its name is not UTF-8"))?;
            let found = std::fs::metadata(&path).map_err(|error| SnapshotError::disk("reading", &path, error))?;
            let sha256 = match self.hashes.remove(&identity(&found)) {
                Some(known) => known,
                None => hash(&path)?,
            };
            hashes.insert(identity(&found), sha256.clone());
            contents.push(Content { name, path, size: found.len(), sha256 });
        }
        contents.sort_by(|a, b| a.name.cmp(&b.name));
        self.hashes = hashes;
        Ok(contents)
    }
}

/// SHA-256 of a file, in hexadecimal.
fn hash(path: &Path) -> Result<String, SnapshotError> {
    let failed = |error: std::io::Error| SnapshotError::disk("reading", path, error);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let (mut chunk, mut hash) = (vec![0; CHUNK_BYTES], Sha256::new());
    loop {
        let read = file.read(&mut chunk).map_err(failed)?;
        if read == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&chunk[..read]);
    }
}
