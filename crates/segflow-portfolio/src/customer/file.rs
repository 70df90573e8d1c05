//! The notes in the customer's file, and how they suspend collecting.

use std::collections::BTreeMap;

use segflow_core::event::{Attribute, Body};
use segflow_core::time::Date;

use super::{Action, Customer};
use crate::now::{Now, weekday_from};
use crate::persona::Persona;

/// How long a breathing space is.
const BREATHING_SPACE_DAYS: i32 = 60;

const SCORED_EVERY_DAYS: i32 = 91;

/// A note in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Note {
    /// The specialist team flags or unflags the customer.
    Vulnerable(bool),
    /// Bereavement, litigation: on hold, or no longer.
    Hold(bool),
    /// A debt adviser asks for time; it ends by itself.
    BreathingSpace,
    /// The breathing space is over before its time.
    NoBreathingSpace,
    /// The customer may lack the capacity to deal with this, or does no longer.
    Capacity(bool),
    /// A statement of means.
    Means,
    /// On the hardship programme, or no longer.
    Hardship(bool),
    /// Somebody at the address depends on the supply.
    LifeSupport,
    /// Insolvency proceedings: nothing is paid from here on.
    Insolvent,
}

/// The reasons for which the creditor does not collect.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Suspension {
    hold: bool,
    capacity: bool,
    /// The last day of the breathing space.
    until: Option<Date>,
}

impl Customer {
    /// Whether there is a reason not to collect today.
    pub(super) fn is_suspended(&self, now: &Now) -> bool {
        let Suspension { hold, capacity, until } = self.suspension;
        let asked = hold || capacity || until.is_some_and(|until| until >= now.date);
        asked || !self.disputes.is_empty() || self.holds_anything(now)
    }

    pub(super) fn plan_note(&mut self, note: Note, days: i32, now: &Now) {
        let at = now.on(weekday_from(now.in_days(days)), (9, 17), &mut self.chance);
        self.plan(at, Action::Note(note));
    }

    /// Plans the note that will be made one day, if any; most files stay empty.
    pub(super) fn plan_notes(&mut self, now: &Now) {
        let short = self.persona.short_of_money();
        if self.persona == Persona::Vulnerable {
            let days = self.chance.days(10, 80);
            self.plan_note(Note::Vulnerable(true), days, now);
        }
        let rare = [
            (if short { 120 } else { 4 }, Note::BreathingSpace),
            (if self.persona == Persona::Business { 15 } else { 6 }, Note::Hold(true)),
            (if self.persona == Persona::Vulnerable { 150 } else { 3 }, Note::Capacity(true)),
            (if short && !self.traits.owes("LOAN") { 150 } else { 2 }, Note::Hardship(true)),
            (if self.traits.owes("ENERGY") { 8 } else { 0 }, Note::LifeSupport),
            (if self.persona == Persona::Business { 25 } else { 0 }, Note::Insolvent),
        ];
        for (per_mille, note) in rare {
            if self.chance.per_mille(per_mille) {
                let days = self.chance.days(20, 600);
                self.plan_note(note, days, now);
            }
        }
    }

    /// Makes a note. Most notes are for a time: another one takes them back.
    pub(super) fn note(&mut self, note: Note, now: &Now) -> Body {
        let flag = |name: &str, value| (name.to_owned(), Attribute::Bool(value));
        let (attribute, ends) = match note {
            Note::Vulnerable(on) => {
                self.vulnerable = on;
                (flag("vulnerable", on), (on, 250, (30, 200), Note::Vulnerable(false)))
            }
            Note::Hold(on) => {
                self.suspension.hold = on;
                (flag("on_hold", on), (on, 900, (30, 150), Note::Hold(false)))
            }
            Note::Capacity(on) => {
                self.suspension.capacity = on;
                (flag("capacity_concern", on), (on, 700, (30, 120), Note::Capacity(false)))
            }
            Note::Hardship(on) => (flag("hardship", on), (on, 600, (120, 300), Note::Hardship(false))),
            Note::LifeSupport => (flag("life_support", true), (false, 0, (0, 0), note)),
            Note::Insolvent => {
                self.vanishes_on = Some(now.date);
                (flag("insolvent", true), (false, 0, (0, 0), note))
            }
            Note::BreathingSpace => {
                let until = now.in_days(BREATHING_SPACE_DAYS);
                self.suspension.until = Some(until);
                let value = Attribute::Text(until.to_string());
                (("hold_until".to_owned(), value), (true, 200, (10, 50), Note::NoBreathingSpace))
            }
            Note::NoBreathingSpace => {
                self.suspension.until = None;
                (("hold_until".to_owned(), Attribute::Null), (false, 0, (0, 0), note))
            }
            Note::Means => {
                let surplus = Attribute::Long(self.chance.between(-9_000, 15_000));
                (("monthly_surplus".to_owned(), surplus), (false, 0, (0, 0), note))
            }
        };
        let (may_end, per_mille, (from, to), end) = ends;
        if may_end && self.chance.per_mille(per_mille) {
            let days = self.chance.days(from, to);
            self.plan_note(end, days, now);
        }
        Body::Updated { attributes: BTreeMap::from([attribute]) }
    }

    pub(super) fn plan_first_score(&mut self, now: &Now) {
        let days = self.chance.days(15, SCORED_EVERY_DAYS);
        self.plan_score(days, now);
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
    pub(super) fn score(&mut self, now: &Now) -> Attribute {
        let (low, high) = match self.persona {
            Persona::Struggling | Persona::Vulnerable | Persona::Vanishing => (320, 560),
            Persona::Strategic | Persona::Forgetful => (480, 760),
            _ => (600, 880),
        };
        let cost = if self.ledger.overdue(now.date) > self.traits.usual_minor() { 90 } else { 0 };
        Attribute::Long(self.chance.between(low, high) - cost)
    }
}
