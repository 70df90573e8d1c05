//! A change's core: its bytes are what a digest is made of, so that another byte makes every journal of an earlier release
//! disagree with what is decided again.

use std::collections::BTreeMap;

use expect_test::expect;
use segflow_core::change::{Cause, Core, Forecast, OpenPromise, Reason, Safety};
use segflow_core::digest::{Digest, FIRST};
use segflow_core::event::CustomerId;
use segflow_core::time::{Date, Timestamp};

use crate::check;

fn text(text: &str) -> String {
    text.to_owned()
}

fn reason() -> Reason {
    Reason {
        feature: text("f"),
        operator: text(">="),
        bound: Some(text("b")),
        value: Some(text("v")),
        value_before: Some(text("w")),
    }
}

fn forecast() -> Forecast {
    Forecast { to: text("late"), at: Timestamp(9) }
}

fn promise() -> OpenPromise {
    OpenPromise { promise_id: text("m"), amount_minor: 10, due_date: Date(11) }
}

fn safety() -> Safety {
    Safety {
        currency: text("EUR"),
        balance_minor: 1,
        overdue_amount_minor: 2,
        overdue_days: 3,
        disputed_amount_minor: Some(4),
        oldest_overdue_invoice_id: Some(text("i")),
        oldest_due_date: Some(Date(5)),
        next_due_date: Some(Date(6)),
        next_due_amount_minor: Some(7),
        open_promise: Some(promise()),
        expected_pay_date: Some(Date(8)),
        call_headroom: Some(9),
        call_allowed_from: Some(Timestamp(10)),
    }
}

fn core() -> Core {
    Core {
        change_id: text("id"),
        seq: 1,
        customer_id: CustomerId::new("C").unwrap(),
        dimension: text("stage"),
        from: Some(text("early")),
        to: Some(text("mid")),
        effective_at: Timestamp(2),
        entered_previous_at: Some(Timestamp(3)),
        cause: Cause::Time,
        event_id: Some(text("e")),
        reasons: vec![reason()],
        segmentation: text("s"),
        segmentation_version: 4,
        segmentation_hash: text("h"),
        next_if_silent: Some(forecast()),
        forecast_until: Timestamp(5),
        memberships: vec![(text("stage"), text("mid"))],
        safety: safety(),
        treatment: BTreeMap::from([(text("channel"), text("call"))]),
        treatment_from: BTreeMap::from([(text("channel"), text("stage"))]),
    }
}

#[test]
fn causes_keep_their_bytes() {
    let each = [Cause::Fact, Cause::Time, Cause::Segmentation, Cause::Erasure];
    check(
        each.map(|cause| (cause.word(), cause)),
        &expect![[r#"
        FACT: 00
        TIME: 01
        SEGMENTATION: 02
        ERASURE: 03
    "#]],
    );
}

#[test]
fn reasons_keep_their_bytes() {
    check(
        [("reason", reason())],
        &expect![[r#"
        reason: 0166023e3d010162010176010177
    "#]],
    );
}

#[test]
fn forecasts_keep_their_bytes() {
    check(
        [("forecast", forecast())],
        &expect![[r#"
        forecast: 046c61746512
    "#]],
    );
}

#[test]
fn the_safety_block_keeps_its_bytes() {
    check(
        [("promise", promise())],
        &expect![[r#"
        promise: 016d1416
    "#]],
    );
    check(
        [("safety", safety())],
        &expect![[r#"
        safety: 034555520204060108010169010a010c010e01016d1416011001120114
    "#]],
    );
}

#[test]
fn the_core_of_a_change_keeps_its_bytes_and_its_digest() {
    check(
        [("core", core())],
        &expect![[r#"
        core: 02696401014305737461676501056561726c7901036d696404010601010165010166023e3d010162010176010177017304016801046c617465120a01057374616765036d6964034555520204060108010169010a010c010e01016d141601100112011401076368616e6e656c0463616c6c01076368616e6e656c057374616765
    "#]],
    );
    let digest = Digest::of(&FIRST, [&core()]);
    expect!["d40c22a76a26ca762ebc7ac331f4957dc9eccc92eaa9a2b79b483d780002ff45"].assert_eq(&digest.to_string());
}
