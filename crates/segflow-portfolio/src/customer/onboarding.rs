//! How a customer begins: their traits, and the first content of the creditor's files.

use std::collections::BTreeMap;

use segflow_core::event::{Attribute, Body};
use segflow_core::time::{Date, Zone};

use super::file::Suspension;
use super::{Action, Counts, Customer};
use crate::chance::Chance;
use crate::ledger::Ledger;
use crate::now::{HOUR, Now, next_day_of_month};
use crate::persona::Persona;
use crate::traits::{Phone, Traits};

const REGIONS: [&str; 8] =
    ["LONDON", "SOUTH_EAST", "SOUTH_WEST", "MIDLANDS", "NORTH_WEST", "NORTH_EAST", "SCOTLAND", "WALES"];
const INDUSTRIES: [&str; 6] = ["RETAIL", "CONSTRUCTION", "HOSPITALITY", "LOGISTICS", "MANUFACTURING", "SERVICES"];

/// When customers join: most are there on the first day.
const ARRIVALS: [(u16, (i32, i32)); 3] = [(885, (0, 0)), (80, (1, 75)), (35, (76, 600))];

/// The share of customers who end the contract one day.
const LEAVES_PER_MILLE: u16 = 12;

impl Customer {
    /// A customer who has not been seen yet. Existing ones are loaded in the first night, others join later.
    pub(crate) fn new(seed: u64, number: u32, start: Date, zone: &Zone) -> Self {
        let mut chance = Chance::of(seed, number);
        let persona = Persona::drawn(&mut chance);
        let traits = Traits::drawn(persona, &mut chance);
        let (earliest, latest) = chance.weighted(&ARRIVALS);
        let existing = latest == 0;
        let joins = start.plus_days(chance.days(earliest, latest));
        let hours = if existing { (0, 5) } else { (8, 20) };
        let arrival = zone.midnight(joins).plus_ms(chance.between(hours.0 * HOUR, hours.1 * HOUR - 1));
        Self {
            number,
            persona,
            traits,
            phone: Phone::drawn(persona, &mut chance),
            plans: vec![(arrival, Action::Onboard { existing })],
            ledger: Ledger::default(),
            counts: Counts::default(),
            mandate: match persona {
                Persona::DirectDebit => true,
                Persona::Struggling | Persona::Vulnerable | Persona::Vanishing => chance.per_mille(400),
                Persona::Strategic => chance.per_mille(100),
                _ => false,
            },
            closed: false,
            vanishes_on: traits.vanishes_after_days.map(|days| joins.plus_days(days)),
            suspension: Suspension::default(),
            vulnerable: false,
            chased: false,
            promised_until: None,
            plan: None,
            disputes: Vec::new(),
            holds: Vec::new(),
            receipts: Vec::new(),
            given_up: Vec::new(),
            happened: None,
            chance,
        }
    }

    pub(super) fn onboard(&mut self, existing: bool, now: &Now) -> Body {
        self.plan_first_months(existing, now);
        self.plan_notes(now);
        self.plan_first_score(now);
        let customer_since = if existing { now.in_days(-self.chance.days(60, 2_900)) } else { now.date };
        let text = |text: &str| Attribute::Text(text.to_owned());
        let mut attributes = BTreeMap::from([
            ("credit_score".to_owned(), self.score(now)),
            ("customer_since".to_owned(), Attribute::Text(customer_since.to_string())),
            ("preferred_channel".to_owned(), text(self.traits.preferred.word())),
            ("region".to_owned(), text(self.chance.one_of(&REGIONS))),
            ("vulnerable".to_owned(), Attribute::Bool(false)),
        ]);
        if self.persona == Persona::Business {
            let limit = self.traits.usual_minor() * self.chance.between(15, 50) / 10;
            attributes.insert("credit_limit".to_owned(), Attribute::Long(limit));
            attributes.insert("industry".to_owned(), text(self.chance.one_of(&INDUSTRIES)));
        }
        Body::Updated { attributes }
    }

    /// The first bills, the first pay day, debts from before, and for a few the end.
    fn plan_first_months(&mut self, existing: bool, now: &Now) {
        let earliest = now.in_days(if existing { 0 } else { 7 });
        let contracts = self.traits.contracts.into_iter().enumerate();
        for (contract, _) in contracts.filter(|(_, contract)| contract.usual_minor > 0) {
            let bill_day = i8::try_from(self.chance.between(1, 28)).expect("a day of the month");
            let at = now.on(next_day_of_month(earliest, bill_day), (5, 8), &mut self.chance);
            self.plan(at, Action::Bill { contract });
        }
        if let Some(pay_day) = self.traits.pay_day {
            let at = now.on(next_day_of_month(now.in_days(1), pay_day), (6, 22), &mut self.chance);
            self.plan(at, Action::PayDay);
        }
        if existing && self.persona.short_of_money() && self.chance.per_mille(300) {
            let at = now.on(now.date, (5, 6), &mut self.chance);
            let days_past_due = self.chance.days(3, 55);
            self.plan(at, Action::OpeningDebt { days_past_due });
        }
        if self.chance.per_mille(LEAVES_PER_MILLE) {
            let at = now.on(now.in_days(self.chance.days(40, 600)), (9, 17), &mut self.chance);
            self.plan(at, Action::Leave);
        }
    }
}
