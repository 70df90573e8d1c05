//! Plans: promises that share a plan id are its instalments. At every instant a plan is exactly one of open, broken, kept
//! and moot.

use std::collections::BTreeMap;

use super::promises::{End, Promise, Promises};
use crate::feature::reading::{Moment, Reading, count};
use crate::feature::window::{Window, inside};
use crate::time::Timestamp;
use crate::timed::Timed;

/// A plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The latest instant at which an instalment was promised, and the plan's id.
    made: (Timestamp, Box<str>),
    /// When it is broken, if no fact arrives; none if it is kept or moot.
    broken_at: Option<Timestamp>,
    /// When its last instalment was decided, if all were kept that were not taken back or moot.
    kept_at: Option<Timestamp>,
    /// The deadlines of the instalments that are broken or closed, ascending.
    missed: Vec<Timestamp>,
}

impl Plan {
    /// The plans of some promises.
    pub(super) fn all(promises: &[Promise]) -> Vec<Self> {
        let mut plans: BTreeMap<&str, Vec<&Promise>> = BTreeMap::new();
        for promise in promises {
            if let Some(plan_id) = &promise.plan_id {
                plans.entry(plan_id).or_default().push(promise);
            }
        }
        plans.into_iter().map(|(plan_id, instalments)| Self::of(plan_id, &instalments)).collect()
    }

    fn of(plan_id: &str, instalments: &[&Promise]) -> Self {
        let made_at = instalments.iter().map(|promise| promise.made_at).max().unwrap_or(Timestamp::BEGINNING);
        let broken = instalments.iter().filter(|promise| promise.end.is_none());
        let broken_at = broken.map(|promise| promise.deadline).min();
        let kept = instalments.iter().any(|promise| promise.ended(End::Kept).is_some());
        let decided = instalments.iter().map(|promise| promise.decided_at()).max();
        let is_missed = |promise: &&&Promise| matches!(promise.end, None | Some((End::Closed, _)));
        let mut missed: Vec<_> = instalments.iter().filter(is_missed).map(|promise| promise.deadline).collect();
        missed.sort_unstable();
        Self {
            made: (made_at, plan_id.into()),
            broken_at,
            kept_at: decided.filter(|_| kept && broken_at.is_none()),
            missed,
        }
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
