//! The bytes of every form, the sum, and two forms side by side.

use expect_test::{Expect, expect};

use super::*;
use crate::change::{Cause, Forecast, OpenPromise, Reason, Safety, change_id};
use crate::event::CustomerId;
use crate::time::Timestamp;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A change that has every field.
fn core() -> Core {
    let customer = CustomerId::new("C-1").unwrap();
    let text = |text: &str| Some(text.to_owned());
    let map = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into();
    Core {
        change_id: change_id(&customer, "stage", 3),
        seq: 3,
        customer_id: customer,
        dimension: "stage".to_owned(),
        from: text("early"),
        to: text("mid"),
        effective_at: at("2026-05-02T23:00:00Z"),
        entered_previous_at: Some(at("2026-04-03T23:00:00Z")),
        cause: Cause::Fact,
        event_id: text("E-7"),
        reasons: vec![Reason {
            feature: "overdue.days".to_owned(),
            operator: ">=".to_owned(),
            bound: text("30"),
            value: text("30"),
            value_before: text("29"),
        }],
        segmentation: "consumer-collections".to_owned(),
        segmentation_version: 3,
        segmentation_hash: "ab".repeat(32),
        next_if_silent: Some(Forecast { to: "late".to_owned(), at: at("2026-06-01T23:00:00Z") }),
        forecast_until: at("2027-06-06T23:00:00Z"),
        memberships: vec![("stage".to_owned(), "mid".to_owned())],
        safety: Safety {
            currency: "GBP".to_owned(),
            balance_minor: 42_500,
            overdue_amount_minor: 12_500,
            overdue_days: 30,
            disputed_amount_minor: Some(5_000),
            oldest_overdue_invoice_id: text("I-1"),
            oldest_due_date: Some("2026-04-03".parse().unwrap()),
            next_due_date: Some("2026-05-28".parse().unwrap()),
            next_due_amount_minor: Some(30_000),
            open_promise: Some(OpenPromise {
                promise_id: "M-1".to_owned(),
                amount_minor: 12_500,
                due_date: "2026-05-15".parse().unwrap(),
            }),
            expected_pay_date: Some("2026-05-28".parse().unwrap()),
            call_headroom: Some(6),
            call_allowed_from: Some(at("2026-05-04T07:00:00Z")),
        },
        treatment: map("channel", "call"),
        treatment_from: map("channel", "stage"),
    }
}

/// What stands in journals rests on these bytes: they never change, and a new form adds a line.
#[test]
fn the_bytes_of_a_form_never_change() {
    let check = |form: &Form, bytes: Expect, digest: Expect| {
        bytes.assert_eq(&hex::encode((form.append)(&core(), Vec::new())));
        digest.assert_eq(&Digest::of(form, [&core()]).to_string());
    };
    assert_eq!(FORMS.iter().map(|form| form.number).collect::<Vec<_>>(), [1], "each form has its golden here");
    check(
        &FIRST,
        expect![
            "2033646434613537373231336663343237636634626131616539353266646466640303432d3105737461676501056561726c7901036d696480c6dcaebd6701809699d9aa67000103452d37010c6f7665726475652e64617973023e3d01023330010233300102323914636f6e73756d65722d636f6c6c656374696f6e7303406162616261626162616261626162616261626162616261626162616261626162616261626162616261626162616261626162616261626162616261626162616201046c61746580e6d2d6d06780c6daedbe6901057374616765036d696403474250889805a8c3013c01904e0103492d310184c10201f2c10201e0d40301034d2d31a8c301d8c10201f2c102010c018086cb9cbe6701076368616e6e656c0463616c6c01076368616e6e656c057374616765"
        ],
        expect!["cb5210345d2a88a134d48a6886663e1f5fc8b9d879681b6efff7b9d5e8789351"],
    );
}

#[test]
fn forms_are_numbered_from_one() {
    assert!((1..).zip(FORMS).all(|(number, form)| form.number == number));
    assert_eq!(PRESENT, FORMS.last().unwrap());
}

#[test]
fn a_digest_is_a_sum_that_needs_no_order() {
    let cores: Vec<Core> = (1..=3).map(|seq| Core { seq, ..core() }).collect();
    let all = Digest::of(&FIRST, &cores);
    assert_eq!(Digest::of(&FIRST, cores.iter().rev()), all);
    let mut sum = Digest::of(&FIRST, &cores[..1]);
    sum.merge(Digest::of(&FIRST, &cores[1..]));
    assert_eq!(sum, all);
    assert_eq!(all.to_string().parse(), Ok(all));
}

#[test]
fn another_form_has_another_digest_and_a_known_form_keeps_its_own() {
    let wider = Form { number: 2, append: |core, bytes| [postcard_of(core, bytes), vec![7]].concat() };
    assert_ne!(Digest::of(&wider, [&core()]), Digest::of(&FIRST, [&core()]));
    assert_eq!(Digest::of(&wider, []), Digest::default(), "no changes, whatever the form");
}
