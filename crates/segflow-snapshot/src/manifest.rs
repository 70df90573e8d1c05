//! The manifest of a snapshot: its task and epoch, and every file. It is JSON, with a checksum over all its other bytes.
//!
//! In the object store: append only. `tests/formats.rs` has its bytes. A field that an earlier release did not write needs
//! a default, and a manifest that an earlier release must not read needs another [`FORMAT`].

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::SnapshotError;

/// The form of manifests that this release writes and reads.
pub const FORMAT: u32 = 1;

/// The task and the epoch of a snapshot, and what must be known of them to restore it.
#[derive(Clone, PartialEq, Debug)]
pub struct Subject {
    /// The number of the task.
    pub task: u32,
    /// The last epoch that is in the snapshot.
    pub epoch: u64,
    /// The offset of that epoch's record in the task's journal, if it is known.
    pub journal_offset: Option<u64>,
    /// That record's bytes.
    pub journal: Vec<u8>,
    /// The offsets and clocks of that record, for people to read.
    pub summary: serde_json::Value,
    /// The hash of the segmentation by which the epoch was decided.
    pub segmentation_hash: String,
    /// The engine that wrote the snapshot.
    pub engine_version: String,
    /// The version of the states' bytes.
    pub state_version: u32,
}

/// A snapshot. In the object store: append only.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of this manifest: [`FORMAT`].
    pub format: u32,
    /// The number of the task.
    pub task: u32,
    /// The last epoch that is in the snapshot.
    pub epoch: u64,
    /// When it was written, by the clock of the process that wrote it.
    pub created_at: jiff::Timestamp,
    /// The engine that wrote the snapshot.
    pub engine_version: String,
    /// The version of the states' bytes.
    pub state_version: u32,
    /// The hash of the segmentation by which the epoch was decided.
    pub segmentation_hash: String,
    /// The offset of the epoch's record in the task's journal, if it is known.
    pub journal_offset: Option<u64>,
    /// The offsets and clocks of that record, for people to read.
    pub summary: serde_json::Value,
    /// The bytes of that record, in hexadecimal.
    pub journal: String,
    /// The bytes that were uploaded for it. The other files were there already.
    pub uploaded_bytes: u64,
    /// Its files, by name.
    pub files: Vec<File>,
    /// SHA-256 of the manifest with 64 zeros in this place.
    pub checksum: String,
}

/// A file of a snapshot. In the object store: append only.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct File {
    /// Its name in the directory of the store.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// The name of the object that has its bytes.
    pub object: String,
}

impl Manifest {
    /// The length of all files together, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// The bytes of the epoch's record in the journal; none if the field is not hexadecimal.
    #[must_use]
    pub fn journal_bytes(&self) -> Option<Vec<u8>> {
        hex::decode(&self.journal).ok()
    }
}

/// The name of a manifest: its epoch in 20 digits, so that names sort by epoch, and the beginning of its checksum.
#[must_use]
pub fn name(epoch: u64, checksum: &str) -> String {
    format!("{epoch:020}-{}.json", checksum.get(..16).unwrap_or(checksum))
}

const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A manifest's bytes, once its checksum is filled in.
pub(crate) fn encode(manifest: &mut Manifest) -> Vec<u8> {
    ZEROS.clone_into(&mut manifest.checksum);
    let mut bytes = serde_json::to_vec_pretty(manifest).expect("a manifest is plain data");
    manifest.checksum = hex::encode(Sha256::digest(&bytes));
    let place = checksum_place(&bytes).expect("the checksum is the last field");
    bytes[place].copy_from_slice(manifest.checksum.as_bytes());
    bytes
}

/// Reads a manifest, of which no bit may differ from what was written. `called` is its name for messages.
pub(crate) fn decode(called: &str, bytes: &[u8]) -> Result<Manifest, SnapshotError> {
    let damaged = |reason: String| SnapshotError::Damaged(format!("{called}: {reason}"));
    let place =
        checksum_place(bytes).ok_or_else(|| damaged("expected a checksum at its end, found none".to_owned()))?;
    let mut zeroed = bytes.to_vec();
    zeroed[place.clone()].copy_from_slice(ZEROS.as_bytes());
    let (expected, found) = (&bytes[place], hex::encode(Sha256::digest(&zeroed)));
    if expected != found.as_bytes() {
        let expected = String::from_utf8_lossy(expected);
        return Err(damaged(format!("expected bytes of the checksum {expected}, found {found}")));
    }
    // The bytes are those that somebody wrote, so that what cannot be read is of another form.
    let unknown = |reason: String| {
        SnapshotError::Unknown(format!("{called}: {reason}; use the release that wrote it, or a newer one"))
    };
    let form: Form = serde_json::from_slice(bytes).map_err(|error| unknown(error.to_string()))?;
    if form.format != FORMAT {
        return Err(unknown(format!("expected form {FORMAT}, found {}", form.format)));
    }
    serde_json::from_slice(bytes).map_err(|error| unknown(error.to_string()))
}

#[derive(Deserialize)]
struct Form {
    format: u32,
}

/// The place of the checksum's 64 digits: before the quote, line break and brace at the end.
fn checksum_place(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let end = bytes.len().checked_sub(END.len()).filter(|end| bytes[*end..] == *END)?;
    let start = end.checked_sub(ZEROS.len())?;
    bytes[..start].ends_with(b"\"checksum\": \"").then_some(start..end)
}

const END: &[u8] = b"\"\n}";
