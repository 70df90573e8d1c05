//! Counts for the report, made while a partition is replayed and then added up over partitions.
//!
//! Every count is a sum over customers, and no customer is in two partitions. So the order in which partitions are replayed
//! and added up makes no difference.

pub mod calendar;
pub mod differences;
pub mod memberships;
pub mod outcomes;
pub mod sums;
pub mod work;

use std::collections::HashMap;
use std::sync::Arc;

use segflow_core::change::{Core, Decided};
use segflow_core::event::{CustomerId, Event};
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Timestamp;

use crate::period::Period;
use calendar::CalendarStep;
use differences::{Differences, Differs, SharedDimension, shared};
use memberships::{DimensionTally, Frame, Stay, place_of};
use outcomes::{Observation, Outcomes};
use work::{Words, Work};

/// The counts of one segmentation.
#[derive(Clone, Default, Debug)]
pub struct SideTally {
    /// In file order.
    pub dimensions: Vec<DimensionTally>,
    /// What became of customers after they entered segments.
    pub outcomes: Outcomes,
    /// The work that treatments imply.
    pub work: Work,
}

/// All counts.
#[derive(Clone, Default, Debug)]
pub struct Tally {
    /// One per segmentation.
    pub sides: Vec<SideTally>,
    /// Between the two, if there are two.
    pub differences: Differences,
}

/// The segmentations, the period and what follows from them, for every observer.
pub struct Scope {
    segmentations: Vec<Arc<Segmentation>>,
    period: Period,
    step: CalendarStep,
    /// The treatments of each segmentation.
    pub words: Vec<Words>,
    shared: Vec<SharedDimension>,
}

impl Scope {
    /// The scope of segmentations over a period.
    #[must_use]
    pub fn new(segmentations: &[Arc<Segmentation>], period: Period) -> Self {
        let segmentations = segmentations.to_vec();
        let step = CalendarStep::of(&period, &segmentations[0].zone);
        let words = segmentations.iter().map(|segmentation| Words::of(segmentation)).collect();
        let shared = shared(&segmentations);
        Self { segmentations, period, step, words, shared }
    }

    /// How far comparisons of memberships lie apart.
    #[must_use]
    pub const fn step(&self) -> CalendarStep {
        self.step
    }

    /// Dimensions that both segmentations have.
    #[must_use]
    pub fn shared(&self) -> &[SharedDimension] {
        &self.shared
    }

    fn frame(&self, side: usize) -> Frame<'_> {
        Frame { segmentation: &self.segmentations[side], period: &self.period, step: self.step }
    }
}

/// What is kept of one customer while their partition is replayed.
#[derive(Default)]
struct Person {
    sides: Vec<PersonSide>,
    differs: Differs,
}

#[derive(Clone, Default)]
struct PersonSide {
    stays: Vec<Stay>,
    treatment: Vec<u16>,
    open: Vec<Observation>,
}

/// Watches one partition.
pub struct Observer {
    people: HashMap<CustomerId, Person>,
    tally: Tally,
}

impl Observer {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(scope: &Scope) -> Self {
        let side = |segmentation: &Arc<Segmentation>| SideTally {
            dimensions: segmentation.dimensions.iter().map(DimensionTally::of).collect(),
            ..SideTally::default()
        };
        let sides = scope.segmentations.iter().map(side).collect();
        Self { people: HashMap::new(), tally: Tally { sides, ..Tally::default() } }
    }

    /// Sees what a record or the passing of time has changed, on each side.
    pub fn changes(&mut self, scope: &Scope, sides: &[Vec<Decided>]) {
        let mut all: Vec<(usize, &Core)> = Vec::new();
        for (side, changes) in sides.iter().enumerate() {
            all.extend(changes.iter().map(|change| (side, &change.core)));
        }
        all.sort_by(|(_, a), (_, b)| (&a.customer_id, a.effective_at).cmp(&(&b.customer_id, b.effective_at)));
        let moments =
            all.chunk_by(|(_, a), (_, b)| (&a.customer_id, a.effective_at) == (&b.customer_id, b.effective_at));
        for moment in moments {
            self.moment(scope, moment);
        }
    }

    /// Sees everything that changed of one customer at one instant.
    fn moment(&mut self, scope: &Scope, changes: &[(usize, &Core)]) {
        let (_, first) = changes[0];
        if !self.people.contains_key(&first.customer_id) {
            let sides = scope.segmentations.iter().map(|segmentation| PersonSide {
                stays: vec![Stay::default(); segmentation.dimensions.len()],
                ..PersonSide::default()
            });
            let person = Person { sides: sides.collect(), differs: Differs::default() };
            self.people.insert(first.customer_id.clone(), person);
        }
        let person = self.people.get_mut(&first.customer_id).expect("inserted above");
        for (side, core) in changes {
            let (frame, tally, mine) = (scope.frame(*side), &mut self.tally.sides[*side], &mut person.sides[*side]);
            let dimensions = &frame.segmentation.dimensions;
            let place = dimensions.iter().position(|dimension| dimension.name == core.dimension);
            let place = place.expect("a change names a dimension of its segmentation");
            tally.dimensions[place].change(frame, &dimensions[place], &mut mine.stays[place], core);
            tally.work.change(&scope.words[*side], &scope.period, frame.segmentation, &mut mine.treatment, core);
            if let Some(to) = core.to.as_deref().filter(|_| scope.period.holds(core.effective_at)) {
                let segment = place_of(&dimensions[place], to);
                let place = u16::try_from(place).expect("a segmentation has few dimensions");
                Outcomes::enter(&mut mine.open, frame.segmentation, core, place, segment);
            }
        }
        if let [candidate, baseline] = &*person.sides {
            let stays = [&*candidate.stays, &*baseline.stays];
            let scope_of = (&*scope.segmentations, &*scope.shared);
            self.tally.differences.look(scope_of, &scope.period, stays, &mut person.differs, first.effective_at);
        }
    }

    /// Whether an event of this customer could decide an outcome.
    #[must_use]
    pub fn is_watching(&self, customer: &CustomerId, side: usize) -> bool {
        self.people.get(customer).is_some_and(|person| !person.sides[side].open.is_empty())
    }

    /// Sees an event that was folded, and the state with it.
    pub fn event(&mut self, scope: &Scope, side: usize, state: &State, event: &Event) {
        let Some(person) = self.people.get_mut(&event.customer_id) else { return };
        let (open, segmentation) = (&mut person.sides[side].open, &scope.segmentations[side]);
        self.tally.sides[side].outcomes.event(open, &event.customer_id, segmentation, state, event);
    }

    /// Ends at an instant, and returns the counts. `state` is asked only for customers with an open observation.
    ///
    /// # Errors
    /// Those of `state`.
    pub fn end<E>(
        mut self,
        scope: &Scope,
        ends: &[Timestamp],
        mut state: impl FnMut(usize, &CustomerId) -> Result<State, E>,
    ) -> Result<Tally, E> {
        for (customer, mut person) in self.people {
            for (side, mine) in person.sides.iter_mut().enumerate() {
                let (tally, frame) = (&mut self.tally.sides[side], scope.frame(side));
                for (dimension, stay) in tally.dimensions.iter_mut().zip(&mut mine.stays) {
                    dimension.end(frame, stay, ends[side]);
                }
                if !mine.open.is_empty() {
                    let state = state(side, &customer)?;
                    tally.outcomes.end(&mut mine.open, &customer, frame.segmentation, &state, ends[side]);
                }
            }
            if let [candidate, baseline] = &*person.sides {
                let (stays, scope_of) =
                    ([&*candidate.stays, &*baseline.stays], (&*scope.segmentations, &*scope.shared));
                self.tally.differences.end(scope_of, &customer, stays, &person.differs);
            }
        }
        Ok(self.tally)
    }
}

impl Tally {
    /// Adds what another has counted.
    pub fn merge(&mut self, other: Self) {
        if self.sides.is_empty() {
            *self = other;
            return;
        }
        for (mine, theirs) in self.sides.iter_mut().zip(other.sides) {
            mine.dimensions.iter_mut().zip(theirs.dimensions).for_each(|(mine, theirs)| mine.merge(theirs));
            mine.outcomes.merge(theirs.outcomes);
            mine.work.merge(theirs.work);
        }
        self.differences.merge(other.differences);
    }
}
