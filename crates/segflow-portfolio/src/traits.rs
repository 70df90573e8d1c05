//! Traits of a customer beyond their persona: drawn once, for good.

use segflow_core::event::Channel;

use crate::chance::Chance;
use crate::persona::{Contract, Persona};

/// The share of consumers with two contracts.
const TWO_CONTRACTS_PER_MILLE: u16 = 250;

/// The traits of a customer, drawn before the first event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits {
    /// The contracts billed each month. A customer with one contract has a second one of amount 0.
    pub(crate) contracts: [Contract; 2],
    /// Days between an invoice and its due date.
    pub(crate) terms_days: i32,
    pub(crate) pay_day: Option<i8>,
    /// How many days past due a strategic customer lets it come to.
    pub(crate) patience_days: i32,
    /// The channel of reminders.
    pub(crate) preferred: Channel,
    /// The customer never answers and never reads.
    pub(crate) elusive: bool,
    /// E-mails to the address on file come back.
    pub(crate) bad_address: bool,
    /// The customer gets a friendly word before the due date.
    pub(crate) courtesy: bool,
    /// The customer is known to pay unasked, so that the first reminder is left out.
    pub(crate) lenient: bool,
    /// The probability, in per mille, that an invoice is disputed.
    pub(crate) disputes: u16,
    /// Invoices offer a discount to who pays early.
    pub(crate) discounts: bool,
    /// A gateway opens every link in the customer's mail.
    pub(crate) gateway: bool,
    /// How much more is bought a year later, in per mille; below zero: less.
    pub(crate) growth: i64,
    /// After so many days nothing is paid any more.
    pub(crate) vanishes_after_days: Option<i32>,
}

impl Traits {
    pub(crate) fn drawn(persona: Persona, chance: &mut Chance) -> Self {
        let contracts = [persona.contract(chance), persona.contract(chance)];
        let two = persona != Persona::Business && chance.per_mille(TWO_CONTRACTS_PER_MILLE);
        Self {
            contracts: if two { contracts } else { [contracts[0], Contract { usual_minor: 0, ..contracts[1] }] },
            terms_days: if persona == Persona::Business { 30 } else { chance.one_of(&[14, 14, 30]) },
            pay_day: persona.pay_day(chance),
            patience_days: chance.weighted(&[(650, 29), (350, 59)]),
            preferred: chance.weighted(&[(500, Channel::Email), (400, Channel::Sms), (100, Channel::Letter)]),
            elusive: match persona {
                Persona::Struggling | Persona::Strategic => chance.per_mille(250),
                Persona::Vanishing => chance.per_mille(700),
                _ => chance.per_mille(20),
            },
            bad_address: chance.per_mille(30),
            courtesy: persona != Persona::DirectDebit && chance.per_mille(600),
            lenient: persona == Persona::Straggler && chance.per_mille(700) || chance.per_mille(100),
            disputes: if chance.per_mille(12) { 350 } else { 8 },
            discounts: persona == Persona::Business && chance.per_mille(400),
            gateway: chance.per_mille(if persona == Persona::Business { 250 } else { 15 }),
            growth: if persona == Persona::Business { chance.between(-250, 900) } else { chance.between(-30, 60) },
            vanishes_after_days: (persona == Persona::Vanishing).then(|| match chance.between(0, 3) {
                0 => 0,
                _ => chance.days(30, 450),
            }),
        }
    }

    /// The amount of a usual month, in minor units.
    pub(crate) const fn usual_minor(&self) -> i64 {
        self.contracts[0].usual_minor + self.contracts[1].usual_minor
    }

    pub(crate) fn owes(&self, debt_type: &str) -> bool {
        self.contracts.iter().any(|contract| contract.usual_minor > 0 && contract.debt_type == debt_type)
    }
}

/// The number on file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phone {
    /// Somebody else's, which the creditor does not know yet.
    Stranger,
    /// Out of service.
    Dead,
    /// The customer's.
    Own,
    /// Known to be somebody else's: nobody calls it.
    Withdrawn,
}

impl Phone {
    pub(crate) fn drawn(persona: Persona, chance: &mut Chance) -> Self {
        if persona == Persona::Vanishing {
            return chance.weighted(&[(350, Self::Dead), (200, Self::Stranger), (450, Self::Own)]);
        }
        chance.weighted(&[(20, Self::Dead), (25, Self::Stranger), (955, Self::Own)])
    }
}
