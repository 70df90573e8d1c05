//! The candidate that a process evaluates, if its file holds one.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use segflow_core::segmentation::Segmentation;

/// What the candidate's file holds. Clones of the `Arc` share it.
pub struct Candidate(Mutex<Page>);

struct Page {
    offered: Option<Arc<Segmentation>>,
    /// The hash of the last one that some task refused.
    refused: Option<String>,
}

impl Candidate {
    /// A candidate; none while its file cannot be used.
    #[must_use]
    pub fn new(candidate: Option<Arc<Segmentation>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Page { offered: candidate, refused: None })))
    }

    /// The one to be evaluated now.
    #[must_use]
    pub fn offered(&self) -> Option<Arc<Segmentation>> {
        self.lock().offered.clone()
    }

    /// Another one, with which every task's shadow begins anew.
    pub fn offer(&self, candidate: Arc<Segmentation>) {
        self.lock().offered = Some(candidate);
    }

    /// Whether no task of the process has refused the candidate of this hash before.
    pub(crate) fn is_first_refusal(&self, hash: &str) -> bool {
        self.lock().refused.replace(hash.to_owned()).as_deref() != Some(hash)
    }

    fn lock(&self) -> MutexGuard<'_, Page> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the directory of a shadow's store begins.
pub(crate) const DIRECTORY: &str = "shadow-";

/// Removes what shadows have left in a state directory: to be called where there is to be none, before any worker.
///
/// # Errors
/// If the disk refuses.
pub fn clear(state_dir: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(state_dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(DIRECTORY) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}
