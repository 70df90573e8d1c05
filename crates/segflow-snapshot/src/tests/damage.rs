//! Every byte of a snapshot counts: damage is found, named, and an older snapshot taken.

use super::support::{Bench, TASK, map};
use crate::{Policy, SnapshotError, Within};

const OLD: [(&str, &str); 2] = [("1.sst", "one"), ("CURRENT", "old")];
const NEW: [(&str, &str); 3] = [("1.sst", "one"), ("2.sst", "twotwo"), ("CURRENT", "new")];

/// Two snapshots; and the objects of the newer one that the older does not share.
fn two() -> (Bench, Vec<(String, Vec<u8>)>) {
    let bench = Bench::new();
    bench.upload(4, &OLD);
    let before = bench.objects();
    bench.upload(5, &NEW);
    let new = bench.objects().into_iter().filter(|(name, _)| !before.contains_key(name)).collect();
    (bench, new)
}

/// The older one is restored, what is wrong with the newer is named, and so it is by `verify`.
fn falls_back(bench: &Bench, object: &str) {
    let (restored, found) = bench.restore(&Within::default()).unwrap().unwrap();
    assert_eq!((restored.manifest.epoch, found), (4, map(&OLD)));
    assert!(restored.skipped[0].contains(object), "expected {object}, found {:?}", restored.skipped);
    let damages = bench.snapshots.verify(TASK).unwrap().1;
    assert!(damages.iter().any(|damage| damage.reason.contains(object)), "expected {object}, found {damages:?}");
}

#[test]
fn one_changed_bit_anywhere_is_found() {
    let (bench, new) = two();
    assert_eq!(new.len(), 3, "the manifest and two files");
    for (object, bytes) in &new {
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << (place % 8);
            bench.put(object, damaged);
            falls_back(&bench, object);
        }
        bench.put(object, bytes.clone());
    }
    assert_eq!(bench.restore(&Within::default()).unwrap().unwrap().1, map(&NEW));
}

#[test]
fn a_cut_a_longer_and_a_missing_object_are_found() {
    let (bench, new) = two();
    for (object, bytes) in &new {
        for length in 0..bytes.len() {
            bench.put(object, bytes[..length].to_vec());
            falls_back(&bench, object);
        }
        bench.put(object, [bytes.as_slice(), b"\n"].concat());
        falls_back(&bench, object);
        if object.contains("/files/") {
            bench.delete(object);
            falls_back(&bench, object);
        }
        bench.put(object, bytes.clone());
    }
}

#[test]
fn a_manifest_in_anothers_place_is_found() {
    let (bench, _) = two();
    let objects = bench.objects();
    let mut manifests = objects.iter().filter(|(name, _)| name.contains("/manifests/"));
    let (old, new) = (manifests.next().unwrap(), manifests.next().unwrap());
    bench.put(new.0, old.1.clone());
    falls_back(&bench, new.0);
}

#[test]
fn snapshots_of_which_none_is_sound_are_an_error() {
    let (bench, _) = two();
    for object in bench.objects().keys().filter(|name| name.contains("/files/")) {
        bench.delete(object);
    }
    let error = bench.restore(&Within::default()).unwrap_err();
    let SnapshotError::Damaged(reason) = error else { panic!("expected damage, found {error}") };
    assert!(reason.contains("none of the 2 snapshots of task 3 in memory:///app is sound"), "{reason}");
}

#[test]
fn a_damaged_snapshot_does_not_count_as_kept() {
    let (bench, _) = two();
    let newest = bench.objects().into_keys().rfind(|name| name.contains("/manifests/")).unwrap();
    bench.put(&newest, b"{}".to_vec());
    let kept = bench.snapshots.collect(TASK, Policy::keep(1)).unwrap();
    assert_eq!(kept.iter().map(|manifest| manifest.epoch).collect::<Vec<_>>(), [4]);
    assert_eq!(bench.restore(&Within::default()).unwrap().unwrap().1, map(&OLD));
}

#[test]
fn a_snapshot_of_a_newer_release_is_named_and_nothing_is_deleted_on_its_account() {
    let (bench, _) = two();
    let mut manifest = bench.upload(6, &NEW).manifest;
    manifest.format = 2;
    let bytes = crate::manifest::encode(&mut manifest);
    let name = crate::manifest::name(6, &manifest.checksum);
    bench.put(&format!("app/task-3/manifests/{name}"), bytes);
    let before = bench.objects();
    let refused = bench.snapshots.collect(TASK, Policy::keep(1)).unwrap_err();
    assert!(refused.to_string().contains("expected form 1, found 2; use the release that wrote it"), "{refused}");
    assert!(
        bench
            .objects()
            .keys()
            .filter(|name| name.contains("/files/"))
            .eq(before.keys().filter(|name| name.contains("/files/")))
    );
}
