//! The bytes that this crate puts on disk, and the names under which it puts them.
//!
//! A store outlives releases, and so does a prepared batch in it: both must be read by the release that comes next.

use std::fmt::Write;

use expect_test::expect;

use super::shared;
use crate::{Batch, Meta, Store, TimerKind, TimerPosition, timers};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The kind, then the instant big-endian with its sign turned, then the id.
#[test]
fn the_keys_of_timers() {
    let mut lines = String::new();
    for (kind, instant_ms) in [
        (TimerKind::Fact, 0),
        (TimerKind::Silence, 1_777_800_000_000),
        (TimerKind::Silence, -1),
        (TimerKind::Silence, i64::MIN),
    ] {
        writeln!(lines, "{kind:?} {instant_ms} C-1: {}", hex(&timers::key(kind, instant_ms, b"C-1"))).unwrap();
    }
    expect![[r#"
        Fact 0 C-1: 008000000000000000432d31
        Silence 1777800000000 C-1: 018000019ded233200432d31
        Silence -1 C-1: 017fffffffffffffff432d31
        Silence -9223372036854775808 C-1: 010000000000000000432d31
    "#]]
    .assert_eq(&lines);
    let after = TimerPosition { instant_ms: 0, id: Some(b"C-1".to_vec()) };
    expect!["008000000000000000432d3100"].assert_eq(&hex(&timers::bound(TimerKind::Fact, &after)));
}

const META: [Meta; 8] = [
    Meta::Epoch,
    Meta::Journal,
    Meta::Segmentation,
    Meta::StateVersion,
    Meta::Progress,
    Meta::Prepared,
    Meta::Diverged,
    Meta::EngineChanged,
];

/// A new variant does not compile without an arm here. List it in `META` as well.
const fn is_listed(meta: Meta) {
    match meta {
        Meta::Epoch
        | Meta::Journal
        | Meta::Segmentation
        | Meta::StateVersion
        | Meta::Progress
        | Meta::Prepared
        | Meta::Diverged
        | Meta::EngineChanged => {}
    }
}

#[test]
fn the_keys_of_meta() {
    META.into_iter().for_each(is_listed);
    expect![[r#"
        epoch
        journal
        segmentation
        state-version
        progress
        prepared
        diverged
        engine-changed"#]]
    .assert_eq(&META.map(Meta::key).join("\n"));
}

/// A batch of each kind of write.
fn batch(store: &Store) -> Vec<u8> {
    let mut batch = Batch::new(store);
    batch.put_customer(b"C-1", b"state");
    batch.delete_customer(b"C-2");
    batch.put_timer(TimerKind::Silence, 1_777_800_000_000, b"C-1");
    batch.delete_timer(TimerKind::Fact, 0, b"C-1");
    batch.put_meta(Meta::Epoch, b"7");
    batch.encode()
}

/// Column family and key of every row.
#[test]
fn the_rows_of_a_store() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &shared()).unwrap();
    store.write(&batch(&store)).unwrap();
    let mut lines = String::new();
    for row in store.rows() {
        let (family, key, value) = row.unwrap();
        writeln!(lines, "{family} {} = {:?}", key.escape_ascii(), value.escape_ascii().to_string()).unwrap();
    }
    expect![[r#"
        customers C-1 = "state"
        meta epoch = "7"
        timers \x01\x80\x00\x01\x9d\xed#2\x00C-1 = ""
    "#]]
    .assert_eq(&lines);
}

/// RocksDB's write batch: a sequence number, a count, then each write with the number of its column family. A prepared
/// batch lies on disk in this form until it is written, so that these numbers are on disk too.
#[test]
fn the_bytes_of_a_batch() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &shared()).unwrap();
    let bytes = batch(&store);
    expect![[r#"
        000000000000000005000000050103432d31057374617465040103432d3205020c018000019ded23
        3200432d310004020c008000000000000000432d3105030565706f63680137"#]]
    .assert_eq(&bytes.chunks(40).map(hex).collect::<Vec<_>>().join("\n"));
}

/// A batch that an earlier process prepared is written by a later one.
#[test]
fn a_prepared_batch_outlives_the_store_that_encoded_it() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = batch(&Store::open(directory.path(), &shared()).unwrap());
    let store = Store::open(directory.path(), &shared()).unwrap();
    assert_eq!(batch(&store), bytes);
    store.write(&bytes).unwrap();
    assert_eq!(store.customer(b"C-1").unwrap().as_deref(), Some(b"state".as_slice()));
    assert_eq!(store.meta(Meta::Epoch).unwrap().as_deref(), Some(b"7".as_slice()));
}
