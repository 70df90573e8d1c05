//! The segmentations of a process: the one offered to its tasks, and those that their journals name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use segflow_core::segmentation::{LoadError, Segmentation};

use crate::offer::Offer;

/// The segmentations of a process: the one that is offered to its tasks, and those that their journals name.
pub struct Rulebook {
    offer: Offer<Arc<Segmentation>>,
    /// Those that tasks use, by hash.
    known: Mutex<BTreeMap<String, Weak<Segmentation>>>,
}

impl Rulebook {
    /// Offers a segmentation.
    #[must_use]
    pub fn new(offered: Arc<Segmentation>) -> Arc<Self> {
        Arc::new(Self { offer: Offer::of(offered), known: Mutex::default() })
    }

    /// The segmentation that a task activates, if it may.
    #[must_use]
    pub fn offered(&self) -> Arc<Segmentation> {
        self.offer.offered()
    }

    /// Offers another one.
    pub fn offer(&self, segmentation: Arc<Segmentation>) {
        self.offer.offer(segmentation);
    }

    /// The one of this hash, if it is offered or in use by some task of the process.
    #[must_use]
    pub fn known(&self, hash: &str) -> Option<Arc<Segmentation>> {
        let offered = self.offered();
        if offered.hash == hash {
            return Some(offered);
        }
        self.with_known(|known| known.get(hash).and_then(Weak::upgrade))
    }

    /// Reads the text of a segmentation that a journal names, once for all tasks.
    ///
    /// # Errors
    /// If this release does not understand it.
    pub fn read(&self, text: &[u8]) -> Result<Arc<Segmentation>, LoadError> {
        let segmentation = Arc::new(Segmentation::load("segmentation", text)?.segmentation);
        self.with_known(|known| {
            known.retain(|_, known| known.strong_count() > 0);
            known.insert(segmentation.hash.clone(), Arc::downgrade(&segmentation));
        });
        Ok(segmentation)
    }

    /// Whether no task of the process has refused the segmentation of this hash before.
    pub(crate) fn is_first_refusal(&self, hash: &str) -> bool {
        self.offer.is_first_refusal(hash)
    }

    fn with_known<R>(&self, read: impl FnOnce(&mut BTreeMap<String, Weak<Segmentation>>) -> R) -> R {
        read(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
