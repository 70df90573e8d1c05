//! The store's promises: whole batches, timers in order from a position on, and clear errors.

mod formats;
mod grown;
mod power_loss;

use crate::{Batch, Meta, Store, StoreError, StoreMemory, StoreSettings, TimerKind, TimerPosition};

fn shared() -> StoreMemory {
    StoreMemory::new(StoreSettings {
        block_cache_bytes: 1 << 20,
        write_buffer_bytes: 1 << 20,
        reserve_bytes: 0,
        ..StoreSettings::default()
    })
}

fn position(instant_ms: i64, id: Option<&str>) -> TimerPosition {
    TimerPosition { instant_ms, id: id.map(|id| id.as_bytes().to_vec()) }
}

fn timers(store: &Store, from: &TimerPosition, to: &TimerPosition, max: usize) -> Vec<String> {
    let timers = store.timers_between(TimerKind::Silence, from, to, max).unwrap();
    timers.into_iter().map(|timer| format!("{} {}", timer.instant_ms, String::from_utf8(timer.id).unwrap())).collect()
}

#[test]
fn a_batch_survives_reopening_and_reads_back() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &shared()).unwrap();
    assert!(!store.existed());
    let mut batch = Batch::new(&store);
    batch.put_customer(b"c1", b"state");
    batch.put_meta(Meta::Epoch, b"7");
    let bytes = batch.encode();
    assert_eq!(store.customer(b"c1").unwrap(), None, "encoding writes nothing");
    store.write(&bytes).unwrap();
    drop(store);
    let store = Store::open(directory.path(), &shared()).unwrap();
    assert!(store.existed());
    assert_eq!(store.customer(b"c1").unwrap().as_deref(), Some(b"state".as_slice()));
    assert_eq!(store.meta(Meta::Epoch).unwrap().as_deref(), Some(b"7".as_slice()));
    assert_eq!(store.meta(Meta::Journal).unwrap(), None);
    assert_eq!(store.customers_all().count(), 1);
}

#[test]
fn timers_come_in_order_from_a_position_on_and_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &shared()).unwrap();
    let mut batch = Batch::new(&store);
    for (instant, id) in [(-5, "z"), (0, "a"), (10, "a"), (10, "aa"), (10, "b"), (i64::MAX - 1, "late")] {
        batch.put_timer(TimerKind::Silence, instant, id.as_bytes());
    }
    batch.put_timer(TimerKind::Fact, 10, b"other kind");
    store.write(&batch.encode()).unwrap();
    let all = position(i64::MIN, None);
    let end = position(i64::MAX, None);
    let last = format!("{} late", i64::MAX - 1);
    assert_eq!(timers(&store, &all, &end, 100), ["-5 z", "0 a", "10 a", "10 aa", "10 b", &last]);
    assert_eq!(timers(&store, &all, &end, 2), ["-5 z", "0 a"]);
    assert_eq!(timers(&store, &position(10, Some("a")), &end, 100), ["10 aa", "10 b", &last]);
    assert_eq!(timers(&store, &all, &position(10, None), 100), ["-5 z", "0 a"], "the bound is exclusive");
    assert_eq!(timers(&store, &all, &position(10, Some("aa")), 100), ["-5 z", "0 a", "10 a", "10 aa"]);
    assert_eq!(timers(&store, &end, &all, 100), Vec::<String>::new());
    let mut batch = Batch::new(&store);
    batch.delete_timer(TimerKind::Silence, 10, b"aa");
    store.write(&batch.encode()).unwrap();
    assert_eq!(timers(&store, &position(10, None), &position(11, None), 100), ["10 a", "10 b"]);
}

#[test]
fn customers_come_in_the_order_of_their_ids_between_bounds() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &shared()).unwrap();
    let mut batch = Batch::new(&store);
    for id in ["b", "a", "c", "bb"] {
        batch.put_customer(id.as_bytes(), b"state");
    }
    store.write(&batch.encode()).unwrap();
    let ids = |from: &str, to: Option<&str>, max| -> Vec<String> {
        let rows = store.customers_between(from.as_bytes(), to.map(str::as_bytes), max).unwrap();
        rows.into_iter().map(|(id, _)| String::from_utf8(id).unwrap()).collect()
    };
    assert_eq!(ids("", None, 100), ["a", "b", "bb", "c"]);
    assert_eq!(ids("b", Some("c"), 100), ["b", "bb"]);
    assert_eq!(ids("b\0", None, 1), ["bb"]);
}

#[test]
fn a_second_opening_says_that_it_is_in_use() {
    let directory = tempfile::tempdir().unwrap();
    let _held = Store::open(directory.path(), &shared()).unwrap();
    let second = Store::open(directory.path(), &shared()).err();
    assert!(matches!(second, Some(StoreError::Locked { .. })), "{second:?}");
}

#[test]
fn a_damaged_database_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &shared()).unwrap();
    let mut batch = Batch::new(&store);
    batch.put_customer(b"c1", b"state");
    store.write(&batch.encode()).unwrap();
    drop(store);
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("MANIFEST") {
            std::fs::write(&path, b"not a manifest").unwrap();
        }
    }
    let opened = Store::open(directory.path(), &shared()).err();
    assert!(matches!(opened, Some(StoreError::Damaged { .. })), "{opened:?}");
}

#[test]
fn bytes_that_are_no_batch_are_refused_and_change_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &shared()).unwrap();
    assert!(matches!(store.write(b"short"), Err(StoreError::Damaged { .. })));
    let mut batch = Batch::new(&store);
    batch.put_customer(b"c1", b"state");
    let mut bytes = batch.encode();
    bytes.truncate(bytes.len() - 2);
    assert!(matches!(store.write(&bytes), Err(StoreError::Damaged { .. })));
    assert_eq!(store.customer(b"c1").unwrap(), None);
}

#[test]
fn less_free_space_than_the_reserve_is_a_full_disk() {
    let directory = tempfile::tempdir().unwrap();
    let settings = StoreSettings { reserve_bytes: u64::MAX, ..StoreSettings::default() };
    let store = Store::open(directory.path(), &StoreMemory::new(settings)).unwrap();
    assert!(matches!(store.check_room(), Err(StoreError::DiskFull { .. })));
    let other = tempfile::tempdir().unwrap();
    assert_eq!(Store::open(other.path(), &shared()).unwrap().check_room(), Ok(()));
}

#[test]
fn a_store_can_be_read_while_another_writes_and_is_left_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &shared()).unwrap();
    let put = |state: &[u8]| {
        let mut batch = Batch::new(&store);
        batch.put_customer(b"c1", state);
        store.write(&batch.encode()).unwrap();
    };
    put(b"before");
    let files = || -> Vec<_> {
        let mut names: Vec<_> =
            std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let there = files();
    let read = Store::open_read_only(directory.path(), &shared()).unwrap();
    put(b"after");
    assert_eq!(read.customer(b"c1").unwrap().as_deref(), Some(b"before".as_slice()), "as it was when it was opened");
    assert_eq!(files(), there);
    let mut batch = Batch::new(&read);
    batch.put_customer(b"c1", b"by the reader");
    assert!(read.write(&batch.encode()).is_err());
    let again = Store::open_read_only(directory.path(), &shared()).unwrap();
    assert_eq!(again.customer(b"c1").unwrap().as_deref(), Some(b"after".as_slice()));
}

#[test]
fn reading_only_makes_no_database() {
    let directory = tempfile::tempdir().unwrap();
    let absent = directory.path().join("task-0");
    assert!(Store::open_read_only(&absent, &shared()).is_err());
    assert!(!absent.exists());
}

#[test]
fn a_checkpoint_is_the_store_as_it_stood_and_shares_its_files() {
    use std::os::unix::fs::MetadataExt;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("task-0"), &shared()).unwrap();
    let put = |state: &[u8]| {
        let mut batch = Batch::new(&store);
        batch.put_customer(b"c1", state);
        batch.put_timer(TimerKind::Fact, 5, b"c1");
        batch.put_meta(Meta::Epoch, b"7");
        store.write(&batch.encode()).unwrap();
    };
    let rows = |store: &Store| store.rows().collect::<Result<Vec<_>, _>>().unwrap();
    put(b"before");
    let before = rows(&store);
    assert_eq!(before.iter().map(|row| row.0).collect::<Vec<_>>(), ["customers", "meta", "timers"]);
    let copy = directory.path().join("task-0.checkpoint");
    store.checkpoint(&copy).unwrap();
    put(b"after");
    let files = std::fs::read_dir(&copy).unwrap().map(|file| file.unwrap());
    let tables: Vec<_> = files.filter(|file| file.file_name().to_string_lossy().ends_with(".sst")).collect();
    assert!(!tables.is_empty() && tables.iter().all(|table| table.metadata().unwrap().nlink() == 2));
    assert!(store.checkpoint(&copy).is_err(), "a checkpoint is never written over");
    let copied = Store::open(&copy, &shared()).unwrap();
    assert_eq!(rows(&copied), before);
    assert_ne!(rows(&store), before);
}

#[test]
fn reading_the_rows_finds_damage_in_a_table() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("task-0");
    let store = Store::open(&path, &shared()).unwrap();
    let mut batch = Batch::new(&store);
    batch.put_customer(b"c1", &[7; 4_000]);
    store.write(&batch.encode()).unwrap();
    let copy = directory.path().join("copy");
    store.checkpoint(&copy).unwrap();
    drop(store);
    let tables = std::fs::read_dir(&copy).unwrap().map(|file| file.unwrap().path());
    let table = tables.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "sst")).unwrap();
    let mut bytes = std::fs::read(&table).unwrap();
    bytes[10] ^= 1;
    std::fs::remove_file(&table).unwrap();
    std::fs::write(&table, bytes).unwrap();
    let found = Store::open(&copy, &shared()).and_then(|copy| copy.rows().collect::<Result<Vec<_>, _>>());
    assert!(matches!(found, Err(StoreError::Damaged { .. })), "{found:?}");
}
