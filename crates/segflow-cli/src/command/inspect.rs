//! `segflow inspect`: one customer out of a service's state directory, which is only read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use segflow_core::clock::Clock;
use segflow_core::event::CustomerId;
use segflow_core::journal::JournalRecord;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Timestamp;
use segflow_explain::customer::Portrait;
use segflow_explain::printable::printable;
use segflow_runtime::directories;
use segflow_runtime::task::cache::CacheMemory;
use segflow_runtime::task::state_format::StateReader;
use segflow_runtime::task::stored::Stored;
use segflow_store::{Meta, Store, StoreError, StoreMemory, StoreSettings};

use super::customer_id;
use crate::segmentation::load;
use crate::terminal;
use segflow_engine::states::States as _;

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

/// The attempts to open a store whose owner deletes files while it is being opened.
const ATTEMPTS: usize = 5;

impl Inspect {
    pub fn run(self) -> Result<()> {
        let segmentation = Arc::new(load(&self.segmentation)?);
        let stores = stores(&self.store)?;
        // Reading one customer needs little memory, beside a service that may need much.
        let shared = StoreMemory::new(StoreSettings {
            block_cache_bytes: 8 << 20,
            write_buffer_bytes: 8 << 20,
            ..StoreSettings::default()
        });
        for path in &stores {
            let store = open(path, &shared)?;
            let journal = journal(&store)?;
            let reader = StateReader::with_one(journal.as_ref(), &segmentation);
            let mut states = Stored::new(store, &CacheMemory::new(0)).read_by(reader);
            let state = states.peek(&self.customer).with_context(|| format!("in {}", path.display()))?.clone();
            if state != State::default() {
                decided_by(journal.as_ref(), &state, &segmentation)?;
                let decided_up_to = decided_up_to(journal.as_ref(), &state);
                let (customer, state, segmentation) = (&self.customer, &state, &*segmentation);
                let portrait = Portrait { customer, state, segmentation, decided_up_to };
                return terminal::print(format_args!("{portrait}"));
            }
        }
        let tasks = if stores.len() == 1 { "the one task" } else { "any of the tasks" };
        bail!(
            "customer {} is not known to {tasks} in {}; another instance of the service may own theirs",
            printable(self.customer.as_str()),
            self.store.display()
        )
    }
}

/// The databases of the tasks, by the number of the task.
fn stores(directory: &Path) -> Result<Vec<PathBuf>> {
    let tasks = directories::tasks(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    if tasks.is_empty() {
        bail!(
            "{}: expected the folders of tasks (task-0, task-1 ...), found none; give the `state_dir` of the service",
            directory.display()
        );
    }
    Ok(tasks.into_iter().map(|task| directories::task(directory, task)).collect())
}

fn open(path: &Path, shared: &StoreMemory) -> Result<Store, StoreError> {
    let mut attempt = 1;
    loop {
        match Store::open_read_only(path, shared) {
            Err(StoreError::Damaged { .. }) if attempt < ATTEMPTS => attempt += 1,
            opened => return opened,
        }
    }
}

/// The journal record of the store's last epoch; none before the first.
fn journal(store: &Store) -> Result<Option<JournalRecord>> {
    let record = store.meta(Meta::Journal)?.map(|bytes| segflow_wire::journal::decode(&bytes)).transpose();
    record.with_context(|| format!("the journal record in {}", store.path().display()))
}

/// Refuses a file that did not decide the customer: their memberships are places in that file.
fn decided_by(journal: Option<&JournalRecord>, state: &State, segmentation: &Segmentation) -> Result<()> {
    let Some(journal) = journal else { return Ok(()) };
    let knows = journal.former.iter().chain([&journal.segmentation_hash]).any(|hash| *hash == segmentation.hash);
    let (found, decided) = (segmentation, state.decision.segmentation);
    if knows {
        let Some(decided) = decided.filter(|decided| decided.get() != found.version) else { return Ok(()) };
        bail!(
            "the segmentation: this customer is still decided by version {decided}, found {} version {}; give the file \
             of that version, or wait until the service has taken every customer over",
            found.name,
            found.version
        )
    }
    bail!(
        "the segmentation: expected the file that decided the store, of hash {}, found {} version {} of hash {}; give \
         the file that the service runs",
        journal.segmentation_hash,
        found.name,
        found.version,
        found.hash
    )
}

/// The later of two instants: up to where this customer is decided, and up to where the silence of all customers is.
fn decided_up_to(journal: Option<&JournalRecord>, state: &State) -> Timestamp {
    let silence = journal.map_or_else(|| Clock::default().cursor, |journal| journal.clock.cursor.clone()).instant;
    state.decision.up_to(silence)
}
