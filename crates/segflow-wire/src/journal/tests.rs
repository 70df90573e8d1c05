//! Every field of a journal record comes back.

use expect_test::expect;
use proptest::prelude::*;
use segflow_core::digest::Digest;

use super::*;

fn instant() -> impl Strategy<Value = Timestamp> {
    prop_oneof![Just(Timestamp::BEGINNING), any::<i64>().prop_map(Timestamp)]
}

fn number() -> impl Strategy<Value = u64> {
    0..=i64::MAX.cast_unsigned()
}

fn counts() -> impl Strategy<Value = Counts> {
    proptest::collection::vec(number(), 9).prop_map(|n| Counts {
        read: n[0],
        folded: n[1],
        duplicates: n[2],
        forgotten: n[3],
        ignored: n[4],
        conflicts: n[5],
        late: n[6],
        dead_letters: n[7],
        changes: n[8],
    })
}

fn digest() -> impl Strategy<Value = Digest> {
    "[0-9a-f]{64}".prop_map(|hex| hex.parse().unwrap())
}

fn clock() -> impl Strategy<Value = Clock> {
    (instant(), instant(), instant(), proptest::option::of("[A-Z]-[0-9]{1,6}")).prop_map(
        |(facts, silence, instant, customer)| Clock {
            facts,
            silence,
            cursor: Cursor { instant, customer: customer.and_then(CustomerId::new) },
        },
    )
}

fn inputs() -> impl Strategy<Value = BTreeMap<Family, Position>> {
    let position = (number(), proptest::option::of(instant()));
    let position = position.prop_map(|(offset, greatest)| Position { offset, greatest });
    proptest::collection::btree_map(proptest::sample::select(&Family::ALL[..]), position, 0..=6)
}

fn record() -> impl Strategy<Value = JournalRecord> {
    (
        number(),
        inputs(),
        clock(),
        (instant(), instant()),
        (any::<String>(), "[0-9a-f]{64}", any::<String>()),
        counts(),
        digest(),
        (proptest::collection::vec("[0-9a-f]{64}", 0..3), proptest::option::of("[A-Z]-[0-9]{1,6}"), any::<u32>()),
    )
        .prop_map(|(epoch, inputs, clock, (w, first_started), hashes, counts, digest, pass)| JournalRecord {
            epoch,
            inputs,
            clock,
            w,
            first_started,
            segmentation_hash: hashes.0,
            former: pass.0,
            resegmented_to: pass.1.and_then(CustomerId::new),
            intake_hash: hashes.1,
            engine_version: hashes.2,
            counts,
            digest_form: pass.2,
            digest,
        })
}

proptest! {
    #[test]
    fn a_record_reads_back(record in record()) {
        prop_assert_eq!(decode(&encode(&record)), Ok(record));
    }
}

fn sample() -> JournalRecord {
    JournalRecord {
        epoch: 123_456,
        inputs: Family::ALL
            .map(|family| (family, Position { offset: 1_000_000, greatest: Some(Timestamp(1_777_800_000_000)) }))
            .into(),
        clock: Clock::default(),
        w: Timestamp(1_777_800_000_000),
        first_started: Timestamp(1_777_800_000_000),
        segmentation_hash: "ab".repeat(32),
        former: Vec::new(),
        resegmented_to: None,
        intake_hash: "cd".repeat(32),
        engine_version: segflow_core::ENGINE_VERSION.to_owned(),
        counts: Counts::default(),
        digest_form: 1,
        digest: Digest::default(),
    }
}

#[test]
fn a_record_is_small() {
    let record = sample();
    let bytes = encode(&record).len();
    assert!(bytes < 400, "{bytes} bytes");
    assert_eq!(decode(&encode(&record)), Ok(record));
}

/// Bytes that the release before this schema wrote.
#[test]
fn a_record_of_an_earlier_schema_reads_back() {
    let bytes = bytes(&format!(
        "c3014424b9c48af6334b80890f040080897a0280c899d2bd670800000080c899d2bd67f0f998d2bd67f0f998d2bd670206432d31\
         d0c999d2bd6780a8a1d7b7678001{}8001{}20302e312e302b747a64622d32303236650e08040206020a8001{}",
        "6162".repeat(32),
        "6364".repeat(32),
        "3066".repeat(32),
    ));
    let record = JournalRecord {
        epoch: 123_456,
        inputs: [
            (Family::Invoices, Position { offset: 1_000_000, greatest: Some(Timestamp(1_777_800_000_000)) }),
            (Family::Disputes, Position::default()),
        ]
        .into(),
        clock: Clock {
            facts: Timestamp(1_777_800_000_000),
            silence: Timestamp(1_777_799_995_000),
            cursor: Cursor { instant: Timestamp(1_777_799_995_000), customer: CustomerId::new("C-1") },
        },
        w: Timestamp(1_777_800_000_104),
        first_started: Timestamp(1_777_000_000_000),
        segmentation_hash: "ab".repeat(32),
        former: Vec::new(),
        resegmented_to: None,
        intake_hash: "cd".repeat(32),
        engine_version: "0.1.0+tzdb-2026e".to_owned(),
        counts: Counts {
            read: 7,
            folded: 4,
            duplicates: 2,
            forgotten: 0,
            ignored: 0,
            conflicts: 1,
            late: 3,
            dead_letters: 1,
            changes: 5,
        },
        digest_form: 1,
        digest: "0f".repeat(32).parse().unwrap(),
    };
    assert_eq!(bytes[2..10], schema::JOURNAL_1.fingerprint());
    assert_eq!(decode(&bytes), Ok(record.clone()));
    let again = encode(&record);
    assert_eq!(again[2..10], schema::JOURNAL.fingerprint(), "what is written is of the present schema");
    assert_eq!(decode(&again), Ok(record));
}

/// The bytes that each release wrote lie in `journal/released`, by the number of the schema. They are never changed: a new
/// schema adds a file.
#[test]
fn a_record_of_every_released_schema_reads_back() {
    let released = [
        (&schema::JOURNAL_1, include_str!("released/1.hex")),
        (&schema::JOURNAL_2, include_str!("released/2.hex")),
        (&schema::JOURNAL_3, include_str!("released/3.hex")),
        (&schema::JOURNAL_4, include_str!("released/4.hex")),
        (&schema::JOURNAL, include_str!("released/5.hex")),
    ];
    assert_eq!(released.len(), schema::JOURNAL.accepted().count(), "each schema has its bytes here");
    let whole = whole();
    for (number, (schema, hex)) in (1..).zip(released) {
        let bytes = bytes(&hex.split_whitespace().collect::<String>());
        assert_eq!(bytes[2..10], schema.fingerprint(), "schema {number}");
        let mut expected = whole.clone();
        if number < 2 {
            expected.counts.forgotten = 0;
        }
        if number < 3 {
            (expected.former, expected.resegmented_to) = (Vec::new(), None);
        }
        if number < 4 {
            expected.digest_form = 1;
        }
        if number < 5 {
            (expected.counts.read, expected.counts.ignored) = (10, 0);
        }
        assert_eq!(decode(&bytes), Ok(expected), "schema {number}");
    }
    assert_eq!(hex(&encode(&whole)), include_str!("released/5.hex").split_whitespace().collect::<String>());
}

/// A record with every field, of a form that a later release may add: its digest cannot be compared, and it is read.
fn whole() -> JournalRecord {
    JournalRecord {
        clock: Clock {
            facts: Timestamp(1_777_800_000_000),
            silence: Timestamp(1_777_799_995_000),
            cursor: Cursor { instant: Timestamp(1_777_799_995_000), customer: CustomerId::new("C-1") },
        },
        former: vec!["01".repeat(32), "ab".repeat(32)],
        resegmented_to: CustomerId::new("C-7"),
        engine_version: "0.1.0+tzdb-2026e".to_owned(),
        counts: Counts {
            read: 14,
            folded: 5,
            duplicates: 2,
            forgotten: 1,
            ignored: 4,
            conflicts: 1,
            late: 3,
            dead_letters: 2,
            changes: 5,
        },
        digest_form: 9,
        digest: "0f".repeat(32).parse().unwrap(),
        ..sample()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[test]
fn what_is_no_record_is_refused() {
    let check = |bytes: &[u8], expected: expect_test::Expect| {
        expected.assert_eq(&decode(bytes).unwrap_err().to_string());
    };
    check(b"", expect!["expected the marker c301 of avro single-object encoding, found no bytes"]);
    check(b"{\"epoch\":1}", expect!["expected the marker c301 of avro single-object encoding, found 7b22"]);
    check(
        &[&[0xc3, 0x01][..], &[0; 20]].concat(),
        expect![
            "expected the fingerprint 57b3746aead33651 of schema journal or 3a775a80e3bc6ed4 of schema journal-4 or aa9ea527701450fd of schema journal-3 or 7110195e12af954a of schema journal-2 or 4424b9c48af6334b of schema journal-1, found 0000000000000000"
        ],
    );
    let header = [&[0xc3, 0x01][..], &schema::JOURNAL.fingerprint()].concat();
    check(
        &header,
        expect!["expected a datum of schema journal, found: All bytes have MSB set when decoding varint (Reached EOF)"],
    );
}
