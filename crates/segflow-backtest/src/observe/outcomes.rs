//! The outcomes of customers after they entered a segment: paid, cured, promise kept.
//!
//! Each entry is an observation. Whether somebody owes, and which promise is open, is what the change itself says.

use std::collections::BTreeMap;

use segflow_core::change::Core;
use segflow_core::event::{Body, CustomerId, Event};
use segflow_core::feature::owed::OwedFeature;
use segflow_core::feature::promises::{End, PROMISES};
use segflow_core::feature::reading::{Moment, Reading};
use segflow_core::feature::view::View;
use segflow_core::in_effect::InEffect;
use segflow_core::segmentation::{Dimension, Segmentation};
use segflow_core::state::State;
use segflow_core::time::{Span, Timestamp};

use super::sums::number_of;

/// How long a payment is waited for.
pub const WITHIN: Span = Span::Days(30);

/// An entry into a segment whose outcome is not known yet.
#[derive(Clone, Debug)]
pub struct Observation {
    dimension: u16,
    segment: u16,
    at: Timestamp,
    end: Timestamp,
    /// Whether anything was overdue.
    owing: bool,
    paid: bool,
    cured: bool,
    /// The promise that was open.
    promise: Option<String>,
}

/// Entries whose outcome is known, and those of them with the outcome.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Rate {
    /// Entries.
    pub entries: u64,
    /// Those with the outcome.
    pub hits: u64,
}

impl Rate {
    fn add(&mut self, hit: bool) {
        self.entries += 1;
        self.hits += u64::from(hit);
    }
}

/// The rates of one segment.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SegmentOutcomes {
    /// A payment within 30 days, of entries with something overdue.
    pub paid: Rate,
    /// A payment within 30 days after which nothing was overdue, of the same entries.
    pub cured: Rate,
    /// The promise was kept, of entries with a promise open.
    pub kept: Rate,
}

/// The outcomes, by dimension and segment.
#[derive(Clone, Default, Debug)]
pub struct Outcomes(pub BTreeMap<(u16, u16), SegmentOutcomes>);

impl Outcomes {
    /// Adds what another has counted.
    pub fn merge(&mut self, other: Self) {
        for (place, theirs) in other.0 {
            let mine = self.0.entry(place).or_default();
            for (mine, theirs) in
                [(&mut mine.paid, theirs.paid), (&mut mine.cured, theirs.cured), (&mut mine.kept, theirs.kept)]
            {
                (mine.entries, mine.hits) = (mine.entries + theirs.entries, mine.hits + theirs.hits);
            }
        }
    }

    /// The outcomes of each segment of a dimension, in file order.
    #[must_use]
    pub fn of_dimension(&self, place: usize, dimension: &Dimension) -> Vec<SegmentOutcomes> {
        let outcome = |segment: usize| self.0.get(&(number_of(place), number_of(segment))).copied().unwrap_or_default();
        (0..dimension.segments.len()).map(outcome).collect()
    }

    /// Begins to observe an entry, unless the customer neither owes nor has promised anything.
    pub fn enter(open: &mut Vec<Observation>, segmentation: &Segmentation, core: &Core, dimension: u16, segment: u16) {
        let owing = core.safety.overdue_amount_minor > 0;
        let promise = core.safety.open_promise.as_ref().map(|promise| promise.promise_id.clone());
        if owing || promise.is_some() {
            let (at, end) = (core.effective_at, segmentation.plus(core.effective_at, WITHIN));
            open.push(Observation { dimension, segment, at, end, owing, paid: false, cured: false, promise });
        }
    }

    /// Takes an event that was folded, and [`is_telling`], into account.
    pub fn event(
        &mut self,
        open: &mut Vec<Observation>,
        customer: &CustomerId,
        segmentation: &Segmentation,
        state: &State,
        event: &Event,
    ) {
        self.close(open, event.recorded_at);
        if open.is_empty() {
            return;
        }
        let at = event.occurred_at;
        let facts = state.facts.iter().filter(|fact| fact.occurred_at <= at).collect();
        let in_effect = InEffect { facts, pruned_from: state.facts.pruned_from() };
        let view = View::new(customer, in_effect, segmentation);
        if is_payment(event) && open.iter().any(|one| one.owing && !one.cured && one.holds(at)) {
            let moment = Moment::new(at, &segmentation.zone);
            let cured = OwedFeature::OverdueAmount(Vec::new()).read(&view, moment).value == Reading::Money(0);
            for one in open.iter_mut().filter(|one| one.holds(at)) {
                (one.paid, one.cured) = (true, one.cured || cured);
            }
        }
        self.promises(open, &view, at);
    }

    /// Ends at an instant: windows that are not over by then are not counted.
    pub fn end(
        &mut self,
        open: &mut Vec<Observation>,
        customer: &CustomerId,
        segmentation: &Segmentation,
        state: &State,
        at: Timestamp,
    ) {
        self.close(open, at);
        if open.iter().any(|one| one.promise.is_some()) {
            let facts = state.facts.iter().filter(|fact| fact.occurred_at < at).collect();
            let view = View::new(customer, InEffect { facts, pruned_from: state.facts.pruned_from() }, segmentation);
            self.promises(open, &view, at);
            // A promise that is gone was closed, is older than the horizon, and was never seen to be kept.
            let gone = |id: &String| view.promises().made.iter().all(|promise| *promise.promise_id != **id);
            for one in open.iter().filter(|one| one.promise.as_ref().is_some_and(gone)) {
                self.0.entry((one.dimension, one.segment)).or_default().kept.add(false);
            }
        }
        open.clear();
    }

    /// Counts the windows that are over.
    fn close(&mut self, open: &mut Vec<Observation>, now: Timestamp) {
        for one in open.iter_mut().filter(|one| one.owing && one.end < now) {
            let segment = self.0.entry((one.dimension, one.segment)).or_default();
            segment.paid.add(one.paid);
            segment.cured.add(one.cured);
            one.owing = false;
        }
        open.retain(|one| one.owing || one.promise.is_some());
    }

    /// Counts the promises that are decided. One that was taken back, or ended with its debt or its plan, is not counted,
    /// and one not made by then is left alone.
    fn promises(&mut self, open: &mut Vec<Observation>, view: &View<'_>, at: Timestamp) {
        for one in open.iter_mut() {
            let Some(promise_id) = &one.promise else { continue };
            let promise = view.promises().made.iter().find(|promise| *promise.promise_id == **promise_id);
            let kept = match promise {
                None => continue,
                Some(promise) if promise.decided_at() > at => continue,
                Some(promise) => match promise.end() {
                    Some(End::Kept) => Some(true),
                    Some(End::Cancelled | End::Moot | End::Closed) => None,
                    None => Some(false),
                },
            };
            if let Some(kept) = kept {
                self.0.entry((one.dimension, one.segment)).or_default().kept.add(kept);
            }
            one.promise = None;
        }
        open.retain(|one| one.owing || one.promise.is_some());
    }
}

/// Whether an event may decide an outcome.
#[must_use]
pub fn is_telling(event: &Event) -> bool {
    PROMISES.has(event.body.family())
}

fn is_payment(event: &Event) -> bool {
    matches!(event.body, Body::Received { .. })
}

impl Observation {
    /// Whether its window holds an instant: after the entry, and not after the end.
    fn holds(&self, at: Timestamp) -> bool {
        self.owing && at > self.at && at <= self.end
    }
}
