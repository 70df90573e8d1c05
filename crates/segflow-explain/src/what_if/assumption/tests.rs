//! Every form of an assumption, and the message for each text that is none.

use expect_test::{Expect, expect};
use segflow_core::time::Zone;

use super::*;

fn read(text: &str, currency: &str) -> Result<Assumption, String> {
    let zone = Zone::named("Europe/London").expect("a zone");
    parse(text, "assumed-1", &Currency::new(currency).expect("a currency"), &LocalTime::of(&zone))
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&match read(text, "GBP") {
        Ok(Assumption { assumed: Assumed::Event(body, when), .. }) => format!("{body:?} {when:?}"),
        Ok(Assumption { assumed: Assumed::Silence(until), .. }) => format!("silence until {until}"),
        Err(wrong) => wrong,
    });
}

#[test]
fn every_form_is_read() {
    check(
        "payment 120.00 on 2026-05-02",
        expect![[
            r#"Received { payment_id: "assumed-1", amount_minor: 12000, names: [], method: None } Day(2026-05-02)"#
        ]],
    );
    check(
        "payment 120.5 for I-7",
        expect![[
            r#"Received { payment_id: "assumed-1", amount_minor: 12050, names: [Named { invoice_id: "I-7", amount_minor: None }], method: None } Now"#
        ]],
    );
    check(
        "promise 60 due 2026-05-09 on 2026-05-02 09:30",
        expect![[
            r#"Made { promise_id: "assumed-1", amount_minor: 6000, due_date: 2026-05-09, plan_id: None } At(2026-05-02T08:30:00.000Z)"#
        ]],
    );
    check(
        "invoice 300.00 due 2026-06-01",
        expect![[
            r#"Issued { invoice_id: "assumed-1", amount_minor: 30000, due_date: 2026-06-01, debt_type: None, discount: None } Now"#
        ]],
    );
    check(
        "dispute opened",
        expect![[r#"Opened { dispute_id: "assumed-1", invoice_id: None, amount_minor: None } Now"#]],
    );
    check(
        "dispute opened 20.00 of I-7 on 2026-05-02",
        expect![[
            r#"Opened { dispute_id: "assumed-1", invoice_id: Some("I-7"), amount_minor: Some(2000) } Day(2026-05-02)"#
        ]],
    );
    check("dispute resolved D-1 rejected", expect![[r#"Resolved { dispute_id: "D-1", upheld: Some(false) } Now"#]]);
    check(
        "dispute resolved D-1 on 2026-05-02",
        expect![[r#"Resolved { dispute_id: "D-1", upheld: None } Day(2026-05-02)"#]],
    );
    check(
        "contact inbound call RIGHT_PARTY",
        expect![[
            r#"Contact { contact_id: "assumed-1", direction: Inbound, channel: Call, outcome: RightParty, machine: false } Now"#
        ]],
    );
    check("  nothing   until 2026-05-02 ", expect!["silence until 2026-05-01T23:00:00.000Z"]);
    check("nothing until 2026-05-02 17:00", expect!["silence until 2026-05-02T16:00:00.000Z"]);
}

/// Texts that are no assumption.
const NONE: [&str; 29] = [
    "",
    "paid 120.00",
    "payment",
    "payment 0.00",
    "payment -5.00",
    "payment 1.005",
    "payment 1,20",
    "payment 1e2",
    "payment 99999999999999999.00",
    "payment 5 on",
    "payment 5 on 2.5.2026",
    "payment 5 on 2026-02-30",
    "payment 5 on 2026-05-02 9:30",
    "payment 5 on 2026-05-02 24:00",
    "payment 5 on 2026-05-02 09:30 sharp",
    "payment 5 yesterday",
    "payment 5 for",
    "promise 5",
    "promise 5 by 2026-05-02",
    "invoice 5 due soon",
    "dispute",
    "dispute resolved",
    "dispute opened of",
    "dispute opened some",
    "contact outbound pigeon delivered",
    "contact outbound sms lost",
    "nothing",
    "nothing until",
    "nothing on 2026-05-02",
];

#[test]
fn a_text_that_is_no_assumption_is_refused_with_what_was_expected_and_found() {
    for text in NONE {
        let wrong = read(text, "GBP").expect_err(text);
        assert!(wrong.starts_with("expected "), "{wrong}");
        assert!(wrong.contains(", found "), "{wrong}");
    }
    check(
        "payment 1.005",
        expect!["expected an amount in GBP above zero, of at most 2 decimals, such as 120.00, found `1.005`"],
    );
    check(
        "dispute opened some",
        expect!["expected an amount in GBP above zero, of at most 2 decimals, such as 120.00, found `some`"],
    );
    check("nothing on 2026-05-02", expect!["expected `until`, found `on`"]);
    check("payment 5 yesterday", expect!["expected `on` and a date, or the end, found `yesterday`"]);
    check(
        "payment 5 on 2026-02-30",
        expect!["expected a date such as 2026-05-03, from 1900 to 2199, found `2026-02-30`"],
    );
}

#[test]
fn amounts_have_the_decimals_of_the_currency() {
    let minor = |text: &str, currency: &str| match read(text, currency) {
        Ok(Assumption { assumed: Assumed::Event(Body::Received { amount_minor, .. }, _), .. }) => Some(amount_minor),
        _ => None,
    };
    assert_eq!(minor("payment 120", "JPY"), Some(120));
    assert_eq!(minor("payment 120.0", "JPY"), None);
    assert_eq!(minor("payment 1.234", "KWD"), Some(1_234));
    assert_eq!(minor("payment 90071992547409.93", "GBP"), Some(9_007_199_254_740_993), "no double has it");
}

#[test]
fn a_day_without_a_time_is_noon_there_unless_that_is_decided() {
    let local = LocalTime::of(&Zone::named("Europe/London").expect("a zone"));
    let instant = |day: &str, now: &str| {
        let when = When::Day(day.parse().expect("a day"));
        when.instant(now.parse().expect("an instant"), &local).to_string()
    };
    assert_eq!(instant("2026-05-02", "2026-04-01T00:00:00Z"), "2026-05-02T11:00:00.000Z");
    assert_eq!(instant("2026-05-02", "2026-05-02T10:00:00Z"), "2026-05-02T11:00:00.000Z");
    assert_eq!(instant("2026-05-02", "2026-05-02T16:30:00Z"), "2026-05-02T16:30:00.000Z");
    assert_eq!(instant("2026-05-02", "2026-05-02T23:30:00Z"), "2026-05-02T11:00:00.000Z", "it is the third there");
}
