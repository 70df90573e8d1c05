//! What a file offers to every task of a process: the segmentation, or a candidate.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use segflow_core::segmentation::Segmentation;

/// What is offered now. It is replaced as a whole, by any thread.
pub struct Offer<T>(Mutex<Inner<T>>);

/// The candidate that a process evaluates; none while its file cannot be used.
pub type Candidate = Offer<Option<Arc<Segmentation>>>;

struct Inner<T> {
    offered: T,
    /// The hash of the last one that some task refused.
    refused: Option<String>,
}

impl<T: Clone> Offer<T> {
    /// Offers something.
    #[must_use]
    pub fn new(offered: T) -> Arc<Self> {
        Arc::new(Self::of(offered))
    }

    pub(crate) const fn of(offered: T) -> Self {
        Self(Mutex::new(Inner { offered, refused: None }))
    }

    /// What is offered now.
    #[must_use]
    pub fn offered(&self) -> T {
        self.lock().offered.clone()
    }

    /// Offers something else.
    pub fn offer(&self, offered: impl Into<T>) {
        self.lock().offered = offered.into();
    }

    /// Whether no task of the process has refused the segmentation of this hash before.
    pub(crate) fn is_first_refusal(&self, hash: &str) -> bool {
        self.lock().refused.replace(hash.to_owned()).as_deref() != Some(hash)
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
