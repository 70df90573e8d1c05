//! The rules of an epoch: those in force, those by which some customers are still decided, and whether others may follow.

use std::sync::Arc;

use segflow_core::event::CustomerId;
use segflow_core::journal::Record as Journal;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;

use crate::migration::{Migration, Reached, Until};

/// How many former segmentations a task may still need. A further activation waits until the migration has ended.
pub const FORMER_MAX: usize = 8;

/// The rules of an epoch.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The rules in force.
    pub present: Arc<Segmentation>,
    /// The rules by which some customers are still decided, the oldest first.
    pub former: Vec<Arc<Segmentation>>,
}

/// The rules by which a customer is decided.
#[derive(Clone, Copy, Debug)]
pub enum DecidedBy<'a> {
    /// Nothing is decided of the customer, or nothing any more.
    Nothing,
    /// The rules in force.
    Present,
    /// Former rules: the migration has not reached the customer.
    Former(&'a Arc<Segmentation>),
}

impl Rules {
    /// Rules that have no former ones.
    #[must_use]
    pub const fn new(present: Arc<Segmentation>) -> Self {
        Self { present, former: Vec::new() }
    }

    /// The rules by which a customer is decided.
    #[must_use]
    pub fn of(&self, state: &State) -> DecidedBy<'_> {
        let Some(version) = state.decision.segmentation else { return DecidedBy::Nothing };
        if version.get() == self.present.version {
            return DecidedBy::Present;
        }
        let former = self.former.iter().find(|former| former.version == version.get());
        DecidedBy::Former(
            former.expect("the journal names every segmentation by which a customer is decided, until nobody is"),
        )
    }
}

/// The hashes of the rules by which an epoch decides, and how far the migration had come before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InForce {
    /// The hash of the rules in force.
    pub hash: String,
    /// The hashes of the former rules, the oldest first.
    pub former: Vec<String>,
    /// Up to whom the migration has come; none before it begins.
    pub resegmented_to: Option<CustomerId>,
    /// Whether the epoch activates its rules.
    pub activates: bool,
}

impl InForce {
    /// The rules of the epoch after `last`, which decides by the rules of this hash. Another hash than that of `last` is an
    /// activation, with which the migration begins anew.
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

    /// The migration as a live epoch goes on with it, over at most `max` customers; none if none runs.
    pub fn migration(&self, max: usize) -> Option<Migration> {
        (!self.former.is_empty())
            .then(|| Migration { after: self.resegmented_to.clone(), until: Until::Customers(max) })
    }

    /// The migration as a journalled epoch went on with it; none if none ran.
    #[must_use]
    pub fn migration_of(&self, record: &Journal) -> Option<Migration> {
        let reached = match &record.resegmented_to {
            Some(customer) => Reached::Customer(customer.clone()),
            None => Reached::End,
        };
        (!self.former.is_empty())
            .then(|| Migration { after: self.resegmented_to.clone(), until: Until::Reached(reached) })
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
/// ```
/// use segflow_core::segmentation::Segmentation;
/// use segflow_engine::rules::{Refused, may_follow};
///
/// let version = |version: u32| {
///     let text = format!(
///         "name: s\nversion: {version}\ncurrency: EUR\ntimezone: Europe/Rome\ndimensions:\n  - name: stage\n    \
///          segments: [{{name: early, when: overdue.days >= 1}}]\n    otherwise: current\n"
///     );
///     Segmentation::load("s.yaml", text).map(|loaded| loaded.segmentation)
/// };
/// assert_eq!(may_follow(&version(2)?, &version(1)?), Ok(()));
/// assert_eq!(may_follow(&version(1)?, &version(1)?), Err(Refused::Version));
/// # Ok::<(), segflow_core::segmentation::LoadError>(())
/// ```
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
