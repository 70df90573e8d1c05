//! Uploaded files come back, only new files are sent, and the files of dropped snapshots are deleted.

use std::sync::atomic::AtomicBool;

use super::support::{Bench, TASK, checkpoint, map, read, subject};
use crate::{KnownFiles, Policy, SnapshotError, Snapshots, Within};

#[test]
fn the_newest_snapshot_comes_back_and_only_new_files_were_sent() {
    let bench = Bench::new();
    assert_eq!(bench.restore(&Within::default()), Ok(None));
    let first = bench.upload(7, &[("1.sst", "one"), ("CURRENT", "m1"), ("also-1.sst", "one")]);
    assert_eq!((first.manifest.uploaded_bytes, first.manifest.size()), (5, 8), "equal content is sent once");
    let files = [("1.sst", "one"), ("2.sst", "three"), ("CURRENT", "m2")];
    let second = bench.upload(9, &files);
    assert_eq!((second.manifest.uploaded_bytes, second.manifest.size()), (7, 10));
    let (restored, found) = bench.restore(&Within::default()).unwrap().unwrap();
    assert_eq!((restored.manifest, found), (second.manifest.clone(), map(&files)));
    assert!(restored.skipped.is_empty());
    assert_eq!(second.manifest.journal_offset, Some(18));
    assert_eq!(bench.snapshots.tasks().unwrap(), [TASK]);
    let listed = bench.snapshots.list(TASK).unwrap();
    assert_eq!(listed.iter().map(|(place, _)| place.epoch).collect::<Vec<_>>(), [9, 7]);
}

#[test]
fn retention_keeps_the_newest_epochs_and_their_files_only() {
    let bench = Bench::new();
    for epoch in 1..=5 {
        bench.upload(epoch, &[("shared", "shared"), ("own", &format!("of {epoch}"))]);
    }
    let twin = bench.upload(5, &[("shared", "shared"), ("own", "of another writer at 5")]);
    let kept = bench.snapshots.collect(TASK, Policy::keep(2)).unwrap();
    assert_eq!(
        kept.iter().map(|manifest| manifest.epoch).collect::<Vec<_>>(),
        [5, 5, 4],
        "two epochs, three snapshots"
    );
    let objects = bench.objects();
    assert_eq!(objects.keys().filter(|name| name.contains("/files/")).count(), 4);
    assert_eq!(objects.keys().filter(|name| name.contains("/uploads/")).count(), 0);
    assert_eq!(bench.snapshots.verify(TASK).unwrap().1, []);
    assert!(bench.snapshots.list(TASK).unwrap().iter().any(|(place, _)| place.name() == twin.name));
}

#[test]
fn a_store_on_disk_behaves_as_one_in_memory() {
    let directory = tempfile::tempdir().unwrap();
    come_and_go(&format!("file://{}/a%20place", directory.path().display()));
}

#[test]
#[ignore = "needs an object store: cargo xtask object-stores starts some and names them"]
fn files_come_and_go_in_the_object_store_that_is_named() {
    let name = "SEGFLOW_SNAPSHOTS_URL";
    come_and_go(&std::env::var(name).unwrap_or_else(|_| panic!("{name} names an empty place")));
}

fn come_and_go(url: &str) {
    let directory = tempfile::tempdir().unwrap();
    let snapshots = Snapshots::open(url, "segflow").unwrap();
    assert_eq!((snapshots.tasks(), snapshots.list(TASK)), (Ok(Vec::new()), Ok(Vec::new())));
    let large = "0123456789abcdef".repeat(20 << 16);
    let files = [("1.sst", large.as_str()), ("empty", ""), ("CURRENT", "MANIFEST-1\n")];
    let checkpoint = checkpoint(&files);
    let mut known = KnownFiles::default();
    let first = snapshots.upload(subject(1), checkpoint.path(), &mut known).unwrap();
    assert_eq!(first.manifest.uploaded_bytes, (20 << 20) + 11);
    let second = snapshots.upload(subject(2), checkpoint.path(), &mut known).unwrap();
    assert_eq!(second.manifest.uploaded_bytes, 0);
    let into = directory.path().join("restored");
    let restored = snapshots.restore(TASK, &Within::default(), &into, &AtomicBool::new(false)).unwrap().unwrap();
    assert_eq!((restored.name, read(&into)), (second.name, map(&files)));
    assert_eq!(snapshots.verify(TASK), Ok(((20 << 20) + 11, Vec::new())));
    assert_eq!(snapshots.collect(TASK, Policy::keep(1)).unwrap().len(), 1);
    assert_eq!(snapshots.tasks(), Ok(vec![TASK]));
    let again = snapshots.restore(TASK, &Within::default(), &into, &AtomicBool::new(false));
    assert!(matches!(again, Err(SnapshotError::Refused(reason)) if reason.contains("found one")));
}

#[test]
fn a_changed_file_is_hashed_again() {
    let directory = checkpoint(&[("1.sst", "one")]);
    let mut known = KnownFiles::default();
    let first = known.contents(directory.path()).unwrap();
    assert_eq!(known.contents(directory.path()).unwrap(), first);
    std::fs::write(directory.path().join("1.sst"), "two").unwrap();
    assert_ne!(known.contents(directory.path()).unwrap(), first);
}

#[test]
fn a_snapshot_ahead_of_the_journal_is_refused_and_nothing_is_fetched() {
    let bench = Bench::new();
    bench.upload(7, &[("1.sst", "one")]);
    let refused = bench.restore(&Within { at_most: Some(6), ..Within::default() }).unwrap_err();
    assert!(
        matches!(&refused, SnapshotError::Refused(reason)
        if reason.contains("is at epoch 7, but the journal ends at epoch 6")),
        "{refused}"
    );
    assert!(bench.restore(&Within { at_most: Some(7), ..Within::default() }).unwrap().is_some());
}

#[test]
fn the_snapshot_asked_for_comes_back_and_no_other() {
    let bench = Bench::new();
    let asked = bench.upload(7, &[("1.sst", "one")]);
    bench.upload(9, &[("1.sst", "two")]);
    let places = bench.snapshots.list(TASK).unwrap();
    let (place, manifest) = places.iter().find(|(place, _)| place.name() == asked.name).unwrap();
    assert_eq!(manifest.as_ref().unwrap().journal_bytes(), Some(b"record 7".to_vec()));
    let into = bench.directory.path().join("task-3");
    let never = AtomicBool::new(false);
    let restored = bench.snapshots.restore_one(TASK, place, &into, &never).unwrap();
    assert_eq!((restored, read(&into)), (Some(asked.manifest), map(&[("1.sst", "one")])));
    std::fs::remove_dir_all(&into).unwrap();
    bench.snapshots.collect(TASK, Policy::keep(1)).unwrap();
    assert_eq!(bench.snapshots.restore_one(TASK, place, &into, &never), Ok(None));
    assert!(!into.exists());
}

#[test]
fn the_last_resort_comes_last() {
    let bench = Bench::new();
    bench.upload(7, &[("1.sst", "one")]);
    let suspect = bench.upload(9, &[("1.sst", "two")]);
    let within = Within { last_resort: Some(suspect.name.clone()), ..Within::default() };
    assert_eq!(bench.restore(&within).unwrap().unwrap().0.manifest.epoch, 7);
    bench.snapshots.collect(TASK, Policy::keep(1)).unwrap();
    assert_eq!(bench.restore(&within).unwrap().unwrap().0.name, suspect.name);
}

#[test]
fn a_cancelled_restore_leaves_nothing() {
    let bench = Bench::new();
    bench.upload(7, &[("1.sst", "one")]);
    let into = bench.directory.path().join("task-3");
    let given_up = bench.snapshots.restore(TASK, &Within::default(), &into, &AtomicBool::new(true));
    assert_eq!(given_up, Err(SnapshotError::Cancelled));
    assert!(!into.exists());
}

#[test]
fn a_wrong_url_is_refused_with_the_right_forms() {
    for url in ["", "snapshots", "ftp://host/there", "s3://"] {
        let refused = Snapshots::open(url, "segflow").err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("expected file:///DIRECTORY"), "{url}: {refused}");
    }
}
