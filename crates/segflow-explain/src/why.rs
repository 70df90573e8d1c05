//! Why a customer is in a segment: the rule that holds, those before it that do not, and what decided each.

use std::fmt::{self, Formatter};

use segflow_core::change::Reason;
use segflow_core::rule::Rule;
use segflow_core::rule::explain::{Scene, deciding, reason};
use segflow_core::segmentation::{Dimension, Segment, Segmentation};
use segflow_core::state::Membership;
use segflow_core::time::Timestamp;
use segflow_core::timed::Truth;

use crate::local_time::LocalTime;

/// One line for the present segment and for each before it, and one for each that waits out its `for`.
pub fn write<'a>(
    f: &mut Formatter<'_>,
    dimension: &'a Dimension,
    membership: &Membership,
    scene: &Scene<'_, 'a, '_>,
    segmentation: &'a Segmentation,
    local: &LocalTime,
) -> fmt::Result {
    let current = usize::from(membership.current.expect("only who is in a segment is there for a reason"));
    let present = Present { membership, scene, segmentation, local };
    for line in present.remaining(&dimension.segments[current]) {
        writeln!(f, "    {line}")?;
    }
    for (place, segment) in dimension.segments.iter().enumerate() {
        if place < current {
            writeln!(f, "    {}", present.passed_over(segment))?;
        }
        if let Some(line) = present.waiting(place, segment).filter(|_| place != current) {
            writeln!(f, "    {line}")?;
        }
    }
    Ok(())
}

struct Present<'s, 'e, 'a, 'v> {
    membership: &'s Membership,
    scene: &'s Scene<'e, 'a, 'v>,
    segmentation: &'a Segmentation,
    local: &'s LocalTime,
}

impl<'a> Present<'_, '_, 'a, '_> {
    /// What holds the customer in the present segment.
    fn remaining(&self, segment: &'a Segment) -> Vec<String> {
        let mut lines = Vec::new();
        match (&segment.when, &segment.remain) {
            (Some(when), _) if self.holds(when) => lines.push(format!("because {}", self.decided_by(when))),
            (_, Some(remain)) if self.holds(remain) => {
                lines.push(format!("still, because {}", self.decided_by(remain)));
            }
            (Some(when), _) => lines.push(format!("its rule holds no more: {}", self.decided_by(when))),
            (None, _) => lines.push("because no rule of a segment holds".to_owned()),
        }
        if let Some(end) = self.kept_until(segment) {
            let bypass = segment.bypass.as_ref().map_or(String::new(), |rule| format!(", unless {}", rule.text));
            lines.push(format!("kept until {}{bypass}", self.local.time(end)));
        }
        lines
    }

    /// Why a segment that comes first was not picked.
    fn passed_over(&self, segment: &'a Segment) -> String {
        let when = segment.when.as_ref().expect("`otherwise` comes last");
        let not = if self.holds(when) { "not yet" } else { "not" };
        format!("{not} {}: {}", segment.name, self.decided_by(when))
    }

    fn waiting(&self, place: usize, segment: &Segment) -> Option<String> {
        let since = self.membership.since.get(place).copied().flatten()?;
        let hold = segment.hold?;
        let entry = self.segmentation.plus(since, hold);
        (entry > self.scene.evaluation.moment.at).then(|| {
            let (since, entry) = (self.local.time(since), self.local.time(entry));
            format!("{} holds since {since} and must for {hold}: until {entry}", segment.name)
        })
    }

    fn kept_until(&self, segment: &Segment) -> Option<Timestamp> {
        let end = self.segmentation.plus(self.membership.entered_at?, segment.keep?);
        (self.scene.evaluation.moment.at < end).then_some(end)
    }

    fn holds(&self, rule: &'a Rule) -> bool {
        self.scene.evaluation.eval(&rule.root, self.scene.memberships).value == Truth::True
    }

    /// The comparisons by which a rule holds or does not.
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
