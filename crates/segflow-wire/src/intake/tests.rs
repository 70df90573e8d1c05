//! Every reason, with what it says.

use expect_test::{Expect, expect};
use segflow_core::event::{Attribute, Body, CustomerId};
use segflow_core::money::Currency;

use super::*;
use crate::partition::Partitioner;

const W: Instant = Instant(1_777_800_000_000);
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
fn fields_that_are_not_read_are_passed_over() {
    let more = r#"{"source":{"a":[1,{"b":null}]},"account_id":5,"plan_id":[],"new":1,"new":2,"debt_type":null,"#;
    assert_eq!(accepted(&ISSUED.replace('{', more)), accepted(ISSUED));
}

#[test]
fn undecodable() {
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
fn undecodable_avro() {
    let good = crate::event::encode(&accepted(ISSUED), &Currency::new("GBP").unwrap(), Encoding::Avro);
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
        expect!["undecodable: expected the fingerprint 29b500e10bdf1313 of schema invoices, found d6b500e10bdf1313"],
    );
    check_record(
        &record(Family::Payments, Some(&good)),
        Encoding::Avro,
        expect!["undecodable: expected the fingerprint add2baef6d86652f of schema payments, found 29b500e10bdf1313"],
    );
    for length in 0..good.len() {
        let cut = accept(&record(Family::Invoices, Some(&good[..length])), &intake(Encoding::Avro), W);
        assert_eq!(cut.unwrap_err().reason, Reason::Undecodable, "{length} bytes");
    }
}

#[test]
fn kinds_of_later_releases() {
    let later = [
        (Family::Invoices, "ADJUSTED"),
        (Family::Invoices, "WRITTEN_OFF"),
        (Family::Payments, "FAILED"),
        (Family::Payments, "REVERSED"),
        (Family::Promises, "AMENDED"),
        (Family::Promises, "CANCELLED"),
        (Family::Disputes, "OPENED"),
        (Family::Disputes, "RESOLVED"),
    ];
    for (family, kind) in later {
        let json = format!(r#"{{"kind":"{kind}"}}"#);
        let result = accept(&record(family, Some(json.as_bytes())), &intake(Encoding::Json), W);
        assert_eq!(result.unwrap_err().reason, Reason::UnsupportedKind, "{kind}");
    }
    check(
        Family::Invoices,
        r#"{"kind":"ADJUSTED"}"#,
        expect![[r#"unsupported_kind: kind: expected ISSUED of invoices, found "ADJUSTED""#]],
    );
    check(
        Family::Disputes,
        r#"{"kind":"OPENED"}"#,
        expect![[
            r#"unsupported_kind: kind: expected nothing: this release reads no kind of disputes, found "OPENED""#
        ]],
    );
    check_record(
        &record(Family::Profiles, None),
        Encoding::Json,
        expect!["unsupported_kind: value: expected an UPDATED, found null: erasure is not part of this release"],
    );
}

#[test]
fn unknown_kind() {
    check_issued(
        "ISSUED",
        "RECEIVED",
        expect![[r#"unknown_kind: kind: expected ISSUED of invoices, found "RECEIVED""#]],
    );
    check_issued("ISSUED", "issued", expect![[r#"unknown_kind: kind: expected ISSUED of invoices, found "issued""#]]);
    check(
        Family::Disputes,
        r#"{"kind":"CLOSED"}"#,
        expect![[r#"unknown_kind: kind: expected nothing: this release reads no kind of disputes, found "CLOSED""#]],
    );
    check_issued("\"ISSUED\"", "1", expect!["malformed_field: kind: expected a text, found 1"]);
}

#[test]
fn null_value_where_it_means_nothing() {
    check_record(
        &record(Family::Payments, None),
        Encoding::Json,
        expect!["null_value: value: expected an event of payments, found null"],
    );
}

#[test]
fn missing_field() {
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
fn malformed_field() {
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
            r#"malformed_field: amount_minor: expected a whole number of minor units from 1 to 1000000000000000, found "1250""#
        ]],
    );
    check_issued(
        "1250",
        "12.5",
        expect![
            "malformed_field: amount_minor: expected a whole number of minor units from 1 to 1000000000000000, found 12.5"
        ],
    );
    check_issued("\"GBP\"", "826", expect!["malformed_field: currency: expected a text, found 826"]);
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
    accepted(&issued("1777800000000", "-2208988800000"));
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
        crate::event::encode(&event, &Currency::new("GBP").unwrap(), Encoding::Avro)
    };
    let read = |day| said(accept(&record(Family::Invoices, Some(&encode(day))), &intake(Encoding::Avro), W));
    assert!(read(-25_567).contains("due_date: 1900-01-01"));
    assert!(read(84_005).contains("due_date: 2199-12-31"));
    expect!["malformed_field: due_date: expected a date such as 2026-05-03, from 1900 to 2199, found day -25568 since 1970-01-01"].assert_eq(&read(-25_568));
    expect!["malformed_field: due_date: expected a date such as 2026-05-03, from 1900 to 2199, found day 84006 since 1970-01-01"].assert_eq(&read(84_006));
}

#[test]
fn contacts_are_of_known_words() {
    let contact = |channel: &str, outcome: &str| {
        format!(
            r#"{{"event_id":"E-1","customer_id":"C-1","occurred_at":1777800000000,"kind":"OUTBOUND","contact_id":"K-1","channel":"{channel}","outcome":"{outcome}"}}"#
        )
    };
    check(
        Family::Contacts,
        &contact("FAX", "ATTEMPTED"),
        expect![[r#"malformed_field: channel: expected one of CALL SMS EMAIL LETTER CHAT PORTAL VISIT, found "FAX""#]],
    );
    check(
        Family::Contacts,
        &contact("SMS", "delivered"),
        expect![[
            r#"malformed_field: outcome: expected one of ATTEMPTED NOT_CONNECTED NO_ANSWER VOICEMAIL WRONG_PARTY RIGHT_PARTY DELIVERED BOUNCED OPENED CLICKED REPLIED REFUSED, found "delivered""#
        ]],
    );
}

#[test]
fn attributes() {
    let profile = |attributes: &str| {
        let json = format!(
            r#"{{"event_id":"E-1","customer_id":"C-1","occurred_at":1777800000000,"kind":"UPDATED","attributes":{attributes}}}"#
        );
        accept(&record(Family::Profiles, Some(json.as_bytes())), &intake(Encoding::Json), W)
    };
    let value = |json: &str| match profile(&format!("{{\"a\":{json}}}")).unwrap().body {
        Body::Updated { mut attributes } => attributes.remove("a").unwrap(),
        _ => unreachable!(),
    };
    assert_eq!(value("null"), Attribute::Null);
    let longest = "x".repeat(1_024);
    assert_eq!(value(&format!("\"{longest}\"")), Attribute::Text(longest.clone()));
    let longer = profile(&format!("{{\"a\":\"{longest}x\"}}")).unwrap_err();
    assert_eq!(longer.reason, Reason::MalformedField);
    assert!(
        longer.detail.starts_with("attributes.a: expected null, a text of at most 1024 bytes"),
        "{}",
        longer.detail
    );
    assert_eq!(value("700"), Attribute::Long(700));
    assert_eq!(value("-9223372036854775808"), Attribute::Long(i64::MIN));
    assert_eq!(value("9223372036854775808"), Attribute::Double("9223372036854776000".to_owned()));
    assert_eq!(value("18446744073709551616"), Attribute::Double("18446744073709552000".to_owned()));
    assert_eq!(value("0.10"), Attribute::Double("0.1".to_owned()));
    assert_eq!(value("700.0"), Attribute::Double("700".to_owned()));
    assert_eq!(value("-0.0"), Attribute::Double("0".to_owned()));
    assert_eq!(value("1.5e3"), Attribute::Double("1500".to_owned()));
    assert_eq!(value("0.30000000000000004"), Attribute::Double("0.30000000000000004".to_owned()));
    assert_eq!(value("\"2026-05-03\""), Attribute::Text("2026-05-03".to_owned()));
    let check = |attributes: &str, expected: Expect| expected.assert_eq(&said(profile(attributes)));
    check("null", expect!["missing_field: attributes: expected a value, found none"]);
    check("[]", expect!["malformed_field: attributes: expected an object of attributes, found a list"]);
    check(
        r#"{"a":{"b":1}}"#,
        expect![
            "malformed_field: attributes.a: expected null, a text of at most 1024 bytes, a finite number or a boolean, found an object"
        ],
    );
    check(
        r#"{"a":[1]}"#,
        expect![
            "malformed_field: attributes.a: expected null, a text of at most 1024 bytes, a finite number or a boolean, found a list"
        ],
    );
    check(
        r#"{"a":1e999}"#,
        expect!["undecodable: expected a json object, found: number out of range at line 1 column 106"],
    );
    check(
        r#"{"":1}"#,
        expect!["malformed_field: attributes, a name: expected a text of 1 to 256 bytes, found an empty text"],
    );
    check(r#"{"a":1,"a":1}"#, expect!["malformed_field: attributes.a: expected one value, found another"]);
}

#[test]
fn amounts() {
    check_issued(
        "1250",
        "0",
        expect![
            "negative_amount: amount_minor: expected a whole number of minor units from 1 to 1000000000000000, found 0"
        ],
    );
    check_issued(
        "1250",
        "-1250",
        expect![
            "negative_amount: amount_minor: expected a whole number of minor units from 1 to 1000000000000000, found -1250"
        ],
    );
    check_issued(
        "1250",
        "1000000000000001",
        expect![
            "amount_out_of_range: amount_minor: expected a whole number of minor units from 1 to 1000000000000000, found 1000000000000001"
        ],
    );
    check_issued(
        "1250",
        "18446744073709551615",
        expect![
            "amount_out_of_range: amount_minor: expected a whole number of minor units from 1 to 1000000000000000, found 18446744073709551615"
        ],
    );
}

#[test]
fn wrong_currency() {
    check_issued("GBP", "EUR", expect![[r#"wrong_currency: currency: expected GBP, found "EUR""#]]);
    check_issued("GBP", "gbp", expect![[r#"wrong_currency: currency: expected GBP, found "gbp""#]]);
}

#[test]
fn key_not_customer() {
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
fn wrong_partition() {
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
fn timestamp_ahead() {
    let at = |ms| RawRecord { timestamp: Instant(ms), ..record(Family::Invoices, Some(ISSUED.as_bytes())) };
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
    assert_eq!(rejection.reason, Reason::TimestampAhead, "whatever else is wrong");
    let unlimited = Intake { max_skew_ms: None, ..intake(Encoding::Json) };
    assert!(accept(&at(Instant::LATEST.0), &unlimited, Instant::BEGINNING).is_ok());
    expect!["timestamp_ahead: timestamp of the record: expected at most 2200-01-01T00:00:00.000Z, found 2200-01-01T00:00:00.001Z"].assert_eq(&said(accept(&at(Instant::LATEST.0 + 1), &unlimited, Instant::BEGINNING)));
}

#[test]
fn reasons_have_words_of_their_own() {
    let words: std::collections::BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.word()).collect();
    assert_eq!(words.len(), Reason::ALL.len());
}

#[test]
fn the_hash_covers_every_part_of_the_configuration() {
    let base = intake(Encoding::Json);
    expect!["3b71a4d38f8c1983cc74926e49ce8504dccc9dad4816b5c1004ba65787b065ef"].assert_eq(&base.hash());
    let mut topic = base.clone();
    topic.topics[3].encoding = Encoding::Avro;
    let mut partitioner = base.clone();
    partitioner.topics[5].partitioner = Partitioner::Crc32;
    let others = [
        topic,
        partitioner,
        Intake { partitions: 13, ..base.clone() },
        Intake { currency: Currency::new("EUR").unwrap(), ..base.clone() },
        Intake { max_skew_ms: None, ..base.clone() },
        Intake { max_skew_ms: Some(300_001), ..base.clone() },
    ];
    let hashes: std::collections::BTreeSet<String> = others.iter().chain([&base]).map(Intake::hash).collect();
    assert_eq!(hashes.len(), others.len() + 1);
}
