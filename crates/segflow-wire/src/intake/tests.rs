//! Every reason, with what it says.

use expect_test::{Expect, expect};
use segflow_core::customer::Contradiction;
use segflow_core::event::{Body, CustomerId, Kind};
use segflow_core::money::Currency;

use super::*;
use crate::partition::Partitioner;

mod attributes;
mod erasure;
mod kinds;

const W: Timestamp = Timestamp(1_777_800_000_000);
const ISSUED: &str = r#"{"event_id":"E-1","customer_id":"C-1","occurred_at":1777800000000,"kind":"ISSUED","invoice_id":"I-1","amount_minor":1250,"currency":"GBP","due_date":"2026-05-31"}"#;

fn intake(encoding: Encoding) -> Intake {
    let mut intake = Intake::uniform(encoding, Partitioner::Murmur2, 12, Currency::new("GBP").unwrap());
    intake.max_skew_ms = Some(300_000);
    intake
}

/// A record of customer C-1 on the partition to which that key hashes.
fn record(family: Family, value: Option<&[u8]>) -> RawRecord<'_> {
    static NO_HEADERS: Headers = Headers::new();
    RawRecord {
        family,
        topic: "t",
        partition: partition_of(b"C-1", 12, Partitioner::Murmur2),
        offset: 7,
        timestamp: W,
        key: Some(b"C-1"),
        value,
        headers: &NO_HEADERS,
    }
}

fn said(result: Result<Event, Rejection>) -> String {
    match result {
        Ok(event) => format!("{event:?}"),
        Err(rejection) => rejection.to_string(),
    }
}

fn check_record(record: &RawRecord<'_>, encoding: Encoding, expected: Expect) {
    expected.assert_eq(&said(accept(record, &intake(encoding), W)));
}

fn check(family: Family, json: &str, expected: Expect) {
    check_record(&record(family, Some(json.as_bytes())), Encoding::Json, expected);
}

/// The invoice with one member replaced, or taken out where `to` is empty.
fn issued(from: &str, to: &str) -> String {
    let changed = ISSUED.replace(from, to);
    assert_ne!(changed, ISSUED, "{from} is not in the invoice");
    changed.replace(",,", ",").replace(",}", "}").replace("{,", "{")
}

fn check_issued(from: &str, to: &str, expected: Expect) {
    check(Family::Invoices, &issued(from, to), expected);
}

fn accepted(json: &str) -> Event {
    accept(&record(Family::Invoices, Some(json.as_bytes())), &intake(Encoding::Json), W).unwrap()
}

#[test]
fn an_instant_is_milliseconds_or_rfc_3339() {
    let expected = accepted(ISSUED);
    assert_eq!(expected.occurred_at, W);
    assert_eq!(accepted(&issued("1777800000000", r#""2026-05-03T09:20:00Z""#)), expected);
    assert_eq!(accepted(&issued("1777800000000", r#""2026-05-03T10:20:00.0009+01:00""#)), expected);
}

#[test]
fn the_records_timestamp_is_kept() {
    let record = RawRecord { timestamp: Timestamp(W.0 - 5), ..record(Family::Invoices, Some(ISSUED.as_bytes())) };
    let event = accept(&record, &intake(Encoding::Json), W).unwrap();
    assert_eq!((event.occurred_at, event.recorded_at), (W, Timestamp(W.0 - 5)));
}

#[test]
fn fields_that_are_not_read_are_passed_over() {
    let more = r#"{"source":{"a":[1,{"b":null}]},"account_id":5,"plan_id":[],"new":1,"new":2,"debt_type":null,"#;
    assert_eq!(accepted(&ISSUED.replace('{', more)), accepted(ISSUED));
}

#[test]
fn bytes_that_are_no_json_object_are_undecodable() {
    check(Family::Invoices, "", expect!["undecodable: expected a json object, found nothing"]);
    check(Family::Invoices, "not json", expect![[r#"undecodable: expected a json object, found "not json""#]]);
    check(
        Family::Invoices,
        r#"["E-1","C-1"]"#,
        expect![[r#"undecodable: expected a json object, found "[\"E-1\",\"C-1\"]""#]],
    );
    check(
        Family::Invoices,
        "{\"event_id\":\"E-1\"",
        expect!["undecodable: expected a json object, found: EOF while parsing an object at line 1 column 17"],
    );
    check(
        Family::Invoices,
        &format!("{ISSUED} {{}}"),
        expect!["undecodable: expected a json object, found: trailing characters at line 1 column 164"],
    );
    check_record(
        &record(Family::Invoices, Some(b"{\"event_id\":\"\xff\"}")),
        Encoding::Json,
        expect!["undecodable: expected a json object, found: invalid unicode code point at line 1 column 14"],
    );
    check(
        Family::Invoices,
        &format!("{}1{}", "{\"attributes\":".repeat(200), "}".repeat(200)),
        expect!["undecodable: expected a json object, found: recursion limit exceeded at line 1 column 1779"],
    );
    let long = format!("{:?}", "é".repeat(100));
    check(
        Family::Invoices,
        &long,
        expect![[
            r#"undecodable: expected a json object, found "\"ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé"..."#
        ]],
    );
}

#[test]
fn bytes_that_are_no_datum_of_the_topics_schema_are_undecodable() {
    let good = crate::event::encode(&accepted(ISSUED), &Currency::new("GBP").unwrap(), Encoding::Avro).unwrap();
    let avro = |bytes: &[u8], expected: Expect| {
        check_record(&record(Family::Invoices, Some(bytes)), Encoding::Avro, expected);
    };
    assert_eq!(accept(&record(Family::Invoices, Some(&good)), &intake(Encoding::Avro), W), Ok(accepted(ISSUED)));
    avro(b"", expect!["undecodable: expected the marker c301 of avro single-object encoding, found no bytes"]);
    avro(b"{}", expect!["undecodable: expected the marker c301 of avro single-object encoding, found 7b7d"]);
    avro(&good[..5], expect!["undecodable: expected a header of 10 bytes, found 5 bytes in all"]);
    avro(
        &good[..good.len() - 1],
        expect![
            "undecodable: expected a datum of schema invoices, found: All bytes have MSB set when decoding varint (Reached EOF)"
        ],
    );
    avro(
        &[&good[..], &[0, 0]].concat(),
        expect!["undecodable: expected one datum of schema invoices, found 2 bytes after it"],
    );
    let mut other = good.clone();
    other[2] ^= 0xff;
    avro(
        &other,
        expect![
            "undecodable: expected the fingerprint d5c63b4e6f91b990 of schema invoices or 29b500e10bdf1313 of schema invoices-1, found 2ac63b4e6f91b990"
        ],
    );
    check_record(
        &record(Family::Payments, Some(&good)),
        Encoding::Avro,
        expect![
            "undecodable: expected the fingerprint cb754daa53398090 of schema payments or add2baef6d86652f of schema payments-1, found d5c63b4e6f91b990"
        ],
    );
    for length in 0..good.len() {
        let cut = accept(&record(Family::Invoices, Some(&good[..length])), &intake(Encoding::Avro), W);
        assert_eq!(cut.unwrap_err().reason, Reason::Undecodable, "{length} bytes");
    }
}

#[test]
fn an_absent_or_null_field_is_missing() {
    check_issued("\"kind\":\"ISSUED\"", "", expect!["missing_field: kind: expected a value, found none"]);
    check_issued("\"E-1\"", "null", expect!["missing_field: event_id: expected a value, found none"]);
    for member in [
        r#""event_id":"E-1""#,
        r#""customer_id":"C-1""#,
        r#""occurred_at":1777800000000"#,
        r#""invoice_id":"I-1""#,
        r#""amount_minor":1250"#,
        r#""currency":"GBP""#,
        r#""due_date":"2026-05-31""#,
    ] {
        let json = issued(member, "");
        let rejection =
            accept(&record(Family::Invoices, Some(json.as_bytes())), &intake(Encoding::Json), W).unwrap_err();
        let name = member.split('"').nth(1).unwrap();
        assert_eq!(rejection.to_string(), format!("missing_field: {name}: expected a value, found none"));
    }
}

#[test]
fn a_field_of_the_wrong_type_or_range_is_malformed() {
    check_issued(
        "\"E-1\"",
        "\"\"",
        expect!["malformed_field: event_id: expected a text of 1 to 256 bytes, found an empty text"],
    );
    check_issued("\"E-1\"", "17", expect!["malformed_field: event_id: expected a text of 1 to 256 bytes, found 17"]);
    check_issued(
        "E-1",
        &"x".repeat(257),
        expect![[
            r#"malformed_field: event_id: expected a text of 1 to 256 bytes, found "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"..."#
        ]],
    );
    check_issued(
        "E-1",
        "\\u0000erased 1",
        expect![[r#"malformed_field: event_id: expected a text that begins with no zero byte, found "\0erased 1""#]],
    );
    check_issued(
        "C-1",
        "",
        expect!["malformed_field: customer_id: expected a text of 1 to 128 bytes, found an empty text"],
    );
    check_issued(
        "C-1",
        &"x".repeat(129),
        expect![[
            r#"malformed_field: customer_id: expected a text of 1 to 128 bytes, found "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"..."#
        ]],
    );
    check_issued(
        "1777800000000",
        "\"yesterday\"",
        expect![[
            r#"malformed_field: occurred_at: expected milliseconds or an instant such as 2026-05-03T09:30:00Z, from 1900 to 2199, found "yesterday""#
        ]],
    );
    check_issued(
        "1777800000000",
        "-2208988800001",
        expect![
            "malformed_field: occurred_at: expected milliseconds or an instant such as 2026-05-03T09:30:00Z, from 1900 to 2199, found -2208988800001"
        ],
    );
    check_issued(
        "1777800000000",
        "7258118400000",
        expect![
            "malformed_field: occurred_at: expected milliseconds or an instant such as 2026-05-03T09:30:00Z, from 1900 to 2199, found 7258118400000"
        ],
    );
    check_issued(
        "1777800000000",
        "1777800000000.5",
        expect![
            "malformed_field: occurred_at: expected milliseconds or an instant such as 2026-05-03T09:30:00Z, from 1900 to 2199, found 1777800000000.5"
        ],
    );
    check_issued(
        "2026-05-31",
        "2026-02-30",
        expect![[
            r#"malformed_field: due_date: expected a date such as 2026-05-03, from 1900 to 2199, found "2026-02-30""#
        ]],
    );
    check_issued(
        "2026-05-31",
        "1899-12-31",
        expect![[
            r#"malformed_field: due_date: expected a date such as 2026-05-03, from 1900 to 2199, found "1899-12-31""#
        ]],
    );
    check_issued(
        "2026-05-31",
        "2200-01-01",
        expect![[
            r#"malformed_field: due_date: expected a date such as 2026-05-03, from 1900 to 2199, found "2200-01-01""#
        ]],
    );
    check_issued(
        "\"2026-05-31\"",
        "20604",
        expect!["malformed_field: due_date: expected a date such as 2026-05-03, from 1900 to 2199, found 20604"],
    );
    check_issued(
        "1250",
        "\"1250\"",
        expect![[
            r#"malformed_field: amount_minor: expected a whole number of minor units from 0 to 1000000000000000, found "1250""#
        ]],
    );
    check_issued(
        "1250",
        "12.5",
        expect![
            "malformed_field: amount_minor: expected a whole number of minor units from 0 to 1000000000000000, found 12.5"
        ],
    );
    check_issued(
        "\"GBP\"",
        "826",
        expect!["malformed_field: currency: expected GBP, or another code of three capital letters, found 826"],
    );
    check_issued(
        "\"I-1\"",
        "{}",
        expect!["malformed_field: invoice_id: expected a text of 1 to 256 bytes, found an object"],
    );
    check_issued(
        "1250",
        "1250,\"amount_minor\":1250",
        expect![
            "malformed_field: expected each field once, found: duplicate field `amount_minor` at line 1 column 135"
        ],
    );
}

#[test]
fn the_bounds_of_ids_and_instants_are_accepted() {
    accepted(&issued("E-1", &"x".repeat(256)));
    let old = issued("1777800000000", "-2208988800000");
    let old = RawRecord { timestamp: Timestamp::EARLIEST, ..record(Family::Invoices, Some(old.as_bytes())) };
    accept(&old, &intake(Encoding::Json), W).unwrap();
    accepted(&issued("1777800000000", "7258118399999"));
    accepted(&issued("2026-05-31", "1900-01-01"));
    accepted(&issued("2026-05-31", "2199-12-31"));
    accepted(&issued("1250", "1"));
    accepted(&issued("1250", "1000000000000000"));
    let id = "x".repeat(128);
    let json = issued("C-1", &id);
    let mut record = record(Family::Invoices, Some(json.as_bytes()));
    (record.key, record.partition) = (Some(id.as_bytes()), partition_of(id.as_bytes(), 12, Partitioner::Murmur2));
    assert_eq!(accept(&record, &intake(Encoding::Json), W).unwrap().customer_id, CustomerId::new(id.clone()).unwrap());
}

#[test]
fn dates_of_avro_have_the_same_bounds() {
    let encode = |day: i32| {
        let mut event = accepted(ISSUED);
        let Body::Issued { due_date, .. } = &mut event.body else { unreachable!() };
        *due_date = segflow_core::time::Date(day);
        crate::event::encode(&event, &Currency::new("GBP").unwrap(), Encoding::Avro).unwrap()
    };
    let read = |day| said(accept(&record(Family::Invoices, Some(&encode(day))), &intake(Encoding::Avro), W));
    assert!(read(-25_567).contains("due_date: 1900-01-01"));
    assert!(read(84_005).contains("due_date: 2199-12-31"));
    expect!["malformed_field: due_date: expected a date such as 2026-05-03, from 1900 to 2199, found day -25568 since 1970-01-01"].assert_eq(&read(-25_568));
    expect!["malformed_field: due_date: expected a date such as 2026-05-03, from 1900 to 2199, found day 84006 since 1970-01-01"].assert_eq(&read(84_006));
}

#[test]
fn an_invoice_is_of_zero_or_more_and_at_most_10_to_the_15() {
    check_issued(
        "1250",
        "0",
        expect![[
            r#"Event { event_id: "E-1", customer_id: CustomerId("C-1"), occurred_at: 2026-05-03T09:20:00.000Z, recorded_at: 2026-05-03T09:20:00.000Z, body: Issued { invoice_id: "I-1", amount_minor: 0, due_date: 2026-05-31, debt_type: None, discount: None } }"#
        ]],
    );
    check_issued(
        "1250",
        "-1250",
        expect![
            "negative_amount: amount_minor: expected a whole number of minor units from 0 to 1000000000000000, found -1250; a credit note is an event of kind CREDITED with a positive amount"
        ],
    );
    check_issued(
        "1250",
        "1000000000000001",
        expect![
            "amount_out_of_range: amount_minor: expected a whole number of minor units from 0 to 1000000000000000, found 1000000000000001"
        ],
    );
    check_issued(
        "1250",
        "18446744073709551615",
        expect![
            "amount_out_of_range: amount_minor: expected a whole number of minor units from 0 to 1000000000000000, found 18446744073709551615"
        ],
    );
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    assert_eq!(accepted(&issued("1250", "1250.0")), accepted(ISSUED));
    assert_eq!(accepted(&issued("1777800000000", "1.7778e12")), accepted(ISSUED));
    check_issued(
        "1250",
        "1e16",
        expect![
            "malformed_field: amount_minor: expected a whole number of minor units from 0 to 1000000000000000, found 1e16"
        ],
    );
}

#[test]
fn an_event_long_before_its_record_is_implausible() {
    let days_ago = |days: i64| issued("1777800000000", &(W.0 - days * DAY_MS).to_string());
    accepted(&days_ago(7_305));
    check_issued(
        "1777800000000",
        &(W.0 - 7_305 * DAY_MS - 1).to_string(),
        expect![
            "implausible_instant: occurred_at: expected at most 7305 days before the timestamp of the record, 2026-05-03T09:20:00.000Z, found 2006-05-03T09:19:59.999Z; if events that old are sent on purpose, raise `inputs.invoices.oldest`"
        ],
    );
    check_issued(
        "1777800000000",
        "1777800000",
        expect![
            "implausible_instant: occurred_at: expected at most 7305 days before the timestamp of the record, 2026-05-03T09:20:00.000Z, found 1970-01-21T13:50:00.000Z; in seconds it would be 2026-05-03T09:20:00.000Z: send milliseconds"
        ],
    );
    check_issued(
        "1777800000000",
        r#""1970-01-21T13:50:00Z""#,
        expect![
            "implausible_instant: occurred_at: expected at most 7305 days before the timestamp of the record, 2026-05-03T09:20:00.000Z, found 1970-01-21T13:50:00.000Z; in seconds it would be 2026-05-03T09:20:00.000Z: send milliseconds"
        ],
    );
    let mut month = intake(Encoding::Json);
    month.topics[Family::Invoices.index()].oldest_days = 30;
    let json = days_ago(30);
    accept(&record(Family::Invoices, Some(json.as_bytes())), &month, W).unwrap();
    let json = days_ago(31);
    expect!["implausible_instant: occurred_at: expected at most 30 days before the timestamp of the record, 2026-05-03T09:20:00.000Z, found 2026-04-02T09:20:00.000Z; if events that old are sent on purpose, raise `inputs.invoices.oldest`"].assert_eq(&said(accept(&record(Family::Invoices, Some(json.as_bytes())), &month, W)));
}

/// The least instants and the greatest may meet in one record.
#[test]
fn instants_at_the_ends_of_time_are_judged_without_overflow() {
    let old = issued("1777800000000", "-2208988800000");
    let late = RawRecord { timestamp: Timestamp::LATEST, ..record(Family::Invoices, Some(old.as_bytes())) };
    let unlimited = Intake { max_skew_ms: None, ..intake(Encoding::Json) };
    expect!["implausible_instant: occurred_at: expected at most 7305 days before the timestamp of the record, 2200-01-01T00:00:00.000Z, found 1900-01-01T00:00:00.000Z; if events that old are sent on purpose, raise `inputs.invoices.oldest`"].assert_eq(&said(accept(&late, &unlimited, W)));
    let early = RawRecord { timestamp: Timestamp(i64::MIN), ..record(Family::Invoices, Some(ISSUED.as_bytes())) };
    accept(&early, &unlimited, W).unwrap();
}

#[test]
fn another_currency_is_refused() {
    check_issued("GBP", "EUR", expect![[r#"wrong_currency: currency: expected GBP, found "EUR""#]]);
    check_issued("GBP", "gbp", expect![[r#"malformed_field: currency: expected GBP in capital letters, found "gbp""#]]);
    check_issued(
        "GBP",
        "EURO",
        expect![[r#"malformed_field: currency: expected GBP, or another code of three capital letters, found "EURO""#]],
    );
    check_issued(
        r#""GBP""#,
        "826",
        expect!["malformed_field: currency: expected GBP, or another code of three capital letters, found 826"],
    );
}

/// A currency that is misspelt may be ours: its record is for nobody else.
#[test]
fn what_is_ignored_is_a_record_of_another_currency() {
    let ignoring = Intake { other_currency: OtherCurrency::Ignore, ..intake(Encoding::Json) };
    let rejected = |from: &str, to: &str| {
        let json = ISSUED.replace(from, to);
        accept(&record(Family::Invoices, Some(json.as_bytes())), &ignoring, W).unwrap_err()
    };
    let other = rejected("GBP", "EUR");
    assert!(ignoring.ignores(&other));
    assert!(!intake(Encoding::Json).ignores(&other));
    assert!(!ignoring.ignores(&rejected("GBP", "gbp")));
    assert!(!ignoring.ignores(&rejected("C-1", "C-2")));
}

#[test]
fn the_key_must_be_the_customer_id() {
    let with_key = |key, expected| {
        check_record(&RawRecord { key, ..record(Family::Invoices, Some(ISSUED.as_bytes())) }, Encoding::Json, expected);
    };
    with_key(None, expect![[r#"key_not_customer: key: expected the customer_id "C-1", found none"#]]);
    with_key(
        Some(b"".as_slice()),
        expect![[r#"key_not_customer: key: expected the customer_id "C-1", found nothing"#]],
    );
    with_key(
        Some(b"C-2".as_slice()),
        expect![[r#"key_not_customer: key: expected the customer_id "C-1", found "C-2""#]],
    );
    with_key(
        Some(b"\xff".as_slice()),
        expect![[r#"key_not_customer: key: expected the customer_id "C-1", found "�""#]],
    );
}

#[test]
fn the_partition_must_be_that_of_the_key() {
    let good = record(Family::Invoices, Some(ISSUED.as_bytes()));
    for partition in 0..12 {
        let result = accept(&RawRecord { partition, ..good }, &intake(Encoding::Json), W);
        assert_eq!(result.is_ok(), partition == good.partition, "{partition}");
    }
    let mut crc32 = intake(Encoding::Json);
    crc32.topics[Family::Invoices.index()].partitioner = Partitioner::Crc32;
    expect!["wrong_partition: partition: expected 6 of 12 by crc32 of the key, found 11"]
        .assert_eq(&said(accept(&good, &crc32, W)));
}

#[test]
fn a_timestamp_beyond_the_skew_is_refused_first() {
    let at = |ms| RawRecord { timestamp: Timestamp(ms), ..record(Family::Invoices, Some(ISSUED.as_bytes())) };
    assert!(accept(&at(W.0 + 300_000), &intake(Encoding::Json), W).is_ok());
    check_record(
        &at(W.0 + 300_001),
        Encoding::Json,
        expect![
            "timestamp_ahead: timestamp of the record: expected at most 2026-05-03T09:25:00.000Z, found 2026-05-03T09:25:00.001Z"
        ],
    );
    let worse = RawRecord { key: None, value: None, ..at(W.0 + 300_001) };
    let rejection = accept(&worse, &intake(Encoding::Json), W).unwrap_err();
    assert_eq!(rejection.reason, Reason::TimestampAhead, "it is judged before every other fault");
    let unlimited = Intake { max_skew_ms: None, ..intake(Encoding::Json) };
    let last = accept(&at(Timestamp::LATEST.0), &unlimited, Timestamp::BEGINNING).unwrap_err();
    assert_eq!(last.reason, Reason::ImplausibleInstant, "the timestamp itself is accepted");
    expect!["timestamp_ahead: timestamp of the record: expected at most 2200-01-01T00:00:00.000Z, found 2200-01-01T00:00:00.001Z"].assert_eq(&said(accept(&at(Timestamp::LATEST.0 + 1), &unlimited, Timestamp::BEGINNING)));
}

#[test]
fn a_contradiction_names_both_events_and_says_which_one_counts() {
    let of = |kind, stands| Contradiction {
        kind,
        subject: "I-1".to_owned(),
        known_subject: "I-1".to_owned(),
        event_id: "E-1".to_owned(),
        occurred_at: W,
        stands,
    };
    let said = |kind, stands| Rejection::contradicts(&of(kind, stands)).to_string();
    expect![[r#"contradicts: invoice: expected one ISSUED of "I-1", found another one with other content, event "E-1" of 2026-05-03T09:20:00.000Z; that one counts. Send an id that no other invoice of the customer has, or a correction"#]].assert_eq(&said(Kind::Issued, true));
    expect![[r#"contradicts: invoice: expected one ISSUED of "I-1", found another one with other content, event "E-1" of 2026-05-03T09:20:00.000Z; this one counts, since it happened first. Send an id that no other invoice of the customer has, or a correction"#]].assert_eq(&said(Kind::Issued, false));
    expect![[r#"contradicts: credit note: expected one CREDITED of "I-1", found another one with other content, event "E-1" of 2026-05-03T09:20:00.000Z; that one counts. Send an id that no other credit note of the customer has, or a correction"#]].assert_eq(&said(Kind::Credited, true));
    expect![[r#"contradicts: promise: expected one MADE of "I-1", found another one with other content, event "E-1" of 2026-05-03T09:20:00.000Z; that one counts. Send an id that no other promise of the customer has, or a correction"#]].assert_eq(&said(Kind::Made, true));
    expect![[r#"contradicts: dispute: expected one OPENED of "I-1", found another one with other content, event "E-1" of 2026-05-03T09:20:00.000Z; that one counts. Send an id that no other dispute of the customer has, or a correction"#]].assert_eq(&said(Kind::Opened, true));
}

#[test]
fn one_event_id_for_two_payments_is_told() {
    let said = |stands| {
        Rejection::contradicts(&Contradiction {
            kind: Kind::Received,
            subject: "T-2".to_owned(),
            known_subject: "T-1".to_owned(),
            event_id: "E-1".to_owned(),
            occurred_at: W,
            stands,
        })
        .to_string()
    };
    expect![[r#"contradicts: event_id: expected an id that no other RECEIVED has, found "E-1" of payment "T-2", the id of the RECEIVED of payment "T-1" of 2026-05-03T09:20:00.000Z; only that of "T-1" counts. Send every event with an id of its own"#]].assert_eq(&said(true));
    expect![[r#"contradicts: event_id: expected an id that no other RECEIVED has, found "E-1" of payment "T-2", the id of the RECEIVED of payment "T-1" of 2026-05-03T09:20:00.000Z; only that of "T-2" counts. Send every event with an id of its own"#]].assert_eq(&said(false));
}

#[test]
fn reasons_have_words_of_their_own() {
    let words: std::collections::BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.word()).collect();
    assert_eq!(words.len(), Reason::ALL.len());
}

/// Each test in the table's last column stands in one of these modules.
#[test]
fn the_documentation_names_every_reason_and_a_test_of_it() {
    let docs = include_str!("../../../../docs/bad-input.md");
    let tests = [
        include_str!("tests.rs"),
        include_str!("tests/attributes.rs"),
        include_str!("tests/erasure.rs"),
        include_str!("tests/kinds.rs"),
        include_str!("../../../segflow-runtime/src/tests/erasure.rs"),
        include_str!("../../../segflow-mapping/tests/language.rs"),
    ];
    for reason in Reason::ALL {
        let mut rows = docs.lines().filter(|row| row.contains(&format!("| `{reason}` |"))).peekable();
        assert!(rows.peek().is_some(), "{reason}");
        for name in rows.flat_map(|row| row.rsplit('|').nth(1).unwrap().split(", ")) {
            let test = name.trim().trim_matches('`').rsplit("::").next().unwrap();
            assert!(tests.iter().any(|text| text.contains(&format!("#[test]\nfn {test}()"))), "{name}");
        }
    }
}

#[test]
fn the_hash_covers_every_part_of_the_configuration() {
    let base = intake(Encoding::Json);
    expect!["254544bd0f7ecabd04a85ff38b1a2548e6c3a381495fa5c7876542fab323b6c6"].assert_eq(&base.hash());
    let mut topic = base.clone();
    topic.topics[3].encoding = Encoding::Avro;
    let mut partitioner = base.clone();
    partitioner.topics[5].partitioner = Partitioner::Crc32;
    let mut oldest = base.clone();
    oldest.topics[0].oldest_days = 7_306;
    let others = [
        topic,
        partitioner,
        Intake { partitions: 13, ..base.clone() },
        Intake { currency: Currency::new("EUR").unwrap(), ..base.clone() },
        Intake { max_skew_ms: None, ..base.clone() },
        Intake { max_skew_ms: Some(300_001), ..base.clone() },
        oldest,
        Intake { other_currency: OtherCurrency::Ignore, ..base.clone() },
    ];
    let hashes: std::collections::BTreeSet<String> = others.iter().chain([&base]).map(Intake::hash).collect();
    assert_eq!(hashes.len(), others.len() + 1);
}
