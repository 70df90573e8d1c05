//! Uploads and collections of several processes at once, each held up or killed between any two steps.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use super::support::{Bench, TASK, block_on, checkpoint, subject};
use crate::collect::{Collection, Policy};
use crate::upload::{Upload, Uploaded};
use crate::{KnownFiles, SnapshotError};

/// Somebody who takes one step at a time; false once there is none left.
trait Actor {
    async fn step(&mut self) -> bool;
}

struct Uploading {
    upload: Upload,
    /// Whose files are read when they are sent.
    _checkpoint: TempDir,
    step: usize,
    sealed: Option<Uploaded>,
    outcome: Option<Result<(), SnapshotError>>,
}

impl Uploading {
    fn new(bench: &Bench, epoch: u64, files: &[(&str, &str)]) -> Self {
        let checkpoint = checkpoint(files);
        let contents = KnownFiles::default().contents(checkpoint.path()).unwrap();
        let upload = Upload::new(&bench.archive, subject(epoch), contents);
        Self { upload, _checkpoint: checkpoint, step: 0, sealed: None, outcome: None }
    }
}

impl Actor for Uploading {
    async fn step(&mut self) -> bool {
        match self.step {
            0 => self.upload.plan().await.unwrap(),
            1 => self.upload.declare().await.unwrap(),
            2 if !self.upload.bases_stand().await.unwrap() => {
                self.step = 0;
                return true;
            }
            2 => {}
            3 => self.upload.send().await.unwrap(),
            4 => self.sealed = Some(self.upload.seal().await.unwrap()),
            5 => self.outcome = Some(self.upload.conclude(self.sealed.as_ref().unwrap()).await),
            _ => return false,
        }
        self.step += 1;
        true
    }
}

struct Collecting {
    collection: Collection,
    now: Timestamp,
    step: usize,
}

impl Collecting {
    fn new(bench: &Bench, keep: usize, now: Timestamp) -> Self {
        Self { collection: Collection::new(&bench.archive, TASK, Policy::keep(keep)), now, step: 0 }
    }
}

impl Actor for Collecting {
    async fn step(&mut self) -> bool {
        match self.step {
            0 => drop(self.collection.retain().await.unwrap()),
            1 => self.collection.bury(self.now).await.unwrap(),
            2 => self.collection.list().await.unwrap(),
            3 | 5 => self.collection.spare_named().await.unwrap(),
            4 => self.collection.spare_declared().await.unwrap(),
            6 => self.collection.sweep().await.unwrap(),
            _ => return false,
        }
        self.step += 1;
        true
    }
}

enum Any {
    Uploading(Box<Uploading>),
    Collecting(Collecting),
}

impl Any {
    async fn step(&mut self) -> bool {
        match self {
            Self::Uploading(actor) => actor.step().await,
            Self::Collecting(actor) => actor.step().await,
        }
    }
}

const TOMORROW: SignedDuration = SignedDuration::from_hours(25);

fn files(bench: &Bench) -> BTreeSet<String> {
    bench.objects().into_keys().filter(|name| name.contains("/files/")).collect()
}

/// Two uploads that build upon the same snapshots, and two collections that drop them, in any order of their steps.
fn race(seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let bench = Bench::new();
    for (epoch, files) in [(1, [("a", "1"), ("b", "2")]), (2, [("b", "2"), ("c", "3")]), (3, [("c", "3"), ("d", "4")])]
    {
        bench.upload(epoch, &files);
    }
    // A collection whose clock is a day ahead takes uploads for dead that are not.
    let hasty = random.random_bool(0.3);
    let now = Timestamp::now() + if hasty { TOMORROW } else { SignedDuration::ZERO };
    let keep = random.random_range(1..=2);
    let upload = |epoch, files: &[(&str, &str)]| Any::Uploading(Box::new(Uploading::new(&bench, epoch, files)));
    let mut actors = vec![
        upload(4, &[("a", "1"), ("c", "3"), ("e", "5")]),
        upload(random.random_range(4..=5), &[("b", "2"), ("d", "4"), ("e", "5")]),
        Any::Collecting(Collecting::new(&bench, keep, now)),
        Any::Collecting(Collecting::new(&bench, keep, Timestamp::now())),
    ];
    block_on(async {
        while !actors.is_empty() {
            let place = random.random_range(0..actors.len());
            // Killed: also between the manifest and the end, unless the upload was taken for dead.
            let sealed = matches!(&actors[place], Any::Uploading(uploading) if uploading.sealed.is_some());
            let killed = random.random_bool(0.02) && !(sealed && hasty);
            if killed || !actors[place].step().await {
                actors.remove(place);
            }
        }
    });
    let damages = bench.snapshots.verify(TASK).unwrap().1;
    assert!(damages.is_empty(), "seed {seed}: {damages:?}");
    // In the end nothing is left but what snapshots need.
    let collection = Collecting::new(&bench, keep, Timestamp::now() + TOMORROW);
    let mut collection = Any::Collecting(collection);
    block_on(async { while collection.step().await {} });
    let named: BTreeSet<String> = bench
        .snapshots
        .list(TASK)
        .unwrap()
        .into_iter()
        .flat_map(|(_, manifest)| manifest.unwrap().files)
        .map(|file| format!("app/task-3/files/{}", file.object))
        .collect();
    assert_eq!(files(&bench), named, "seed {seed}");
}

#[test]
fn no_order_of_steps_deletes_a_file_that_is_needed() {
    (0..4_000).for_each(race);
}

/// The least that a collection must not do: the upload's file is there, and no manifest names it yet.
#[test]
fn a_file_of_an_upload_under_way_stays() {
    let bench = Bench::new();
    let mut upload = Uploading::new(&bench, 1, &[("a", "1")]);
    block_on(async {
        while upload.sealed.is_none() {
            bench.collect_all().await;
            assert!(upload.step().await);
        }
        bench.collect_all().await;
        while upload.step().await {}
    });
    assert_eq!(upload.outcome, Some(Ok(())));
    assert_eq!(bench.snapshots.verify(TASK).unwrap().1, []);
    assert_eq!(files(&bench).len(), 1);
}

#[test]
fn an_upload_that_was_taken_for_dead_takes_its_manifest_back() {
    let bench = Bench::new();
    let mut upload = Uploading::new(&bench, 1, &[("a", "1")]);
    block_on(async {
        while upload.sealed.is_none() {
            assert!(upload.step().await);
            if upload.step == 4 {
                let mut late = Collecting::new(&bench, 1, Timestamp::now() + TOMORROW);
                while late.step().await {}
            }
        }
        while upload.step().await {}
    });
    assert!(matches!(&upload.outcome, Some(Err(SnapshotError::Store(reason))) if reason.contains("taken back")));
    assert!(bench.snapshots.list(TASK).unwrap().is_empty());
}

#[test]
fn the_files_of_a_dead_upload_are_deleted_after_its_time() {
    let bench = Bench::new();
    let mut upload = Uploading::new(&bench, 1, &[("a", "1")]);
    block_on(async {
        while upload.step < 4 {
            assert!(upload.step().await);
        }
        bench.collect_all().await;
        assert_eq!(bench.archive.list(&bench.archive.folder(TASK, "files")).await.unwrap().len(), 1);
        let policy = Policy { upload_max: Duration::ZERO, ..Policy::keep(1) };
        Collection::new(&bench.archive, TASK, policy).run().await.unwrap();
    });
    assert!(bench.objects().is_empty());
}

impl Bench {
    async fn collect_all(&self) {
        Collection::new(&self.archive, TASK, Policy::keep(1)).run().await.unwrap();
    }
}
