//! The segmentations of a process: the one offered to its tasks, and those that their journals name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use segflow_core::segmentation::{LoadError, Segmentation};

/// The segmentations of a process: the one that is offered to its tasks, and those that their journals name.
pub struct Rulebook(Mutex<Pages>);

struct Pages {
    offered: Arc<Segmentation>,
    known: BTreeMap<String, Weak<Segmentation>>,
    /// The hash of the last one that some task refused.
    refused: Option<String>,
}

impl Rulebook {
    /// Offers a segmentation.
    #[must_use]
    pub fn new(offered: Arc<Segmentation>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Pages { offered, known: BTreeMap::new(), refused: None })))
    }

    /// The segmentation that a task activates, if it may.
    #[must_use]
    pub fn offered(&self) -> Arc<Segmentation> {
        self.with(|pages| pages.offered.clone())
    }

    /// Offers another one.
    pub fn offer(&self, segmentation: Arc<Segmentation>) {
        self.with(|pages| pages.offered = segmentation);
    }

    /// The one of this hash, if it is offered or in use by some task of the process.
    #[must_use]
    pub fn known(&self, hash: &str) -> Option<Arc<Segmentation>> {
        self.with(|pages| match &pages.offered {
            offered if offered.hash == hash => Some(offered.clone()),
            _ => pages.known.get(hash).and_then(Weak::upgrade),
        })
    }

    /// Reads the text of a segmentation that a journal names, once for all tasks.
    ///
    /// # Errors
    /// If this release does not understand it.
    pub fn read(&self, text: &[u8]) -> Result<Arc<Segmentation>, LoadError> {
        let segmentation = Arc::new(Segmentation::load("segmentation", text)?.segmentation);
        self.with(|pages| {
            pages.known.retain(|_, known| known.strong_count() > 0);
            pages.known.insert(segmentation.hash.clone(), Arc::downgrade(&segmentation));
        });
        Ok(segmentation)
    }

    /// Whether no task of the process has refused the segmentation of this hash before.
    pub(crate) fn is_first_refusal(&self, hash: &str) -> bool {
        self.with(|pages| pages.refused.replace(hash.to_owned()).as_deref() != Some(hash))
    }

    fn with<R>(&self, read: impl FnOnce(&mut Pages) -> R) -> R {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
