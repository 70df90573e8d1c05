//! What an observer knows: which fact is seen from when until when, and what an erasure takes away.

use std::cmp::Reverse;

use segflow_core::event::Body;
use segflow_core::fact::Fact;
use segflow_core::time::Instant;

/// A fact and the instants between which it is seen.
#[derive(Clone, Debug)]
pub struct Known {
    /// What happened.
    pub fact: Fact,
    /// Seen from this instant on: its effective instant.
    pub from: Instant,
    /// No longer seen from this instant on: it gave way to another copy of itself, or was erased.
    pub until: Instant,
}

impl Known {
    /// Whether it is seen at an instant and says something then; an erasure says nothing.
    pub fn is_seen(&self, at: Instant) -> bool {
        self.from <= at && at < self.until && !self.is_erasure()
    }

    /// Whether it erases the customer.
    pub fn is_erasure(&self) -> bool {
        self.fact.body == Body::Erased
    }
}

/// What was ever seen: from when an erasure takes effect, facts whose records are not later than its own are gone for
/// ever, erasures among them.
pub fn not_erased(known: &[Known]) -> Vec<Known> {
    let erasures = erasures(known);
    let survives = |mut known: Known| {
        let place = (known.fact.recorded_at, known.from);
        for (_, from) in erasures.iter().filter(|(recorded_at, _)| known.fact.recorded_at <= *recorded_at) {
            known.until = known.until.min(*from);
        }
        let survives = if known.is_erasure() { erasures.contains(&place) } else { known.from < known.until };
        survives.then_some(known)
    };
    known.iter().filter(|known| known.from < known.until).cloned().filter_map(survives).collect()
}

/// When the erasures that come about were recorded and take effect. Those recorded last are looked at first, since an
/// erasure that was taken away takes nothing away.
fn erasures(known: &[Known]) -> Vec<(Instant, Instant)> {
    let all = known.iter().filter(|known| known.is_erasure());
    let mut all: Vec<(Instant, Instant)> = all.map(|known| (known.fact.recorded_at, known.from)).collect();
    all.sort_by_key(|(recorded_at, from)| (Reverse(*recorded_at), *from));
    let mut erasures: Vec<(Instant, Instant)> = Vec::new();
    for (recorded_at, from) in all {
        if erasures.iter().all(|(_, earlier)| from < *earlier) {
            erasures.push((recorded_at, from));
        }
    }
    erasures
}
