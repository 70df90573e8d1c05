//! A machine that loses power. The store opens at a batch that was written, whichever part of the live log is left, with
//! exactly the bytes of that batch and of those before it. Damage elsewhere is an error, and no wrong byte is ever read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rocksdb::FlushOptions;
use tempfile::TempDir;

use super::shared;
use crate::{Batch, Meta, Store, StoreError, TimerKind, TimerPosition};

/// Every byte of a store: customers, timers of both kinds, and the epoch.
type Content = (Vec<(Vec<u8>, Vec<u8>)>, Vec<(i64, Vec<u8>)>, Vec<(i64, Vec<u8>)>, Option<Vec<u8>>);

fn content(store: &Store) -> Result<Content, StoreError> {
    let timers = |kind| {
        let position = |instant_ms| TimerPosition { instant_ms, id: None };
        let timers = store.timers_between(kind, &position(i64::MIN), &position(i64::MAX), usize::MAX)?;
        Ok::<_, StoreError>(timers.into_iter().map(|timer| (timer.instant_ms, timer.id)).collect::<Vec<_>>())
    };
    let customers = store.customers_all().collect::<Result<Vec<_>, _>>()?;
    Ok((customers, timers(TimerKind::Fact)?, timers(TimerKind::Silence)?, store.meta(Meta::Epoch)?))
}

/// A batch such as an epoch writes: some customers, their timers moved, and the epoch. What it writes depends on the
/// epoch, so that two epochs never mix unseen.
fn write(store: &Store, epoch: u64) {
    let mut batch = Batch::new(store);
    for n in 0..5 {
        let customer = (epoch * 7 + n * 3) % 40;
        let (id, at) = (format!("c{customer:02}"), i64::try_from(epoch * 100 + n).unwrap());
        let state = vec![u8::try_from(epoch % 251).unwrap(); usize::try_from(100 + (epoch * 37 + n) % 400).unwrap()];
        batch.put_customer(id.as_bytes(), &state);
        batch.put_timer(TimerKind::Silence, at, id.as_bytes());
        batch.put_timer(TimerKind::Fact, at + 1, id.as_bytes());
        batch.delete_timer(TimerKind::Silence, at - 200, format!("c{:02}", (customer + 26) % 40).as_bytes());
    }
    batch.put_meta(Meta::Epoch, epoch.to_string().as_bytes());
    store.write(&batch.encode()).unwrap();
}

/// A store written by a process that is still there, and what stood in it after each epoch.
struct Written {
    dir: TempDir,
    /// The content after each epoch; at 0 is the content before the live log began.
    states: Vec<Content>,
    /// How long the live log was after each epoch, beginning with that of `first`.
    log_ends: Vec<u64>,
    /// The epoch before the live log began.
    first: usize,
    _store: Store,
}

/// Some epochs, of which those after `flushed` are in the live log alone.
fn written(epochs: u64, flushed: Option<u64>) -> Written {
    let dir = directory();
    let store = Store::open(dir.path(), &shared()).unwrap();
    let mut states = vec![content(&store).unwrap()];
    let (mut first, mut log_ends) = (0, vec![0]);
    for epoch in 1..=epochs {
        write(&store, epoch);
        states.push(content(&store).unwrap());
        log_ends.push(fs::metadata(live_log(dir.path())).unwrap().len());
        if flushed == Some(epoch) {
            flush(&store);
            (first, log_ends) = (states.len() - 1, vec![0]);
        }
    }
    Written { dir, states, log_ends, first, _store: store }
}

/// As RocksDB does by itself once a buffer is full, one family after the other.
fn flush(store: &Store) {
    let families = [store.customers(), store.timers(), store.meta_family()];
    store.database.flush_cfs_opt(&families.each_ref(), &FlushOptions::default()).unwrap();
}

fn live_log(dir: &Path) -> PathBuf {
    let logs = files(dir).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    logs.max().unwrap()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// A directory in memory, where there is one: hundreds of databases are opened, and each syncs its files.
fn directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// A copy of what the disk of a machine holds at this moment.
fn image(dir: &Path) -> TempDir {
    let image = directory();
    for file in files(dir).iter().filter(|file| file.file_name().unwrap() != "LOCK") {
        fs::copy(file, image.path().join(file.file_name().unwrap())).unwrap();
    }
    image
}

/// What the disk holds in place of the end of the log.
#[derive(Clone, Copy, Debug)]
enum Tail {
    /// Nothing: the file is shorter.
    Gone,
    /// The file is as long as it was, but never got those bytes.
    Zeros,
    /// Other bytes, but not bytes that the log's reader takes for the mark of a recycled log in a log that is
    /// none: RocksDB 10 reads the same bytes again for ever then, which `docs/operations.md` tells.
    Garbage,
}

fn cut(dir: &Path, at: u64, tail: Tail) {
    let log = live_log(dir);
    let mut bytes = fs::read(&log).unwrap();
    let at = usize::try_from(at).unwrap();
    match tail {
        Tail::Gone => bytes.truncate(at),
        Tail::Zeros => bytes[at..].fill(0),
        Tail::Garbage => {
            bytes[at..].iter_mut().enumerate().for_each(|(n, byte)| *byte = (n * 151 + 89) as u8 & 0x3f | 0x40)
        }
    }
    fs::write(&log, bytes).unwrap();
}

/// Every end of a record, a byte to either side, and bytes in between.
fn cuts(written: &Written) -> Vec<u64> {
    let last = *written.log_ends.last().unwrap();
    let ends = written.log_ends.iter().flat_map(|end| [end.saturating_sub(1), *end, (end + 1).min(last)]);
    // A fixed stride that is prime to the size of a block meets headers, lengths and payloads alike.
    let between = (0..100_u64).map(|n| n * 7_919 % last);
    ends.chain(between).collect()
}

fn opens_at_an_epoch(written: &Written) {
    let mut cuts = cuts(written);
    cuts.sort_unstable();
    cuts.dedup();
    for (number, at) in cuts.iter().enumerate() {
        for tail in [Tail::Gone, [Tail::Zeros, Tail::Garbage][number % 2]] {
            let image = image(written.dir.path());
            cut(image.path(), *at, tail);
            let whole = written.log_ends.iter().filter(|end| *end <= at).count() - 1 + written.first;
            let store = Store::open(image.path(), &shared()).unwrap_or_else(|error| panic!("{at} {tail:?}: {error}"));
            assert!(
                content(&store).unwrap() == written.states[whole],
                "cut at {at}, {tail:?}: not as after epoch {whole}"
            );
            // The batches that were cut off do not come back.
            if number % 10 == 0 {
                let epoch = u64::try_from(whole).unwrap() + 1_000;
                write(&store, epoch);
                let after = content(&store).unwrap();
                drop(store);
                assert!(content(&Store::open(image.path(), &shared()).unwrap()).unwrap() == after, "{at} {tail:?}");
            }
        }
    }
}

#[test]
fn a_log_cut_anywhere_opens_at_an_epoch() {
    opens_at_an_epoch(&written(40, None));
}

#[test]
fn a_log_cut_anywhere_after_a_flush_opens_at_an_epoch() {
    opens_at_an_epoch(&written(40, Some(17)));
}

/// Opens a damaged image and reads all of it: what it says, or that nothing is wrong with what it gives out.
fn damage_is_said(image: &Path, sound: &Content, what: &str) -> bool {
    match Store::open(image, &shared()).and_then(|store| content(&store)) {
        Ok(found) => {
            assert!(found == *sound, "{what}: other bytes were given out");
            false
        }
        Err(error) => {
            assert!(matches!(error, StoreError::Damaged { .. }), "{what}: {error:?}");
            true
        }
    }
}

#[test]
fn a_flipped_byte_in_a_table_is_said_or_does_not_matter() {
    let written = written(40, Some(40));
    let sound = written.states.last().unwrap();
    let (mut said, mut harmless) = (0, 0);
    for file in files(written.dir.path()).iter().filter(|file| file.extension().is_some_and(|it| it == "sst")) {
        let length = fs::metadata(file).unwrap().len();
        for n in 0..30 {
            let image = image(written.dir.path());
            let path = image.path().join(file.file_name().unwrap());
            let mut bytes = fs::read(&path).unwrap();
            let at = usize::try_from(n * 7_919 % length).unwrap();
            bytes[at] ^= 0x5a;
            fs::write(&path, bytes).unwrap();
            let what = format!("byte {at} of {}", path.display());
            *if damage_is_said(image.path(), sound, &what) { &mut said } else { &mut harmless } += 1;
        }
    }
    println!("{said} flipped bytes were said, {harmless} did not matter");
    assert!(said > harmless);
}

#[test]
fn a_lost_or_short_file_is_said() {
    let written = written(40, Some(20));
    let sound = written.states.last().unwrap();
    let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
    for file in files(written.dir.path()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !(name.ends_with(".sst") || name.starts_with("MANIFEST") || name == "CURRENT") {
            continue;
        }
        let lost = image(written.dir.path());
        fs::remove_file(lost.path().join(&name)).unwrap();
        if name == "CURRENT" {
            // A directory without it holds no database, and a new one begins: no epoch, so the journal rebuilds it.
            continue;
        }
        assert!(damage_is_said(lost.path(), sound, &format!("{name} is gone")), "{name} is gone, and nothing is said");
        if name.starts_with("MANIFEST") {
            continue;
        }
        let short = image(written.dir.path());
        let bytes = fs::read(&file).unwrap();
        fs::write(short.path().join(&name), &bytes[..bytes.len() / 2]).unwrap();
        assert!(
            damage_is_said(short.path(), sound, &format!("{name} is short")),
            "{name} is short, and nothing is said"
        );
        *by_name.entry(name).or_default() += 1;
    }
    assert!(by_name.len() >= 3, "{by_name:?}");
}

#[test]
fn a_flipped_byte_in_the_manifest_is_said() {
    let written = written(40, Some(20));
    let sound = written.states.last().unwrap();
    let is_manifest = |file: &PathBuf| file.to_string_lossy().contains("MANIFEST");
    let manifest = files(written.dir.path()).into_iter().find(is_manifest).unwrap();
    let bytes = fs::read(&manifest).unwrap();
    for at in (0..bytes.len()).step_by(5) {
        let image = image(written.dir.path());
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x5a;
        fs::write(image.path().join(manifest.file_name().unwrap()), damaged).unwrap();
        assert!(damage_is_said(image.path(), sound, &format!("byte {at}")), "byte {at}: nothing is said");
    }
}
