//! Arbitrary and damaged bytes: reading them ends in a value or in a reason, and never in a panic.
//!
//! Each test runs its cases within a second. `PROPTEST_CASES=1000000 cargo test --release -p segflow-wire fuzz_` runs
//! them for longer.

#![allow(clippy::unwrap_used, reason = "a test")]

use proptest::prelude::*;
use proptest::sample::{Index, select};
use segflow_core::event::{Attribute, Body, CustomerId, Event, Family};
use segflow_core::money::Currency;
use segflow_core::time::Timestamp;
use segflow_wire::encoding::Headers;
use segflow_wire::envelope;
use segflow_wire::memberships::{Membership, Memberships};
use segflow_wire::schema;
use segflow_wire::{
    Encoding, Intake, Partitioner, RawRecord, Reason, accept, change, dead_letter, event, journal, partition_of,
};

const W: Timestamp = Timestamp(1_777_800_000_000);

/// One damage to some bytes.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
    Remove(Index),
    Repeat(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let some = || any::<Index>();
    prop_oneof![
        4 => (some(), 1..=u8::MAX).prop_map(|(place, bits)| Damage::Flip(place, bits)),
        1 => some().prop_map(Damage::Cut),
        2 => (some(), proptest::collection::vec(any::<u8>(), 1..8)).prop_map(|(place, more)| Damage::Insert(place, more)),
        2 => some().prop_map(Damage::Remove),
        1 => some().prop_map(Damage::Repeat),
    ]
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match damage {
            Damage::Flip(place, bits) => bytes[place.index(length)] ^= bits,
            Damage::Cut(place) => bytes.truncate(place.index(length)),
            Damage::Insert(place, more) => {
                let place = place.index(length);
                bytes.splice(place..place, more.iter().copied());
            }
            Damage::Remove(place) => drop(bytes.remove(place.index(length))),
            Damage::Repeat(place) => bytes.extend_from_within(place.index(length)..),
        }
    }
    bytes
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    proptest::collection::vec(damage(), 1..6)
}

fn anything() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..200)
}

fn encoding() -> impl Strategy<Value = Encoding> {
    select(&Encoding::ALL[..])
}

fn family() -> impl Strategy<Value = Family> {
    select(&Family::ALL[..])
}

/// The same members as an event has, with values of every type.
fn json_of_members() -> impl Strategy<Value = Vec<u8>> {
    let name = select(
        &[
            "event_id",
            "customer_id",
            "occurred_at",
            "kind",
            "invoice_id",
            "payment_id",
            "contact_id",
            "promise_id",
            "dispute_id",
            "amount_minor",
            "currency",
            "due_date",
            "failure_code",
            "channel",
            "upheld",
            "attributes",
        ][..],
    );
    let value = prop_oneof![
        select(
            &[
                "null",
                "true",
                "{}",
                "[]",
                "\"\"",
                "0",
                "-1",
                "1e400",
                "0.5",
                "18446744073709551615",
                "\"C-1\"",
                "\"GBP\"",
                "\"2026-05-31\"",
                "\"2026-05-03T09:30:00Z\"",
                "1777800000000",
                "{\"a\":{\"b\":[1]}}",
                "\"ISSUED\"",
                "\"FAILED\"",
                "\"OUTBOUND\"",
                "\"MADE\"",
                "\"OPENED\"",
                "\"UPDATED\"",
                "\"\\u0000erased 1\"",
            ][..]
        )
        .prop_map(str::to_owned),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        any::<f64>().prop_map(|number| format!("{number:e}")),
        any::<i64>().prop_map(|number| number.to_string()),
    ];
    proptest::collection::vec((name, value), 0..12).prop_map(|members| {
        let members: Vec<String> = members.into_iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
        format!("{{{}}}", members.join(",")).into_bytes()
    })
}

fn samples() -> Vec<Body> {
    let text = |text: &str| text.to_owned();
    let due_date = "2026-05-31".parse().unwrap();
    vec![
        Body::Issued {
            invoice_id: text("I-1"),
            amount_minor: 1_250,
            due_date,
            debt_type: Some(text("rent")),
            discount: None,
        },
        Body::Received { payment_id: text("P-1"), amount_minor: 1, names: Vec::new(), method: Some(text("card")) },
        Body::Failed { payment_id: text("P-1"), code: None },
        Body::Made { promise_id: text("M-1"), amount_minor: 99, due_date, plan_id: None },
        Body::Opened { dispute_id: text("D-1"), invoice_id: Some(text("I-1")), amount_minor: Some(500) },
        Body::Updated {
            attributes: [(text("rate"), Attribute::Double(text("0.1"))), (text("vulnerable"), Attribute::Bool(true))]
                .into(),
        },
    ]
}

fn intake(encoding: Encoding) -> Intake {
    Intake::uniform(encoding, Partitioner::Murmur2, 12, Currency::new("GBP").unwrap())
}

fn customer() -> CustomerId {
    CustomerId::new("C-1").unwrap()
}

/// A record of customer C-1 with these bytes, on the partition of its key.
fn record<'a>(family: Family, value: &'a [u8], headers: &'a Headers) -> RawRecord<'a> {
    RawRecord {
        family,
        topic: "t",
        partition: partition_of(b"C-1", 12, Partitioner::Murmur2),
        offset: 0,
        timestamp: W,
        key: Some(b"C-1"),
        value: Some(value),
        headers,
    }
}

/// Accepts the bytes, or names a reason of those that bytes can have. An event that was accepted reads back from what
/// it is written as.
fn accept_or_reject(family: Family, value: &[u8], encoding: Encoding) -> Result<(), TestCaseError> {
    match accept(&record(family, value, &Headers::new()), &intake(encoding), W) {
        Err(rejection) => {
            prop_assert!(!rejection.detail.is_empty());
            let not_of_bytes = [Reason::NullValue, Reason::TimestampAhead, Reason::CustomerFull];
            prop_assert!(!not_of_bytes.contains(&rejection.reason), "{}", rejection);
        }
        Ok(event) => {
            let currency = Currency::new("GBP").unwrap();
            for encoding in Encoding::ALL {
                let again = event::encode(&event, &currency, encoding).unwrap();
                let headers = Headers::new();
                prop_assert_eq!(accept(&record(family, &again, &headers), &intake(encoding), W), Ok(event.clone()));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn fuzz_intake_of_any_bytes(family in family(), value in anything(), encoding in encoding()) {
        accept_or_reject(family, &value, encoding)?;
    }

    #[test]
    fn fuzz_intake_of_any_members_in_json(family in family(), value in json_of_members()) {
        accept_or_reject(family, &value, Encoding::Json)?;
    }

    /// The header is right, so that the datum itself is read.
    #[test]
    fn fuzz_intake_of_any_avro_datum(family in family(), datum in anything()) {
        let value = [&[0xc3, 0x01][..], &schema::of(family).fingerprint(), &datum].concat();
        accept_or_reject(family, &value, Encoding::Avro)?;
    }

    #[test]
    fn fuzz_intake_of_damaged_events(body in select(samples()), damages in damages(), encoding in encoding()) {
        let family = body.family();
        let event = Event { event_id: "E-1".to_owned(), customer_id: customer(), occurred_at: W, recorded_at: W, body };
        let value = event::encode(&event, &Currency::new("GBP").unwrap(), encoding).unwrap();
        accept_or_reject(family, &damaged(value, &damages), encoding)?;
    }

    /// Keys, timestamps, partitions and headers of any kind, on each topic, with and without a value.
    #[test]
    fn fuzz_intake_of_any_record(
        family in family(),
        key in proptest::option::of(prop_oneof![Just(b"C-1".to_vec()), anything()]),
        value in proptest::option::of(json_of_members()),
        timestamp in prop_oneof![Just(W.0), any::<i64>()],
        partition in prop_oneof![0..12_u32, any::<u32>()],
        headers in proptest::collection::vec((any::<String>(), proptest::option::of(anything())), 0..4),
    ) {
        let (key, value) = (key.as_deref(), value.as_deref());
        let base = record(family, &[], &headers);
        let record = RawRecord { key, value, timestamp: Timestamp(timestamp), partition, ..base };
        for max_skew_ms in [None, Some(300_000), Some(i64::MAX)] {
            if let Err(rejection) = accept(&record, &Intake { max_skew_ms, ..intake(Encoding::Json) }, W) {
                let letter = dead_letter::headers(&record, &rejection);
                prop_assert_eq!(&letter[..headers.len()], &headers[..]);
                prop_assert_eq!(letter.len(), headers.len() + 6);
            }
        }
    }

    #[test]
    fn fuzz_journal_of_any_bytes(bytes in anything(), named in any::<bool>()) {
        let header = [&[0xc3, 0x01][..], &schema::JOURNAL.fingerprint()].concat();
        let bytes = if named { [&header[..], &bytes].concat() } else { bytes };
        if let Ok(record) = journal::decode(&bytes) {
            prop_assert_eq!(journal::decode(&journal::encode(&record)), Ok(record));
        }
    }

    #[test]
    fn fuzz_memberships_of_any_bytes(bytes in anything(), encoding in encoding()) {
        for schema in schema::SEGMENTS.accepted() {
            let named = [&[0xc3, 0x01][..], &schema.fingerprint(), &bytes].concat();
            for bytes in [&bytes, &named] {
                if let Ok(memberships) = Memberships::decode(bytes, encoding) {
                    prop_assert_eq!(Memberships::decode(&memberships.encode(encoding), encoding), Ok(memberships));
                }
            }
        }
    }

    #[test]
    fn fuzz_damaged_memberships(damages in damages(), encoding in encoding()) {
        let stage = Membership {
            dimension: "stage".to_owned(),
            segment: Some("mid".to_owned()),
            entered_at: Some(W),
            seq: 4,
            since: vec![("mid".to_owned(), W)],
        };
        let memberships = Memberships {
            customer_id: customer(),
            segmentation: "s".to_owned(),
            segmentation_version: 3,
            segmentation_hash: "ab".repeat(32),
            as_of: Some(W),
            next: None,
            dimensions: vec![stage],
            closed: [("arm".to_owned(), 7)].into(),
        };
        let _ = Memberships::decode(&damaged(memberships.encode(encoding), &damages), encoding);
    }

    #[test]
    fn fuzz_changes_of_any_bytes(bytes in anything(), encoding in encoding()) {
        let named = [&[0xc3, 0x01][..], &schema::SEGMENT_CHANGES.fingerprint(), &bytes].concat();
        for bytes in [&bytes, &named] {
            if let Ok(change) = change::decode(bytes, encoding) {
                prop_assert_eq!(change::decode(&change::encode(&change, encoding), encoding), Ok(change));
            }
        }
    }

    #[test]
    fn fuzz_lines_of_kcat(bytes in anything(), damages in damages()) {
        let line = br#"{"topic":"t","partition":3,"offset":42,"ts":1,"headers":["a","b"],"key":"C-1","payload":{"a":"\u00e9"}}"#;
        for bytes in [bytes, damaged(line.to_vec(), &damages)] {
            if let Ok(line) = envelope::parse(&bytes) {
                let written = envelope::write(&line).unwrap();
                prop_assert_eq!(envelope::parse(written.as_bytes()), Ok(line));
            }
        }
    }
}
