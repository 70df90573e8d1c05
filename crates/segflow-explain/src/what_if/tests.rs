//! The whole text of assumptions about one customer, and the errors of those that cannot be followed.

use std::sync::Arc;

use expect_test::{Expect, expect};
use segflow_core::event::Event;
use segflow_wire::encoding::Headers;
use segflow_wire::{Encoding, Intake, Partitioner, RawRecord, event};

use super::*;
use crate::testing::{SEGMENTATION, customer, invoice, payment};

/// A replay of these events, as their records arrive.
fn replay(segmentation: &Arc<Segmentation>, events: &[Event]) -> Replay {
    let intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, 1, segmentation.currency.clone());
    let mut replay = Replay::new(Arc::clone(segmentation), Arc::new(intake));
    for (offset, event) in (0..).zip(events) {
        let family = event.body.family();
        let outcome = replay.record(&RawRecord {
            family,
            topic: &family.default_topic(),
            partition: 0,
            offset,
            timestamp: event.recorded_at,
            key: Some(event.customer_id.as_str().as_bytes()),
            value: event::encode(event, &segmentation.currency, Encoding::Json).as_deref(),
            headers: &Headers::new(),
        });
        assert_eq!(outcome.rejection, None);
    }
    replay.finish();
    replay
}

/// What the assumptions change of a customer who owes since 4 March, as known on 20 March.
fn text(assumptions: &[&str]) -> Result<String, WhatIfError> {
    let segmentation = Arc::new(Segmentation::load("s.yaml", SEGMENTATION).unwrap().segmentation);
    let events = [invoice("I-1", 12_000, "2026-03-04"), payment("P-1", 2_000, "2026-03-20T12:00:00Z")];
    let known = replay(&segmentation, &events);
    let assumptions: Vec<String> = assumptions.iter().map(ToString::to_string).collect();
    let customer = customer();
    WhatIf::new(&customer, &segmentation, 1, &assumptions)?.text(&known)
}

fn check(assumptions: &[&str], expected: Expect) {
    expected.assert_eq(&text(assumptions).unwrap_or_else(|error| format!("{error}\n")));
}

#[test]
fn assumptions_come_in_the_order_of_their_instants_and_each_shows_what_it_changes() {
    check(
        &["payment 100.00 on 2026-04-10", "nothing until 2026-04-05"],
        expect![[r#"

        assumed: nothing until 2026-04-05 (nothing is written)
          until then
            2026-04-03 00:00:00 BST  stage: current -> mid, by time alone
              overdue.days >= 30: 30, before 29
          everything before 2026-04-05 00:00:00 BST is then decided
          from then on, if nothing more happens
            stage: mid, then late on 2026-05-03 00:00:00 BST

        assumed: payment 100.00 on 2026-04-10 (nothing is written)
          at 2026-04-10 12:00:00 BST
            2026-04-10 12:00:00 BST  stage: mid -> current, by assumed-1
              overdue.days >= 30: 0, before 37
              profile.score > ...: sensitive
          from then on, if nothing more happens
            stage: current, to stay; without it mid, then late on 2026-05-03 00:00:00 BST
    "#]],
    );
}

#[test]
fn an_event_before_the_first_undecided_instant_is_late() {
    check(
        &["invoice 30.00 due 2026-02-10 on 2026-02-05"],
        expect![[r#"

            assumed: invoice 30.00 due 2026-02-10 on 2026-02-05 (nothing is written)
              at 2026-03-20 12:00:00.001 GMT (late: it happened on 2026-02-05 12:00:00 GMT)
                2026-03-20 12:00:00.001 GMT  stage: current -> mid, by assumed-1
                  overdue.days >= 30: 38, before 16
              from then on, if nothing more happens
                stage: mid, then late on 2026-04-11 00:00:00 BST; without it current, then mid on 2026-04-03 00:00:00 BST
        "#]],
    );
}

#[test]
fn silence_must_end_after_the_decided_part() {
    check(
        &["nothing until 2026-03-01"],
        expect![[r#"
        'nothing until 2026-03-01': expected an end after 2026-03-20 12:00:00.001 GMT, before which everything is decided
    "#]],
    );
}

#[test]
fn an_assumption_that_a_real_record_could_not_be_is_refused() {
    check(
        &["payment 92233720368547758.07"],
        expect![[r#"
        'payment 92233720368547758.07': a real record would be refused: amount_out_of_range: amount_minor: expected a whole number of minor units from 1 to 1000000000000000, found 9223372036854775807
    "#]],
    );
}

#[test]
fn a_customer_without_events_is_unknown() {
    let segmentation = Arc::new(Segmentation::load("s.yaml", SEGMENTATION).unwrap().segmentation);
    let (customer, known) = (customer(), replay(&segmentation, &[]));
    let what_if = WhatIf::new(&customer, &segmentation, 1, &["payment 5".to_owned()]).unwrap();
    assert_eq!(what_if.text(&known), Err(WhatIfError::Unknown(customer.clone())));
}
