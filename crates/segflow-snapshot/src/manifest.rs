//! A manifest: what a snapshot is of, and every file of it. JSON, with a checksum over all its other bytes.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::SnapshotError;

/// The form of manifests that this release writes and reads.
pub const FORMAT: u32 = 1;

/// What a snapshot is of.
#[derive(Clone, PartialEq, Debug)]
pub struct Subject {
    /// The task.
    pub task: u32,
    /// Its last epoch in the snapshot.
    pub epoch: u64,
    /// Where the record of that epoch stands in the task's journal, if it is known.
    pub journal_offset: Option<u64>,
    /// That record's bytes.
    pub journal: Vec<u8>,
    /// What of that record people want to read: offsets and clocks.
    pub summary: serde_json::Value,
    /// The hash of the segmentation by which the epoch was decided.
    pub segmentation_hash: String,
    /// The engine that wrote the snapshot.
    pub engine_version: String,
    /// The version of the states' bytes.
    pub state_version: u32,
}

/// A snapshot.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// See [`Subject::task`].
    pub task: u32,
    /// See [`Subject::epoch`].
    pub epoch: u64,
    /// When it was written, by the clock of who wrote it.
    pub created_at: jiff::Timestamp,
    /// See [`Subject::engine_version`].
    pub engine_version: String,
    /// See [`Subject::state_version`].
    pub state_version: u32,
    /// See [`Subject::segmentation_hash`].
    pub segmentation_hash: String,
    /// See [`Subject::journal_offset`].
    pub journal_offset: Option<u64>,
    /// See [`Subject::summary`].
    pub summary: serde_json::Value,
    /// See [`Subject::journal`], in hexadecimal.
    pub journal: String,
    /// How many bytes were uploaded for it; the rest was there already.
    pub uploaded_bytes: u64,
    /// Its files, by name.
    pub files: Vec<File>,
    /// SHA-256 of the manifest with 64 zeros in this place.
    pub checksum: String,
}

/// A file of a snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct File {
    /// In the directory of the store.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
    /// The name of the object that has its bytes.
    pub object: String,
}

impl Manifest {
    /// Of all files together, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// See [`Subject::journal`]; none if it is no hexadecimal.
    #[must_use]
    pub fn journal_bytes(&self) -> Option<Vec<u8>> {
        hex::decode(&self.journal).ok()
    }
}

/// The name of a manifest.
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
