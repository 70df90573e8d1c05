//! Disputes: open until they are resolved, upheld or not.

use std::collections::BTreeMap;

use crate::event::{Body, Families, Family};
use crate::fact::Fact;
use crate::feature::reading::{Moment, Reading, count};
use crate::feature::window::{Window, inside};
use crate::time::{Date, Timestamp, Zone};
use crate::timed::Timed;

/// The families of events from which disputes are indexed.
pub const DISPUTES: Families = Families::of(&[Family::Disputes]);

/// Every dispute that was opened or resolved.
#[derive(Clone, Default, Debug)]
pub struct Disputes {
    open: usize,
    /// Instants at which a dispute was resolved against the customer, ascending.
    rejected: Vec<Timestamp>,
    /// The last day on which a dispute was resolved that had been opened.
    resolved: Option<Date>,
}

impl Disputes {
    /// The disputes among facts given in order.
    #[must_use]
    pub fn of(facts: &[&Fact], zone: &Zone) -> Self {
        let mut ends: BTreeMap<&str, Date> = BTreeMap::new();
        let mut disputes = Self::default();
        for fact in facts {
            let Body::Resolved { dispute_id, upheld } = &fact.body else { continue };
            let date = zone.date_of(fact.occurred_at);
            ends.entry(dispute_id).or_insert_with(|| {
                if *upheld == Some(false) {
                    disputes.rejected.push(fact.occurred_at);
                }
                date
            });
        }
        let mut opened: Vec<&str> = facts.iter().filter_map(|fact| opened(fact)).collect();
        opened.sort_unstable();
        opened.dedup();
        disputes.open = opened.iter().filter(|id| !ends.contains_key(**id)).count();
        disputes.resolved = opened.iter().filter_map(|id| ends.get(id).copied()).max();
        disputes
    }

    /// `disputes.open`
    #[must_use]
    pub fn open(&self) -> Reading<'static> {
        Reading::Int(count(self.open))
    }

    /// `disputes.rejected(w)`
    #[must_use]
    pub fn rejected(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let rejected = inside(&self.rejected, |at| *at, window, moment);
        Timed::until(count(rejected.value.len()), rejected.until)
    }

    /// `disputes.resolved_days`
    #[must_use]
    pub fn resolved_days(&self) -> Reading<'static> {
        self.resolved.map_or(Reading::Absent, Reading::Since)
    }
}

fn opened<'a>(fact: &&'a Fact) -> Option<&'a str> {
    if let Body::Opened { dispute_id, .. } = &fact.body { Some(dispute_id) } else { None }
}
