//! What is encoded is accepted as the same event; others read the bytes as we do.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use segflow_core::event::{Channel, CustomerId, Family, Outcome};
use segflow_core::time::{Date, Instant};

use super::*;
use crate::encoding::Headers;
use crate::intake::{Intake, RawRecord, Rejection, accept};
use crate::partition::{Partitioner, partition_of};

fn gbp() -> Currency {
    Currency::new("GBP").unwrap()
}

fn accept_back(event: &Event, encoding: Encoding) -> Result<Event, Rejection> {
    let value = encode(event, &gbp(), encoding);
    let key = event.customer_id.as_str().as_bytes();
    let intake = Intake::uniform(encoding, Partitioner::Crc32, 12, gbp());
    let record = RawRecord {
        family: event.body.family(),
        topic: "t",
        partition: partition_of(key, 12, Partitioner::Crc32),
        offset: 0,
        timestamp: event.occurred_at,
        key: Some(key),
        value: Some(&value),
        headers: &Headers::new(),
    };
    accept(&record, &intake, Instant::BEGINNING)
}

fn text(max: usize) -> impl Strategy<Value = String> {
    let any = proptest::collection::vec(any::<char>(), 1..=max / 4).prop_map(String::from_iter);
    prop_oneof![3 => "[A-Z]-[0-9]{1,6}", 1 => any]
}

fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![1..=100_000_i64, Just(1_000_000_000_000_000)]
}

fn date() -> impl Strategy<Value = Date> {
    (-25_567..84_006).prop_map(Date)
}

fn attribute() -> impl Strategy<Value = Attribute> {
    prop_oneof![
        Just(Attribute::Null),
        any::<String>().prop_map(Attribute::Text),
        any::<i64>().prop_map(Attribute::Long),
        any::<bool>().prop_map(Attribute::Bool),
        (-100_000..100_000_i32).prop_map(|n| double(f64::from(n) / 100.0)),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(double),
    ]
}

fn double(value: f64) -> Attribute {
    Attribute::Double(if value == 0.0 { "0".to_owned() } else { value.to_string() })
}

fn body() -> impl Strategy<Value = Body> {
    let word = || proptest::option::of(text(256));
    let direction = prop_oneof![Just(Direction::Outbound), Just(Direction::Inbound)];
    let (channel, outcome) = (proptest::sample::select(Channel::ALL), proptest::sample::select(Outcome::ALL));
    prop_oneof![
        (text(256), amount(), date(), word()).prop_map(|(invoice_id, amount_minor, due_date, debt_type)| {
            Body::Issued { invoice_id, amount_minor, due_date, debt_type }
        }),
        (text(256), amount(), word(), word()).prop_map(|(payment_id, amount_minor, invoice_id, method)| {
            Body::Received { payment_id, amount_minor, invoice_id, method }
        }),
        (text(256), direction, channel, outcome).prop_map(|(contact_id, direction, channel, outcome)| {
            Body::Contact { contact_id, direction, channel, outcome }
        }),
        (text(256), amount(), date()).prop_map(|(promise_id, amount_minor, due_date)| Body::Made {
            promise_id,
            amount_minor,
            due_date
        }),
        proptest::collection::btree_map(text(256), attribute(), 0..6)
            .prop_map(|attributes| Body::Updated { attributes }),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    (text(256), text(128), Instant::EARLIEST.0..Instant::LATEST.0, body()).prop_map(
        |(event_id, customer, occurred_at, body)| Event {
            event_id,
            customer_id: CustomerId::new(customer).unwrap(),
            occurred_at: Instant(occurred_at),
            body,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_encoded_is_accepted_as_the_same_event(event in event()) {
        for encoding in [Encoding::Json, Encoding::Avro] {
            prop_assert_eq!(accept_back(&event, encoding), Ok(event.clone()));
        }
    }

    /// The reference implementation for Rust reads our Avro to the end and writes the same bytes.
    #[test]
    fn apache_avro_reads_and_writes_the_same_bytes(event in event()) {
        let local = schema::of(event.body.family());
        let theirs = apache_avro::Schema::parse_str(local.source).unwrap();
        let bytes = encode(&event, &gbp(), Encoding::Avro);
        let mut datum = &bytes[10..];
        let reader = apache_avro::reader::datum::GenericDatumReader::builder(&theirs).build().unwrap();
        let value = reader.read_value(&mut datum).unwrap();
        prop_assert!(datum.is_empty());
        // Their maps are unordered, and so may be written in another order.
        if event.body.family() != Family::Profiles {
            let writer = apache_avro::writer::datum::GenericDatumWriter::builder(&theirs).build().unwrap();
            prop_assert_eq!(&writer.write_value_to_vec(value).unwrap(), &bytes[10..]);
        }
    }
}

fn check(body: Body, expected: Expect) {
    let event = Event {
        event_id: "E-1".to_owned(),
        customer_id: CustomerId::new("C-1").unwrap(),
        occurred_at: "2026-05-03T09:30:00.250Z".parse().unwrap(),
        body,
    };
    expected.assert_eq(&String::from_utf8(encode(&event, &gbp(), Encoding::Json)).unwrap());
}

#[test]
fn json_has_the_names_of_the_catalogue() {
    let due_date = Date::new(2026, 5, 31).unwrap();
    check(
        Body::Issued {
            invoice_id: "I-1".to_owned(),
            amount_minor: 1_250,
            due_date,
            debt_type: Some("rent".to_owned()),
        },
        expect![[
            r#"{"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"ISSUED","invoice_id":"I-1","amount_minor":1250,"currency":"GBP","due_date":"2026-05-31","debt_type":"rent"}"#
        ]],
    );
    check(
        Body::Received { payment_id: "P-1".to_owned(), amount_minor: 1, invoice_id: None, method: None },
        expect![[
            r#"{"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"RECEIVED","payment_id":"P-1","amount_minor":1,"currency":"GBP"}"#
        ]],
    );
    check(
        Body::Contact {
            contact_id: "K-1".to_owned(),
            direction: Direction::Inbound,
            channel: Channel::Call,
            outcome: Outcome::RightParty,
        },
        expect![[
            r#"{"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"INBOUND","contact_id":"K-1","channel":"CALL","outcome":"RIGHT_PARTY"}"#
        ]],
    );
    check(
        Body::Made { promise_id: "M-1".to_owned(), amount_minor: 99, due_date },
        expect![[
            r#"{"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"MADE","promise_id":"M-1","amount_minor":99,"currency":"GBP","due_date":"2026-05-31"}"#
        ]],
    );
    let attributes = [
        ("consent", Attribute::Null),
        ("region", Attribute::Text("N\"1".to_owned())),
        ("score", Attribute::Long(700)),
        ("rate", Attribute::Double("0.1".to_owned())),
        ("whole", Attribute::Double("700".to_owned())),
        ("vulnerable", Attribute::Bool(true)),
    ];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).into();
    check(
        Body::Updated { attributes },
        expect![[
            r#"{"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"UPDATED","attributes":{"consent":null,"rate":0.1,"region":"N\"1","score":700,"vulnerable":true,"whole":700.0}}"#
        ]],
    );
}
