//! The bytes and the names of everything that this crate puts into an object store.
//!
//! Snapshots outlive releases: one that differs here could not restore what an earlier one uploaded. A new form of the
//! manifest has a new number in its field `format`.

use std::collections::BTreeSet;

use expect_test::expect;

use super::support::{Bench, TASK, block_on};
use crate::intent::{self, Intent};
use crate::manifest::{self, FORMAT, File, Manifest};

fn sample() -> Manifest {
    let file = |name: &str, size, digit: &str| File {
        name: name.to_owned(),
        size,
        sha256: digit.repeat(64),
        object: format!("{}-0123456789abcdef", digit.repeat(64)),
    };
    Manifest {
        format: FORMAT,
        task: TASK,
        epoch: 42,
        created_at: "2026-05-03T09:30:00.25Z".parse().unwrap(),
        engine_version: "0.1.0+tzdb-2026e".to_owned(),
        state_version: 3,
        segmentation_hash: "5e9".to_owned(),
        journal_offset: Some(84),
        summary: serde_json::json!({"offsets": {"payments": 7}}),
        journal: "c301".to_owned(),
        uploaded_bytes: 3,
        files: vec![file("000012.sst", 3, "a"), file("CURRENT", 16, "b")],
        checksum: String::new(),
    }
}

#[test]
fn a_manifest_of_form_1() {
    let mut manifest = sample();
    let bytes = manifest::encode(&mut manifest);
    expect![[r#"
        {
          "format": 1,
          "task": 3,
          "epoch": 42,
          "created_at": "2026-05-03T09:30:00.25Z",
          "engine_version": "0.1.0+tzdb-2026e",
          "state_version": 3,
          "segmentation_hash": "5e9",
          "journal_offset": 84,
          "summary": {
            "offsets": {
              "payments": 7
            }
          },
          "journal": "c301",
          "uploaded_bytes": 3,
          "files": [
            {
              "name": "000012.sst",
              "size": 3,
              "sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
              "object": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-0123456789abcdef"
            },
            {
              "name": "CURRENT",
              "size": 16,
              "sha256": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
              "object": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-0123456789abcdef"
            }
          ],
          "checksum": "088fa5040d72579b39fcd5d2e313162cf875f314b166b737a224110f6d40a21b"
        }"#]]
    .assert_eq(std::str::from_utf8(&bytes).unwrap());
    assert_eq!(manifest::decode("m", &bytes), Ok(manifest));
}

#[test]
fn the_name_of_a_manifest_has_the_epoch_and_the_beginning_of_the_checksum() {
    expect!["00000000000000000042-0123456789abcdef.json"].assert_eq(&manifest::name(42, &"0123456789abcdef".repeat(4)));
    expect!["18446744073709551615-ffffffffffffffff.json"].assert_eq(&manifest::name(u64::MAX, &"f".repeat(64)));
}

#[test]
fn the_list_of_an_upload_under_way() {
    let bench = Bench::new();
    let path = intent::path(&bench.archive, TASK, 42, "0123456789abcdef");
    let objects = BTreeSet::from(["bb-0123456789abcdef".to_owned(), "aa-0123456789abcdef".to_owned()]);
    block_on(intent::write(&bench.archive, &path, &Intent { objects })).unwrap();
    let (name, bytes) = bench.objects().pop_first().unwrap();
    expect![[r#"
        app/task-3/uploads/00000000000000000042-0123456789abcdef.json
        {"objects":["aa-0123456789abcdef","bb-0123456789abcdef"]}"#]]
    .assert_eq(&format!("{name}\n{}", String::from_utf8(bytes).unwrap()));
}

/// The 16 digits after a file's hash are new in every upload.
#[test]
fn the_names_of_all_objects_of_a_snapshot() {
    let bench = Bench::new();
    let uploaded = bench.upload(42, &[("000012.sst", "one"), ("CURRENT", "MANIFEST-000005\n")]);
    let nonce = &uploaded.manifest.files[0].object[65..];
    assert_eq!(nonce.len(), 16);
    let checksum = &uploaded.manifest.checksum[..16];
    let names: Vec<String> =
        bench.objects().into_keys().map(|name| name.replace(nonce, "NONCE").replace(checksum, "CHECKSUM")).collect();
    expect![[r#"
        app/task-3/files/7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed-NONCE
        app/task-3/files/9c283f6e81028b9eb0760d918ee4bc0aa256ed3b926393c1734c760c4bd724fd-NONCE
        app/task-3/manifests/00000000000000000042-CHECKSUM.json"#]]
    .assert_eq(&names.join("\n"));
}
