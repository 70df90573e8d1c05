//! Every kind: which fields it needs, which it may have, and what is wrong with others.

use std::collections::BTreeMap;

use super::*;
use crate::schema;

/// The beginning of every event.
const EVENT: &str = r#""event_id":"E-1","customer_id":"C-1","occurred_at":1777800000000"#;

/// Accepts an event of this kind with these other fields. It returns what happened, or the fault.
fn read(family: Family, kind: &str, own: &str) -> Result<Body, Rejection> {
    let comma = if own.is_empty() { "" } else { "," };
    let json = format!("{{{EVENT},\"kind\":\"{kind}\"{comma}{own}}}");
    accept(&record(family, Some(json.as_bytes())), &intake(Encoding::Json), W).map(|event| event.body)
}

fn check(family: Family, kind: &str, own: &str, expected: Expect) {
    expected.assert_eq(&read(family, kind, own).map_or_else(|fault| fault.to_string(), |body| format!("{body:?}")));
}

/// Fields that are missing in turn must each be named.
fn check_required(family: Family, kind: &str, fields: &[&str]) {
    assert!(read(family, kind, &fields.join(",")).is_ok(), "{kind}");
    for missing in fields {
        let others: Vec<&str> = fields.iter().filter(|field| *field != missing).copied().collect();
        let name = missing.split('"').nth(1).unwrap();
        let fault = read(family, kind, &others.join(",")).unwrap_err();
        assert_eq!(fault.to_string(), format!("missing_field: {name}: expected a value, found none"), "{kind}");
        let null = [&others.join(","), ",", &format!("\"{name}\":null")].concat();
        assert_eq!(read(family, kind, null.trim_start_matches(',')).unwrap_err(), fault, "{kind}");
    }
}

/// The kinds of the schemas and those that are read are the same.
#[test]
fn every_kind_of_the_schemas_is_read() {
    let mut found = BTreeMap::new();
    for family in Family::ALL {
        let schema: serde_json::Value = serde_json::from_str(schema::of(family).source).unwrap();
        let fields = schema["fields"].as_array().unwrap();
        let kind = fields.iter().find(|field| field["name"] == "kind").unwrap();
        for symbol in kind["type"]["symbols"].as_array().unwrap() {
            let symbol = symbol.as_str().unwrap();
            assert_eq!(read(family, symbol, "").unwrap_err().reason, Reason::MissingField, "{symbol}");
            found.entry(family).or_insert_with(Vec::new).push(symbol.to_owned());
        }
        let others = read(family, "NONE", "").unwrap_err().detail;
        let words = format!("kind: expected {} of {}, found \"NONE\"", found[&family].join(" or "), family.name());
        assert_eq!(others, words);
    }
}

#[test]
fn a_kind_that_the_topic_does_not_carry_is_unknown() {
    check_issued(
        "ISSUED",
        "RECEIVED",
        expect![[
            r#"unknown_kind: kind: expected ISSUED or ADJUSTED or WRITTEN_OFF or VOIDED or REINSTATED or CREDITED or HELD or RELEASED of invoices, found "RECEIVED""#
        ]],
    );
    check_issued(
        "ISSUED",
        "issued",
        expect![[
            r#"unknown_kind: kind: expected ISSUED or ADJUSTED or WRITTEN_OFF or VOIDED or REINSTATED or CREDITED or HELD or RELEASED of invoices, found "issued""#
        ]],
    );
    check(
        Family::Disputes,
        "CLOSED",
        "",
        expect![[r#"unknown_kind: kind: expected OPENED or RESOLVED of disputes, found "CLOSED""#]],
    );
    check_issued("\"ISSUED\"", "1", expect!["malformed_field: kind: expected a text, found 1"]);
}

#[test]
fn each_kind_names_the_field_that_it_lacks() {
    let money = [r#""amount_minor":5"#, r#""currency":"GBP""#];
    let due = r#""due_date":"2026-05-31""#;
    let (invoice, payment) = (r#""invoice_id":"I-1""#, r#""payment_id":"P-1""#);
    let (promise, dispute) = (r#""promise_id":"M-1""#, r#""dispute_id":"D-1""#);
    check_required(Family::Invoices, "ISSUED", &[invoice, money[0], money[1], due]);
    check_required(Family::Invoices, "WRITTEN_OFF", &[invoice]);
    check_required(Family::Payments, "RECEIVED", &[payment, money[0], money[1]]);
    check_required(Family::Payments, "FAILED", &[payment]);
    check_required(Family::Payments, "REVERSED", &[payment]);
    check_required(Family::Payments, "REINSTATED", &[payment]);
    check_required(Family::Payments, "SUBMITTED", &[payment, money[0], money[1]]);
    for kind in ["VOIDED", "REINSTATED", "HELD", "RELEASED"] {
        check_required(Family::Invoices, kind, &[invoice]);
    }
    check_required(Family::Invoices, "CREDITED", &[r#""credit_note_id":"N-1""#, money[0], money[1]]);
    let contact = [r#""contact_id":"K-1""#, r#""channel":"SMS""#, r#""outcome":"DELIVERED""#];
    check_required(Family::Contacts, "OUTBOUND", &contact);
    check_required(Family::Contacts, "INBOUND", &contact);
    check_required(Family::Promises, "MADE", &[promise, money[0], money[1], due]);
    check_required(Family::Promises, "AMENDED", &[promise, money[0], money[1], due]);
    check_required(Family::Promises, "CANCELLED", &[promise]);
    check_required(Family::Disputes, "OPENED", &[dispute]);
    check_required(Family::Disputes, "RESOLVED", &[dispute]);
    check_required(Family::Profiles, "UPDATED", &[r#""attributes":{}"#]);
}

#[test]
fn an_invoice_may_be_of_nothing_and_a_credit_note_is_no_negative_invoice() {
    let issued = |amount: i64, expected| {
        let own = format!(r#""invoice_id":"I-1","amount_minor":{amount},"currency":"GBP","due_date":"2026-05-31""#);
        check(Family::Invoices, "ISSUED", &own, expected);
    };
    issued(
        0,
        expect![[
            r#"Issued { invoice_id: "I-1", amount_minor: 0, due_date: 2026-05-31, debt_type: None, discount: None }"#
        ]],
    );
    issued(
        -1,
        expect![
            "negative_amount: amount_minor: expected a whole number of minor units from 0 to 1000000000000000, found -1; a credit note is an event of kind CREDITED with a positive amount"
        ],
    );
    let credited = |own: &str, expected| {
        let own = format!(r#""credit_note_id":"N-1","amount_minor":100,"currency":"GBP"{own}"#);
        check(Family::Invoices, "CREDITED", &own, expected);
    };
    credited("", expect![[r#"Credited { credit_note_id: "N-1", amount_minor: 100, names: [] }"#]]);
    credited(
        r#","invoice_id":"I-1""#,
        expect![[
            r#"Credited { credit_note_id: "N-1", amount_minor: 100, names: [Named { invoice_id: "I-1", amount_minor: None }] }"#
        ]],
    );
}

#[test]
fn corrections_of_money_may_concern_a_part_and_holds_may_have_an_end() {
    for kind in ["REVERSED", "REINSTATED"] {
        let own = |rest: &str| read(Family::Payments, kind, &format!(r#""payment_id":"P-1"{rest}"#));
        assert!(own("").is_ok());
        assert!(own(r#","amount_minor":5,"currency":"GBP""#).is_ok());
        assert_eq!(own(r#","amount_minor":0,"currency":"GBP""#).unwrap_err().reason, Reason::NegativeAmount);
        assert_eq!(own(r#","amount_minor":5,"currency":"EUR""#).unwrap_err().reason, Reason::WrongCurrency);
    }
    check(
        Family::Invoices,
        "HELD",
        r#""invoice_id":"I-1","hold_until":"2026-06-30""#,
        expect![[r#"Held { invoice_id: "I-1", until: Some(2026-06-30) }"#]],
    );
    check(
        Family::Invoices,
        "HELD",
        r#""invoice_id":"I-1","hold_until":"soon""#,
        expect![[
            r#"malformed_field: hold_until: expected a date such as 2026-05-03, from 1900 to 2199, found "soon""#
        ]],
    );
    let contact = r#""contact_id":"K-1","channel":"EMAIL","outcome":"CLICKED""#;
    check(
        Family::Contacts,
        "OUTBOUND",
        &format!("{contact},\"machine\":true"),
        expect![[
            r#"Contact { contact_id: "K-1", direction: Outbound, channel: Email, outcome: Clicked, machine: true }"#
        ]],
    );
    check(
        Family::Contacts,
        "OUTBOUND",
        &format!("{contact},\"machine\":1"),
        expect!["malformed_field: machine: expected true or false, found 1"],
    );
}

#[test]
fn an_adjustment_has_a_delta_a_due_date_or_both() {
    let adjusted = |own: &str, expected| {
        check(Family::Invoices, "ADJUSTED", &format!("\"invoice_id\":\"I-1\"{own}"), expected);
    };
    check(
        Family::Invoices,
        "ADJUSTED",
        r#""due_date":"2026-06-30""#,
        expect!["missing_field: invoice_id: expected a value, found none"],
    );
    adjusted(
        r#","amount_minor":-5,"currency":"GBP","due_date":"2026-06-30""#,
        expect![[r#"Adjusted { invoice_id: "I-1", delta_minor: -5, due_date: Some(2026-06-30) }"#]],
    );
    adjusted(
        r#","amount_minor":0,"currency":"GBP""#,
        expect![[r#"Adjusted { invoice_id: "I-1", delta_minor: 0, due_date: None }"#]],
    );
    adjusted(
        r#","due_date":"2026-06-30""#,
        expect![[r#"Adjusted { invoice_id: "I-1", delta_minor: 0, due_date: Some(2026-06-30) }"#]],
    );
    adjusted(
        r#","due_date":"2026-06-30","currency":"GBP""#,
        expect![[r#"Adjusted { invoice_id: "I-1", delta_minor: 0, due_date: Some(2026-06-30) }"#]],
    );
    adjusted(
        r#","due_date":"2026-06-30","currency":"EUR""#,
        expect![[r#"wrong_currency: currency: expected GBP, found "EUR""#]],
    );
    adjusted("", expect!["missing_field: amount_minor or due_date: expected a value, found none of either"]);
    adjusted(
        r#","currency":"GBP""#,
        expect!["missing_field: amount_minor or due_date: expected a value, found none of either"],
    );
    adjusted(r#","amount_minor":5"#, expect!["missing_field: currency: expected a value, found none"]);
    adjusted(
        r#","amount_minor":5,"due_date":"2026-06-30""#,
        expect!["missing_field: currency: expected a value, found none"],
    );
    adjusted(
        r#","amount_minor":5,"currency":"EUR""#,
        expect![[r#"wrong_currency: currency: expected GBP, found "EUR""#]],
    );
    adjusted(
        r#","amount_minor":5,"currency":"GBP","due_date":"2026-06-31""#,
        expect![[
            r#"malformed_field: due_date: expected a date such as 2026-05-03, from 1900 to 2199, found "2026-06-31""#
        ]],
    );
}

#[test]
fn a_delta_has_bounds_either_way() {
    let delta = |amount: &str| {
        let own = format!("\"invoice_id\":\"I-1\",\"currency\":\"GBP\",\"amount_minor\":{amount}");
        match read(Family::Invoices, "ADJUSTED", &own) {
            Ok(Body::Adjusted { delta_minor, .. }) => delta_minor.to_string(),
            Ok(other) => format!("{other:?}"),
            Err(fault) => fault.to_string(),
        }
    };
    assert_eq!(delta("1000000000000000"), "1000000000000000");
    assert_eq!(delta("-1000000000000000"), "-1000000000000000");
    expect!["amount_out_of_range: amount_minor: expected a whole number of minor units from -1000000000000000 to 1000000000000000, found 1000000000000001"].assert_eq(&delta("1000000000000001"));
    expect!["amount_out_of_range: amount_minor: expected a whole number of minor units from -1000000000000000 to 1000000000000000, found -1000000000000001"].assert_eq(&delta("-1000000000000001"));
    expect!["amount_out_of_range: amount_minor: expected a whole number of minor units from -1000000000000000 to 1000000000000000, found -9223372036854775808"].assert_eq(&delta("-9223372036854775808"));
    expect!["amount_out_of_range: amount_minor: expected a whole number of minor units from -1000000000000000 to 1000000000000000, found 18446744073709551615"].assert_eq(&delta("18446744073709551615"));
    expect!["malformed_field: amount_minor: expected a whole number of minor units from -1000000000000000 to 1000000000000000, found 0.5"].assert_eq(&delta("0.5"));
}

/// An amount in such a record is passed over. Another currency says that the record belongs to another ledger.
#[test]
fn kinds_without_an_amount_of_their_own_refuse_another_currency() {
    let kinds = [
        (Family::Invoices, "WRITTEN_OFF", "invoice_id"),
        (Family::Invoices, "VOIDED", "invoice_id"),
        (Family::Invoices, "REINSTATED", "invoice_id"),
        (Family::Invoices, "HELD", "invoice_id"),
        (Family::Invoices, "RELEASED", "invoice_id"),
        (Family::Payments, "FAILED", "payment_id"),
        (Family::Promises, "CANCELLED", "promise_id"),
        (Family::Disputes, "RESOLVED", "dispute_id"),
    ];
    for (family, kind, id) in kinds {
        let own = |rest: &str| read(family, kind, &format!("\"{id}\":\"X-1\"{rest}"));
        let plain = own("").unwrap();
        for rest in [r#","currency":"GBP""#, r#","amount_minor":-7"#, r#","amount_minor":"x","currency":"GBP""#] {
            assert_eq!(own(rest), Ok(plain.clone()), "{kind} {rest}");
        }
        for rest in [r#","currency":"EUR""#, r#","amount_minor":7,"currency":"EUR""#] {
            let fault = own(rest).unwrap_err().to_string();
            assert_eq!(fault, r#"wrong_currency: currency: expected GBP, found "EUR""#, "{kind}");
        }
        assert_eq!(own(r#","currency":826"#).unwrap_err().reason, Reason::MalformedField, "{kind}");
    }
}

/// Of an invoice alone nothing may be owed.
#[test]
fn amounts_other_than_that_of_an_invoice_are_above_zero() {
    let kinds = [
        (Family::Invoices, "CREDITED", r#""credit_note_id":"N-1""#),
        (Family::Payments, "RECEIVED", r#""payment_id":"P-1""#),
        (Family::Payments, "SUBMITTED", r#""payment_id":"P-1""#),
        (Family::Payments, "REVERSED", r#""payment_id":"P-1""#),
        (Family::Payments, "REINSTATED", r#""payment_id":"P-1""#),
        (Family::Promises, "MADE", r#""promise_id":"M-1","due_date":"2026-05-31""#),
        (Family::Promises, "AMENDED", r#""promise_id":"M-1","due_date":"2026-05-31""#),
    ];
    for (family, kind, id) in kinds {
        let of = |amount: &str| read(family, kind, &format!("{id},\"currency\":\"GBP\",\"amount_minor\":{amount}"));
        assert!(of("1").is_ok(), "{kind}");
        assert_eq!(of("0").unwrap_err().reason, Reason::NegativeAmount, "{kind}");
        assert_eq!(of("-1").unwrap_err().reason, Reason::NegativeAmount, "{kind}");
        assert_eq!(of("1000000000000001").unwrap_err().reason, Reason::AmountOutOfRange, "{kind}");
    }
}

#[test]
fn a_reversal_and_a_reinstatement_are_of_a_part_or_of_all() {
    let of = |kind: &str, rest: &str, expected| {
        check(Family::Payments, kind, &format!("\"payment_id\":\"P-1\"{rest}"), expected);
    };
    of("REVERSED", "", expect![[r#"Reversed { payment_id: "P-1", amount_minor: None }"#]]);
    of("REVERSED", r#","amount_minor":300"#, expect![[r#"Reversed { payment_id: "P-1", amount_minor: Some(300) }"#]]);
    of(
        "REVERSED",
        r#","amount_minor":300,"currency":"EUR""#,
        expect![[r#"wrong_currency: currency: expected GBP, found "EUR""#]],
    );
    of("REINSTATED", "", expect![[r#"PaymentReinstated { payment_id: "P-1", amount_minor: None }"#]]);
    of(
        "REINSTATED",
        r#","amount_minor":300"#,
        expect![[r#"PaymentReinstated { payment_id: "P-1", amount_minor: Some(300) }"#]],
    );
}

#[test]
fn allocations_are_parts_of_the_payment() {
    let received = |rest: &str, expected| {
        let own = format!(r#""payment_id":"P-1","currency":"GBP","amount_minor":300{rest}"#);
        check(Family::Payments, "RECEIVED", &own, expected);
    };
    let two = r#"[{"invoice_id":"I-1","amount_minor":100},{"invoice_id":"I-2","amount_minor":200}]"#;
    received(
        r#","invoice_id":"I-1""#,
        expect![[
            r#"Received { payment_id: "P-1", amount_minor: 300, names: [Named { invoice_id: "I-1", amount_minor: None }], method: None }"#
        ]],
    );
    received(
        &format!(r#","allocations":{two}"#),
        expect![[
            r#"Received { payment_id: "P-1", amount_minor: 300, names: [Named { invoice_id: "I-1", amount_minor: Some(100) }, Named { invoice_id: "I-2", amount_minor: Some(200) }], method: None }"#
        ]],
    );
    received(
        &format!(r#","invoice_id":"I-1","allocations":{two}"#),
        expect!["malformed_field: allocations: expected none beside invoice_id, found a list"],
    );
    received(
        r#","allocations":[]"#,
        expect![[r#"Received { payment_id: "P-1", amount_minor: 300, names: [], method: None }"#]],
    );
    received(
        r#","allocations":[{"invoice_id":"I-1","amount_minor":301}]"#,
        expect!["amount_out_of_range: allocations: expected parts of at most amount_minor, 300, together, found 301"],
    );
    received(
        r#","allocations":[{"invoice_id":"I-1","amount_minor":0}]"#,
        expect![
            "negative_amount: allocations.amount_minor: expected a whole number of minor units from 1 to 1000000000000000, found 0"
        ],
    );
    received(
        r#","allocations":[{"amount_minor":100}]"#,
        expect!["malformed_field: allocations.invoice_id: expected a text of 1 to 256 bytes, found null"],
    );
    received(
        r#","allocations":["I-1"]"#,
        expect![[r#"malformed_field: allocations, an item: expected an object, found "I-1""#]],
    );
    received(
        r#","allocations":"I-1""#,
        expect![[r#"malformed_field: allocations: expected a list of objects, found "I-1""#]],
    );
}

#[test]
fn a_discount_has_an_amount_and_a_last_day() {
    let with = |rest: &str, expected| check_issued("\"kind\"", &format!("{rest},\"kind\""), expected);
    with(
        r#""discount_minor":50,"discount_until":"2026-05-10""#,
        expect![[
            r#"Event { event_id: "E-1", customer_id: CustomerId("C-1"), occurred_at: 2026-05-03T09:20:00.000Z, recorded_at: 2026-05-03T09:20:00.000Z, body: Issued { invoice_id: "I-1", amount_minor: 1250, due_date: 2026-05-31, debt_type: None, discount: Some(Discount { amount_minor: 50, until: 2026-05-10 }) } }"#
        ]],
    );
    with(
        r#""discount_minor":50"#,
        expect!["missing_field: discount_until: expected a value beside the other one of a discount, found none"],
    );
    with(
        r#""discount_until":"2026-05-10""#,
        expect!["missing_field: discount_minor: expected a value beside the other one of a discount, found none"],
    );
    with(
        r#""discount_minor":0,"discount_until":"2026-05-10""#,
        expect![
            "negative_amount: discount_minor: expected a whole number of minor units from 1 to 1000000000000000, found 0"
        ],
    );
    with(
        r#""discount_minor":1251,"discount_until":"2026-05-10""#,
        expect!["amount_out_of_range: discount_minor: expected at most amount_minor, 1250, found 1251"],
    );
}

#[test]
fn a_failure_code_is_a_known_word_or_none() {
    let failed = |rest: &str, expected| {
        check(Family::Payments, "FAILED", &format!("\"payment_id\":\"P-1\"{rest}"), expected);
    };
    failed("", expect![[r#"Failed { payment_id: "P-1", code: None }"#]]);
    failed(r#","failure_code":null"#, expect![[r#"Failed { payment_id: "P-1", code: None }"#]]);
    failed(r#","failure_code":"EXPIRED""#, expect![[r#"Failed { payment_id: "P-1", code: Some(Expired) }"#]]);
    failed(
        r#","failure_code":"BOUNCED""#,
        expect![[
            r#"malformed_field: failure_code: expected one of INSUFFICIENT_FUNDS MANDATE_CANCELLED ACCOUNT_CLOSED EXPIRED DECLINED OTHER, found "BOUNCED""#
        ]],
    );
    failed(
        r#","failure_code":"""#,
        expect![
            "malformed_field: failure_code: expected one of INSUFFICIENT_FUNDS MANDATE_CANCELLED ACCOUNT_CLOSED EXPIRED DECLINED OTHER, found an empty text"
        ],
    );
}

#[test]
fn a_dispute_may_name_an_invoice_and_an_amount_above_zero() {
    let opened = |rest: &str, expected| {
        check(Family::Disputes, "OPENED", &format!("\"dispute_id\":\"D-1\"{rest}"), expected);
    };
    opened("", expect![[r#"Opened { dispute_id: "D-1", invoice_id: None, amount_minor: None }"#]]);
    opened(
        r#","invoice_id":"I-1","amount_minor":5"#,
        expect![[r#"Opened { dispute_id: "D-1", invoice_id: Some("I-1"), amount_minor: Some(5) }"#]],
    );
    opened(
        r#","invoice_id":"""#,
        expect!["malformed_field: invoice_id: expected a text of 1 to 256 bytes, found an empty text"],
    );
    opened(
        r#","amount_minor":0"#,
        expect![
            "negative_amount: amount_minor: expected a whole number of minor units from 1 to 1000000000000000, found 0"
        ],
    );
    opened(
        r#","amount_minor":1000000000000001"#,
        expect![
            "amount_out_of_range: amount_minor: expected a whole number of minor units from 1 to 1000000000000000, found 1000000000000001"
        ],
    );
    opened(
        r#","amount_minor":5,"currency":"EUR""#,
        expect![[r#"wrong_currency: currency: expected GBP, found "EUR""#]],
    );
}

#[test]
fn a_resolution_may_say_whether_the_dispute_was_upheld() {
    let resolved = |rest: &str, expected| {
        check(Family::Disputes, "RESOLVED", &format!("\"dispute_id\":\"D-1\"{rest}"), expected);
    };
    resolved("", expect![[r#"Resolved { dispute_id: "D-1", upheld: None }"#]]);
    resolved(r#","upheld":true"#, expect![[r#"Resolved { dispute_id: "D-1", upheld: Some(true) }"#]]);
    resolved(r#","upheld":false"#, expect![[r#"Resolved { dispute_id: "D-1", upheld: Some(false) }"#]]);
    resolved(r#","upheld":"yes""#, expect![[r#"malformed_field: upheld: expected true or false, found "yes""#]]);
}

#[test]
fn contacts_are_of_known_words() {
    let contact = |channel: &str, outcome: &str, expected| {
        let own = format!(r#""contact_id":"K-1","channel":"{channel}","outcome":"{outcome}""#);
        check(Family::Contacts, "OUTBOUND", &own, expected);
    };
    contact(
        "FAX",
        "ATTEMPTED",
        expect![[r#"malformed_field: channel: expected one of CALL SMS EMAIL LETTER CHAT PORTAL VISIT, found "FAX""#]],
    );
    contact(
        "SMS",
        "delivered",
        expect![[
            r#"malformed_field: outcome: expected one of ATTEMPTED NOT_CONNECTED NO_ANSWER VOICEMAIL WRONG_PARTY RIGHT_PARTY DELIVERED BOUNCED OPENED CLICKED REPLIED REFUSED, found "delivered""#
        ]],
    );
}
