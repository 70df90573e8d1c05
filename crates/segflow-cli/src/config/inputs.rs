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
    pub oldest: Oldest,
}

impl Default for Input {
    fn default() -> Self {
        let (encoding, partitioner) = (Encoding::Json, Partitioner::Murmur2);
        Self { topic: None, encoding, partitioner, clock: None, oldest: Oldest::default() }
    }
}

/// How many days an event may lie before its record: written as `20y`, or as days such as `400d`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Oldest(u32);

impl Default for Oldest {
    fn default() -> Self {
        Self(TopicIntake::OLDEST_DAYS)
    }
}

impl TryFrom<String> for Oldest {
    type Error = String;

    /// A year is 365.25 days. There are at most 300 years: from the first instant of an event to the last.
    fn try_from(text: String) -> Result<Self, String> {
        let number = |digits: &str| digits.parse::<u32>().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
        let days = match (text.strip_suffix('y'), text.strip_suffix('d')) {
            (Some(years), _) => number(years).and_then(|years| years.checked_mul(1_461)).map(|quarters| quarters / 4),
            (None, Some(days)) => number(days),
            (None, None) => None,
        };
        let days = days.filter(|days| (1..=109_575).contains(days));
        days.map(Self).ok_or_else(|| format!("expected years or days, such as 20y or 400d, up to 300y, found `{text}`"))
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
        let Input { encoding, partitioner, oldest: Oldest(oldest_days), .. } = *self.of(family);
        TopicIntake { encoding, partitioner, oldest_days }
    }
}
