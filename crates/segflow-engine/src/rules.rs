//! The rules of an epoch: those in force, those by which some customers are still decided, and whether others may follow.

use std::sync::Arc;

use segflow_core::event::CustomerId;
use segflow_core::journal::JournalRecord;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Timestamp;

use crate::migration::{Migration, Reached, Until};

/// How many former segmentations a task may still need. The activation of a further segmentation waits until the migration
/// has ended. The activation of an engine version does not wait, and adds one at most.
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
    /// The rules in force, by this engine or by an earlier one.
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

    /// The end of the longest `for` that began at an instant, in any of the rules; the instant itself if none has a `for`.
    #[must_use]
    pub fn longest_hold(&self, since: Timestamp) -> Timestamp {
        let ends = self.former.iter().chain([&self.present]).flat_map(|rules| {
            let holds = rules.dimensions.iter().flat_map(|dimension| &dimension.segments);
            holds.filter_map(|segment| segment.hold).map(move |hold| rules.plus(since, hold))
        });
        ends.max().unwrap_or(since)
    }

    /// Whether an earlier engine decided some customers by the rules in force.
    #[must_use]
    pub fn were_decided_by_another_engine(&self) -> bool {
        self.former.iter().any(|former| former.hash == self.present.hash)
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

    /// The segmentation by which a customer is decided: the present one if nothing is decided yet.
    #[must_use]
    pub fn segmentation_of(&self, state: &State) -> &Arc<Segmentation> {
        match self.of(state) {
            DecidedBy::Nothing | DecidedBy::Present => &self.present,
            DecidedBy::Former(former) => former,
        }
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
    /// What the epoch activates; none if it goes on with the rules and the engine of the epoch before.
    pub activates: Option<Activation>,
}

/// What an epoch activates. Every customer is then taken over to its rules, as its engine decides them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Activation {
    /// Another segmentation, whichever engine decides.
    Segmentation,
    /// Another engine version, with the segmentation of the epoch before.
    Engine,
}

impl InForce {
    /// A live epoch by the rules of this hash and by this engine version. If one of the two is not that of the epoch before,
    /// it is activated, and a migration begins anew.
    #[must_use]
    pub fn of(last: Option<&JournalRecord>, hash: &str, engine_version: &str) -> Self {
        Self::after(last, hash, last.is_some_and(|last| last.engine_version != engine_version))
    }

    /// A journalled epoch. Another engine version than that of the epoch before was activated only if the record says so:
    /// releases that wrote journal 3 and earlier went on without a migration.
    #[must_use]
    pub fn of_record(last: Option<&JournalRecord>, record: &JournalRecord) -> Self {
        let another = last.is_some_and(|last| last.engine_version != record.engine_version);
        let hash = &record.segmentation_hash;
        Self::after(last, hash, another && record.former.contains(hash))
    }

    /// What is in force after an epoch, if nothing is activated.
    #[must_use]
    pub fn still(last: &JournalRecord) -> Self {
        Self::after(Some(last), &last.segmentation_hash, false)
    }

    fn after(last: Option<&JournalRecord>, hash: &str, another_engine: bool) -> Self {
        let hash = hash.to_owned();
        let Some(last) = last else { return Self { hash, former: Vec::new(), resegmented_to: None, activates: None } };
        let mut former = last.former.clone();
        let activates = match (last.segmentation_hash != hash, another_engine) {
            (false, false) => {
                return Self { hash, former, resegmented_to: last.resegmented_to.clone(), activates: None };
            }
            (true, _) => Activation::Segmentation,
            (false, true) => Activation::Engine,
        };
        if !former.contains(&last.segmentation_hash) {
            former.push(last.segmentation_hash.clone());
        }
        Self { hash, former, resegmented_to: None, activates: Some(activates) }
    }

    /// The migration as a live epoch goes on with it, over at most `max` customers; none if none runs. The epoch that
    /// activates an engine version takes over only customers who are looked at anyway, so that its record names the migration.
    #[must_use]
    pub fn migration(&self, max: usize) -> Option<Migration> {
        let until = match self.activates {
            Some(Activation::Engine) => Until::Reached(Reached::Nobody),
            Some(Activation::Segmentation) | None => Until::Customers(max),
        };
        (!self.former.is_empty()).then(|| Migration { after: self.resegmented_to.clone(), until })
    }

    /// The migration as a journalled epoch went on with it; none if none ran.
    #[must_use]
    pub fn migration_of(&self, record: &JournalRecord) -> Option<Migration> {
        let reached = match &record.resegmented_to {
            Some(customer) => Reached::Customer(customer.clone()),
            None if record.former.contains(&record.segmentation_hash) => Reached::Nobody,
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

#[cfg(test)]
mod tests;
