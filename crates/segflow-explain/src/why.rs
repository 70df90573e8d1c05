//! The reasons why a customer is in a segment: the rule that holds, those before it that do not, and the comparisons that
//! decided each.

use segflow_core::change::Reason;
use segflow_core::rule::Rule;
use segflow_core::rule::explain::{Scene, deciding, reason};
use segflow_core::segmentation::{Dimension, Segment, Segmentation};
use segflow_core::state::Membership;
use segflow_core::time::Timestamp;
use segflow_core::timed::Truth;

use crate::local_time::LocalTime;

/// The rules evaluated over one customer at one instant.
pub(crate) struct Present<'s, 'e, 'a, 'v> {
    pub(crate) scene: &'s Scene<'e, 'a, 'v>,
    pub(crate) segmentation: &'a Segmentation,
    pub(crate) local: &'s LocalTime,
}

impl<'a> Present<'_, '_, 'a, '_> {
    /// The reasons of a membership, a line each: the rule that keeps the customer there, the rule of each segment before it
    /// that was not picked, and each segment that waits out its `for`. No lines if the customer is in no segment.
    pub(crate) fn why(&self, dimension: &'a Dimension, membership: &Membership) -> Vec<String> {
        let Some(current) = membership.current.map(usize::from) else { return Vec::new() };
        let mut lines = self.remaining(&dimension.segments[current], membership);
        for (place, segment) in dimension.segments.iter().enumerate() {
            if place < current {
                lines.push(self.passed_over(segment));
            }
            if place != current {
                lines.extend(self.waiting(membership.since.get(place).copied().flatten(), segment));
            }
        }
        lines
    }

    /// The rules that keep the customer in the present segment.
    fn remaining(&self, segment: &'a Segment, membership: &Membership) -> Vec<String> {
        let mut lines = Vec::new();
        match (&segment.when, &segment.remain) {
            (Some(when), _) if self.holds(when) => lines.push(format!("because {}", self.decided_by(when))),
            (_, Some(remain)) if self.holds(remain) => {
                lines.push(format!("still, because {}", self.decided_by(remain)));
            }
            (Some(when), _) => lines.push(format!("its rule holds no more: {}", self.decided_by(when))),
            (None, _) => lines.push("because no rule of a segment holds".to_owned()),
        }
        if let Some(end) = self.kept_until(segment, membership.entered_at) {
            let bypass = segment.bypass.as_ref().map_or(String::new(), |rule| format!(", unless {}", rule.text));
            lines.push(format!("kept until {}{bypass}", self.local.time(end)));
        }
        lines
    }

    /// The reason why a segment that comes before the present one was not picked.
    fn passed_over(&self, segment: &'a Segment) -> String {
        let when = segment.when.as_ref().expect("`otherwise` comes last");
        let not = if self.holds(when) { "not yet" } else { "not" };
        format!("{not} {}: {}", segment.name, self.decided_by(when))
    }

    /// Until when a rule that has held `since` must hold for its segment to be entered; none if it waits for nothing.
    fn waiting(&self, since: Option<Timestamp>, segment: &Segment) -> Option<String> {
        let (since, hold) = (since?, segment.hold?);
        let entry = self.segmentation.plus(since, hold);
        (entry > self.scene.evaluation.moment.at).then(|| {
            let (since, entry) = (self.local.time(since), self.local.time(entry));
            format!("{} holds since {since} and must for {hold}: until {entry}", segment.name)
        })
    }

    /// The end of the segment's `keep`, while it lies ahead.
    fn kept_until(&self, segment: &Segment, entered_at: Option<Timestamp>) -> Option<Timestamp> {
        let end = self.segmentation.plus(entered_at?, segment.keep?);
        (self.scene.evaluation.moment.at < end).then_some(end)
    }

    fn holds(&self, rule: &'a Rule) -> bool {
        self.scene.evaluation.eval(&rule.root, self.scene.memberships).value == Truth::True
    }

    /// The comparisons by which a rule holds or does not, each once.
    fn decided_by(&self, rule: &'a Rule) -> String {
        let mut parts: Vec<String> = Vec::new();
        for leaf in deciding(&rule.root, self.scene) {
            let part = self.words(&reason(leaf, self.segmentation, self.scene, None));
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts.join("; ")
    }

    /// `overdue.days >= 30 (23)`
    fn words(&self, reason: &Reason) -> String {
        let Reason { feature, operator, bound, value, .. } = reason;
        let value = match value {
            _ if is_sensitive(feature, self.segmentation) => "sensitive",
            Some(value) => value,
            None => "not known",
        };
        let bound = bound.as_deref().unwrap_or("...");
        format!("{feature} {operator} {bound} ({value})")
    }
}

/// Whether the subject of a comparison reads an attribute whose values may not be seen.
pub(crate) fn is_sensitive(subject: &str, segmentation: &Segmentation) -> bool {
    segmentation.features.iter().any(|slot| slot.sensitive && subject.contains(&slot.text))
}
