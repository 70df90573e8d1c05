//! What is kept of one customer, on disk after a version byte.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use expect_test::expect;
use segflow_core::event::{Body, Kind};
use segflow_core::fact::{Fact, Facts};
use segflow_core::in_effect::Pending;
use segflow_core::state::{Decision, Membership, State};
use segflow_core::time::Timestamp;

use crate::{check, check_read};

fn fact(event_id: &str, occurred_at: i64, recorded_at: i64) -> Fact {
    let body = Body::WrittenOff { invoice_id: format!("i{occurred_at}") };
    Fact {
        occurred_at: Timestamp(occurred_at),
        recorded_at: Timestamp(recorded_at),
        event_id: event_id.to_owned(),
        body,
    }
}

fn membership() -> Membership {
    Membership { current: Some(1), entered_at: Some(Timestamp(2)), seq: 3, since: vec![Some(Timestamp(4)), None] }
}

fn pending() -> Pending {
    Pending { effective: Timestamp(1), kind: Some(Kind::Made), event_id: "e".to_owned(), offset: 2 }
}

fn decision(version: u32) -> Decision {
    Decision {
        as_of: Some(Timestamp(1)),
        next: Timestamp(2),
        segmentation: NonZeroU32::new(version),
        dimensions: vec![membership()],
        closed: BTreeMap::from([("stage".to_owned(), 5)]),
    }
}

#[test]
fn facts_keep_their_bytes() {
    check(
        [("fact", fact("e", 1, 2))],
        &expect![[r#"
        fact: 0204016502026931
    "#]],
    );
    // Of two copies the one with the greater hash is shadowed, since it was recorded later.
    let mut facts = Facts::default();
    facts.insert(fact("e", 1, 4));
    facts.insert(fact("e", 3, 2));
    facts.insert(fact("f", 5, 6));
    check(
        [("none", Facts::default()), ("shadowed", facts)],
        &expect![[r#"
            none: 000000000000
            shadowed: 0206040165020269330a0c01660202693501020801650202693100000018
        "#]],
    );
}

#[test]
fn facts_that_were_erased_and_pruned_keep_their_bytes() {
    check_read::<Facts>(
        "00000102010406ac02",
        &expect![[r#"
        Facts {
            list: [],
            shadowed: [],
            erased: Some(
                1970-01-01T00:00:00.001Z,
            ),
            pruned_from: Some(
                1970-01-01T00:00:00.002Z,
            ),
            kept: 6,
            bytes: 300,
            places: Places {
                ids: [],
                things: [],
            },
        }
    "#]],
    );
}

#[test]
fn pending_facts_keep_their_bytes() {
    check(
        [("pending", pending())],
        &expect![[r#"
            pending: 020108016502
        "#]],
    );
}

#[test]
fn memberships_keep_their_bytes() {
    check(
        [("none", Membership::default()), ("present", membership())],
        &expect![[r#"
        none: 00000000
        present: 010101040302010800
    "#]],
    );
}

#[test]
fn decisions_keep_their_bytes() {
    check(
        [("nothing", Decision::default()), ("version 7", decision(7))],
        &expect![[r#"
        nothing: 00feffffffffffffffff01000000
        version 7: 01020407010101010403020108000105737461676505
    "#]],
    );
}

#[test]
fn states_keep_their_bytes() {
    let mut facts = Facts::default();
    facts.insert(fact("e", 1, 2));
    let state = State { facts, pending: vec![pending()], decision: decision(300) };
    check(
        [("empty", State::default()), ("full", state)],
        &expect![[r#"
            empty: 0000000000000000feffffffffffffffff01000000
            full: 010204016502026931000000000801020108016502010204ac02010101010403020108000105737461676505
        "#]],
    );
}
