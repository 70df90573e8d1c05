//! Features: pure functions of the facts in effect and an instant, each value with its expiry.
//!
//! One file per subject declares the features of it, with their rows of the catalogue, and reads them from a `View`. To
//! add a feature, add a row and an arm of `read` there; how facts are indexed for it is in `fact_index`.
//! `docs/features.md` says exactly what each feature means.

mod attribute;
pub mod business_days;
pub mod catalogue;
pub mod contacts;
pub mod context;
pub mod customer;
pub mod disputes;
pub mod experiment;
pub(crate) mod fact_index;
pub mod history;
pub(crate) mod interner;
pub mod membership;
pub mod owed;
pub mod payments;
pub mod promises;
pub mod reading;
pub mod row;
mod safety;
pub mod view;
pub mod window;

use crate::timed::Timed;
use contacts::ContactsFeature;
use customer::CustomerFeature;
use disputes::DisputesFeature;
use experiment::ExperimentFeature;
use fact_index::LEDGER;
use fact_index::attributes::PROFILES;
use history::HistoryFeature;
use membership::MembershipFeature;
use owed::OwedFeature;
use payments::PaymentsFeature;
use promises::PromisesFeature;
use reading::{Moment, Reading};
use row::{Argument, AttributeIndex, Reads, References};
use view::View;
use window::Window;

/// What a rule may read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Feature {
    /// Computed from facts, the calendar and the customer's id.
    Facts(FactFeature),
    /// Computed from where the customer stands in earlier dimensions; `rule::eval` reads it.
    Membership(MembershipFeature),
}

/// A feature computed from facts, by its subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FactFeature {
    /// What is owed.
    Owed(OwedFeature),
    /// How the ledger stood earlier.
    History(HistoryFeature),
    /// Payments, and how late invoices are paid.
    Payments(PaymentsFeature),
    /// Promises to pay.
    Promises(PromisesFeature),
    /// Contacts, and the answers to them.
    Contacts(ContactsFeature),
    /// Disputes.
    Disputes(DisputesFeature),
    /// The customer, and the calendar.
    Customer(CustomerFeature),
    /// `profile.NAME`: a declared attribute.
    Attribute(AttributeIndex),
    /// Experiments.
    Experiment(ExperimentFeature),
}

impl Feature {
    /// What it is computed from.
    #[must_use]
    pub fn reads(&self) -> Reads {
        match self {
            Self::Facts(feature) => feature.reads(),
            Self::Membership(feature) => feature.reads(),
        }
    }

    /// What its arguments refer to.
    #[must_use]
    pub fn references(&self) -> References {
        match self {
            Self::Facts(feature) => feature.references(),
            Self::Membership(feature) => feature.references(),
        }
    }
}

impl FactFeature {
    /// What it is computed from; if its window is an episode, the ledger too.
    #[must_use]
    pub fn reads(&self) -> Reads {
        let reads = self.reads_of_itself();
        match self.references().window {
            Some(Window::Episode(_)) => Reads { families: reads.families | LEDGER, ..reads },
            _ => reads,
        }
    }

    const fn reads_of_itself(&self) -> Reads {
        match self {
            Self::Owed(feature) => feature.reads(),
            Self::History(feature) => feature.reads(),
            Self::Payments(feature) => feature.reads(),
            Self::Promises(feature) => feature.reads(),
            Self::Contacts(feature) => feature.reads(),
            Self::Disputes(feature) => feature.reads(),
            Self::Customer(feature) => feature.reads(),
            Self::Attribute(_) => Reads::of(PROFILES),
            Self::Experiment(feature) => feature.reads(),
        }
    }

    /// What its arguments refer to.
    #[must_use]
    pub fn references(&self) -> References {
        match self {
            Self::Owed(feature) => feature.references(),
            Self::History(feature) => feature.references(),
            Self::Payments(feature) => feature.references(),
            Self::Promises(feature) => feature.references(),
            Self::Contacts(feature) => feature.references(),
            Self::Disputes(feature) => feature.references(),
            Self::Customer(feature) => feature.references(),
            Self::Attribute(attribute) => attribute.references(),
            Self::Experiment(feature) => feature.references(),
        }
    }

    /// Its value at a moment, and until when that stands if no fact arrives. If its window is an episode, it is absent
    /// without one; time begins an episode, and only a fact ends one.
    #[must_use]
    pub fn read<'a>(&self, view: &View<'a>, moment: Moment<'_>) -> Timed<Reading<'a>> {
        match self.references().window {
            Some(Window::Episode(_)) => self.read_of_episode(view, moment),
            _ => self.read_plainly(view, moment),
        }
    }

    /// [`Self::read`] of a feature whose window is an episode.
    pub(crate) fn read_of_episode<'a>(&self, view: &View<'a>, moment: Moment<'_>) -> Timed<Reading<'a>> {
        let present = view.history().present(moment.at);
        match present.value {
            Some(episode) => self.read_plainly(view, Moment { arrears_since: Some(episode.began), ..moment }),
            None => Timed::until(Reading::Absent, present.until),
        }
    }

    /// [`Self::read`] of any other feature.
    pub(crate) fn read_plainly<'a>(&self, view: &View<'a>, moment: Moment<'_>) -> Timed<Reading<'a>> {
        match self {
            Self::Owed(feature) => feature.read(view, moment),
            Self::History(feature) => feature.read(view, moment),
            Self::Payments(feature) => feature.read(view, moment),
            Self::Promises(feature) => feature.read(view, moment),
            Self::Contacts(feature) => feature.read(view, moment),
            Self::Disputes(feature) => feature.read(view, moment),
            Self::Customer(feature) => feature.read(view, moment),
            Self::Attribute(attribute) => Timed::always(view.attribute(*attribute)),
            Self::Experiment(feature) => feature.read(view),
        }
    }
}

/// So that rows, which build features of one subject, build what rules read.
macro_rules! subjects {
    ($($subject:ident: $features:ident),+) => {
        $(
            impl From<$features> for Feature {
                fn from(feature: $features) -> Self {
                    Self::Facts(FactFeature::$subject(feature))
                }
            }
        )+
    };
}

subjects! {
    Owed: OwedFeature, History: HistoryFeature, Payments: PaymentsFeature, Promises: PromisesFeature,
    Contacts: ContactsFeature, Disputes: DisputesFeature, Customer: CustomerFeature, Experiment: ExperimentFeature
}

impl From<AttributeIndex> for Feature {
    fn from(attribute: AttributeIndex) -> Self {
        Self::Facts(FactFeature::Attribute(attribute))
    }
}

impl From<MembershipFeature> for Feature {
    fn from(feature: MembershipFeature) -> Self {
        Self::Membership(feature)
    }
}
