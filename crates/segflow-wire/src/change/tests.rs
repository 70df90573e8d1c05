//! A change as subscribers read it, and read back.

use expect_test::expect;
use proptest::prelude::*;

use std::collections::BTreeMap;

use segflow_core::change::{Cause, Forecast, OpenPromise, Reason, Safety};
use segflow_core::event::CustomerId;
use segflow_core::time::Timestamp;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Every field is there.
fn full() -> Change {
    let day = |text: &str| Some(text.parse().unwrap());
    let safety = Safety {
        currency: "GBP".to_owned(),
        balance_minor: 125_000,
        overdue_amount_minor: 25_000,
        overdue_days: 30,
        disputed_amount_minor: Some(5),
        oldest_overdue_invoice_id: Some("I-1".to_owned()),
        oldest_due_date: day("2026-04-03"),
        next_due_date: day("2026-05-31"),
        next_due_amount_minor: Some(100_000),
        open_promise: Some(OpenPromise {
            promise_id: "M-1".to_owned(),
            amount_minor: 12_500,
            due_date: "2026-05-15".parse().unwrap(),
        }),
        expected_pay_date: day("2026-05-28"),
        call_headroom: Some(6),
        call_allowed_from: Some(at("2026-05-04T07:00:00Z")),
    };
    let core = Core {
        change_id: segflow_core::change::change_id(&CustomerId::new("C-1").unwrap(), "stage", 3),
        seq: 3,
        customer_id: CustomerId::new("C-1").unwrap(),
        dimension: "stage".to_owned(),
        from: Some("early".to_owned()),
        to: Some("mid".to_owned()),
        effective_at: at("2026-05-02T23:00:00Z"),
        entered_previous_at: Some(at("2026-04-03T23:00:00Z")),
        cause: Cause::Fact,
        event_id: Some("E-7".to_owned()),
        reasons: vec![Reason {
            feature: "overdue.days".to_owned(),
            operator: ">=".to_owned(),
            bound: Some("30".to_owned()),
            value: Some("30".to_owned()),
            value_before: Some("29".to_owned()),
        }],
        segmentation: "consumer-collections".to_owned(),
        segmentation_version: 3,
        segmentation_hash: "ab".repeat(32),
        next_if_silent: Some(Forecast { to: "late".to_owned(), at: at("2026-06-01T23:00:00Z") }),
        forecast_until: at("2027-06-06T23:00:00Z"),
        memberships: vec![
            ("value".to_owned(), "high".to_owned()),
            ("stage".to_owned(), "mid".to_owned()),
            ("arm".to_owned(), "champion".to_owned()),
        ],
        safety,
        treatment: map(&[("channel", "call"), ("handler", "senior")]),
        treatment_from: map(&[("channel", "stage"), ("handler", "value")]),
    };
    let envelope = Envelope {
        actionable: true,
        decided_at: at("2026-05-02T23:00:00.104Z"),
        lag_ms: 104,
        engine_version: "0.1.0".to_owned(),
        topic: Some("collections.invoices".to_owned()),
        partition: Some(4),
        offset: Some(17),
    };
    Change { core, envelope }
}

/// Everything that may be null is.
fn bare() -> Change {
    let Change { core, envelope } = full();
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
    let mut reason = core.reasons[0].clone();
    (reason.bound, reason.value, reason.value_before) = (None, None, None);
    let core = Core {
        from: None,
        to: None,
        entered_previous_at: None,
        cause: Cause::Time,
        event_id: None,
        reasons: vec![reason],
        next_if_silent: None,
        memberships: Vec::new(),
        safety,
        treatment: BTreeMap::new(),
        treatment_from: BTreeMap::new(),
        ..core
    };
    Change { core, envelope: Envelope { topic: None, partition: None, offset: None, ..envelope } }
}

#[test]
fn a_change_reads_back_from_either_encoding() {
    for change in [full(), bare()] {
        for encoding in [Encoding::Json, Encoding::Avro] {
            assert_eq!(decode(&encode(&change, encoding), encoding), Ok(change.clone()));
        }
    }
    for cause in [Cause::Fact, Cause::Time, Cause::Segmentation, Cause::Erasure] {
        let change = Change { core: Core { cause, ..full().core }, ..full() };
        assert_eq!(decode(&encode(&change, Encoding::Avro), Encoding::Avro), Ok(change));
    }
}

/// An erased customer has no memberships. The safety block keeps every field of the account as it stood until then.
#[test]
fn an_erasure_reads_back_from_either_encoding() {
    let mut erasure = full();
    erasure.core.cause = Cause::Erasure;
    erasure.core.to = None;
    (erasure.core.event_id, erasure.core.next_if_silent) = (None, None);
    (erasure.core.reasons, erasure.core.memberships) = (Vec::new(), Vec::new());
    (erasure.core.treatment, erasure.core.treatment_from) = (BTreeMap::new(), BTreeMap::new());
    erasure.envelope.actionable = false;
    for encoding in [Encoding::Json, Encoding::Avro] {
        assert_eq!(decode(&encode(&erasure, encoding), encoding), Ok(erasure.clone()));
    }
    let json: serde_json::Value = serde_json::from_slice(&encode(&erasure, Encoding::Json)).unwrap();
    assert_eq!((&json["cause"], &json["from"], &json["to"]), (&"ERASURE".into(), &"early".into(), &().into()));
    let lines = |change: &Change| -> Vec<String> {
        pretty(change)
            .lines()
            .skip_while(|line| !line.contains("\"currency\""))
            .take_while(|line| !line.contains("\"treatment\""))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(lines(&erasure).len(), 17);
    assert_eq!(lines(&erasure), lines(&full()));
}

/// Names, order and forms are a contract with every subscriber.
#[test]
fn json_of_a_full_change() {
    expect![[r#"
        {
          "change_id": "3dd4a577213fc427cf4ba1ae952fddfd",
          "seq": 3,
          "customer_id": "C-1",
          "dimension": "stage",
          "from": "early",
          "to": "mid",
          "effective_at": "2026-05-02T23:00:00.000Z",
          "entered_previous_at": "2026-04-03T23:00:00.000Z",
          "cause": "FACT",
          "event_id": "E-7",
          "reasons": [
            {
              "feature": "overdue.days",
              "operator": ">=",
              "bound": "30",
              "value": "30",
              "value_before": "29"
            }
          ],
          "segmentation": "consumer-collections",
          "segmentation_version": 3,
          "segmentation_hash": "abababababababababababababababababababababababababababababababab",
          "next_if_silent": {
            "segment": "late",
            "at": "2026-06-01T23:00:00.000Z"
          },
          "forecast_until": "2027-06-06T23:00:00.000Z",
          "memberships": {
            "value": "high",
            "stage": "mid",
            "arm": "champion"
          },
          "currency": "GBP",
          "balance_minor": 125000,
          "overdue_amount_minor": 25000,
          "overdue_days": 30,
          "disputed_amount_minor": 5,
          "oldest_overdue_invoice_id": "I-1",
          "oldest_due_date": "2026-04-03",
          "next_due_date": "2026-05-31",
          "next_due_amount_minor": 100000,
          "open_promise": {
            "promise_id": "M-1",
            "amount_minor": 12500,
            "due_date": "2026-05-15"
          },
          "expected_pay_date": "2026-05-28",
          "call_headroom": 6,
          "call_allowed_from": "2026-05-04T07:00:00.000Z",
          "treatment": {
            "channel": "call",
            "handler": "senior"
          },
          "treatment_from": {
            "channel": "stage",
            "handler": "value"
          },
          "actionable": true,
          "decided_at": "2026-05-02T23:00:00.104Z",
          "lag_ms": 104,
          "engine_version": "0.1.0",
          "topic": "collections.invoices",
          "partition": 4,
          "offset": 17
        }"#]]
    .assert_eq(&pretty(&full()));
}

#[test]
fn absent_is_null_and_never_left_out() {
    let null: Vec<String> = serde_json::from_slice::<serde_json::Map<_, _>>(&encode(&bare(), Encoding::Json))
        .unwrap()
        .into_iter()
        .filter(|(_, value): &(_, serde_json::Value)| value.is_null())
        .map(|(name, _)| name)
        .collect();
    expect!["from to entered_previous_at event_id next_if_silent disputed_amount_minor oldest_overdue_invoice_id oldest_due_date next_due_date next_due_amount_minor open_promise expected_pay_date call_headroom call_allowed_from topic partition offset"].assert_eq(&null.join(" "));
    let names = |change| {
        let json: serde_json::Map<_, serde_json::Value> =
            serde_json::from_slice(&encode(change, Encoding::Json)).unwrap();
        json.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(names(&bare()), names(&full()));
}

#[test]
fn json_and_avro_have_the_same_fields_in_the_same_order() {
    let json: serde_json::Map<_, serde_json::Value> = serde_json::from_slice(&encode(&full(), Encoding::Json)).unwrap();
    let schema: serde_json::Value = serde_json::from_str(schema::SEGMENT_CHANGES.source).unwrap();
    let avro = schema["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap());
    assert!(json.keys().map(String::as_str).eq(avro));
}

#[test]
fn apache_avro_reads_a_change() {
    let theirs = apache_avro::Schema::parse_str(schema::SEGMENT_CHANGES.source).unwrap();
    let reader = apache_avro::reader::datum::GenericDatumReader::builder(&theirs).build().unwrap();
    for change in [full(), bare()] {
        let bytes = encode(&change, Encoding::Avro);
        let mut datum = &bytes[10..];
        let apache_avro::types::Value::Record(fields) = reader.read_value(&mut datum).unwrap() else { panic!() };
        assert!(datum.is_empty());
        let effective = &fields.iter().find(|(name, _)| name == "effective_at").unwrap().1;
        assert_eq!(*effective, apache_avro::types::Value::TimestampMillis(change.core.effective_at.0));
    }
}

#[test]
fn bytes_that_are_no_change_are_refused() {
    let check = |json: &str, expected: expect_test::Expect| {
        expected.assert_eq(&decode(json.as_bytes(), Encoding::Json).unwrap_err().to_string());
    };
    let text = String::from_utf8(encode(&full(), Encoding::Json)).unwrap();
    check("{}", expect!["missing field `change_id` at line 1 column 2"]);
    check("[]", expect![[r#"expected a json object, found "[]""#]]);
    check(&text.replace("FACT", "WHIM"), expect![[r#"cause: expected FACT TIME SEGMENTATION ERASURE, found "WHIM""#]]);
    check(
        &text.replace("\"2026-05-02T23:00:00.000Z\"", "5"),
        expect!["invalid type: integer `5`, expected an instant at line 1 column 138"],
    );
    check(&text.replace("\"C-1\"", "\"\""), expect!["customer_id: expected a text of 1 to 128 bytes"]);
    expect!["expected the marker c301 of avro single-object encoding, found 7b22"]
        .assert_eq(&decode(text.as_bytes(), Encoding::Avro).unwrap_err().to_string());
}

fn pretty(change: &Change) -> String {
    let value: serde_json::Value = serde_json::from_slice(&encode(change, Encoding::Json)).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

proptest! {
    /// Any text, any instant of the calendar, any amount.
    #[test]
    fn any_change_reads_back(
        text in any::<String>(),
        amount in any::<i64>(),
        at in Timestamp::EARLIEST.0..Timestamp::LATEST.0,
        seq in 0..i64::MAX.cast_unsigned(),
        memberships in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..12),
        actionable: bool,
    ) {
        let mut change = full();
        change.core.dimension.clone_from(&text);
        change.core.to = Some(text.clone());
        change.core.event_id = Some(text.clone());
        change.core.seq = seq;
        change.core.effective_at = Timestamp(at);
        change.core.safety.balance_minor = amount;
        change.core.memberships = memberships.clone().into_iter().rev().collect();
        change.core.treatment = memberships;
        change.envelope.actionable = actionable;
        change.envelope.lag_ms = amount;
        for encoding in [Encoding::Json, Encoding::Avro] {
            prop_assert_eq!(decode(&encode(&change, encoding), encoding), Ok(change.clone()));
        }
    }
}
