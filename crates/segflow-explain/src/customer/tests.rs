//! The whole text of a customer, and every kind of fact in it.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use segflow_core::event::{Attribute, Body};

use super::*;
use crate::testing::{Known, SEGMENTATION, event, invoice, payment};

fn check(known: &Known, expected: Expect) {
    expected.assert_eq(&known.portrait().to_string());
}

#[test]
fn a_portrait_shows_facts_features_memberships_reasons_and_the_next_move() {
    let facts = [invoice("I-1", 12_000, "2026-03-04"), payment("P-1", 2_000, "2026-03-20T12:00:00Z")];
    check(
        &Known::new(&facts, "2026-04-10T00:00:00Z"),
        expect![[r#"
        customer C-000217
          everything before 2026-04-10 01:00:00 BST is decided, by s version 1; days are those of Europe/London

        facts
          2026-02-01 09:00:00 GMT  ISSUED       I-1: 120.00 GBP, due 2026-03-04
          2026-03-20 12:00:00 GMT  RECEIVED     P-1: 20.00 GBP

        features, if nothing more happens
          overdue.days            37  until 2026-04-11 00:00:00 BST
          profile.score  (sensitive)  for good

        memberships
          stage: mid
            since 2026-04-03 00:00:00 BST, change 2
            because overdue.days >= 30 (37)
            not late: overdue.days >= 60 (37)
            next: late on 2026-05-03 00:00:00 BST, if nothing happens
    "#]],
    );
}

#[test]
fn the_value_of_a_sensitive_attribute_is_nowhere() {
    let attributes = BTreeMap::from([("score".to_owned(), Attribute::Long(977)), ("x".to_owned(), Attribute::Null)]);
    let known =
        Known::new(&[event("U-1", "2026-04-01T09:00:00Z", Body::Updated { attributes })], "2026-04-10T00:00:00Z");
    assert!(!known.portrait().to_string().contains("977"));
    check(
        &known,
        expect![[r#"
        customer C-000217
          everything before 2026-04-10 01:00:00 BST is decided, by s version 1; days are those of Europe/London

        facts
          2026-04-01 10:00:00 BST  UPDATED      score (sensitive), x (not declared)

        features, if nothing more happens
          overdue.days             0  for good
          profile.score  (sensitive)  for good

        memberships
          stage: mid
            since 2026-04-01 10:00:00 BST, change 1
            because profile.score > ... (sensitive)
            not late: overdue.days >= 60 (0)
            next: stays until 2027-05-15 01:00:00 BST at least, if nothing happens
    "#]],
    );
}

#[test]
fn a_value_that_cannot_be_read_is_marked_where_it_stands_and_where_it_is_missed() {
    let file = SEGMENTATION
        .replace("{score: int}", "{score: int, frail: {type: bool, unreadable: true}, until: date, spare: money}")
        .replace("profile.score > 900", "profile.score > 900 || profile.frail || days_until(profile.until) > 3");
    let values = [("score", "77 points"), ("frail", "J"), ("until", "03/05/2026"), ("spare", "12")];
    let attributes = values.map(|(name, value)| (name.to_owned(), Attribute::Text(value.to_owned()))).into();
    let event = event("U-1", "2026-04-01T09:00:00Z", Body::Updated { attributes });
    let known = Known::by(&file, &[event], "2026-04-10T00:00:00Z");
    assert!(!known.portrait().to_string().contains("77 points"));
    check(
        &known,
        expect![[r#"
        customer C-000217
          everything before 2026-04-10 01:00:00 BST is decided, by s version 1; days are those of Europe/London

        facts
          2026-04-01 10:00:00 BST  UPDATED      frail = "J" (cannot be read as bool, counts as true), score (sensitive; cannot be read as int), spare (not read; cannot be read as money), until = "03/05/2026" (cannot be read as date)

        features, if nothing more happens
          overdue.days                                              0  for good
          profile.score              (sensitive, not readable as int)  for good
          profile.frail                   true (not readable as bool)  for good
          days_until(profile.until)            (not readable as date)  for good

        memberships
          stage: mid
            since 2026-04-01 10:00:00 BST, change 1
            because profile.frail is true (true)
            not late: overdue.days >= 60 (0)
            next: stays until 2027-05-15 01:00:00 BST at least, if nothing happens
    "#]],
    );
}

#[test]
fn a_membership_alone_is_the_part_of_the_portrait_that_tells_of_it() {
    let known = Known::new(&[invoice("I-1", 12_000, "2026-03-04")], "2026-04-10T00:00:00Z");
    let alone = known.portrait().membership(0);
    assert!(known.portrait().to_string().ends_with(&format!("\nmemberships\n{alone}")));
    assert!(alone.starts_with("  stage: mid\n"), "{alone}");
}

#[test]
fn a_fact_that_is_not_in_effect_yet_says_from_when_it_is() {
    let mut known = Known::new(&[invoice("I-1", 12_000, "2026-03-04")], "2026-03-10T00:00:00Z");
    let ahead = payment("P-1", 12_000, "2026-05-01T12:00:00Z");
    let segmentation = known.segmentation.clone();
    segflow_core::customer::fold(&mut known.known, ahead, 1, "2026-03-10T00:00:00Z".parse().unwrap(), &segmentation);
    let text = known.portrait().to_string();
    assert!(text.contains("RECEIVED     P-1: 120.00 GBP (not yet in effect: from 2026-05-01 13:00:00 BST)"), "{text}");
}

/// The calendar knows nothing of the beginning of time.
#[test]
fn before_the_clock_has_started_facts_are_shown_and_nothing_decided() {
    let known = Known::new(&[], "2026-04-10T00:00:00Z");
    let portrait = Portrait { decided_up_to: Timestamp::BEGINNING, ..known.portrait() };
    assert_eq!(
        portrait.to_string(),
        "customer C-000217\n  nothing is decided yet: an input for which the clock waits has had no record so far\n\n\
         facts\n  none\n"
    );
}
