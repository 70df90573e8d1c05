//! How customers differ: shares of the portfolio, amounts, and how likely each kind is to pay, answer or promise.

use crate::chance::Chance;

/// The way in which a customer pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Persona {
    /// A mandate collects on the due date; few are without cover.
    DirectDebit,
    /// Pays all that is open around the 28th, whatever the due date: late on paper, and never a risk.
    DatePayer,
    /// Means to pay; half the time it takes a reminder.
    Forgetful,
    /// A day or two late, again and again, and never needs to be asked.
    Straggler,
    /// Pays in part and promises more than can be kept: grows into arrears.
    Struggling,
    /// Pays just before 30 or 60 days past due.
    Strategic,
    /// Like struggling, and at some point flagged: then hardly contacted.
    Vulnerable,
    /// Pays until one day, then never again; some never begin.
    Vanishing,
    /// A business: few and large invoices, paid when its own payment run comes round.
    Business,
}

/// A reason to be billed every month.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contract {
    /// The amount of a usual month, in minor units; 0 if there is no such contract.
    pub(crate) usual_minor: i64,
    /// The producer's word for such a debt.
    pub(crate) debt_type: &'static str,
}

/// The shares of the portfolio, in per mille.
const SHARES: [(u16, Persona); 9] = [
    (255, Persona::DirectDebit),
    (155, Persona::DatePayer),
    (215, Persona::Forgetful),
    (60, Persona::Straggler),
    (135, Persona::Struggling),
    (60, Persona::Strategic),
    (40, Persona::Vulnerable),
    (20, Persona::Vanishing),
    (60, Persona::Business),
];

/// Probabilities, in per mille, of how a persona behaves once it is reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    /// That a call reaches the right party.
    pub(crate) answers: u16,
    /// That a text or e-mail read is clicked.
    pub(crate) clicks: u16,
    /// That a customer who visits the portal pays there.
    pub(crate) pays_online: u16,
    /// That a conversation ends in a payment by card.
    pub(crate) pays_at_once: u16,
    /// That it otherwise ends in a promise.
    pub(crate) promises: u16,
    /// That a promise is kept.
    pub(crate) keeps: u16,
    /// That a letter makes them call.
    pub(crate) answers_letters: u16,
}

impl Persona {
    pub(crate) fn drawn(chance: &mut Chance) -> Self {
        chance.weighted(&SHARES)
    }

    /// The probabilities of this persona. Each row is in the order of the fields of [`Manners`].
    pub(crate) const fn manners(self) -> Manners {
        let [answers, clicks, pays_online, pays_at_once, promises, keeps, answers_letters] = match self {
            Self::DirectDebit => [450, 500, 800, 600, 800, 950, 300],
            Self::DatePayer => [350, 120, 150, 50, 700, 900, 80],
            Self::Forgetful => [400, 480, 750, 400, 800, 850, 200],
            Self::Straggler => [400, 250, 600, 300, 700, 900, 100],
            Self::Struggling => [300, 150, 250, 80, 700, 380, 80],
            Self::Strategic => [200, 150, 60, 20, 500, 600, 30],
            Self::Vulnerable => [350, 100, 200, 60, 600, 500, 150],
            Self::Vanishing => [40, 20, 50, 0, 300, 50, 10],
            Self::Business => [550, 150, 100, 20, 700, 850, 150],
        };
        Manners { answers, clicks, pays_online, pays_at_once, promises, keeps, answers_letters }
    }

    /// The probability, in per mille, that a direct debit of this persona fails.
    pub(crate) const fn debit_fails(self) -> u16 {
        match self {
            Self::Struggling | Self::Vulnerable => 430,
            Self::Strategic => 60,
            _ => 20,
        }
    }

    /// The probability, in per mille, that a payment by card or direct debit is taken back.
    pub(crate) const fn takes_back(self) -> u16 {
        match self {
            Self::Strategic => 18,
            Self::Struggling | Self::Vulnerable => 12,
            _ => 3,
        }
    }

    /// Whether money is short, rather than will or attention.
    pub(crate) const fn short_of_money(self) -> bool {
        matches!(self, Self::Struggling | Self::Vulnerable)
    }

    /// Draws a contract of a kind that this persona has.
    pub(crate) fn contract(self, chance: &mut Chance) -> Contract {
        let consumer = [
            (450, (4_500, 18_000, "ENERGY")),
            (250, (2_200, 6_500, "BROADBAND")),
            (200, (12_000, 38_000, "LOAN")),
            (100, (1_800, 5_500, "WATER")),
        ];
        let (low, high, debt_type) = match self {
            Self::Business => (60_000, 650_000, "TRADE"),
            _ => chance.weighted(&consumer),
        };
        Contract { usual_minor: chance.between(low, high), debt_type }
    }

    /// The day of the month, 1 to 28, on which this persona pays its open balance; none if it has no such day.
    pub(crate) fn pay_day(self, chance: &mut Chance) -> Option<i8> {
        match self {
            Self::DatePayer => Some(28),
            Self::Struggling | Self::Vulnerable => Some(chance.one_of(&[1, 5, 15, 25, 28])),
            _ => None,
        }
    }
}
