//! A customer as a task keeps them: facts read in cycles, decided as far as the clock goes; and what an observer of
//! that schedule knows: which fact counts from when until when.

use std::collections::VecDeque;

use proptest::prelude::*;
use segflow_core::advance::advance;
use segflow_core::change::{Cause, Decided};
use segflow_core::customer::{Customer, fold};
use segflow_core::event::{Body, Event, Family};
use segflow_core::fact::{Fact, Inserted};
use segflow_core::resegment::resegment;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::{Date, Timestamp};
use segflow_pure_tests::arbitrary::{Case, Cycle};
use segflow_pure_tests::naive::{Activation, Move, Observer, moves_across};

use crate::customer;
use crate::until::check_features;

/// A run of the core over one case, and its observer.
pub struct Live<'a> {
    case: &'a Case,
    unread: VecDeque<&'a Event>,
    known: Customer,
    decided: Vec<Decided>,
    /// How many facts counted only from later than they happened.
    pub late: usize,
    observer: Observer,
    as_of: Option<Timestamp>,
    silence: Timestamp,
    /// The rules that decided the customer last.
    segmentation: &'a Segmentation,
    /// Rules that were activated and have not reached the customer, and after how many cycles the migration does.
    waiting: Option<(&'a Segmentation, usize)>,
    activations: Vec<Activation<'a>>,
}

impl<'a> Live<'a> {
    /// Nothing is read yet.
    pub fn new(case: &'a Case) -> Self {
        Self {
            case,
            unread: case.events.iter().collect(),
            known: Customer::default(),
            decided: Vec::new(),
            late: 0,
            observer: Observer::default(),
            as_of: None,
            silence: Timestamp::BEGINNING,
            segmentation: &case.segmentation,
            waiting: None,
            activations: Vec::new(),
        }
    }

    /// Activates rules with the next cycle. The pass over all customers reaches this one `cycles` later, if nothing has
    /// touched it by then.
    pub fn activate(&mut self, segmentation: &'a Segmentation, cycles: usize) {
        self.waiting = Some((segmentation, cycles));
    }

    /// Reads every event that happened, and was recorded, before the cycle's `F`, and some that did not.
    pub fn read_what_is_due(&mut self, cycle: &Cycle) {
        let (due, rest): (VecDeque<_>, VecDeque<_>) =
            self.unread.drain(..).partition(|event| event.occurred_at.max(event.recorded_at) < cycle.facts);
        self.unread = rest;
        let early = self.unread.len().min(cycle.reads);
        for event in due.into_iter().chain(self.unread.drain(..early).collect::<Vec<_>>()) {
            self.read(event);
        }
    }

    /// One cycle of a task: touched customers go to `F`, those whose silence is due to `T`, and so does
    /// whom the pass reaches after an activation.
    pub fn cycle(&mut self, cycle: &Cycle) {
        let reads = self.unread.len().min(cycle.reads);
        let silence = self.silence.max(cycle.silence);
        let wake = self.known.state().wake();
        let touched = reads > 0 || wake.fact < cycle.facts;
        let passed = self.waiting.as_ref().is_some_and(|(_, cycles)| *cycles == 0);
        let judged = touched || wake.silence < silence || passed;
        if judged {
            self.go_over();
        }
        for event in self.unread.drain(..reads).collect::<Vec<_>>() {
            self.read(event);
        }
        if judged {
            self.advance(if touched { cycle.facts } else { silence });
        }
        self.silence = silence;
        if let Some((_, cycles)) = &mut self.waiting {
            *cycles -= 1;
        }
    }

    fn go_over(&mut self) {
        let Some((new, _)) = self.waiting.take() else { return };
        let old = std::mem::replace(&mut self.segmentation, new);
        self.decided.extend(resegment(&mut self.known, &customer(), old, new, self.silence));
        self.as_of = self.as_of.map(|as_of| as_of.max(self.silence));
        let at = self.as_of.unwrap_or(self.silence);
        self.activations.push(Activation { at, segmentation: new, known: self.observer.before(at).known() });
    }

    /// Advances the customer to an instant. One read back from bytes, which remembers nothing of what was decided, comes
    /// to the same changes and the same bytes.
    pub fn advance(&mut self, to: Timestamp) {
        let bytes = |state: &State| postcard::to_allocvec(state).expect("a state encodes into memory");
        let anew: State = postcard::from_bytes(&bytes(self.known.state())).expect("it was encoded");
        let mut anew = Customer::from(anew);
        let decided = advance(&mut self.known, &customer(), self.segmentation, to);
        assert_eq!(advance(&mut anew, &customer(), self.segmentation, to), decided, "up to {to}");
        let (anew, known) = (anew.state(), self.known.state());
        assert_eq!(bytes(anew), bytes(known), "{:?} and {:?} at {to}", anew.decision, known.decision);
        self.decided.extend(decided);
        let begun = self.observer.known().iter().any(|known| known.from < to);
        if self.as_of.is_some() || begun {
            self.as_of = self.as_of.max(Some(to));
        }
    }

    fn read(&mut self, event: &Event) {
        let decided = self.as_of.unwrap_or(Timestamp::BEGINNING).max(self.silence);
        if self.is_said_too_late(event, decided) {
            return;
        }
        let offset = self.case.events.len() - self.unread.len();
        let folded = fold(&mut self.known, event.clone(), offset as u64, self.silence, self.segmentation);
        self.late += usize::from(folded.late);
        if !self.is_too_old(event, decided) {
            self.observer.read(Fact::from(event.clone()), decided, folded.inserted == Inserted::New);
        }
    }

    /// Facts older than the horizon are forgotten, but for profiles.
    fn is_too_old(&self, event: &Event, decided: Timestamp) -> bool {
        event.body.family() != Family::Profiles && self.is_past_the_horizon(event.occurred_at, decided)
    }

    /// `docs/features.md` asks producers not to do this: to send more about a thing, or to name it, once it may have been
    /// pruned.
    fn is_said_too_late(&self, event: &Event, decided: Timestamp) -> bool {
        let subject = event.body.subject();
        let names = event.body.names();
        let plan = |body: &Body| if let Body::Made { plan_id, .. } = body { plan_id.clone() } else { None };
        let same = |fact: &Fact| {
            let named = fact.body.subject().is_some_and(|id| names.iter().any(|named| named.invoice_id == id));
            let about = subject.is_some() && fact.body.subject() == subject;
            let is_copy = fact.key() == (event.body.kind(), &*event.event_id);
            let of_its_plan = plan(&fact.body).is_some() && plan(&fact.body) == plan(&event.body);
            is_copy
                || of_its_plan
                || about && fact.family() == event.body.family()
                || named && fact.family() == Family::Invoices
        };
        let passed = |fact: &Fact| same(fact) && self.is_past_the_horizon(fact.occurred_at, decided);
        !self.is_too_old(event, decided) && self.observer.known().iter().any(|known| passed(&known.fact))
    }

    fn is_past_the_horizon(&self, at: Timestamp, decided: Timestamp) -> bool {
        let (zone, parameters) = (&self.case.segmentation.zone, &self.case.segmentation.parameters);
        let horizon = |today: Date| zone.midnight(today.plus_days(-parameters.horizon_days));
        decided > Timestamp::BEGINNING && at < horizon(zone.date_of(decided))
    }

    /// Every feature as the core reads it from what it has kept, against all the facts that were ever seen. Not while a
    /// copy that another gave way to waits for the first undecided instant, or for a later one at which it happens: what
    /// it replaced is gone already.
    pub fn check_features(&self) -> Result<(), TestCaseError> {
        let decided = self.as_of.max(Some(self.silence));
        let state = self.known.state();
        let waits = state.pending.iter().any(|pending| Some(pending.effective) <= decided);
        let looked_at_again = Some(state.decision.next) <= decided;
        match self.as_of.filter(|_| !waits && !looked_at_again) {
            Some(as_of) => check_features(self.case, self.known.state(), &self.observer.known(), as_of.plus_ms(-1)),
            None => Ok(()),
        }
    }

    /// Everything before `as_of` is decided, neither less nor more.
    pub fn check_as_of(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.known.state().decision.as_of, self.as_of);
        Ok(())
    }

    /// The changes are the moves of the naive evaluation driven by the same schedule.
    pub fn check_moves(&self) -> Result<(), TestCaseError> {
        let (first, known) = (&self.case.segmentation, self.observer.known());
        let mut expected = moves_across(first, &self.activations, &customer(), &known, self.case.end());
        let mut found: Vec<Move> = self.decided.iter().map(moved).collect();
        if self.case.events.iter().any(|event| event.body == Body::Erased) {
            // When a copy counts that an erased one had outdone, its own reading may be the cause, or the erasure.
            for begun in expected.iter_mut().chain(&mut found).filter(|moved| is_begun(moved)) {
                (begun.cause, begun.event_id) = (Cause::Time, None);
            }
        }
        let differs = expected.iter().zip(&found).position(|(expected, found)| expected != found);
        let first = differs.unwrap_or(expected.len().min(found.len()));
        prop_assert_eq!(expected.get(first), found.get(first), "left is naive, right is the core; change {}", first);
        Ok(())
    }
}

/// Entered from nowhere, and not because of other rules.
fn is_begun(moved: &Move) -> bool {
    moved.from.is_none() && moved.cause != Cause::Segmentation
}

fn moved(decided: &Decided) -> Move {
    let core = decided.core.clone();
    Move {
        dimension: core.dimension,
        from: core.from,
        to: core.to,
        effective_at: core.effective_at,
        entered_previous_at: core.entered_previous_at,
        seq: core.seq,
        cause: core.cause,
        event_id: core.event_id,
        memberships: core.memberships,
        safety: core.safety,
    }
}
