//! Plans: promises that share a plan id are its instalments. At every instant a plan is exactly one of open, broken, kept
//! and moot.

use std::collections::BTreeMap;

use super::promise::{End, Promise};
use crate::time::Timestamp;

/// A plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The latest instant at which an instalment was promised, and the plan's id.
    pub(super) made: (Timestamp, Box<str>),
    /// When it is broken, if no fact arrives; none if it is kept or moot.
    pub(super) broken_at: Option<Timestamp>,
    /// When its last instalment was decided, if all were kept that were not taken back or moot.
    pub(super) kept_at: Option<Timestamp>,
    /// The deadlines of the instalments that are broken or closed, ascending.
    pub(super) missed: Vec<Timestamp>,
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
