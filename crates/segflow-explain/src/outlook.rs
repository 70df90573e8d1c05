//! The outlook of a customer: where they stand and go next, so that one course of events can be compared with another.

use segflow_core::time::Timestamp;

use crate::customer::Portrait;
use crate::forecast::Forecast;
use crate::local_time::LocalTime;

/// Where a customer stands in one dimension, and where they go next if nothing happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outlook {
    /// The dimension's name.
    pub dimension: String,
    /// The present segment; none if they stand in none.
    pub segment: Option<String>,
    /// The next segment and when it is entered; none if they stay for as long as forecasts look (400 days).
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

/// The outlook of a customer in every dimension, in file order.
#[must_use]
pub fn outlook(portrait: &Portrait<'_>) -> Vec<Outlook> {
    let Portrait { customer, state, segmentation, decided_up_to } = *portrait;
    let forecast = Forecast::new(customer, state, segmentation, decided_up_to);
    let each = segmentation.dimensions.iter().enumerate().map(|(place, dimension)| {
        let current = state.decision.dimensions.get(place).and_then(|membership| membership.current);
        Outlook {
            dimension: dimension.name.clone(),
            segment: current.map(|current| dimension.segments[usize::from(current)].name.clone()),
            next: forecast.next(&dimension.name).map(|next| (next.to.clone(), next.at)),
        }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::testing::{Known, invoice, london, payment};

    #[test]
    fn an_outlook_is_the_segment_and_the_next_move_by_time_alone() {
        let known = Known::new(&[invoice("I-1", 12_000, "2026-03-04")], "2026-04-10T00:00:00Z");
        let words: Vec<String> = outlook(&known.portrait()).iter().map(|outlook| outlook.words(&london())).collect();
        expect!["mid, then late on 2026-05-03 00:00:00 BST"].assert_eq(&words.join("\n"));
    }

    #[test]
    fn a_customer_without_debt_stays() {
        let facts = [invoice("I-1", 12_000, "2026-03-04"), payment("P-1", 12_000, "2026-03-05T12:00:00Z")];
        let known = Known::new(&facts, "2026-04-10T00:00:00Z");
        assert_eq!(outlook(&known.portrait())[0].words(&london()), "current, to stay");
    }

    #[test]
    fn a_customer_of_whom_nothing_is_decided_stands_in_no_segment() {
        let known = Known::new(&[], "2026-04-10T00:00:00Z");
        assert_eq!(outlook(&known.portrait())[0].words(&london()), "none, to stay");
    }
}
