//! Who the customer is, and what the creditor's files say about them.

use std::collections::BTreeMap;

use segflow_core::event::{Attribute, Body, Channel};
use segflow_core::time::{Date, Zone};

use super::{Action, Counts, Customer};
use crate::chance::Chance;
use crate::ledger::Ledger;
use crate::now::{HOUR, Now, next_day_of_month, weekday_from};
use crate::persona::Persona;

const REGIONS: [&str; 8] =
    ["LONDON", "SOUTH_EAST", "SOUTH_WEST", "MIDLANDS", "NORTH_WEST", "NORTH_EAST", "SCOTLAND", "WALES"];
const INDUSTRIES: [&str; 6] = ["RETAIL", "CONSTRUCTION", "HOSPITALITY", "LOGISTICS", "MANUFACTURING", "SERVICES"];

/// The share of customers who are there on the first day; the others join within so many days.
const EXISTING_PER_MILLE: u16 = 900;
const JOIN_WITHIN_DAYS: i32 = 75;

const SCORED_EVERY_DAYS: i32 = 91;

impl Customer {
    /// A customer who has not been seen yet. Existing ones are loaded in the first night, others join later.
    pub(crate) fn new(seed: u64, number: u32, start: Date, zone: &Zone) -> Self {
        let mut chance = Chance::of(seed, number);
        let persona = Persona::drawn(&mut chance);
        let (usual_minor, debt_type) = persona.usual_invoice(&mut chance);
        let existing = chance.per_mille(EXISTING_PER_MILLE);
        let joins = if existing { start } else { start.plus_days(chance.days(1, JOIN_WITHIN_DAYS)) };
        let hours = if existing { (0, 5) } else { (8, 20) };
        let arrival = zone.midnight(joins).plus_ms(chance.between(hours.0 * HOUR, hours.1 * HOUR - 1));
        Self {
            number,
            persona,
            plans: vec![(arrival, Action::Onboard { existing })],
            ledger: Ledger::default(),
            counts: Counts::default(),
            usual_minor,
            debt_type,
            terms_days: if persona == Persona::Business { 30 } else { chance.one_of(&[14, 14, 30]) },
            pay_day: persona.pay_day(&mut chance),
            patience_days: chance.weighted(&[(650, 29), (350, 59)]),
            preferred: chance.weighted(&[(500, Channel::Email), (400, Channel::Sms), (100, Channel::Letter)]),
            elusive: match persona {
                Persona::Struggling | Persona::Strategic => chance.per_mille(250),
                _ => chance.per_mille(20),
            },
            bad_address: chance.per_mille(30),
            courtesy: persona != Persona::DirectDebit && chance.per_mille(600),
            vulnerable: false,
            chased: false,
            promised_until: None,
            chance,
        }
    }

    pub(super) fn onboard(&mut self, existing: bool, now: &Now) -> Body {
        self.plan_first_months(existing, now);
        let customer_since = if existing { now.in_days(-self.chance.days(60, 2_900)) } else { now.date };
        let first_score_in = self.chance.days(15, SCORED_EVERY_DAYS);
        self.plan_score(first_score_in, now);
        let text = |text: &str| Attribute::Text(text.to_owned());
        let mut attributes = BTreeMap::from([
            ("credit_score".to_owned(), self.score(now)),
            ("customer_since".to_owned(), Attribute::Text(customer_since.to_string())),
            ("preferred_channel".to_owned(), text(self.preferred.word())),
            ("region".to_owned(), text(self.chance.one_of(&REGIONS))),
            ("vulnerable".to_owned(), Attribute::Bool(false)),
        ]);
        if self.persona == Persona::Business {
            attributes.insert("industry".to_owned(), text(self.chance.one_of(&INDUSTRIES)));
        }
        Body::Updated { attributes }
    }

    /// The first bill, the first pay day, a flag to come, and debts from before.
    fn plan_first_months(&mut self, existing: bool, now: &Now) {
        let bill_day = i8::try_from(self.chance.between(1, 28)).expect("a day of the month");
        let earliest = now.in_days(if existing { 0 } else { 7 });
        let at = now.on(next_day_of_month(earliest, bill_day), (5, 8), &mut self.chance);
        self.plan(at, Action::Bill);
        if let Some(pay_day) = self.pay_day {
            let at = now.on(next_day_of_month(now.in_days(1), pay_day), (6, 22), &mut self.chance);
            self.plan(at, Action::PayDay);
        }
        if self.persona == Persona::Vulnerable {
            let date = weekday_from(now.in_days(self.chance.days(10, 80)));
            let at = now.on(date, (9, 17), &mut self.chance);
            self.plan(at, Action::Flag { vulnerable: true });
        }
        let in_arrears = matches!(self.persona, Persona::Struggling | Persona::Vulnerable);
        if existing && in_arrears && self.chance.per_mille(300) {
            let at = now.on(now.date, (5, 6), &mut self.chance);
            let days_past_due = self.chance.days(3, 55);
            self.plan(at, Action::OpeningDebt { days_past_due });
        }
    }

    fn plan_score(&mut self, days: i32, now: &Now) {
        let at = now.on(now.in_days(days), (1, 4), &mut self.chance);
        self.plan(at, Action::Score);
    }

    pub(super) fn update_score(&mut self, now: &Now) -> Body {
        self.plan_score(SCORED_EVERY_DAYS, now);
        Body::Updated { attributes: BTreeMap::from([("credit_score".to_owned(), self.score(now))]) }
    }

    /// An agency's score, 0 to 999; arrears of this moment cost points.
    fn score(&mut self, now: &Now) -> Attribute {
        let (low, high) = match self.persona {
            Persona::Struggling | Persona::Vulnerable => (320, 560),
            Persona::Strategic | Persona::Forgetful => (480, 760),
            _ => (600, 880),
        };
        let cost = if self.ledger.overdue(now.date) > self.usual_minor { 90 } else { 0 };
        Attribute::Long(self.chance.between(low, high) - cost)
    }

    /// Some recover: their flag is taken away again after some months.
    pub(super) fn flag(&mut self, vulnerable: bool, now: &Now) -> Body {
        self.vulnerable = vulnerable;
        if vulnerable && self.chance.per_mille(250) {
            let date = weekday_from(now.in_days(self.chance.days(30, 70)));
            let at = now.on(date, (9, 17), &mut self.chance);
            self.plan(at, Action::Flag { vulnerable: false });
        }
        Body::Updated { attributes: BTreeMap::from([("vulnerable".to_owned(), Attribute::Bool(vulnerable))]) }
    }
}
