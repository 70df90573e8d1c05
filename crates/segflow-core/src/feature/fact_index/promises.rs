//! Promises to pay. A promise is open until receipts keep it, until nothing is owed any more, until it is cancelled or closed
//! with its plan, or until it is broken at its deadline.

use super::LEDGER;
use super::ledger::Terms;
use super::plans::Plan;
pub use super::promise::{End, Promise};
use super::promise_replay::Replay;
use super::receipts::Receipts;
use crate::event::{Families, Family};
use crate::feature::reading::{Moment, Reading, count};
use crate::feature::window::{Window, inside};
use crate::time::Timestamp;
use crate::timed::Timed;

/// The families of events from which promises are indexed: receipts keep them.
pub const PROMISES: Families = LEDGER.and(Families::of(&[Family::Promises]));

/// Every promise that was made.
#[derive(Clone, Default, Debug)]
pub struct Promises {
    /// In the order in which receipts serve them: by (due date, instant of making, id).
    pub made: Vec<Promise>,
    /// In the order of their ids.
    pub(super) plans: Vec<Plan>,
    /// Instants at which a promise was kept, ascending.
    kept: Vec<Timestamp>,
    /// Deadlines at which a promise was broken, or will be if no fact arrives, ascending.
    missed: Vec<Timestamp>,
}

impl Promises {
    /// Replays the facts, of which these are the receipts. `owing` says from which fact on, by its place among the ledger's, something is owed, or nothing any more.
    #[must_use]
    pub fn of(receipts: &Receipts, owing: &[(usize, bool)], terms: Terms<'_>) -> Self {
        let made = Replay::new(terms.parameters, terms.zone).run(terms.facts, receipts, owing);
        let mut kept: Vec<_> = made.iter().filter_map(|promise| promise.ended(End::Kept)).collect();
        kept.sort_unstable();
        let unkept = made.iter().filter(|promise| promise.end.is_none());
        let mut missed: Vec<_> = unkept.map(|promise| promise.deadline).collect();
        missed.sort_unstable();
        Self { plans: Plan::all(&made), made, kept, missed }
    }

    /// The promises that are open, the first due first.
    pub fn open(&self, at: Timestamp) -> impl Iterator<Item = &Promise> {
        self.made.iter().filter(move |promise| promise.is_open(at))
    }

    /// `promises.open`
    #[must_use]
    pub fn open_count(&self, at: Timestamp) -> Timed<Reading<'static>> {
        Timed::until(Reading::Int(count(self.open(at).count())), self.next_deadline(at))
    }

    /// `promises.due_days`: days to the due date of the open promise that is due first; negative in grace.
    #[must_use]
    pub fn due_days(&self, at: Timestamp) -> Timed<Reading<'static>> {
        self.open(at).next().map_or(Timed::always(Reading::Absent), |first| {
            Timed::until(Reading::Until(first.due), self.next_deadline(at))
        })
    }

    /// `promises.kept(w)`: by the day of the completing receipt.
    #[must_use]
    pub fn kept(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let kept = inside(&self.kept, |at| *at, window, moment);
        Timed::until(count(kept.value.len()), kept.until)
    }

    /// `promises.broken(w)`: by the day that begins at the deadline.
    #[must_use]
    pub fn broken(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let past = &self.missed[..self.missed.partition_point(|deadline| *deadline <= moment.at)];
        let broken = inside(past, |deadline| *deadline, window, moment);
        Timed::until(count(broken.value.len()), broken.until.min(self.next_deadline(moment.at)))
    }

    /// `promises.kept_ratio(w)`: the share kept of the promises decided; absent if fewer than 2 are decided.
    #[must_use]
    pub fn kept_ratio(&self, window: Window, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let (kept, broken) = (self.kept(window, moment), self.broken(window, moment));
        let decided = kept.value + broken.value;
        let ratio = if decided < 2 { Reading::Absent } else { Reading::Ratio(kept.value, decided) };
        Timed::until(ratio, kept.until.min(broken.until))
    }

    /// When the next promise is broken, if no fact arrives. The instalments of its plan are closed with it.
    pub(super) fn next_deadline(&self, at: Timestamp) -> Timestamp {
        let next = self.missed.partition_point(|deadline| *deadline <= at);
        self.missed.get(next).copied().unwrap_or(Timestamp::NEVER)
    }
}

impl Promises {
    /// `plans.open`: plans with an open instalment.
    #[must_use]
    pub fn plans_open(&self, at: Timestamp) -> Timed<i64> {
        let plans = self.plans.iter().filter(|plan| {
            let is_mine = |promise: &Promise| promise.plan_id.as_ref() == Some(&plan.made.1);
            self.open(at).any(is_mine)
        });
        Timed::until(count(plans.count()), self.next_deadline(at))
    }

    /// `plans.broken(w)`: by the deadline of the first broken instalment.
    #[must_use]
    pub fn plans_broken(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let broken = self.plans.iter().filter_map(|plan| plan.broken_at).filter(|at| *at <= moment.at);
        let broken = within(broken, window, moment);
        Timed::until(broken.value, broken.until.min(self.next_deadline(moment.at)))
    }

    /// `plans.kept(w)`: by the instant at which the last instalment was decided.
    #[must_use]
    pub fn plans_kept(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        within(self.plans.iter().filter_map(|plan| plan.kept_at), window, moment)
    }

    /// `plans.missed`: instalments of the latest plan whose deadline passed without their being kept.
    #[must_use]
    pub fn plans_missed(&self, at: Timestamp) -> Timed<Reading<'static>> {
        let Some(latest) = self.plans.iter().max_by_key(|plan| &plan.made) else {
            return Timed::always(Reading::Int(0));
        };
        let past = latest.missed.partition_point(|deadline| *deadline <= at);
        let next = latest.missed.get(past).copied().unwrap_or(Timestamp::NEVER);
        Timed::until(Reading::Int(count(past)), next)
    }

    /// The id of the latest plan.
    #[must_use]
    pub fn latest_plan(&self) -> Option<&str> {
        self.plans.iter().max_by_key(|plan| &plan.made).map(|plan| &*plan.made.1)
    }
}

/// How many instants lie within a window.
fn within(instants: impl Iterator<Item = Timestamp>, window: Window, moment: Moment<'_>) -> Timed<i64> {
    let mut instants: Vec<Timestamp> = instants.collect();
    instants.sort_unstable();
    let within = inside(&instants, |at| *at, window, moment);
    Timed::until(count(within.value.len()), within.until)
}
