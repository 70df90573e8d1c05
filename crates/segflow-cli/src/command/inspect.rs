//! `segflow inspect`: one customer out of a service's state directory, which is only read.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use segflow_core::clock::Clock;
use segflow_core::event::CustomerId;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Instant;
use segflow_runtime::states::Stored;
use segflow_store::{Meta, Settings, Shared, Store, StoreError};

use crate::segmentation::load;
use segflow_backtest::portrait::{Portrait, customer_id};

/// Show one customer of a running or stopped service: facts, features, memberships, why, and what comes next.
///
/// What is shown is the last committed cycle. The service may go on meanwhile; its files are only read.
#[derive(clap::Args)]
pub struct Inspect {
    /// The `state_dir` of the service's configuration
    #[arg(long)]
    store: PathBuf,
    /// The segmentation file that the service runs
    #[arg(long)]
    segmentation: PathBuf,
    /// The customer's id
    #[arg(value_parser = customer_id)]
    customer: CustomerId,
}

/// How often a store is opened anew when its owner deleted a file while it was being opened.
const ATTEMPTS: usize = 5;

impl Inspect {
    pub fn run(self) -> Result<()> {
        let segmentation = load(&self.segmentation)?;
        let stores = stores(&self.store)?;
        // Reading one customer needs little memory, beside a service that may need much.
        let shared =
            Shared::new(Settings { block_cache_bytes: 8 << 20, write_buffer_bytes: 8 << 20, ..Settings::default() });
        for path in &stores {
            let mut states = Stored::new(open(path, &shared)?, 1);
            let state = states.peek(&self.customer).with_context(|| format!("in {}", path.display()))?.clone();
            if state != State::default() {
                decided_by(states.store(), &segmentation)?;
                let decided_up_to = decided_up_to(states.store(), &state)?;
                let (customer, state, segmentation) = (&self.customer, &state, &segmentation);
                let portrait = Portrait { customer, state, segmentation, decided_up_to };
                return write!(io::stdout(), "{portrait}").context("cannot write to standard output");
            }
        }
        let tasks = if stores.len() == 1 { "the one task" } else { "any of the tasks" };
        bail!(
            "customer {} is not known to {tasks} in {}; another instance of the service may own theirs",
            self.customer,
            self.store.display()
        )
    }
}

/// The databases of the tasks, by the number of the task.
fn stores(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    let mut stores = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot read {}", directory.display()))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let task = name.and_then(|name| name.strip_prefix("task-")).and_then(|task| task.parse::<u32>().ok());
        stores.extend(task.map(|task| (task, path)));
    }
    stores.sort();
    if stores.is_empty() {
        bail!(
            "{}: expected the folders of tasks (task-0, task-1 ...), found none; give the `state_dir` of the service",
            directory.display()
        );
    }
    Ok(stores.into_iter().map(|(_, path)| path).collect())
}

fn open(path: &Path, shared: &Shared) -> Result<Store, StoreError> {
    let mut attempt = 1;
    loop {
        match Store::open_read_only(path, shared) {
            Err(StoreError::Damaged { .. }) if attempt < ATTEMPTS => attempt += 1,
            opened => return opened,
        }
    }
}

/// Refuses a file that the store was not decided by: its memberships are places in that file.
fn decided_by(store: &Store, segmentation: &Segmentation) -> Result<()> {
    let Some(hash) = store.meta(Meta::Segmentation)? else { return Ok(()) };
    if hash == segmentation.hash.as_bytes() {
        return Ok(());
    }
    bail!(
        "the segmentation: expected the file that decided the store, of hash {}, found {} version {} of hash {}; give \
         the file that the service runs",
        String::from_utf8_lossy(&hash),
        segmentation.name,
        segmentation.version,
        segmentation.hash
    )
}

/// Whichever is later: up to where the customer is decided, or up to where the silence of all customers is.
fn decided_up_to(store: &Store, state: &State) -> Result<Instant> {
    let path = store.path().display();
    let clock = match store.meta(Meta::Journal)? {
        Some(bytes) => {
            let record = segflow_wire::journal::decode(&bytes);
            record.with_context(|| format!("the journal record in {path}"))?.clock
        }
        None => Clock::default(),
    };
    Ok(state.decision.as_of.map_or(clock.cursor.instant, |as_of| as_of.max(clock.cursor.instant)))
}
