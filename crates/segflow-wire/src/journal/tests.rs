//! Every field of a journal record comes back.

use expect_test::expect;
use proptest::prelude::*;
use segflow_core::digest::Digest;

use super::*;

fn instant() -> impl Strategy<Value = Instant> {
    prop_oneof![Just(Instant::BEGINNING), any::<i64>().prop_map(Instant)]
}

fn number() -> impl Strategy<Value = u64> {
    0..=i64::MAX.cast_unsigned()
}

fn counts() -> impl Strategy<Value = Counts> {
    proptest::collection::vec(number(), 7).prop_map(|n| Counts {
        read: n[0],
        folded: n[1],
        duplicates: n[2],
        conflicts: n[3],
        late: n[4],
        dead_letters: n[5],
        changes: n[6],
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

fn record() -> impl Strategy<Value = Record> {
    (
        number(),
        inputs(),
        clock(),
        (instant(), instant()),
        (any::<String>(), "[0-9a-f]{64}", any::<String>()),
        counts(),
        digest(),
    )
        .prop_map(|(epoch, inputs, clock, (w, first_started), hashes, counts, digest)| Record {
            epoch,
            inputs,
            clock,
            w,
            first_started,
            segmentation_hash: hashes.0,
            intake_hash: hashes.1,
            engine_version: hashes.2,
            counts,
            digest,
        })
}

proptest! {
    #[test]
    fn a_record_reads_back(record in record()) {
        prop_assert_eq!(decode(&encode(&record)), Ok(record));
    }
}

#[test]
fn a_record_is_small() {
    let record = Record {
        epoch: 123_456,
        inputs: Family::ALL
            .map(|family| (family, Position { offset: 1_000_000, greatest: Some(Instant(1_777_800_000_000)) }))
            .into(),
        clock: Clock::default(),
        w: Instant(1_777_800_000_000),
        first_started: Instant(1_777_800_000_000),
        segmentation_hash: "ab".repeat(32),
        intake_hash: "cd".repeat(32),
        engine_version: segflow_core::ENGINE_VERSION.to_owned(),
        counts: Counts::default(),
        digest: Digest::default(),
    };
    let bytes = encode(&record).len();
    assert!(bytes < 400, "{bytes} bytes");
    assert_eq!(decode(&encode(&record)), Ok(record));
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
        expect!["expected the fingerprint 4424b9c48af6334b of schema journal, found 0000000000000000"],
    );
    let header = [&[0xc3, 0x01][..], &schema::JOURNAL.fingerprint()].concat();
    check(
        &header,
        expect!["expected a datum of schema journal, found: All bytes have MSB set when decoding varint (Reached EOF)"],
    );
}
