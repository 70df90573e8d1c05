//! One customer for a person to read: facts, features, memberships, the reason of each, and what comes next.
//!
//! Nothing is decided here. The core says what holds, why, and what comes next, over the state as it is.

mod fact;

use std::fmt::{self, Display, Formatter, Write};

use segflow_core::effect::without_effect;
use segflow_core::event::{CustomerId, Kind};
use segflow_core::fact::Fact;
use segflow_core::feature::Feature;
use segflow_core::feature::reading::Moment;
use segflow_core::feature::view::View;
use segflow_core::in_effect::{Pending, in_effect};
use segflow_core::rule::eval::Evaluation;
use segflow_core::rule::explain::Scene;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Timestamp;

use crate::forecast::Forecast;
use crate::local_time::LocalTime;
use crate::printable::printable;
use crate::why::Present;

/// A customer's state, and up to which instant it is decided. It displays as the text that `segflow inspect` shows.
///
/// ```
/// use segflow_core::event::CustomerId;
/// use segflow_core::segmentation::Segmentation;
/// use segflow_core::state::State;
/// use segflow_explain::customer::Portrait;
///
/// let file = "name: s\nversion: 1\ncurrency: GBP\ntimezone: Europe/London\ndimensions:\n  - name: stage\n    segments:\n      \
///             - {name: late, when: overdue.days >= 1}\n    otherwise: current\n";
/// let segmentation = Segmentation::load("s.yaml", file).expect("a valid file").segmentation;
/// let customer = CustomerId::new("C-1").expect("an id of 1 byte or more");
/// let decided_up_to = "2026-05-01T00:00:00Z".parse()?;
/// let portrait = Portrait { customer: &customer, state: &State::default(), segmentation: &segmentation, decided_up_to };
/// assert!(portrait.to_string().starts_with("customer C-1\n  everything before 2026-05-01 01:00:00 BST is decided"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy)]
pub struct Portrait<'a> {
    /// The customer's id.
    pub customer: &'a CustomerId,
    /// The customer's facts and memberships.
    pub state: &'a State,
    /// The rules by which it was decided. Memberships are places in its file: those of another file are misread.
    pub segmentation: &'a Segmentation,
    /// Everything before it is decided.
    pub decided_up_to: Timestamp,
}

impl Display for Portrait<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { segmentation, decided_up_to, .. } = *self;
        let local = LocalTime::of(&segmentation.zone);
        writeln!(f, "customer {}", printable(self.customer.as_str()))?;
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
        self.at_present(&local, |present| {
            self.features(f, present)?;
            self.memberships(f, present)
        })
    }
}

impl<'a> Portrait<'a> {
    /// The membership in the dimension at a place in file order: since when, why, and what comes next. Empty if there is
    /// none.
    #[must_use]
    pub fn membership(&self, place: usize) -> String {
        let mut text = String::new();
        self.at_present(&LocalTime::of(&self.segmentation.zone), |present| {
            self.one(&mut text, present, &self.forecast(), place).expect("a string takes any text");
        });
        text
    }

    /// Evaluates the rules at the last instant decided: at the bound itself something may still happen.
    fn at_present<R>(&self, local: &LocalTime, tell: impl FnOnce(&Present<'_, '_, 'a, '_>) -> R) -> R {
        let (segmentation, at) = (self.segmentation, self.decided_up_to.plus_ms(-1));
        let view = View::new(self.customer, in_effect(&self.state.facts, &self.state.pending), segmentation);
        let evaluation = Evaluation::new(segmentation, &view, Moment::new(at, &segmentation.zone));
        let scene = Scene { evaluation: &evaluation, memberships: &self.state.decision.dimensions };
        tell(&Present { scene: &scene, segmentation, local })
    }

    fn forecast(&self) -> Forecast {
        Forecast::new(self.customer, self.state, self.segmentation, self.decided_up_to)
    }

    fn facts(&self, out: &mut dyn Write, local: &LocalTime) -> fmt::Result {
        writeln!(out, "\nfacts")?;
        let facts = &self.state.facts;
        if let Some(erased) = facts.erased() {
            writeln!(out, "  all that was recorded up to {} is erased", local.time(erased))?;
        }
        if let Some(first) = facts.pruned_from() {
            writeln!(out, "  from {} on; what is older than the horizon and closed is gone", local.time(first))?;
        }
        if facts.is_empty() {
            writeln!(out, "  none")?;
        }
        let idle = without_effect(facts.iter());
        let rows: Vec<_> = facts.iter().map(|fact| (local.time(fact.occurred_at), fact)).collect();
        let width = rows.iter().map(|(time, _)| time.len()).max().unwrap_or(0);
        for (time, fact) in rows {
            let kind = fact.body.kind().map_or("ERASED", Kind::word);
            let words = fact::words(&fact.body, self.segmentation);
            let content = printable(&words);
            write!(out, "  {time:<width$}  {kind:<11}  {content}")?;
            if let Some(reason) = idle.get(&fact.key()) {
                write!(out, " (counts for {reason})")?;
            }
            if let Some(pending) = self.state.pending.iter().find(|pending| is_of(pending, fact)) {
                write!(out, " (not yet in effect: from {})", local.time(pending.effective))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn features(&self, out: &mut dyn Write, present: &Present<'_, '_, 'a, '_>) -> fmt::Result {
        writeln!(out, "\nfeatures, if nothing more happens")?;
        let rows: Vec<_> = (0..self.segmentation.features.len()).map(|slot| feature(slot, present)).collect();
        let names = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        let values = rows.iter().map(|row| row.value.chars().count()).max().unwrap_or(0);
        for FeatureRow { name, value, until } in &rows {
            writeln!(out, "  {name:<names$}  {value:>values$}  {}", present.local.until(*until))?;
        }
        Ok(())
    }

    fn memberships(&self, out: &mut dyn Write, present: &Present<'_, '_, 'a, '_>) -> fmt::Result {
        writeln!(out, "\nmemberships")?;
        let forecast = self.forecast();
        if self.state.decision.dimensions.is_empty() && self.state.decision.closed.is_empty() {
            writeln!(out, "  none yet: nothing is decided before a fact is in effect")?;
        }
        for place in 0..self.state.decision.dimensions.len() {
            self.one(out, present, &forecast, place)?;
        }
        self.closed(out)
    }

    /// Writes the membership in one dimension; nothing if there is none.
    fn one(
        &self,
        out: &mut dyn Write,
        present: &Present<'_, '_, 'a, '_>,
        forecast: &Forecast,
        place: usize,
    ) -> fmt::Result {
        let (dimension, membership) = (&self.segmentation.dimensions[place], &self.state.decision.dimensions[place]);
        let Some((current, entered_at)) = membership.current.zip(membership.entered_at) else { return Ok(()) };
        let segment = &dimension.segments[usize::from(current)];
        writeln!(out, "  {}: {}", dimension.name, segment.name)?;
        writeln!(out, "    since {}, change {}", present.local.time(entered_at), membership.seq)?;
        for line in present.why(dimension, membership) {
            writeln!(out, "    {}", printable(&line))?;
        }
        match forecast.next(&dimension.name) {
            Some(next) => writeln!(out, "    next: {} on {}, if nothing happens", next.to, present.local.time(next.at)),
            None => {
                let until = present.local.time(forecast.until);
                writeln!(out, "    next: stays until {until} at least, if nothing happens")
            }
        }
    }

    /// Dimensions in which the customer is in no segment any more: in file order, then those that left the file.
    fn closed(&self, out: &mut dyn Write) -> fmt::Result {
        let closed = &self.state.decision.closed;
        let in_file = self.segmentation.dimensions.iter().map(|dimension| &dimension.name);
        let dropped = closed.keys().filter(|name| in_file.clone().all(|known| known != *name));
        for name in in_file.clone().chain(dropped) {
            if let Some(seq) = closed.get(name) {
                writeln!(out, "  {name}: none, after change {seq}")?;
            }
        }
        Ok(())
    }
}

/// A feature, its value now, and until when that stands if nothing more happens.
struct FeatureRow<'a> {
    name: &'a str,
    value: String,
    until: Timestamp,
}

fn feature<'a>(slot: usize, present: &Present<'_, '_, 'a, '_>) -> FeatureRow<'a> {
    let Present { scene, segmentation, .. } = present;
    let (moment, currency) = (scene.evaluation.moment, &segmentation.currency);
    let read = &segmentation.features[slot];
    let reading = scene.evaluation.feature(slot, scene.memberships);
    let now = reading.value.text(moment.today, currency);
    let tomorrow = moment.today.plus_days(1);
    // Days are kept as the date that they count from, which stands longer than their number.
    let until = if now == reading.value.text(tomorrow, currency) {
        reading.until
    } else {
        reading.until.min(moment.zone.midnight(tomorrow))
    };
    let value = match (read.sensitive, now, unreadable(&read.feature, present)) {
        (true, _, None) => "(sensitive)".to_owned(),
        (true, _, Some(kind)) => format!("(sensitive, not readable as {kind})"),
        (false, Some(value), None) => value,
        (false, Some(value), Some(kind)) => format!("{value} (not readable as {kind})"),
        (false, None, None) => "(not known)".to_owned(),
        (false, None, Some(kind)) => format!("(not readable as {kind})"),
    };
    FeatureRow { name: &read.text, value: printable(&value).into_owned(), until }
}

/// The type of the attribute that a feature names, if its present value cannot be read as that type.
fn unreadable(feature: &Feature, present: &Present<'_, '_, '_, '_>) -> Option<&'static str> {
    let attribute = feature.references().attribute?;
    let is_unreadable = present.scene.evaluation.is_unreadable(attribute);
    is_unreadable.then(|| present.segmentation.attributes[attribute.0].kind.word())
}

fn is_of(pending: &Pending, fact: &Fact) -> bool {
    pending.key() == fact.key()
}

#[cfg(test)]
mod tests;
