//! May one act on a change? Each condition that the catalogue names, alone and at its bound.

#![allow(clippy::unwrap_used, reason = "a test")]

use segflow_core::advance::advance;
use segflow_core::change::{Actionable, Cause, Core};
use segflow_core::customer::{Customer, fold};
use segflow_core::event::{Body, CustomerId, Event};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;

const FILE: &str = "name: test\nversion: 1\ncurrency: EUR\ntimezone: Europe/Rome\ndimensions:\n  - name: stage\n    \
                    segments: [{name: early, when: overdue.days >= 1}]\n    otherwise: current\n";
const HOUR_MS: i64 = 3_600_000;

#[test]
fn a_move_by_a_fact_or_by_time_may_be_acted_upon_while_it_is_fresh() {
    let [_, moved] = changes();
    let at = moved.effective_at;
    for cause in [Cause::Fact, Cause::Time] {
        let core = Core { cause, ..moved.clone() };
        assert!(judge(&core, Some(at), at));
        assert!(judge(&core, Some(at.plus_ms(24 * HOUR_MS)), at), "at the bound");
        assert!(!judge(&core, Some(at.plus_ms(24 * HOUR_MS + 1)), at), "past it");
        assert!(!judge(&core, Some(at), at.plus_ms(1)), "in effect before the task was first started");
        assert!(!judge(&core, None, at), "under the record-time clock");
    }
}

#[test]
fn a_first_segment_another_segmentation_and_an_erasure_are_no_instructions() {
    let [first, moved] = changes();
    assert!(first.from.is_none() && !judge(&first, Some(first.effective_at), first.effective_at));
    for cause in [Cause::Segmentation, Cause::Erasure] {
        let core = Core { cause, ..moved.clone() };
        assert!(!judge(&core, Some(core.effective_at), core.effective_at));
    }
}

fn judge(core: &Core, w: Option<Timestamp>, first_started: Timestamp) -> bool {
    Actionable { w, first_started, within_ms: 24 * HOUR_MS }.judge(core)
}

/// The first segment of a customer, and the move to the next.
fn changes() -> [Core; 2] {
    let segmentation = Segmentation::load("test.yaml", FILE).unwrap().segmentation;
    let (customer_id, at) = (CustomerId::new("C").unwrap(), "2026-03-01T12:00:00Z".parse().unwrap());
    let body = Body::Issued {
        invoice_id: "I".to_owned(),
        amount_minor: 1_000,
        due_date: "2026-03-05".parse().unwrap(),
        debt_type: None,
        discount: None,
    };
    let event =
        Event { event_id: "E".to_owned(), customer_id: customer_id.clone(), occurred_at: at, recorded_at: at, body };
    let mut customer = Customer::default();
    fold(&mut customer, event, 0, Timestamp::BEGINNING, &segmentation);
    let decided = advance(&mut customer, &customer_id, &segmentation, at.plus_ms(10 * 24 * HOUR_MS));
    decided.into_iter().map(|decided| decided.core).collect::<Vec<_>>().try_into().unwrap()
}
