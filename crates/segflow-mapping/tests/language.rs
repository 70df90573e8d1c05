//! The language over small records: what each function makes, and what is said where it cannot.

#![allow(clippy::unwrap_used, reason = "a test")]

use expect_test::{Expect, expect};
use segflow_core::time::Timestamp;
use segflow_mapping::{ForeignRecord, Mapping};
use segflow_wire::Headers;

/// A mapping of one event whose attribute `x` is an expression.
fn frame(expression: &str, head: &str) -> String {
    let quoted = expression.replace('\'', "''");
    format!(
        "mapping: frame\ntimezone: Europe/Berlin\n{head}events:\n  - to: profiles.UPDATED\n    event_id: text(\"E\")\n    \
         customer_id: text(\"C\")\n    occurred_at: record.timestamp\n    attributes: {{x: '{quoted}'}}\notherwise: skip\n"
    )
}

fn map(mapping: &str, record: &ForeignRecord<'_>) -> String {
    let mapping = Mapping::load("frame.yaml", mapping).unwrap_or_else(|error| panic!("{error}"));
    match mapping.map(record) {
        Ok(mapped) => {
            let events = mapped.events.iter().map(|event| String::from_utf8(event.value.clone()).unwrap());
            let reasons = mapped.skipped.iter().map(|skipped| format!("skipped: {}", skipped.reason));
            events.chain(reasons).collect::<Vec<_>>().join("\n")
        }
        Err(rejection) => rejection.to_string(),
    }
}

fn record<'a>(value: Option<&'a str>, headers: &'a Headers) -> ForeignRecord<'a> {
    ForeignRecord {
        topic: "t",
        partition: 3,
        offset: 42,
        timestamp: Timestamp(1_777_800_000_000),
        key: Some(br#"{"id": 7}"#),
        value: value.map(str::as_bytes),
        headers,
    }
}

/// The value of an expression over a JSON value, as the event has it; or the rejection.
fn check(expression: &str, json: &str, expected: &str) {
    let said = map(&frame(expression, ""), &record(Some(json), &Headers::new()));
    let shown = match said.split_once(r#""attributes":{"#) {
        Some((_, attributes)) => attributes.trim_end_matches("}}").trim_start_matches(r#""x":"#),
        None => said.strip_prefix("malformed_field: profiles.UPDATED, attributes.x: ").unwrap_or(&said),
    };
    assert_eq!(shown, expected, "{expression} of {json}");
}

#[test]
fn paths_reach_into_objects_and_lists() {
    check("a.b", r#"{"a": {"b": "é"}}"#, r#""é""#);
    check("a[1].b", r#"{"a": [0, {"b": 5}]}"#, "5");
    check(r#"a["@b c"]"#, r##"{"a": {"@b c": true}}"##, "true");
    check("a.b", r#"{"a": {}}"#, "");
    check("a.b", r#"{"a": {"b": null}}"#, "null");
    check("a.b", r#"{"a": null}"#, "");
    check("a[3]", r#"{"a": [1]}"#, "");
    check("a.b", r#"{"a": "text"}"#, "expected an object around it, found a text: a.b");
    check("a[0]", r#"{"a": 1}"#, "expected a list around it, found a number: a[0]");
    check("a", r#"{"a": {}}"#, "expected null, a text, a number or a truth value, found an object: a");
    check("value.record", r#"{"record": 1}"#, "1");
    check("first_known(a.b, c)", r#"{"c": 1.50}"#, "1.5");
}

#[test]
fn amounts_are_exact() {
    check("minor(a)", r#"{"a": 1250}"#, "1250");
    check("minor(a)", r#"{"a": "1250"}"#, "1250");
    check("minor(a)", r#"{"a": 12.5}"#, "expected a whole number of minor units, found 12.5: a");
    check("minor(a) - minor(b)", r#"{"a": 5, "b": 7}"#, "-2");
    check("absolute(minor(a))", r#"{"a": -5}"#, "5");
    check("number(a) * 0.1 + 0.2", r#"{"a": "0.1"}"#, "0.21");
    check("number(a, \",\")", r#"{"a": "1.234,50-"}"#, "-1234.5");
    check(
        "number(a, \",\")",
        r#"{"a": "1.23,5"}"#,
        r#"expected a number with ',' before its decimals, found "1.23,5": a"#,
    );
    let long = "1".repeat(70);
    let told = format!("expected a number of at most 38 digits, found {}...: a", &long[..60]);
    check("a", &format!(r#"{{"a": {long}}}"#), &told);
    check("number(a)", r#"{"a": 0.1000000000000000000000000001}"#, "0.1000000000000000000000000001");
    check("unscaled(a, 2)", r#"{"a": "AeJA"}"#, "1234.56");
    check("unscaled(a, 2)", r#"{"a": "/w=="}"#, "-0.01");
    check(
        "unscaled(a, 2)",
        r#"{"a": "?"}"#,
        r#"expected a whole number of at most 16 bytes in base64, as Debezium writes decimals, found "?": a"#,
    );
    check(
        "minor(a) + minor(a)",
        r#"{"a": 9223372036854775807}"#,
        "expected a result of at most 38 digits, found a larger one",
    );
}

/// The currencies have two decimals, none and three.
#[test]
fn money_is_in_the_decimals_of_the_events_currency() {
    let mapping = "mapping: m\nevents:\n  - to: payments.SUBMITTED\n    event_id: text(\"E\")\n    customer_id: text(\"C\")\n    \
                   occurred_at: record.timestamp\n    payment_id: text(\"P\")\n    currency: c\n    amount_minor: money(a)\n\
                   otherwise: skip\n";
    let amount = |json: &str| map(mapping, &record(Some(json), &Headers::new()));
    for (json, minor) in [
        (r#"{"c": "GBP", "a": 12.3400}"#, "1234"),
        (r#"{"c": "GBP", "a": "12.34"}"#, "1234"),
        (r#"{"c": "JPY", "a": "1250"}"#, "1250"),
        (r#"{"c": "KWD", "a": 1.25e1}"#, "12500"),
    ] {
        assert!(amount(json).contains(&format!("\"amount_minor\":{minor}}}")), "{}", amount(json));
    }
    expect!["malformed_field: payments.SUBMITTED, amount_minor: expected a decimal number of at most 0 decimals, as JPY has, found 12.5: a"]
        .assert_eq(&amount(r#"{"c": "JPY", "a": 12.5}"#));
    expect![[
        r#"malformed_field: payments.SUBMITTED, currency: expected a code of three capital letters, found "yen""#
    ]]
    .assert_eq(&amount(r#"{"c": "yen", "a": 12.5}"#));
}

#[test]
fn instants_and_dates_name_their_unit_and_zone() {
    check("seconds(a)", r#"{"a": 1777800000.9999}"#, r#""2026-05-03T09:20:00.999Z""#);
    check("millis(a)", r#"{"a": "1777800000123"}"#, r#""2026-05-03T09:20:00.123Z""#);
    check("micros(a)", r#"{"a": -1}"#, r#""1969-12-31T23:59:59.999Z""#);
    check("nanos(a)", r#"{"a": 1777800000123456789}"#, r#""2026-05-03T09:20:00.123Z""#);
    check("instant(a)", r#"{"a": "2026-05-03T11:20:00+02:00"}"#, r#""2026-05-03T09:20:00.000Z""#);
    check("instant(a, \"%d.%m.%Y %H:%M\")", r#"{"a": "03.05.2026 11:20"}"#, r#""2026-05-03T09:20:00.000Z""#);
    check(
        "instant(a, \"%Y-%m-%dT%H:%M:%S%z\")",
        r#"{"a": "2026-05-03T11:20:00+0100"}"#,
        r#""2026-05-03T10:20:00.000Z""#,
    );
    check("date(instant(a))", r#"{"a": "2026-05-03T22:30:00Z"}"#, r#""2026-05-04""#);
    check("date(a, \"%d.%m.%Y\")", r#"{"a": "31.12.2026"}"#, r#""2026-12-31""#);
    check(
        "date(a, \"%d.%m.%Y\")",
        r#"{"a": "31.06.2026"}"#,
        r#"expected a date written as "%d.%m.%Y", found "31.06.2026": a"#,
    );
    check("days(a)", r#"{"a": 20576}"#, r#""2026-05-03""#);
    check("midnight(a)", r#"{"a": "2026-05-03"}"#, r#""2026-05-02T22:00:00.000Z""#);
    // The clocks of Berlin skip from 2 to 3 o'clock, and show 2 to 3 o'clock twice.
    check("local(millis(a))", r#"{"a": 1774751400000}"#, r#""2026-03-29T01:30:00.000Z""#);
    check("instant(a, \"%Y-%m-%d %H:%M\")", r#"{"a": "2026-10-25 02:30"}"#, r#""2026-10-25T00:30:00.000Z""#);
    check("seconds(a)", r#"{"a": "soon"}"#, r#"expected a number of seconds since 1970, found "soon": a"#);
    check(
        "seconds(a)",
        r#"{"a": 99999999999999999999999999999999999999}"#,
        "expected a number of seconds since 1970, found 99999999999999999999999999999999999999: a",
    );
}

#[test]
fn texts() {
    check("upper(a)", r#"{"a": "gbp"}"#, r#""GBP""#);
    check("lower(trim(a))", r#"{"a": " GBP "}"#, r#""gbp""#);
    check("unpadded(a)", r#"{"a": "0000104711"}"#, r#""104711""#);
    check("unpadded(a)", r#"{"a": "000"}"#, r#""0""#);
    check("joined(a, \"-\", b)", r#"{"a": 7, "b": true}"#, r#""7-true""#);
    check("joined(a, \"-\", b)", r#"{"a": 7}"#, "");
    check("filled(a)", r#"{"a": " "}"#, "");
    check("filled(a)", r#"{"a": "x"}"#, r#""x""#);
    check("starts_with(a, \"in\")", r#"{"a": "invoice"}"#, "true");
    check("contains(a, \"voi\")", r#"{"a": "invoice"}"#, "true");
    check("ends_with(a, \"in\")", r#"{"a": "invoice"}"#, "false");
    check("upper(a)", r#"{"a": 1}"#, "expected a text, found 1: a");
}

#[test]
fn truths_follow_kleene_and_types_must_agree() {
    check("a == 1 && b == 2", r#"{"a": 2}"#, "false");
    check("b == 2 && a == 1", r#"{"a": 2}"#, "false");
    check("a == 1 || b == 2", r#"{"a": 1}"#, "true");
    check("!(a == 1)", r#"{}"#, "");
    check("known(a) && a > 1", r#"{}"#, "false");
    check("unknown(a)", r#"{"a": null}"#, "true");
    check("a in [1, 2.50]", r#"{"a": 2.5}"#, "true");
    check("a < 0", r#"{"a": -0.01}"#, "true");
    check("a == \"5\"", r#"{"a": 5}"#, r#"expected what compares with "5", found 5: a"#);
    check("date(a) < \"2026-06-01\"", r#"{"a": "2026-05-31"}"#, "true");
    check("!a", r#"{"a": "no"}"#, r#"expected true or false, found "no": a"#);
}

#[test]
fn records_have_properties() {
    check("record.topic", "{}", r#""t""#);
    check("joined(record.partition, \"-\", record.offset)", "{}", r#""3-42""#);
    check("record.key.id", "{}", "7");
    let headers = vec![("x".to_owned(), Some(b"1".to_vec())), ("x".to_owned(), Some(b"2".to_vec()))];
    let said = map(&frame("record.headers.x", ""), &record(Some("{}"), &headers));
    assert!(said.contains(r#""x":"2""#), "{said}");
}

#[test]
fn tables_of_words_have_an_otherwise_or_reject() {
    let head = "words:\n  table: {a: A, '1': ONE}\n  open: {a: A, otherwise: B}\n";
    let said = |expression: &str, json: &str| map(&frame(expression, head), &record(Some(json), &Headers::new()));
    assert!(said("words.table(x)", r#"{"x": 1}"#).contains(r#""x":"ONE""#));
    assert!(said("words.open(x)", r#"{"x": "z"}"#).contains(r#""x":"B""#));
    expect![[r#"malformed_field: profiles.UPDATED, attributes.x: expected a word of `words.table`, which has no `otherwise`, found "z": x"#]]
        .assert_eq(&said("words.table(x)", r#"{"x": "z"}"#));
}

fn entries(text: &str, json: Option<&str>, headers: &Headers, expected: Expect) {
    expected.assert_eq(&map(text, &record(json, headers)));
}

const CLOUD: &str = "mapping: m\nunwrap: cloudevents\ndefaults: {event_id: envelope.id, customer_id: envelope.subject, occurred_at: envelope.time}\n\
                     events:\n  - when: envelope.type == \"paid\"\n    to: payments.FAILED\n    payment_id: payment\notherwise: dead-letter\n";

#[test]
fn cloudevents_are_read_in_both_modes() {
    let none = Headers::new();
    let structured = r#"{"specversion": "1.0", "id": "1", "type": "paid", "source": "/s", "subject": "C", "time": "2026-05-03T09:20:00Z", "data": {"payment": "P"}}"#;
    let event =
        expect![[r#"{"kind":"FAILED","event_id":"1","customer_id":"C","occurred_at":1777800000000,"payment_id":"P"}"#]];
    event.assert_eq(&map(CLOUD, &record(Some(structured), &none)));
    let binary: Headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", "1"),
        ("ce_type", "paid"),
        ("ce_subject", "C"),
        ("ce_time", "2026-05-03T09:20:00Z"),
    ]
    .map(|(name, value)| (name.to_owned(), Some(value.as_bytes().to_vec())))
    .into();
    event.assert_eq(&map(CLOUD, &record(Some(r#"{"payment": "P"}"#), &binary)));
    entries(
        CLOUD,
        Some(r#"{"payment": "P"}"#),
        &none,
        expect![
            "undecodable: expected a CloudEvent, with `specversion` or a header ce_specversion, found neither: unwrap: cloudevents"
        ],
    );
}

#[test]
fn what_is_no_event_is_skipped_or_rejected_and_says_why() {
    let none = Headers::new();
    let text = "mapping: m\neach: {order: orders, line: order.lines}\ndefaults: {event_id: line.id, customer_id: c, occurred_at: record.timestamp}\n\
                events:\n  - when: line.kind == \"note\"\n    skip: only a note\n  - when: line.kind == \"bad\"\n    dead-letter: bad lines are nothing\n  \
                - when: line.kind == \"failed\"\n    to: payments.FAILED\n    payment_id: order.id\notherwise: skip\n";
    let lines = |lines: &str| format!(r#"{{"c": "C", "orders": [{{"id": "O-1", "lines": [{lines}]}}]}}"#);
    let two = lines(r#"{"id": "1", "kind": "note"}, {"id": "2", "kind": "failed"}, {"id": "3", "kind": "other"}"#);
    entries(
        text,
        Some(&two),
        &none,
        expect![[r#"
        {"kind":"FAILED","event_id":"2","customer_id":"C","occurred_at":1777800000000,"payment_id":"O-1"}
        skipped: only a note
        skipped: no entry of `events` applies"#]],
    );
    entries(
        text,
        Some(&lines(r#"{"id": "1", "kind": "failed"}, {"id": "2", "kind": "bad"}"#)),
        &none,
        expect!["unmapped: bad lines are nothing"],
    );
    entries(
        text,
        Some(&lines(r#"{"id": "1"}"#)),
        &none,
        expect![[
            r#"missing_field: events, entry 1 (skip), when: expected true or false, found no value to decide it by: line.kind == "note""#
        ]],
    );
    entries(text, Some(&lines("")), &none, expect!["skipped: nothing in `order.lines`"]);
    entries(
        text,
        Some(r#"{"c": "C"}"#),
        &none,
        expect!["missing_field: each: expected a list, perhaps an empty one, found none: orders"],
    );
    entries(
        text,
        Some(r#"{"c": "C", "orders": 5}"#),
        &none,
        expect!["malformed_field: each: expected a list, found a number: orders"],
    );
    // Converters of XML write a list of one as that one.
    entries(
        text,
        Some(r#"{"c": "C", "orders": {"id": "O-1", "lines": {"id": "1", "kind": "failed"}}}"#),
        &none,
        expect![[
            r#"{"kind":"FAILED","event_id":"1","customer_id":"C","occurred_at":1777800000000,"payment_id":"O-1"}"#
        ]],
    );
    entries(
        text,
        None,
        &none,
        expect!["null_value: value: expected one to map, found null; `tombstones: skip` passes over such records"],
    );
    entries(&text.replace("mapping: m", "mapping: m\ntombstones: skip"), None, &none, expect!["skipped: no value"]);
    entries(
        text,
        Some("no json"),
        &none,
        expect!["undecodable: value: expected json, found: expected ident at line 1 column 2"],
    );
    entries(
        &text.replace("otherwise: skip", "otherwise: dead-letter"),
        Some(&lines(r#"{"id": "3", "kind": "other"}"#)),
        &none,
        expect!["unmapped: mapping m: expected an entry of `events` that applies, found none"],
    );
}

#[test]
fn a_record_has_a_bound_of_items() {
    let text = "mapping: m\neach: {a: l, b: a}\nevents: [{skip: nothing}]\notherwise: skip\n";
    let list = |count: usize| format!("[{}]", vec!["0"; count].join(","));
    let json = |rest: usize| format!(r#"{{"l": [{}, {}, {}]}}"#, list(5_000), list(4_999), list(rest));
    let skipped = map(text, &record(Some(&json(1)), &Headers::new()));
    assert_eq!(skipped.lines().count(), 10_000);
    expect!["malformed_field: each: expected at most 10000 events and skipped items, found more"]
        .assert_eq(&map(text, &record(Some(&json(2)), &Headers::new())));
}

/// Without an amount these events are about the whole of something, which a mapping that writes one does not mean.
#[test]
fn an_amount_that_is_written_and_absent_never_means_the_whole() {
    let event = |to: &str, fields: &str| {
        format!(
            "mapping: m\nevents:\n  - {{to: {to}, event_id: text(\"E\"), customer_id: text(\"C\"), occurred_at: \
             record.timestamp, currency: text(\"GBP\"), {fields}}}\notherwise: skip\n"
        )
    };
    let headers = Headers::new();
    for (to, id) in
        [("payments.REVERSED", "payment_id"), ("payments.REINSTATED", "payment_id"), ("disputes.OPENED", "dispute_id")]
    {
        let id = format!("{id}: text(\"I\")");
        let absent = record(Some("{\"a\": null}"), &headers);
        let said = map(&event(to, &format!("{id}, amount_minor: minor(a)")), &absent);
        assert_eq!(said, format!("missing_field: {to}, amount_minor: expected a value, found none: minor(a)"));
        let whole = map(&event(to, &id), &absent);
        assert!(whole.starts_with('{') && !whole.contains("amount_minor"), "{whole}");
    }
    let moved = "invoice_id: text(\"I\"), due_date: date(d), amount_minor: minor(a)";
    let moved = map(&event("invoices.ADJUSTED", moved), &record(Some(r#"{"d": "2026-05-03"}"#), &headers));
    assert!(moved.contains("2026-05-03") && !moved.contains("amount_minor"), "{moved}");
}

#[test]
fn a_text_of_a_record_is_not_copied_without_bound() {
    check("a", &format!(r#"{{"a": "{}"}}"#, "x".repeat(1_024)), &format!("\"{}\"", "x".repeat(1_024)));
    let said = map(&frame("a", ""), &record(Some(&format!(r#"{{"a": "{}"}}"#, "x".repeat(1_025))), &Headers::new()));
    assert!(said.contains("attributes.x: expected a text of at most 1024 bytes, found "), "{said}");

    let text = "mapping: m\neach: {a: l}\nevents:\n  - to: profiles.UPDATED\n    event_id: text(\"E\")\n    customer_id: \
                text(\"C\")\n    occurred_at: record.timestamp\n    attributes: {x: t, y: t}\notherwise: skip\n";
    let of = |items: usize| {
        let json = format!(r#"{{"t": "{}", "l": [{}]}}"#, "x".repeat(1_000), vec!["0"; items].join(","));
        map(text, &record(Some(&json), &Headers::new()))
    };
    assert_eq!(of(7_500).lines().count(), 7_500);
    expect!["malformed_field: each: expected events of at most 16777216 bytes together, found more"]
        .assert_eq(&of(8_500));
}
