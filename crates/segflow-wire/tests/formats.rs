//! The bytes of everything that this crate puts on a topic, released form by released form.
//!
//! A golden that differs means that subscribers, or the next release, no longer read what an earlier one wrote. Add a
//! form beside the old one instead of changing what stands here. `schemas/README.md` says how a schema gets a field.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fmt::Write;

use expect_test::{Expect, expect};
use segflow_core::change::{Cause, Change, Core, Envelope, Forecast, OpenPromise, Reason, Safety};
use segflow_core::event::{
    Attribute, Body, Channel, CustomerId, Direction, Event, FailureCode, Family, Named, Outcome,
};
use segflow_core::money::Currency;
use segflow_core::time::Timestamp;
use segflow_wire::encoding::Headers;
use segflow_wire::envelope::{self, Line};
use segflow_wire::memberships::{Membership, Memberships};
use segflow_wire::schema::{self, TopicSchema};
use segflow_wire::{Encoding, Intake, Partitioner, RawRecord, Rejection, change, dead_letter, event, partition_of};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn customer() -> CustomerId {
    CustomerId::new("C-1").unwrap()
}

fn gbp() -> Currency {
    Currency::new("GBP").unwrap()
}

/// Hexadecimal in lines of 40 bytes.
fn hex_lines(bytes: &[u8]) -> String {
    bytes.chunks(40).map(hex::encode).collect::<Vec<_>>().join("\n")
}

fn unhex(lines: &str) -> Vec<u8> {
    hex::decode(lines.split_whitespace().collect::<String>()).unwrap()
}

/// One of each kind, every optional field there.
fn bodies() -> Vec<Body> {
    let (text, due_date) = (|text: &str| text.to_owned(), "2026-05-31".parse().unwrap());
    let attributes = [
        ("consent", Attribute::Null),
        ("rate", Attribute::Double(text("0.1"))),
        ("region", Attribute::Text(text("north"))),
        ("score", Attribute::Long(700)),
        ("vulnerable", Attribute::Bool(true)),
    ];
    let contact = |direction, channel, outcome| Body::Contact {
        contact_id: text("K-1"),
        direction,
        channel,
        outcome,
        machine: false,
    };
    vec![
        Body::Issued {
            invoice_id: text("I-1"),
            amount_minor: 1_250,
            due_date,
            debt_type: Some(text("rent")),
            discount: None,
        },
        Body::Adjusted { invoice_id: text("I-1"), delta_minor: -50, due_date: Some(due_date) },
        Body::WrittenOff { invoice_id: text("I-1") },
        Body::Received {
            payment_id: text("P-1"),
            amount_minor: 1,
            names: vec![Named::whole(text("I-1"))],
            method: Some(text("card")),
        },
        Body::Failed { payment_id: text("P-1"), code: Some(FailureCode::InsufficientFunds) },
        Body::Reversed { payment_id: text("P-1"), amount_minor: None },
        contact(Direction::Outbound, Channel::Sms, Outcome::Delivered),
        contact(Direction::Inbound, Channel::Call, Outcome::RightParty),
        Body::Made { promise_id: text("M-1"), amount_minor: 99, due_date, plan_id: None },
        Body::Amended { promise_id: text("M-1"), amount_minor: 98, due_date },
        Body::Cancelled { promise_id: text("M-1") },
        Body::Opened { dispute_id: text("D-1"), invoice_id: Some(text("I-1")), amount_minor: Some(500) },
        Body::Resolved { dispute_id: text("D-1"), upheld: Some(false) },
        Body::Updated { attributes: attributes.map(|(name, value)| (text(name), value)).into() },
    ]
}

fn event_of(body: Body) -> Event {
    let at = at("2026-05-03T09:30:00.250Z");
    Event { event_id: "E-1".to_owned(), customer_id: customer(), occurred_at: at, recorded_at: at, body }
}

#[test]
fn events_in_json() {
    let mut lines = String::new();
    for body in bodies() {
        let value = event::encode(&event_of(body), &gbp(), Encoding::Json).unwrap();
        writeln!(lines, "{}", String::from_utf8(value).unwrap()).unwrap();
    }
    expect![[r#"
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"ISSUED","invoice_id":"I-1","amount_minor":1250,"currency":"GBP","due_date":"2026-05-31","debt_type":"rent"}
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"ADJUSTED","invoice_id":"I-1","amount_minor":-50,"currency":"GBP","due_date":"2026-05-31"}
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"WRITTEN_OFF","invoice_id":"I-1"}
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"RECEIVED","invoice_id":"I-1","payment_id":"P-1","amount_minor":1,"currency":"GBP","method":"card"}
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"FAILED","payment_id":"P-1","failure_code":"INSUFFICIENT_FUNDS"}
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"REVERSED","payment_id":"P-1"}
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"OUTBOUND","contact_id":"K-1","channel":"SMS","outcome":"DELIVERED"}
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"INBOUND","contact_id":"K-1","channel":"CALL","outcome":"RIGHT_PARTY"}
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"MADE","promise_id":"M-1","amount_minor":99,"currency":"GBP","due_date":"2026-05-31"}
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"AMENDED","promise_id":"M-1","amount_minor":98,"currency":"GBP","due_date":"2026-05-31"}
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"CANCELLED","promise_id":"M-1"}
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"OPENED","invoice_id":"I-1","dispute_id":"D-1","amount_minor":500}
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"RESOLVED","dispute_id":"D-1","upheld":false}
        {"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"UPDATED","attributes":{"consent":null,"rate":0.1,"region":"north","score":700,"vulnerable":true}}
    "#]].assert_eq(&lines);
}

#[test]
fn events_in_avro() {
    let mut lines = String::new();
    for body in bodies() {
        let kind = body.kind().unwrap().word();
        let value = event::encode(&event_of(body), &gbp(), Encoding::Avro).unwrap();
        writeln!(lines, "{kind}\n{}", hex_lines(&value)).unwrap();
    }
    expect![[r#"
        ISSUED
        c301d5c63b4e6f91b99006452d3106432d31f4eae2d2bd67000206492d310002c413020647425002
        f8c102020872656e740000000000
        ADJUSTED
        c301d5c63b4e6f91b99006452d3106432d31f4eae2d2bd67020206492d31000263020647425002f8
        c102000000000000
        WRITTEN_OFF
        c301d5c63b4e6f91b99006452d3106432d31f4eae2d2bd67040206492d3100000000000000000000
        RECEIVED
        c301cb754daa5339809006452d3106432d31f4eae2d2bd670006502d31020202064742500206492d
        31020863617264000000
        FAILED
        c301cb754daa5339809006452d3106432d31f4eae2d2bd670206502d310000000002000000
        REVERSED
        c301cb754daa5339809006452d3106432d31f4eae2d2bd670406502d3100000000000000
        OUTBOUND
        c301249a1db84af440ae06452d3106432d31f4eae2d2bd6700064b2d3100020c0000
        INBOUND
        c301249a1db84af440ae06452d3106432d31f4eae2d2bd6702064b2d3100000a0000
        MADE
        c301ae1be0f80c284d1506452d3106432d31f4eae2d2bd6700064d2d310002c601020647425002f8
        c10200
        AMENDED
        c301ae1be0f80c284d1506452d3106432d31f4eae2d2bd6702064d2d310002c401020647425002f8
        c10200
        CANCELLED
        c301ae1be0f80c284d1506452d3106432d31f4eae2d2bd6704064d2d310000000000
        OPENED
        c3012519b43fefa545db06452d3106432d31f4eae2d2bd670006442d310206492d3102e8070000
        RESOLVED
        c3012519b43fefa545db06452d3106432d31f4eae2d2bd670206442d310000020000
        UPDATED
        c3015b2d342a222329cf06452d3106432d31f4eae2d2bd67000a0e636f6e73656e74000872617465
        069a9999999999b93f0c726567696f6e020a6e6f7274680a73636f726504f80a1476756c6e657261
        626c6508010000
    "#]]
    .assert_eq(&lines);
}

#[test]
fn an_erasure_has_no_value() {
    let erasure = Event::erasure(customer(), at("2026-05-03T09:30:00.250Z"));
    assert_eq!(Encoding::ALL.map(|encoding| event::encode(&erasure, &gbp(), encoding)), [None, None]);
}

/// A change with every optional field there.
fn full_change() -> Change {
    let text = |text: &str| text.to_owned();
    let safety = Safety {
        currency: text("GBP"),
        balance_minor: 125_000,
        overdue_amount_minor: 25_000,
        overdue_days: 30,
        disputed_amount_minor: Some(5),
        oldest_overdue_invoice_id: Some(text("I-1")),
        oldest_due_date: Some("2026-04-03".parse().unwrap()),
        next_due_date: Some("2026-05-31".parse().unwrap()),
        next_due_amount_minor: Some(100_000),
        open_promise: Some(OpenPromise {
            promise_id: text("M-1"),
            amount_minor: 12_500,
            due_date: "2026-05-15".parse().unwrap(),
        }),
        expected_pay_date: Some("2026-05-28".parse().unwrap()),
        call_headroom: Some(6),
        call_allowed_from: Some(at("2026-05-04T07:00:00Z")),
    };
    let reason = Reason {
        feature: text("overdue.days"),
        operator: text(">="),
        bound: Some(text("30")),
        value: Some(text("30")),
        value_before: Some(text("29")),
    };
    let core = Core {
        change_id: text("3dd4a577213fc427cf4ba1ae952fddfd"),
        seq: 3,
        customer_id: customer(),
        dimension: text("stage"),
        from: Some(text("early")),
        to: Some(text("mid")),
        effective_at: at("2026-05-02T23:00:00Z"),
        entered_previous_at: Some(at("2026-04-03T23:00:00Z")),
        cause: Cause::Fact,
        event_id: Some(text("E-7")),
        reasons: vec![reason],
        segmentation: text("consumer-collections"),
        segmentation_version: 3,
        segmentation_hash: "ab".repeat(32),
        next_if_silent: Some(Forecast { to: text("late"), at: at("2026-06-01T23:00:00Z") }),
        forecast_until: at("2027-06-06T23:00:00Z"),
        memberships: vec![(text("value"), text("high")), (text("stage"), text("mid"))],
        safety,
        treatment: [(text("channel"), text("call"))].into(),
        treatment_from: [(text("channel"), text("stage"))].into(),
    };
    let envelope = Envelope {
        actionable: true,
        decided_at: at("2026-05-02T23:00:00.104Z"),
        lag_ms: 104,
        engine_version: text("0.1.0"),
        topic: Some(text("collections.invoices")),
        partition: Some(4),
        offset: Some(17),
    };
    Change { core, envelope }
}

/// The first change of a customer whom only an erasure will move again: every optional field is null.
fn bare_change() -> Change {
    let Change { core, envelope } = full_change();
    let safety = Safety {
        disputed_amount_minor: None,
        oldest_overdue_invoice_id: None,
        oldest_due_date: None,
        next_due_date: None,
        next_due_amount_minor: None,
        open_promise: None,
        expected_pay_date: None,
        call_headroom: None,
        call_allowed_from: None,
        ..core.safety
    };
    let core = Core {
        from: None,
        to: None,
        entered_previous_at: None,
        cause: Cause::Erasure,
        event_id: None,
        reasons: Vec::new(),
        next_if_silent: None,
        memberships: Vec::new(),
        safety,
        treatment: Default::default(),
        treatment_from: Default::default(),
        ..core
    };
    Change { core, envelope: Envelope { topic: None, partition: None, offset: None, ..envelope } }
}

fn check_change(change: &Change, json: Expect, avro: Expect) {
    json.assert_eq(std::str::from_utf8(&change::encode(change, Encoding::Json)).unwrap());
    avro.assert_eq(&hex_lines(&change::encode(change, Encoding::Avro)));
}

#[test]
fn a_change_with_every_field() {
    check_change(
        &full_change(),
        expect![[
            r#"{"change_id":"3dd4a577213fc427cf4ba1ae952fddfd","seq":3,"customer_id":"C-1","dimension":"stage","from":"early","to":"mid","effective_at":"2026-05-02T23:00:00.000Z","entered_previous_at":"2026-04-03T23:00:00.000Z","cause":"FACT","event_id":"E-7","reasons":[{"feature":"overdue.days","operator":">=","bound":"30","value":"30","value_before":"29"}],"segmentation":"consumer-collections","segmentation_version":3,"segmentation_hash":"abababababababababababababababababababababababababababababababab","next_if_silent":{"segment":"late","at":"2026-06-01T23:00:00.000Z"},"forecast_until":"2027-06-06T23:00:00.000Z","memberships":{"value":"high","stage":"mid"},"currency":"GBP","balance_minor":125000,"overdue_amount_minor":25000,"overdue_days":30,"disputed_amount_minor":5,"oldest_overdue_invoice_id":"I-1","oldest_due_date":"2026-04-03","next_due_date":"2026-05-31","next_due_amount_minor":100000,"open_promise":{"promise_id":"M-1","amount_minor":12500,"due_date":"2026-05-15"},"expected_pay_date":"2026-05-28","call_headroom":6,"call_allowed_from":"2026-05-04T07:00:00.000Z","treatment":{"channel":"call"},"treatment_from":{"channel":"stage"},"actionable":true,"decided_at":"2026-05-02T23:00:00.104Z","lag_ms":104,"engine_version":"0.1.0","topic":"collections.invoices","partition":4,"offset":17}"#
        ]],
        expect![[r#"
        c301b4204e3101d04a49403364643461353737323133666334323763663462613161653935326664
        6466640606432d310a7374616765020a6561726c7902066d696480c6dcaebd6702809699d9aa6700
        0206452d3702186f7665726475652e64617973043e3d0204333002043330020432390028636f6e73
        756d65722d636f6c6c656374696f6e73068001616261626162616261626162616261626162616261
        62616261626162616261626162616261626162616261626162616261626162616261626162616261
        62616202086c61746580e6d2d6d06780c6daedbe69040a76616c756508686967680a737461676506
        6d6964000647425090a10fd086033c020a0206492d310284c10202f8c10202c09a0c02064d2d31a8
        c301d8c10202f2c102020c028086cb9cbe67020e6368616e6e656c0863616c6c00020e6368616e6e
        656c0a73746167650001d0c7dcaebd67d0010a302e312e300228636f6c6c656374696f6e732e696e
        766f6963657302080222"#]],
    );
}

#[test]
fn a_change_without_optional_fields() {
    check_change(
        &bare_change(),
        expect![[
            r#"{"change_id":"3dd4a577213fc427cf4ba1ae952fddfd","seq":3,"customer_id":"C-1","dimension":"stage","from":null,"to":null,"effective_at":"2026-05-02T23:00:00.000Z","entered_previous_at":null,"cause":"ERASURE","event_id":null,"reasons":[],"segmentation":"consumer-collections","segmentation_version":3,"segmentation_hash":"abababababababababababababababababababababababababababababababab","next_if_silent":null,"forecast_until":"2027-06-06T23:00:00.000Z","memberships":{},"currency":"GBP","balance_minor":125000,"overdue_amount_minor":25000,"overdue_days":30,"disputed_amount_minor":null,"oldest_overdue_invoice_id":null,"oldest_due_date":null,"next_due_date":null,"next_due_amount_minor":null,"open_promise":null,"expected_pay_date":null,"call_headroom":null,"call_allowed_from":null,"treatment":{},"treatment_from":{},"actionable":true,"decided_at":"2026-05-02T23:00:00.104Z","lag_ms":104,"engine_version":"0.1.0","topic":null,"partition":null,"offset":null}"#
        ]],
        expect![[r#"
        c301b4204e3101d04a49403364643461353737323133666334323763663462613161653935326664
        6466640606432d310a7374616765000080c6dcaebd670006000028636f6e73756d65722d636f6c6c
        656374696f6e73068001616261626162616261626162616261626162616261626162616261626162
        616261626162616261626162616261626162616261626162616261626162616261620080c6daedbe
        69000647425090a10fd086033c000000000000000000000001d0c7dcaebd67d0010a302e312e3000
        0000"#]],
    );
}

fn memberships() -> Memberships {
    let stage = Membership {
        dimension: "stage".to_owned(),
        segment: Some("mid".to_owned()),
        entered_at: Some(at("2026-05-02T23:00:00Z")),
        seq: 4,
        since: vec![("late".to_owned(), at("2026-05-01T23:00:00Z")), ("mid".to_owned(), at("2026-05-02T23:00:00Z"))],
    };
    let undecided =
        Membership { dimension: "value".to_owned(), segment: None, entered_at: None, seq: 0, since: Vec::new() };
    Memberships {
        customer_id: customer(),
        segmentation: "consumer-collections".to_owned(),
        segmentation_version: 3,
        segmentation_hash: "ab".repeat(32),
        as_of: Some(at("2026-05-03T09:30:00.001Z")),
        next: None,
        dimensions: vec![stage, undecided],
        closed: [("arm".to_owned(), 7)].into(),
    }
}

#[test]
fn memberships_in_either_encoding() {
    let memberships = memberships();
    let json = String::from_utf8(memberships.encode(Encoding::Json)).unwrap();
    expect![[r#"{"customer_id":"C-1","segmentation":"consumer-collections","segmentation_version":3,"segmentation_hash":"abababababababababababababababababababababababababababababababab","as_of":"2026-05-03T09:30:00.001Z","next":null,"dimensions":[{"dimension":"stage","segment":"mid","entered_at":"2026-05-02T23:00:00.000Z","seq":4,"since":{"late":"2026-05-01T23:00:00.000Z","mid":"2026-05-02T23:00:00.000Z"}},{"dimension":"value","segment":null,"entered_at":null,"seq":0,"since":{}}],"closed":{"arm":7}}"#]].assert_eq(&json);
    expect![[r#"
        c30105b9ddcb7566381006432d3128636f6e73756d65722d636f6c6c656374696f6e730680016162
        61626162616261626162616261626162616261626162616261626162616261626162616261626162
        616261626162616261626162616261626162616261620282e7e2d2bd6700040a737461676502066d
        69640280c6dcaebd670804086c61746580d6a9dcbc67066d696480c6dcaebd67000a76616c756500
        00000000020661726d0e00"#]]
    .assert_eq(&hex_lines(&memberships.encode(Encoding::Avro)));
}

/// `schemas/segments-1.avsc`: the form before dimensions could close.
#[test]
fn memberships_of_form_1_are_read() {
    const FORM_1: &str = "
        c3013f78d56af8f41de506432d3128636f6e73756d65722d636f6c6c656374696f6e730680016162
        61626162616261626162616261626162616261626162616261626162616261626162616261626162
        616261626162616261626162616261626162616261620282e7e2d2bd6700040a737461676502066d
        69640280c6dcaebd670804086c61746580d6a9dcbc67066d696480c6dcaebd67000a76616c756500
        00000000";
    let before = Memberships { closed: Default::default(), ..memberships() };
    assert_eq!(Memberships::decode(&unhex(FORM_1), Encoding::Avro), Ok(before));
}

/// A JSON record of an earlier form lacks what was added later.
#[test]
fn memberships_of_form_1_are_read_in_json_too() {
    let json = String::from_utf8(memberships().encode(Encoding::Json)).unwrap();
    let (form_1, _) = json.split_once(r#","closed""#).unwrap();
    let read = Memberships::decode(format!("{form_1}}}").as_bytes(), Encoding::Json);
    assert_eq!(read, Ok(Memberships { closed: Default::default(), ..memberships() }));
}

#[test]
fn the_headers_of_a_dead_letter() {
    let own: Headers = vec![("trace".to_owned(), Some(vec![0xff, 0x00])), ("empty".to_owned(), None)];
    let record = RawRecord {
        family: Family::Payments,
        topic: "collections.payments",
        partition: 3,
        offset: 42,
        timestamp: Timestamp(1_700_000_000_123),
        key: None,
        value: None,
        headers: &own,
    };
    let rejection = segflow_wire::accept(&record, &intake(), record.timestamp).unwrap_err();
    let mut lines = String::new();
    for (name, value) in dead_letter::headers(&record, &rejection) {
        let value = value.map_or_else(|| "null".to_owned(), |value| value.escape_ascii().to_string());
        writeln!(lines, "{name}: {value}").unwrap();
    }
    expect![[r#"
        trace: \xff\x00
        empty: null
        segflow.reason: null_value
        segflow.detail: value: expected an event of payments, found null
        segflow.topic: collections.payments
        segflow.partition: 3
        segflow.offset: 42
        segflow.timestamp: 1700000000123
    "#]]
    .assert_eq(&lines);
}

/// Alerts and dashboards name these words.
#[test]
fn the_reasons_of_dead_letters() {
    let words: Vec<&str> = segflow_wire::Reason::ALL.iter().map(|reason| reason.word()).collect();
    expect![[r#"
        timestamp_ahead
        null_value
        undecodable
        unknown_kind
        missing_field
        malformed_field
        negative_amount
        amount_out_of_range
        wrong_currency
        key_not_customer
        wrong_partition
        implausible_instant
        customer_full
        contradicts
        unmapped"#]]
    .assert_eq(&words.join("\n"));
    let Rejection { reason, detail } = Rejection::customer_full(1_000);
    expect!["customer_full: customer: expected at most 1000 bytes of facts, found more with this one"]
        .assert_eq(&format!("{reason}: {detail}"));
}

#[test]
fn a_line_of_kcat() {
    let line = Line {
        topic: "collections.payments".to_owned(),
        partition: Some(3),
        offset: Some(42),
        timestamp: Timestamp(1_777_800_000_000),
        key: Some(b"C-1".to_vec()),
        value: Some(br#"{"kind":"RECEIVED"}"#.to_vec()),
        headers: vec![("trace".to_owned(), Some(b"a\"b".to_vec())), ("empty".to_owned(), None)],
    };
    expect![[r#"{"topic":"collections.payments","partition":3,"offset":42,"ts":1777800000000,"key":"C-1","payload":{"kind":"RECEIVED"},"headers":["trace","a\"b","empty",null]}"#]].assert_eq(&envelope::write(&line).unwrap());
    let null = Line { partition: None, offset: None, key: None, value: None, headers: Headers::new(), ..line.clone() };
    expect![[r#"{"topic":"collections.payments","ts":1777800000000,"key":null,"payload":null}"#]]
        .assert_eq(&envelope::write(&null).unwrap());
    let text = Line { value: Some(b"\n".to_vec()), ..null };
    expect![[r#"{"topic":"collections.payments","ts":1777800000000,"key":null,"payload":"\n"}"#]]
        .assert_eq(&envelope::write(&text).unwrap());
}

fn intake() -> Intake {
    let mut intake = Intake::uniform(Encoding::Json, Partitioner::Murmur2, 12, gbp());
    intake.topics[Family::Profiles.index()].encoding = Encoding::Avro;
    intake.topics[Family::Profiles.index()].partitioner = Partitioner::Crc32;
    intake
}

/// The journal has this hash: another one for the same configuration would make every older epoch look foreign.
#[test]
fn the_hash_of_an_intake_configuration() {
    expect!["6da7840b0144f4641b243853c2cdb56f6bf3b33098a62c5d5103412c7710dc07"].assert_eq(&intake().hash());
    expect!["5baa48a29b9732bdb0eedfb94871abba7f74be012f68b666a8166733fa72027e"]
        .assert_eq(&Intake { max_skew_ms: Some(300_000), ..intake() }.hash());
}

/// Records stand on these partitions already.
#[test]
fn the_partition_of_a_key() {
    let mut lines = String::new();
    for key in ["", "C-1", "C-000042", "é"] {
        let of = |partitioner| partition_of(key.as_bytes(), 12, partitioner);
        writeln!(lines, "{key:?}: {} {}", of(Partitioner::Murmur2), of(Partitioner::Crc32)).unwrap();
    }
    expect![[r#"
        "": 9 0
        "C-1": 11 6
        "C-000042": 9 6
        "é": 3 2
    "#]]
    .assert_eq(&lines);
}

/// A fingerprint names the schema in every value. [`segflow_wire::schema`] says which values the earlier ones are for.
///
/// These are the fingerprints that `SchemaNormalization.parsingFingerprint("CRC-64-AVRO", ..)` of Avro 1.12.0 for Java and
/// fastavro 1.x compute. apache-avro 0.22 for Rust differs, since it does not reduce a type with a logical type to its
/// simple form. A fingerprint that changes makes every earlier value of the topic unreadable: the schema must stay under a
/// number first.
#[test]
fn the_fingerprint_of_every_released_schema() {
    let mut lines = String::new();
    for schema in schema::ALL.into_iter().flat_map(TopicSchema::accepted) {
        writeln!(lines, "{} {}", hex::encode(schema.fingerprint()), schema.name).unwrap();
    }
    expect![[r#"
        d5c63b4e6f91b990 invoices
        29b500e10bdf1313 invoices-1
        cb754daa53398090 payments
        add2baef6d86652f payments-1
        249a1db84af440ae contacts
        3a636fffe8f282dc contacts-1
        ae1be0f80c284d15 promises
        2519b43fefa545db disputes
        5b2d342a222329cf profiles
        b4204e3101d04a49 segment-changes
        05b9ddcb75663810 segments
        3f78d56af8f41de5 segments-1
        57b3746aead33651 journal
        3a775a80e3bc6ed4 journal-4
        aa9ea527701450fd journal-3
        7110195e12af954a journal-2
        4424b9c48af6334b journal-1
    "#]]
    .assert_eq(&lines);
}
