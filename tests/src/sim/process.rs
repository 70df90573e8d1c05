//! A process of the fleet: what a worker and its standbys share, and what dies with it.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use segflow_runtime::Standbys;
use segflow_runtime::Status;
use segflow_runtime::config::Config;
use segflow_runtime::log::TaskId;
use segflow_runtime::snapshots::{Keeper, ORIGIN, SnapshotSettings};
use segflow_runtime::worker::store_pool::StorePool;
use segflow_snapshot::{Archive, Snapshots};

use super::fleet::Fleet;
use super::past::SimPast;

/// Longer than any run: what is closed, deaths decide.
const KEPT: Duration = Duration::from_secs(3_600);
/// How long what goes on in the background may take.
const BACKGROUND: Duration = Duration::from_secs(60);

/// What a process of a run has, beside a worker.
#[derive(Clone)]
pub struct Equipment {
    /// It keeps the stores open of tasks that it loses, and lives on when its worker is fenced.
    pub store_pool: bool,
    /// It keeps copies of all tasks. Only with a store_pool.
    pub standbys: bool,
    /// Where snapshots are, and how many are kept.
    pub snapshots: Option<(Arc<dyn ObjectStore>, usize)>,
}

/// A process of the fleet.
pub struct Process {
    config: Arc<Config>,
    standbys: Option<Standbys<SimPast>>,
}

impl Process {
    /// Starts on what lies in its state directory.
    #[must_use]
    pub fn start(fleet: &Rc<Fleet>, config: &Config, equipment: &Equipment, status: &Arc<Status>) -> Self {
        if config.state_dir.exists() {
            Keeper::tidy(&config.state_dir).expect("a directory that can be cleared");
        }
        let keeper = |(store, keep): &(Arc<dyn ObjectStore>, usize)| {
            let archive = Archive::over(store.clone(), "simulation".into(), "memory:///simulation");
            let settings = SnapshotSettings { interval: Duration::ZERO, keep: *keep };
            let snapshots = Snapshots::over(archive).expect("a thread");
            Keeper::start(snapshots, settings, status.clone()).expect("a thread")
        };
        let config = Arc::new(Config {
            store_pool: if equipment.store_pool {
                StorePool::new(KEPT, config.time.clone())
            } else {
                StorePool::default()
            },
            snapshots: equipment.snapshots.as_ref().map(keeper),
            ..config.clone()
        });
        let tasks = (0..config.intake.partitions).map(TaskId);
        let standbys = || Standbys::new(config.clone(), SimPast::new(fleet), status.clone(), tasks);
        Self { standbys: equipment.standbys.then(standbys), config }
    }

    /// What its worker works by.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        self.config.clone()
    }

    /// Its standbys come further. Returns whether they had nothing to do.
    pub fn follow(&mut self) -> bool {
        let quiet = self.standbys.as_mut().is_none_or(|standbys| !standbys.cycle().expect("nothing fences a reader"));
        self.settle();
        quiet
    }

    /// What goes on in the background ends before anything else happens, so that a seed means the same in every run.
    pub fn settle(&self) {
        let idle = self.config.snapshots.as_ref().is_none_or(|keeper| keeper.wait_idle(BACKGROUND));
        assert!(idle, "a snapshot was not uploaded or restored in {BACKGROUND:?}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.settle();
        }
    }
}

/// Whether a task's store was begun by a snapshot.
#[must_use]
pub fn is_restored(directory: &Path) -> bool {
    directory.join(ORIGIN).exists()
}
