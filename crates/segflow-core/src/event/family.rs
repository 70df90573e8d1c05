//! The families of events.

use serde::{Deserialize, Serialize};

/// The families of events: one input topic each.
///
/// On disk: append only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Family {
    /// `collections.invoices`
    Invoices,
    /// `collections.payments`
    Payments,
    /// `collections.contacts`
    Contacts,
    /// `collections.promises`
    Promises,
    /// `collections.disputes`
    Disputes,
    /// `collections.profiles`
    Profiles,
}

impl Family {
    /// Every family, in the order in which they are listed everywhere.
    pub const ALL: [Self; 6] =
        [Self::Invoices, Self::Payments, Self::Contacts, Self::Promises, Self::Disputes, Self::Profiles];

    /// The family's word in configuration, metrics and default topic names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invoices => "invoices",
            Self::Payments => "payments",
            Self::Contacts => "contacts",
            Self::Promises => "promises",
            Self::Disputes => "disputes",
            Self::Profiles => "profiles",
        }
    }

    /// The topic that carries the family unless the configuration names another.
    #[must_use]
    pub fn default_topic(self) -> String {
        format!("collections.{}", self.name())
    }

    /// This family's place in [`Family::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Some of the families.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Families(u8);

impl Families {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// Each of them.
    pub const ALL: Self = Self::of(&Family::ALL);

    /// The families of a list.
    #[must_use]
    pub const fn of(families: &[Family]) -> Self {
        let (mut bits, mut next) = (0, 0);
        while next < families.len() {
            bits |= 1 << families[next].index();
            next += 1;
        }
        Self(bits)
    }

    /// The families of either.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a family is among them.
    #[must_use]
    pub const fn has(self, family: Family) -> bool {
        self.meets(Self::of(&[family]))
    }

    /// Whether some family is in both.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl std::ops::BitOr for Families {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}
