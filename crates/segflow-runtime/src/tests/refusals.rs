//! What stops a task, in the words that an operator reads; `docs/operations.md` says what to do.

use std::path::Path;

use segflow_snapshot::{KnownFiles, Snapshots, Subject};
use segflow_store::{Batch, Store};

use super::snapshots::{LIMIT, bench, cycles, damage, directory, keep, pay, recovered, refused, snapshot, stored};
use super::support::{Bench, P0, at, issued};
use crate::log::Sink;
use crate::status::Phase;

/// Five epochs, and a snapshot of the last one in a directory; so many are kept, and what they do not need is trimmed.
fn with_snapshot(kept: usize) -> Bench {
    let (mut bench, worker) = bench(100);
    drop(worker);
    let place = Snapshots::open(&format!("file://{}", place(&bench).display()), "bench").unwrap();
    keep(&mut bench, place, kept);
    let mut worker = bench.worker("a");
    cycles(&bench, &mut worker, |task| task.phase == Phase::Running);
    pay(&bench, &mut worker, 0..1);
    snapshot(&bench, &mut worker, 5);
    bench
}

fn place(bench: &Bench) -> std::path::PathBuf {
    bench._directory.path().join("place")
}

fn files(bench: &Bench, folder: &str) -> Vec<std::path::PathBuf> {
    let folder = place(bench).join("bench/task-0").join(folder);
    std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect()
}

fn lose(directory: &Path) {
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_store_of_another_journal_is_refused() {
    let epoch = |hour: &str| {
        let bench = Bench::new();
        let instant = at(&format!("2026-03-01T{hour}:00:00Z"));
        bench.event("c0", instant, "e0", issued("2026-02-20"));
        bench.broker.set_time(instant.plus_ms(1_000));
        bench.settle(&mut bench.worker("a"));
        bench
    };
    let (bench, other) = (epoch("10"), epoch("11"));
    let mixed = Bench { broker: other.broker, ..bench };
    let reason = refused(&mixed);
    let expected = "task 0: epoch 1 of the store is not the epoch 1 of the journal: the store belongs to another journal; \
                    move its directory away, and it is rebuilt";
    assert_eq!(reason, expected);
    lose(&directory(&mixed));
    assert_eq!(recovered(&mixed).1, 1, "it is rebuilt");
}

#[test]
fn a_state_of_an_unknown_version_is_refused() {
    let bench = Bench::new();
    bench.event("c0", at("2026-03-01T10:00:00Z"), "e0", issued("2026-02-20"));
    bench.broker.set_time(at("2026-03-01T10:00:01Z"));
    bench.settle(&mut bench.worker("a"));
    let store = Store::open(&directory(&bench), &bench.config.store).unwrap();
    let (id, mut state) = store.customers_all().next().unwrap().unwrap();
    state[0] = 9;
    let mut batch = Batch::new(&store);
    batch.put_customer(&id, &state);
    let batch = batch.encode();
    store.write(&batch).unwrap();
    drop(store);
    bench.event("c0", at("2026-03-01T10:00:02Z"), "e1", issued("2026-02-21"));
    bench.broker.set_time(at("2026-03-01T10:00:03Z"));
    let reason = refused(&bench);
    let expected = "the state of a customer: expected a state of version 2 to 5, found version 9; run the release that \
                    wrote it, or rebuild the store from the journal";
    assert_eq!(reason, expected);
    lose(&directory(&bench));
    assert_eq!(recovered(&bench).1, 1, "it is rebuilt");
}

#[test]
fn a_snapshot_that_is_not_sound_is_refused_unless_the_journal_reaches_back() {
    let bench = with_snapshot(100);
    let live = stored_after(&bench);
    for file in files(&bench, "files") {
        std::fs::write(file, "x").unwrap();
    }
    lose(&directory(&bench));
    assert_eq!(recovered(&bench), (live, 5), "from the beginning of the journal");

    let bench = with_snapshot(1);
    stored_after(&bench);
    assert_eq!(bench.broker.trimmed(P0), 4);
    for file in files(&bench, "files") {
        std::fs::write(file, "x").unwrap();
    }
    lose(&directory(&bench));
    let reason = refused(&bench);
    assert!(reason.starts_with("task 0: expected epoch 1 of its journal, found epoch 5"), "{reason}");
    assert!(reason.contains("the journal no longer reaches back that far"), "{reason}");
    assert!(reason.contains(": none of the 1 snapshots of task 0 in file://"), "{reason}");
    assert!(reason.contains(" is sound: "), "{reason}");
}

/// Its bytes, once its worker has closed it.
fn stored_after(bench: &Bench) -> String {
    assert!(bench.config.snapshots.as_ref().unwrap().wait_idle(LIMIT));
    stored(bench)
}

/// A snapshot whose checksums are right, of a store that was damaged before it was uploaded.
#[test]
fn a_store_that_is_damaged_again_and_again_stops_its_task() {
    let bench = with_snapshot(1);
    stored_after(&bench);
    let journal = bench.broker.outputs(Sink::Journal, P0, 4).pop().unwrap().value.unwrap();
    lose(&place(&bench).join("bench"));
    damage(&directory(&bench), |name| name.starts_with("MANIFEST"), 20);
    let subject = Subject {
        task: 0,
        epoch: 5,
        journal_offset: Some(4),
        journal,
        summary: serde_json::Value::Null,
        segmentation_hash: String::new(),
        engine_version: String::new(),
        state_version: 3,
    };
    let snapshots = Snapshots::open(&format!("file://{}", place(&bench).display()), "bench").unwrap();
    snapshots.upload(subject, &directory(&bench), &mut KnownFiles::default()).unwrap();
    let reason = refused(&bench);
    assert!(
        reason.starts_with(&format!("task 0: the store in {} is damaged", directory(&bench).display())),
        "{reason}"
    );
    let expected = "; it was replaced 3 times and is damaged again: is the disk well?";
    assert!(reason.ends_with(expected), "{reason}");
}
