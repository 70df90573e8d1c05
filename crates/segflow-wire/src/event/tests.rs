//! An encoded event is accepted as the same event, and another implementation reads the same from its bytes.

use expect_test::expect;
use proptest::prelude::*;
use segflow_core::event::{Channel, CustomerId, Direction, Family, Named, Outcome};
use segflow_core::time::{Date, Timestamp};

use super::*;
use crate::encoding::Headers;
use crate::intake::{Intake, RawRecord, Rejection, accept};
use crate::partition::{Partitioner, partition_of};

fn gbp() -> Currency {
    Currency::new("GBP").unwrap()
}

fn accept_back(event: &Event, encoding: Encoding) -> Result<Event, Rejection> {
    let value = encode(event, &gbp(), encoding);
    assert_eq!(value.is_none(), event.body == Body::Erased, "null says erased, and nothing else does");
    let key = event.customer_id.as_str().as_bytes();
    let mut intake = Intake::uniform(encoding, Partitioner::Crc32, 12, gbp());
    intake.topics.iter_mut().for_each(|topic| topic.oldest_days = u32::MAX);
    let record = RawRecord {
        family: event.body.family(),
        topic: "t",
        partition: partition_of(key, 12, Partitioner::Crc32),
        offset: 0,
        timestamp: event.recorded_at,
        key: Some(key),
        value: value.as_deref(),
        headers: &Headers::new(),
    };
    accept(&record, &intake, Timestamp::BEGINNING)
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

fn invoice() -> impl Strategy<Value = Body> {
    let word = proptest::option::of(text(256));
    let delta = prop_oneof![-1_000..1_000_i64, Just(-1_000_000_000_000_000), Just(1_000_000_000_000_000)];
    prop_oneof![
        (text(256), amount(), date(), word).prop_map(|(invoice_id, amount_minor, due_date, debt_type)| {
            Body::Issued { invoice_id, amount_minor, due_date, debt_type, discount: None }
        }),
        (text(256), delta, proptest::option::of(date()))
            .prop_map(|(invoice_id, delta_minor, due_date)| { Body::Adjusted { invoice_id, delta_minor, due_date } }),
        text(256).prop_map(|invoice_id| Body::WrittenOff { invoice_id }),
    ]
}

fn payment() -> impl Strategy<Value = Body> {
    let word = || proptest::option::of(text(256));
    let code = proptest::option::of(proptest::sample::select(FailureCode::ALL));
    prop_oneof![
        (text(256), amount(), word(), word()).prop_map(|(payment_id, amount_minor, invoice_id, method)| {
            Body::Received {
                payment_id,
                amount_minor,
                names: invoice_id.map(Named::whole).into_iter().collect(),
                method,
            }
        }),
        (text(256), code).prop_map(|(payment_id, code)| Body::Failed { payment_id, code }),
        text(256).prop_map(|payment_id| Body::Reversed { payment_id, amount_minor: None }),
    ]
}

fn contact() -> impl Strategy<Value = Body> {
    let direction = prop_oneof![Just(Direction::Outbound), Just(Direction::Inbound)];
    let (channel, outcome) = (proptest::sample::select(Channel::ALL), proptest::sample::select(Outcome::ALL));
    (text(256), direction, channel, outcome).prop_map(|(contact_id, direction, channel, outcome)| Body::Contact {
        contact_id,
        direction,
        channel,
        outcome,
        machine: false,
    })
}

fn promise() -> impl Strategy<Value = Body> {
    prop_oneof![
        (text(256), amount(), date()).prop_map(|(promise_id, amount_minor, due_date)| Body::Made {
            promise_id,
            amount_minor,
            due_date,
            plan_id: None
        }),
        (text(256), amount(), date()).prop_map(|(promise_id, amount_minor, due_date)| Body::Amended {
            promise_id,
            amount_minor,
            due_date
        }),
        text(256).prop_map(|promise_id| Body::Cancelled { promise_id }),
    ]
}

fn dispute() -> impl Strategy<Value = Body> {
    let (invoice, amount) = (proptest::option::of(text(256)), proptest::option::of(amount()));
    prop_oneof![
        (text(256), invoice, amount).prop_map(|(dispute_id, invoice_id, amount_minor)| Body::Opened {
            dispute_id,
            invoice_id,
            amount_minor
        }),
        (text(256), any::<Option<bool>>()).prop_map(|(dispute_id, upheld)| Body::Resolved { dispute_id, upheld }),
    ]
}

fn profile() -> impl Strategy<Value = Body> {
    proptest::collection::btree_map(text(256), attribute(), 0..6).prop_map(|attributes| Body::Updated { attributes })
}

fn event() -> impl Strategy<Value = Event> {
    let instant = || (Timestamp::EARLIEST.0..Timestamp::LATEST.0).prop_map(Timestamp);
    let customer = || text(128).prop_map(|id| CustomerId::new(id).unwrap());
    let event_id = text(256).prop_filter("erasures have these", |id| !id.starts_with('\0'));
    let body =
        prop_oneof![3 => invoice(), 3 => payment(), 1 => contact(), 3 => promise(), 2 => dispute(), 1 => profile()];
    prop_oneof![
        12 => (event_id, customer(), instant(), instant(), body).prop_map(
            |(event_id, customer_id, occurred_at, recorded_at, body)| Event {
                event_id,
                customer_id,
                occurred_at,
                recorded_at,
                body,
            },
        ),
        1 => (customer(), instant()).prop_map(|(customer, at)| Event::erasure(customer, at)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn an_encoded_event_is_accepted_as_the_same_event(event in event()) {
        for encoding in [Encoding::Json, Encoding::Avro] {
            prop_assert_eq!(accept_back(&event, encoding), Ok(event.clone()));
        }
    }

    /// The reference implementation for Rust reads our Avro to the end and writes the same bytes.
    #[test]
    fn apache_avro_reads_and_writes_the_same_bytes(event in event()) {
        let local = schema::of(event.body.family());
        let theirs = apache_avro::Schema::parse_str(local.source).unwrap();
        let Some(bytes) = encode(&event, &gbp(), Encoding::Avro) else { return Ok(()) };
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

fn event_of(body: Body) -> Event {
    let at: Timestamp = "2026-05-03T09:30:00.250Z".parse().unwrap();
    let customer_id = CustomerId::new("C-1").unwrap();
    Event { event_id: "E-1".to_owned(), customer_id, occurred_at: at, recorded_at: at, body }
}

/// One of each kind and, of those with optional fields, one without.
fn samples() -> Vec<Body> {
    let due_date: Date = "2026-05-31".parse().unwrap();
    let id = |text: &str| text.to_owned();
    let attributes = [
        ("consent", Attribute::Null),
        ("region", Attribute::Text(id("N\"1"))),
        ("score", Attribute::Long(700)),
        ("rate", Attribute::Double(id("0.1"))),
        ("whole", Attribute::Double(id("700"))),
        ("vulnerable", Attribute::Bool(true)),
    ];
    let attributes = attributes.map(|(name, value)| (id(name), value)).into();
    let direction = Direction::Inbound;
    vec![
        Body::Issued {
            invoice_id: id("I-1"),
            amount_minor: 1_250,
            due_date,
            debt_type: Some(id("rent")),
            discount: None,
        },
        Body::Issued { invoice_id: id("I-1"), amount_minor: 1_250, due_date, debt_type: None, discount: None },
        Body::Adjusted { invoice_id: id("I-1"), delta_minor: -50, due_date: Some(due_date) },
        Body::Adjusted { invoice_id: id("I-1"), delta_minor: 0, due_date: None },
        Body::WrittenOff { invoice_id: id("I-1") },
        Body::Received {
            payment_id: id("P-1"),
            amount_minor: 1,
            names: vec![Named::whole(id("I-1"))],
            method: Some(id("card")),
        },
        Body::Received { payment_id: id("P-1"), amount_minor: 1, names: Vec::new(), method: None },
        Body::Failed { payment_id: id("P-1"), code: Some(FailureCode::InsufficientFunds) },
        Body::Failed { payment_id: id("P-1"), code: None },
        Body::Reversed { payment_id: id("P-1"), amount_minor: None },
        Body::Contact {
            contact_id: id("K-1"),
            direction,
            channel: Channel::Call,
            outcome: Outcome::RightParty,
            machine: false,
        },
        Body::Contact {
            contact_id: id("K-1"),
            direction: Direction::Outbound,
            channel: Channel::Sms,
            outcome: Outcome::Delivered,
            machine: false,
        },
        Body::Made { promise_id: id("M-1"), amount_minor: 99, due_date, plan_id: None },
        Body::Amended { promise_id: id("M-1"), amount_minor: 98, due_date },
        Body::Cancelled { promise_id: id("M-1") },
        Body::Opened { dispute_id: id("D-1"), invoice_id: Some(id("I-1")), amount_minor: Some(500) },
        Body::Opened { dispute_id: id("D-1"), invoice_id: None, amount_minor: None },
        Body::Resolved { dispute_id: id("D-1"), upheld: Some(false) },
        Body::Resolved { dispute_id: id("D-1"), upheld: None },
        Body::Updated { attributes },
    ]
}

#[test]
fn json_has_the_names_of_the_catalogue() {
    let common = r#"{"event_id":"E-1","customer_id":"C-1","occurred_at":"2026-05-03T09:30:00.250Z","kind":"#;
    let own = |body| {
        let json = String::from_utf8(encode(&event_of(body), &gbp(), Encoding::Json).unwrap()).unwrap();
        json.strip_prefix(common).unwrap_or_else(|| panic!("{json}")).to_owned()
    };
    let lines: Vec<String> = samples().into_iter().map(own).collect();
    expect![[r#"
        "ISSUED","invoice_id":"I-1","amount_minor":1250,"currency":"GBP","due_date":"2026-05-31","debt_type":"rent"}
        "ISSUED","invoice_id":"I-1","amount_minor":1250,"currency":"GBP","due_date":"2026-05-31"}
        "ADJUSTED","invoice_id":"I-1","amount_minor":-50,"currency":"GBP","due_date":"2026-05-31"}
        "ADJUSTED","invoice_id":"I-1","amount_minor":0,"currency":"GBP"}
        "WRITTEN_OFF","invoice_id":"I-1"}
        "RECEIVED","invoice_id":"I-1","payment_id":"P-1","amount_minor":1,"currency":"GBP","method":"card"}
        "RECEIVED","payment_id":"P-1","amount_minor":1,"currency":"GBP"}
        "FAILED","payment_id":"P-1","failure_code":"INSUFFICIENT_FUNDS"}
        "FAILED","payment_id":"P-1"}
        "REVERSED","payment_id":"P-1"}
        "INBOUND","contact_id":"K-1","channel":"CALL","outcome":"RIGHT_PARTY"}
        "OUTBOUND","contact_id":"K-1","channel":"SMS","outcome":"DELIVERED"}
        "MADE","promise_id":"M-1","amount_minor":99,"currency":"GBP","due_date":"2026-05-31"}
        "AMENDED","promise_id":"M-1","amount_minor":98,"currency":"GBP","due_date":"2026-05-31"}
        "CANCELLED","promise_id":"M-1"}
        "OPENED","invoice_id":"I-1","dispute_id":"D-1","amount_minor":500}
        "OPENED","dispute_id":"D-1"}
        "RESOLVED","dispute_id":"D-1","upheld":false}
        "RESOLVED","dispute_id":"D-1"}
        "UPDATED","attributes":{"consent":null,"rate":0.1,"region":"N\"1","score":700,"vulnerable":true,"whole":700.0}}"#]].assert_eq(&lines.join("\n"));
}

#[test]
fn every_kind_comes_back_from_either_encoding() {
    let kinds: std::collections::BTreeSet<_> = samples().iter().map(Body::kind).collect();
    assert_eq!(kinds.len(), 14, "{kinds:?}");
    for event in samples().into_iter().map(event_of) {
        for encoding in [Encoding::Json, Encoding::Avro] {
            assert_eq!(accept_back(&event, encoding), Ok(event.clone()));
        }
    }
}

#[test]
fn an_erasure_is_null_in_either_encoding() {
    let erasure = Event::erasure(CustomerId::new("C-1").unwrap(), "2026-05-03T09:30:00.250Z".parse().unwrap());
    for encoding in [Encoding::Json, Encoding::Avro] {
        assert_eq!(encode(&erasure, &gbp(), encoding), None);
        assert_eq!(accept_back(&erasure, encoding), Ok(erasure.clone()));
    }
}
