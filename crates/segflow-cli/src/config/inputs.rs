//! `[inputs]`: the topic of each family, and how its records are read.

use segflow_core::clock::Role;
use segflow_core::event::Family;
use segflow_wire::intake::TopicIntake;
use segflow_wire::{Encoding, Partitioner};
use serde::Deserialize;

/// The inputs, by family.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Inputs {
    invoices: Input,
    payments: Input,
    contacts: Input,
    promises: Input,
    disputes: Input,
    profiles: Input,
}

/// One input. A key that is left out has the default of its family.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Input {
    pub topic: Option<String>,
    pub encoding: Encoding,
    pub partitioner: Partitioner,
    pub clock: Option<Role>,
}

impl Default for Input {
    fn default() -> Self {
        Self { topic: None, encoding: Encoding::Json, partitioner: Partitioner::Murmur2, clock: None }
    }
}

impl Inputs {
    /// The input of a family, as configured.
    pub fn of(&self, family: Family) -> &Input {
        match family {
            Family::Invoices => &self.invoices,
            Family::Payments => &self.payments,
            Family::Contacts => &self.contacts,
            Family::Promises => &self.promises,
            Family::Disputes => &self.disputes,
            Family::Profiles => &self.profiles,
        }
    }

    /// The topic of a family.
    pub fn topic(&self, family: Family) -> String {
        self.of(family).topic.clone().unwrap_or_else(|| family.default_topic())
    }

    /// Whether the clock waits for a family. By default it waits for all but contacts.
    pub fn role(&self, family: Family) -> Role {
        let default = if family == Family::Contacts { Role::Hint } else { Role::Gate };
        self.of(family).clock.unwrap_or(default)
    }

    /// How the records of a family are read.
    pub fn intake(&self, family: Family) -> TopicIntake {
        let Input { encoding, partitioner, .. } = *self.of(family);
        TopicIntake { encoding, partitioner }
    }
}
