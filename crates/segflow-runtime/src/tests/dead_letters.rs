//! Nothing vanishes (I7): folded, counted as a duplicate, or in the dead letters, whole.

use segflow_core::event::Family;

use super::support::{Bench, P0, at, issued, reasons};
use crate::log::Sink;
use crate::log::local::NewRecord;

#[test]
fn dead_letters_keep_key_value_headers_and_origin_and_add_up() {
    let bench = Bench::new();
    let now = at("2026-03-01T10:00:00Z");
    bench.event("c1", now, "e1", issued("2026-05-01"));
    bench.event("c1", now, "e1", issued("2026-05-01"));
    let headers = vec![("trace".to_owned(), Some(vec![0xff, 0])), ("empty".to_owned(), None)];
    let rubbish = vec![0x80, 0x00, 0x7b];
    bench.broker.append(
        P0,
        Family::Invoices,
        NewRecord { timestamp: now, key: Some(b"c2".to_vec()), value: Some(rubbish.clone()), headers: headers.clone() },
    );
    bench.broker.append(
        P0,
        Family::Payments,
        NewRecord { timestamp: now, key: None, value: None, headers: Vec::new() },
    );
    let key = Some(b"c3".to_vec());
    bench.broker.append(
        P0,
        Family::Promises,
        NewRecord { timestamp: at("2026-03-01T11:00:00Z"), key, value: Some(b"{}".to_vec()), headers: Vec::new() },
    );
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);

    let letters = bench.broker.outputs(Sink::DeadLetters, P0, 0);
    let letter = letters.iter().find(|letter| letter.key.as_deref() == Some(b"c2")).unwrap();
    assert_eq!(letter.value.as_ref(), Some(&rubbish));
    assert_eq!(letter.headers[..2], headers[..]);
    let header = |name: &str| {
        let (_, value) = letter.headers.iter().find(|(known, _)| known == name).unwrap();
        String::from_utf8(value.clone().unwrap()).unwrap()
    };
    assert_eq!(header("segflow.topic"), "collections.invoices");
    assert_eq!((header("segflow.partition"), header("segflow.offset")), ("0".to_owned(), "2".to_owned()));
    let found: Vec<(String, usize)> = reasons(&bench).into_iter().collect();
    let expected = [("null_value", 1), ("timestamp_ahead", 1), ("undecodable", 1)];
    assert_eq!(found, expected.map(|(reason, count)| (reason.to_owned(), count)));

    let totals = &bench.status.snapshot().totals[&0];
    assert_eq!(
        (totals.counts.read, totals.counts.folded, totals.counts.duplicates, totals.counts.dead_letters),
        (5, 1, 1, 3)
    );
    assert_eq!(totals.dead_letters["undecodable"], 1);
    let last = bench.journal().pop().unwrap();
    assert_eq!(last.inputs[&Family::Promises].greatest, None, "a rejected timestamp does not move the clock");
}

/// A record that compresses well may be read though it could not be written again: it stops nobody.
#[test]
fn a_record_too_large_for_a_dead_letter_leaves_its_hash_its_origin_and_its_first_bytes() {
    let bench = Bench::new();
    let now = at("2026-03-01T10:00:00Z");
    let (large, headers) = (vec![b'x'; 20 << 20], vec![("trace".to_owned(), Some(vec![7; 100_000]))]);
    let key = Some(b"c1".to_vec());
    bench.broker.append(
        P0,
        Family::Payments,
        NewRecord { timestamp: now, key: key.clone(), value: Some(large), headers },
    );
    bench.event("c2", now, "e2", issued("2026-05-01"));
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    let mut worker = bench.worker("a");
    bench.settle(&mut worker);

    let letter = bench.broker.outputs(Sink::DeadLetters, P0, 0).pop().unwrap();
    assert_eq!((letter.key, letter.value), (key, Some(vec![b'x'; 64 << 10])));
    let told = |(name, value): &(String, Option<Vec<u8>>)| {
        format!("{name}: {}", String::from_utf8_lossy(value.as_ref().unwrap()))
    };
    let told: Vec<String> = letter.headers.iter().map(told).collect();
    assert_eq!(told[0], "segflow.reason: undecodable");
    assert_eq!(
        told[2..],
        [
            "segflow.topic: collections.payments",
            "segflow.partition: 0",
            "segflow.offset: 0",
            "segflow.timestamp: 1772359200000",
            "segflow.cut: key of 2 bytes, value of 20971520 bytes, 1 headers of 100005 bytes",
            "segflow.value_sha256: 6adfa0775cbd16a3f50d1fda1d7bd7f375dd1f9af5e6dfb751a87d3dff68699c",
        ]
    );
    let counts = bench.journal().pop().unwrap().counts;
    assert_eq!((counts.read, counts.folded, counts.dead_letters), (2, 1, 1));
}
