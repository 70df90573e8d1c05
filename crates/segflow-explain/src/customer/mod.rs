//! One customer for a person to read: facts, features, memberships, why, and what happens next.
//!
//! Nothing is decided here: what holds, why, and what comes next is asked of the core, over the state as it is.

mod fact;

use std::fmt::{self, Display, Formatter};

use segflow_core::advance::{FORECAST, advance};
use segflow_core::event::{CustomerId, Kind};
use segflow_core::fact::Fact;
use segflow_core::feature::reading::Moment;
use segflow_core::feature::view::View;
use segflow_core::rule::eval::Evaluation;
use segflow_core::rule::explain::Scene;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::{Pending, State, in_effect};
use segflow_core::time::Timestamp;

use crate::local_time::LocalTime;
use crate::why;

/// A customer's id, as an argument of a command.
pub fn customer_id(text: &str) -> Result<CustomerId, String> {
    CustomerId::new(text).ok_or_else(|| format!("expected an id of 1 to {} bytes", CustomerId::MAX_BYTES))
}

/// A customer's state, and up to which instant (exclusive) it is decided.
pub struct Portrait<'a> {
    /// Whose.
    pub customer: &'a CustomerId,
    /// As it was folded and decided.
    pub state: &'a State,
    /// The rules by which it was decided.
    pub segmentation: &'a Segmentation,
    /// Everything before it is decided.
    pub decided_up_to: Timestamp,
}

impl Display for Portrait<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { segmentation, decided_up_to, .. } = *self;
        let local = LocalTime::of(&segmentation.zone);
        writeln!(f, "customer {}", self.customer)?;
        if decided_up_to < Timestamp::EARLIEST {
            // A clock that has not started reads as the beginning of time, of which the calendar knows nothing.
            writeln!(f, "  nothing is decided yet: an input for which the clock waits has had no record so far")?;
            return self.facts(f, &local);
        }
        writeln!(
            f,
            "  everything before {} is decided, by {} version {}; days are those of {}",
            local.time(decided_up_to),
            segmentation.name,
            segmentation.version,
            segmentation.zone.name()
        )?;
        self.facts(f, &local)?;
        // The last instant decided: at the bound itself something may still happen.
        let at = decided_up_to.plus_ms(-1);
        let view = View::new(self.customer, in_effect(&self.state.facts, &self.state.pending), segmentation);
        let evaluation = Evaluation::new(segmentation, &view, Moment::new(at, &segmentation.zone));
        let scene = Scene { evaluation: &evaluation, memberships: &self.state.decision.dimensions };
        self.features(f, &local, &scene)?;
        self.memberships(f, &local, &scene)
    }
}

impl<'a> Portrait<'a> {
    /// What is to be said of the membership in one dimension: since when, why, and what comes next.
    #[must_use]
    pub fn membership(&self, place: usize) -> String {
        struct One<'p, 'a>(&'p Portrait<'a>, usize);
        impl Display for One<'_, '_> {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                let Self(portrait, place) = self;
                let segmentation = portrait.segmentation;
                let at = portrait.decided_up_to.plus_ms(-1);
                let in_effect = in_effect(&portrait.state.facts, &portrait.state.pending);
                let view = View::new(portrait.customer, in_effect, segmentation);
                let evaluation = Evaluation::new(segmentation, &view, Moment::new(at, &segmentation.zone));
                let scene = Scene { evaluation: &evaluation, memberships: &portrait.state.decision.dimensions };
                portrait.one(f, &LocalTime::of(&segmentation.zone), &scene, &portrait.if_silent(), *place)
            }
        }
        One(self, place).to_string()
    }

    fn facts(&self, f: &mut Formatter<'_>, local: &LocalTime) -> fmt::Result {
        writeln!(f, "\nfacts")?;
        let facts = &self.state.facts;
        if let Some(erased) = facts.erased() {
            writeln!(f, "  all that was recorded up to {} is erased", local.time(erased))?;
        }
        if let Some(first) = facts.pruned_from() {
            writeln!(f, "  from {} on; what is older than the horizon and closed is gone", local.time(first))?;
        }
        if facts.is_empty() {
            writeln!(f, "  none")?;
        }
        let rows: Vec<_> = facts.iter().map(|fact| (local.time(fact.occurred_at), fact)).collect();
        let width = rows.iter().map(|(time, _)| time.len()).max().unwrap_or(0);
        for (time, fact) in rows {
            let kind = fact.body.kind().map_or("ERASED", Kind::word);
            let what = fact::words(&fact.body, self.segmentation);
            write!(f, "  {time:<width$}  {kind:<11}  {what}")?;
            if let Some(pending) = self.state.pending.iter().find(|pending| is_of(pending, fact)) {
                write!(f, " (not yet in effect: from {})", local.time(pending.effective))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn features(&self, f: &mut Formatter<'_>, local: &LocalTime, scene: &Scene<'_, 'a, '_>) -> fmt::Result {
        writeln!(f, "\nfeatures, if nothing more happens")?;
        let rows: Vec<_> = (0..self.segmentation.features.len()).map(|slot| self.feature(slot, scene)).collect();
        let names = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        let values = rows.iter().map(|row| row.value.chars().count()).max().unwrap_or(0);
        for Row { name, value, until } in &rows {
            writeln!(f, "  {name:<names$}  {value:>values$}  {}", local.until(*until))?;
        }
        Ok(())
    }

    fn feature(&self, slot: usize, scene: &Scene<'_, 'a, '_>) -> Row<'a> {
        let slot_of = &self.segmentation.features[slot];
        let (moment, currency) = (scene.evaluation.moment, &self.segmentation.currency);
        let reading = scene.evaluation.feature(slot, scene.memberships);
        let now = reading.value.text(moment.today, currency);
        let tomorrow = moment.today.plus_days(1);
        // Days are kept as the date that they count from, which stands longer than their number.
        let until = if now == reading.value.text(tomorrow, currency) {
            reading.until
        } else {
            reading.until.min(moment.zone.midnight(tomorrow))
        };
        let value = if slot_of.sensitive { Some("(sensitive)".to_owned()) } else { now };
        Row { name: &slot_of.text, value: value.unwrap_or_else(|| "(not known)".to_owned()), until }
    }

    fn memberships(&self, f: &mut Formatter<'_>, local: &LocalTime, scene: &Scene<'_, 'a, '_>) -> fmt::Result {
        writeln!(f, "\nmemberships")?;
        let ahead = self.if_silent();
        if self.state.decision.dimensions.is_empty() && self.state.decision.closed.is_empty() {
            writeln!(f, "  none yet: nothing is decided before a fact is in effect")?;
        }
        for place in 0..self.state.decision.dimensions.len() {
            self.one(f, local, scene, &ahead, place)?;
        }
        self.closed(f)
    }

    /// The membership in one dimension; nothing, if there is none.
    fn one(
        &self,
        f: &mut Formatter<'_>,
        local: &LocalTime,
        scene: &Scene<'_, 'a, '_>,
        (ahead, foreseen_until): &(Vec<Ahead>, Timestamp),
        place: usize,
    ) -> fmt::Result {
        let (dimension, membership) = (&self.segmentation.dimensions[place], &self.state.decision.dimensions[place]);
        let Some((current, entered_at)) = membership.current.zip(membership.entered_at) else { return Ok(()) };
        let segment = &dimension.segments[usize::from(current)];
        writeln!(f, "  {}: {}", dimension.name, segment.name)?;
        writeln!(f, "    since {}, change {}", local.time(entered_at), membership.seq)?;
        why::write(f, dimension, membership, scene, self.segmentation, local)?;
        match ahead.iter().find(|next| next.dimension == dimension.name) {
            Some(next) => writeln!(f, "    next: {} on {}, if nothing happens", next.to, local.time(next.at)),
            None => {
                writeln!(f, "    next: stays until {} at least, if nothing happens", local.time(*foreseen_until))
            }
        }
    }

    /// Dimensions in which the customer stands no more: in file order, then those that are not in the file any more.
    fn closed(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let closed = &self.state.decision.closed;
        let in_file = self.segmentation.dimensions.iter().map(|dimension| &dimension.name);
        let dropped = closed.keys().filter(|name| in_file.clone().all(|known| known != *name));
        for name in in_file.clone().chain(dropped) {
            if let Some(seq) = closed.get(name) {
                writeln!(f, "  {name}: none, after change {seq}")?;
            }
        }
        Ok(())
    }

    /// The next move of each dimension if no fact arrives or comes into effect, and up to when this looked.
    pub(crate) fn if_silent(&self) -> (Vec<Ahead>, Timestamp) {
        let mut silent = self.state.clone();
        silent.pending.iter_mut().for_each(|pending| pending.effective = Timestamp::NEVER);
        let until = self.segmentation.plus(self.decided_up_to, FORECAST);
        let mut ahead: Vec<Ahead> = Vec::new();
        let mut silent = silent.into();
        for decided in advance(&mut silent, self.customer, self.segmentation, until) {
            let core = decided.core;
            if let (Some(to), false) = (core.to, ahead.iter().any(|known| known.dimension == core.dimension)) {
                ahead.push(Ahead { dimension: core.dimension, to, at: core.effective_at });
            }
        }
        (ahead, until)
    }
}

struct Row<'a> {
    name: &'a str,
    value: String,
    until: Timestamp,
}

pub(crate) struct Ahead {
    pub(crate) dimension: String,
    pub(crate) to: String,
    pub(crate) at: Timestamp,
}

fn is_of(pending: &Pending, fact: &Fact) -> bool {
    pending.family == fact.family() && pending.event_id == fact.event_id
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The calendar knows nothing of the beginning of time.
    #[test]
    fn before_the_clock_has_started_facts_are_shown_and_nothing_decided() {
        let text = "name: s\nversion: 1\ncurrency: EUR\ntimezone: Europe/Rome\ndimensions:\n  - name: stage\n    segments:\n      \
                    - {name: late, when: overdue.days >= 1}\n    otherwise: current\n";
        let segmentation = Segmentation::load("s.yaml", text).unwrap().segmentation;
        let (customer, state) = (CustomerId::new("C-1").unwrap(), State::default());
        let decided_up_to = Timestamp::BEGINNING;
        let portrait = Portrait { customer: &customer, state: &state, segmentation: &segmentation, decided_up_to };
        assert_eq!(
            portrait.to_string(),
            "customer C-1\n  nothing is decided yet: an input for which the clock waits has had no record so far\n\n\
             facts\n  none\n"
        );
    }
}
