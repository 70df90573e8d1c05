//! `segflow snapshots`: what is there, whether it is sound, and a store out of it.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, bail};
use comfy_table::{CellAlignment, Table};
use indicatif::HumanBytes;
use jiff::{SpanRound, Timestamp, Unit};
use segflow_snapshot::{ArchivePlace, Manifest, SnapshotError, Within};
use segflow_store::{Store, StoreMemory, StoreSettings};

use crate::config::Config;
use crate::terminal::{say, tell};

/// List, check and restore the snapshots of tasks.
#[derive(clap::Args)]
pub struct Snapshots {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Show every snapshot: task, epoch, age, size, what was new in it, segmentation
    List(Where),
    /// Read every file of every snapshot and compare its checksum; exits with 1 if one is damaged
    Verify(Where),
    /// Fetch the newest sound snapshot of a task, checked, into a directory that does not exist yet
    Restore(Restore),
    /// Print the digest of a store: equal digests are equal stores, row by row
    Digest(Digest),
}

#[derive(clap::Args)]
struct Where {
    /// The configuration of `segflow run`
    #[arg(long)]
    config: PathBuf,
    /// Only this task
    #[arg(long)]
    task: Option<u32>,
}

#[derive(clap::Args)]
struct Restore {
    /// The configuration of `segflow run`
    #[arg(long)]
    config: PathBuf,
    /// The task
    task: u32,
    /// Where to; to be used by the service: `task-P` in its `state_dir`
    directory: PathBuf,
}

#[derive(clap::Args)]
struct Digest {
    /// The directory of a task: one in a `state_dir`, of a running service too, or one that was restored
    directory: PathBuf,
}

impl Snapshots {
    pub fn run(self) -> Result<()> {
        match self.action {
            Action::List(place) => place.list(),
            Action::Verify(place) => place.verify(),
            Action::Restore(restore) => restore.run(),
            Action::Digest(digest) => digest.run(),
        }
    }
}

/// The snapshots that a configuration names.
fn open(config: &Path) -> Result<segflow_snapshot::Snapshots> {
    let config = Config::read(config)?;
    match config.snapshots.open(&config.application)? {
        Some(snapshots) => Ok(snapshots),
        None => bail!("`snapshots.url` is empty: no snapshots are made; give the URL of a store"),
    }
}

impl Where {
    fn open(&self) -> Result<(segflow_snapshot::Snapshots, Vec<u32>)> {
        let snapshots = open(&self.config)?;
        let tasks = match self.task {
            Some(task) => vec![task],
            None => snapshots.tasks()?,
        };
        Ok((snapshots, tasks))
    }

    fn list(&self) -> Result<()> {
        let (snapshots, tasks) = self.open()?;
        let mut table = Table::new();
        table.load_preset(comfy_table::presets::UTF8_BORDERS_ONLY);
        table.set_header(["task", "epoch", "age", "size", "new", "segmentation", "name"]);
        let now = Timestamp::now();
        for task in tasks {
            for (place, manifest) in snapshots.list(task)? {
                table.add_row(row(task, &place, manifest, now));
            }
        }
        for column in [0, 1, 2, 3, 4] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        if table.row_count() == 0 { say!("no snapshots in {}", snapshots.url()) } else { say!("{table}") }
    }

    fn verify(&self) -> Result<()> {
        let (snapshots, tasks) = self.open()?;
        let (mut checked, mut read, mut damaged) = (0, 0, 0);
        for task in tasks {
            checked += snapshots.list(task)?.len();
            let (bytes, damages) = snapshots.verify(task)?;
            read += bytes;
            damaged += damages.len();
            for damage in damages {
                say!("damaged: task {task} {}: {}", damage.name, damage.reason)?;
            }
        }
        say!("{checked} snapshots, {} read", HumanBytes(read))?;
        if damaged > 0 {
            bail!(
                "{damaged} damaged objects: what names them is passed over by a restore, and replaced by the next snapshots"
            );
        }
        Ok(())
    }
}

fn row(task: u32, place: &ArchivePlace, manifest: Result<Manifest, SnapshotError>, now: Timestamp) -> [String; 7] {
    let name = place.name().to_owned();
    match manifest {
        Ok(manifest) => [
            task.to_string(),
            manifest.epoch.to_string(),
            age(manifest.created_at, now),
            HumanBytes(manifest.size()).to_string(),
            HumanBytes(manifest.uploaded_bytes).to_string(),
            manifest.segmentation_hash.chars().take(12).collect(),
            name,
        ],
        Err(error) => {
            let none = String::new;
            [task.to_string(), place.epoch.to_string(), none(), none(), none(), none(), format!("{name}: {error}")]
        }
    }
}

/// How long ago, to the second.
fn age(at: Timestamp, now: Timestamp) -> String {
    let span = now
        .since(at)
        .and_then(|span| span.round(SpanRound::new().smallest(Unit::Second).largest(Unit::Day).days_are_24_hours()));
    span.map_or_else(|_| "unknown".to_owned(), |span| format!("{span:#}"))
}

impl Restore {
    fn run(self) -> Result<()> {
        let snapshots = open(&self.config)?;
        let Self { task, directory, .. } = self;
        match snapshots.restore(task, &Within::default(), &directory, &AtomicBool::new(false))? {
            Some(restored) => {
                restored.skipped.iter().for_each(|reason| tell!("passed over: {reason}"));
                let (manifest, place) = (&restored.manifest, directory.display());
                say!("task {task} at epoch {} in {place}: {}", manifest.epoch, HumanBytes(manifest.size()))
            }
            None => bail!("there is no snapshot of task {task} in {}", snapshots.url()),
        }
    }
}

impl Digest {
    fn run(self) -> Result<()> {
        let shared = StoreMemory::new(StoreSettings {
            block_cache_bytes: 8 << 20,
            write_buffer_bytes: 8 << 20,
            ..StoreSettings::default()
        });
        let store = Store::open_read_only(&self.directory, &shared)?;
        let digest = segflow_runtime::testing::store_digest::digest(&store)?;
        let epoch = segflow_runtime::testing::store_digest::epoch(&store).context("no store of a task")?;
        say!("{digest} at epoch {epoch}")
    }
}
