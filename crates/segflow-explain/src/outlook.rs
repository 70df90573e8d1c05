//! What moves a customer, and what lies ahead: for comparing one course of things with another.

use segflow_core::change::{Cause, Core, Reason};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;

use crate::customer::Portrait;
use crate::local_time::LocalTime;
use crate::why::is_sensitive;

/// Where a customer stands in one dimension, and where they go next if nothing happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outlook {
    /// The dimension's name.
    pub dimension: String,
    /// The present segment; none if they stand in none.
    pub segment: Option<String>,
    /// The next segment and when it is entered; none if they stay for as long as forecasts look.
    pub next: Option<(String, Timestamp)>,
}

impl Outlook {
    /// `early, then late on 2026-04-19 00:00:00 BST`
    #[must_use]
    pub fn words(&self, local: &LocalTime) -> String {
        let segment = self.segment.as_deref().unwrap_or("none");
        match &self.next {
            Some((to, at)) => format!("{segment}, then {to} on {}", local.time(*at)),
            None => format!("{segment}, to stay"),
        }
    }
}

impl Portrait<'_> {
    /// Of each dimension, in file order.
    #[must_use]
    pub fn outlook(&self) -> Vec<Outlook> {
        let (ahead, _) = self.if_silent();
        let stood = &self.state.decision.dimensions;
        let dimensions = self.segmentation.dimensions.iter().enumerate();
        dimensions
            .map(|(place, dimension)| {
                let current = stood.get(place).and_then(|membership| membership.current);
                let next = ahead.iter().find(|next| next.dimension == dimension.name);
                Outlook {
                    dimension: dimension.name.clone(),
                    segment: current.map(|current| dimension.segments[usize::from(current)].name.clone()),
                    next: next.map(|next| (next.to.clone(), next.at)),
                }
            })
            .collect()
    }
}

/// The lines that tell of a change: when, from where to where, by what, and each comparison that decided.
#[must_use]
pub fn change(core: &Core, segmentation: &Segmentation, local: &LocalTime) -> Vec<String> {
    let from = core.from.as_ref().map_or(String::new(), |from| format!("{from} -> "));
    let to = core.to.as_deref().unwrap_or("none");
    let by = match (&core.cause, &core.event_id) {
        (Cause::Fact, Some(event)) => format!("by {event}"),
        (Cause::Time, _) => "by time alone".to_owned(),
        (cause, _) => format!("by {}", cause.word().to_lowercase()),
    };
    let moved = format!("{}  {}: {from}{to}, {by}", local.time(core.effective_at), core.dimension);
    let reasons = core.reasons.iter().map(|reason| format!("  {}", words(reason, segmentation)));
    std::iter::once(moved).chain(reasons).collect()
}

/// `overdue.days >= 1: 0, before 3`
fn words(reason: &Reason, segmentation: &Segmentation) -> String {
    let Reason { feature, operator, bound, value, value_before } = reason;
    let bound = bound.as_deref().unwrap_or("...");
    if is_sensitive(feature, segmentation) {
        return format!("{feature} {operator} {bound}: sensitive");
    }
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "not known".to_owned());
    format!("{feature} {operator} {bound}: {}, before {}", known(value), known(value_before))
}
