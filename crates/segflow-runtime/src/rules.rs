//! The segmentations of a task: the one in force, those by which some customers are decided still, and the one offered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use segflow_core::event::CustomerId;
use segflow_core::journal::Record as Journal;
use segflow_core::segmentation::{LoadError, Segmentation};

/// How many former segmentations a task may still need. A further activation waits until its pass has ended.
pub const FORMER_MAX: usize = 8;

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

/// The rules of an epoch.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Those in force.
    pub present: Arc<Segmentation>,
    /// Those by which some customers are decided still, the oldest first.
    pub former: Vec<Arc<Segmentation>>,
}

impl Rules {
    /// Rules that have no former ones.
    #[must_use]
    pub const fn new(present: Arc<Segmentation>) -> Self {
        Self { present, former: Vec::new() }
    }

    /// The former rules of a version, by which a customer was decided.
    pub(crate) fn former(&self, version: u32) -> &Segmentation {
        let former = self.former.iter().find(|former| former.version == version);
        former.expect("the journal names every segmentation by which a customer is decided, until nobody is")
    }
}

/// By which rules an epoch decides, and how far the pass over all customers had come before it: from the epoch before
/// and the hash of its own rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InForce {
    /// Of the rules in force.
    pub hash: String,
    /// Of the former ones, the oldest first.
    pub former: Vec<String>,
    /// How far the pass has come; none: it has not begun.
    pub resegmented_to: Option<CustomerId>,
    /// Whether the epoch activates its rules.
    pub activates: bool,
}

impl InForce {
    /// Of an epoch by the rules of this hash. Another hash than that of the epoch before is an activation, with which the
    /// pass begins anew.
    #[must_use]
    pub fn of(last: Option<&Journal>, hash: &str) -> Self {
        let hash = hash.to_owned();
        match last {
            None => Self { hash, former: Vec::new(), resegmented_to: None, activates: false },
            Some(last) if last.segmentation_hash == hash => Self {
                hash,
                former: last.former.clone(),
                resegmented_to: last.resegmented_to.clone(),
                activates: false,
            },
            Some(last) => {
                let former = last.former.iter().chain([&last.segmentation_hash]).cloned().collect();
                Self { hash, former, resegmented_to: None, activates: true }
            }
        }
    }
}

/// Why a segmentation that is offered is not activated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It has another name.
    Name,
    /// It has another currency: amounts of one cannot be compared with those of another.
    Currency,
    /// Its version is not higher.
    Version,
}

impl Refused {
    /// The word of a metric.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Currency => "currency",
            Self::Version => "version",
        }
    }

    /// Why, and what to do.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Name => "its name is another; give the file that name, or the service another group and journal",
            Self::Currency => "its currency is another; another currency needs another group and journal",
            Self::Version => "its version is not higher; raise the file's version to activate it",
        }
    }
}

/// Whether a segmentation may follow another one.
///
/// # Errors
/// Why it may not.
pub fn may_follow(offered: &Segmentation, present: &Segmentation) -> Result<(), Refused> {
    if offered.name != present.name {
        return Err(Refused::Name);
    }
    if offered.currency != present.currency {
        return Err(Refused::Currency);
    }
    if offered.version <= present.version {
        return Err(Refused::Version);
    }
    Ok(())
}
