//! A null value: on the topic of profiles the erasure of the customer, elsewhere a fault.

use super::*;

#[test]
fn a_null_value_is_refused_on_topics_other_than_profiles() {
    check_record(
        &record(Family::Payments, None),
        Encoding::Json,
        expect!["null_value: value: expected an event of payments, found null"],
    );
}

#[test]
fn a_null_value_on_profiles_erases_the_customer_at_the_records_timestamp() {
    let at = Timestamp(W.0 - 5);
    let null = RawRecord { timestamp: at, ..record(Family::Profiles, None) };
    for encoding in [Encoding::Json, Encoding::Avro] {
        let erasure = accept(&null, &intake(encoding), W).unwrap();
        assert_eq!(erasure, Event::erasure(CustomerId::new("C-1").unwrap(), at));
        assert_eq!((erasure.occurred_at, erasure.recorded_at), (at, at));
    }
}

#[test]
fn no_event_of_a_producer_has_the_id_of_an_erasure() {
    let null = record(Family::Profiles, None);
    let id = accept(&null, &intake(Encoding::Json), W).unwrap().event_id;
    let json = serde_json::json!({
        "event_id": id, "customer_id": "C-1", "occurred_at": W.0, "kind": "UPDATED", "attributes": {},
    });
    let json = json.to_string();
    let copy = accept(&record(Family::Profiles, Some(json.as_bytes())), &intake(Encoding::Json), W);
    assert_eq!(copy.unwrap_err().reason, Reason::MalformedField);
}

#[test]
fn text_that_says_null_erases_nobody() {
    for value in ["null", "", " "] {
        let result = accept(&record(Family::Profiles, Some(value.as_bytes())), &intake(Encoding::Json), W);
        assert_eq!(result.unwrap_err().reason, Reason::Undecodable, "{value:?}");
    }
}

#[test]
fn the_key_of_an_erasure_is_a_customer_id() {
    let with_key = |key: Option<&[u8]>, expected: Expect| {
        check_record(&RawRecord { key, ..record(Family::Profiles, None) }, Encoding::Json, expected);
    };
    with_key(None, expect!["key_not_customer: key: expected a customer id of 1 to 128 bytes of utf-8, found none"]);
    with_key(
        Some(b""),
        expect!["key_not_customer: key: expected a customer id of 1 to 128 bytes of utf-8, found nothing"],
    );
    with_key(
        Some(b"C-\xff"),
        expect![[r#"key_not_customer: key: expected a customer id of 1 to 128 bytes of utf-8, found "C-�""#]],
    );
    with_key(
        Some(&[b'x'; 129]),
        expect![[
            r#"key_not_customer: key: expected a customer id of 1 to 128 bytes of utf-8, found "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"..."#
        ]],
    );
    let longest = [b'x'; 128];
    let partition = partition_of(&longest, 12, Partitioner::Murmur2);
    let null = RawRecord { key: Some(&longest), partition, ..record(Family::Profiles, None) };
    assert_eq!(accept(&null, &intake(Encoding::Json), W).unwrap().customer_id.as_str().len(), 128);
}

#[test]
fn an_erasure_is_judged_by_partition_and_timestamp_too() {
    let null = record(Family::Profiles, None);
    check_record(
        &RawRecord { partition: null.partition - 1, ..null },
        Encoding::Json,
        expect!["wrong_partition: partition: expected 11 of 12 by murmur2 of the key, found 10"],
    );
    check_record(
        &RawRecord { timestamp: Timestamp(W.0 + 300_001), ..null },
        Encoding::Json,
        expect![
            "timestamp_ahead: timestamp of the record: expected at most 2026-05-03T09:25:00.000Z, found 2026-05-03T09:25:00.001Z"
        ],
    );
    assert!(accept(&RawRecord { timestamp: Timestamp(W.0 + 300_000), ..null }, &intake(Encoding::Json), W).is_ok());
    check_record(
        &RawRecord { timestamp: Timestamp(Timestamp::EARLIEST.0 - 1), ..null },
        Encoding::Json,
        expect![
            "malformed_field: timestamp of the record: expected milliseconds or an instant such as 2026-05-03T09:30:00Z, from 1900 to 2199, found -2208988800001"
        ],
    );
}
