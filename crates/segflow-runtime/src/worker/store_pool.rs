//! The store pool: where a process keeps the open stores of tasks that no worker of it has at the moment.
//!
//! A rebalance often gives a task back that it took, and a worker that was fenced is replaced by another. The next
//! worker finds the store open and its states in memory; the journal tells what became of the task meanwhile. A standby
//! follows the journals of tasks that run elsewhere, and hands their stores over here. A process that starts opens the
//! stores of its disk here, while its workers join the group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::info;

use crate::config::StoreConfig;
use crate::log::TaskId;
use crate::task::TaskState;
use crate::time::Monotonic;

/// The most stores that lie here at once; the one that has lain longest makes room.
const ROOM: usize = 64;

/// One per state directory. Clones share it.
#[derive(Clone, Default)]
pub struct StorePool(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    kept: Duration,
    time: Monotonic,
    laid: BTreeMap<TaskId, Laid>,
    /// How many workers have been given a task and have not given it up. They are two while one of them has not noticed
    /// that it lost the task.
    claims: BTreeMap<TaskId, usize>,
    /// Tasks whose stores a standby holds, or that are being opened.
    lent: BTreeSet<TaskId>,
}

struct Laid {
    state: Box<TaskState>,
    since: Instant,
}

/// What the pool has of a task.
pub(crate) enum Taken {
    /// Its store, open.
    Store(Box<TaskState>),
    /// Its store is being opened, or a standby has it and lays it down after its present step.
    InUse,
    /// Nothing: it is to be opened.
    Nothing,
}

impl StorePool {
    /// A pool that closes a store that nobody took within `kept`; at zero it keeps none.
    #[must_use]
    pub fn new(kept: Duration, time: Monotonic) -> Self {
        Self(Arc::new(Mutex::new(Inner { kept, time, ..Inner::default() })))
    }

    /// A worker has been given a task. No standby may have it from now on.
    pub(crate) fn claim(&self, task: TaskId) {
        *self.lock().claims.entry(task).or_default() += 1;
    }

    /// The store of a task that was claimed.
    pub(crate) fn take(&self, task: TaskId) -> Taken {
        let mut inner = self.lock();
        match inner.laid.remove(&task) {
            Some(laid) => Taken::Store(laid.state),
            None if inner.lent.contains(&task) => Taken::InUse,
            None => Taken::Nothing,
        }
    }

    /// A worker gives a task up, with its store if it has one.
    pub(crate) fn give_up(&self, task: TaskId, state: Option<Box<TaskState>>) {
        let mut inner = self.lock();
        if let Some(claims) = inner.claims.get_mut(&task) {
            *claims -= 1;
            if *claims == 0 {
                inner.claims.remove(&task);
            }
        }
        inner.lay(task, state);
    }

    /// Lends a task to a standby, with its store if that lies here; none while a worker has the task, or it is lent.
    pub(crate) fn lend(&self, task: TaskId) -> Option<Option<Box<TaskState>>> {
        let mut inner = self.lock();
        if inner.claims.contains_key(&task) || !inner.lent.insert(task) {
            return None;
        }
        Some(inner.laid.remove(&task).map(|laid| laid.state))
    }

    /// Opens the stores of the disk, until the first worker is given a task, or `stop` is set. Most tasks come back after a
    /// restart, and joining the group takes as long as opening some ten stores. A store that cannot be opened is left to
    /// the recovery of its task.
    pub fn open_ahead(&self, stores: &StoreConfig, stop: &AtomicBool) {
        let (time, tasks) = (self.lock().time.clone(), stores.tasks_on_disk());
        let began = time.now();
        let mut opened = 0;
        for task in tasks.into_iter().take(ROOM) {
            if stop.load(Ordering::Relaxed) || !self.lock().claims.is_empty() {
                break;
            }
            let Some(state) = self.lend(task) else { continue };
            let mut loan = Loan { store_pool: self, task, state };
            info!(task = task.0, "the store is opened ahead");
            if loan.state.is_none() {
                loan.state = TaskState::open(stores, task).ok().map(Box::new);
            }
            opened += u32::from(loan.state.is_some());
        }
        info!(opened, took = ?time.since(began), "stores were opened ahead");
    }

    /// Whether a worker waits for what a standby holds.
    pub(crate) fn is_wanted(&self, task: TaskId) -> bool {
        self.lock().claims.contains_key(&task)
    }

    /// A standby gives back a task that was lent, with its store if it has one.
    pub(crate) fn give_back(&self, task: TaskId, state: Option<Box<TaskState>>) {
        let mut inner = self.lock();
        inner.lent.remove(&task);
        inner.lay(task, state);
    }

    /// Closes the stores that nobody took in time.
    pub(crate) fn tidy(&self) {
        let mut inner = self.lock();
        let Inner { kept, time, laid, claims, .. } = &mut *inner;
        let over: Vec<Laid> = laid
            .extract_if(.., |task, laid| time.since(laid.since) >= *kept && !claims.contains_key(task))
            .map(|(_, laid)| laid)
            .collect();
        // Closing a store takes a while.
        drop(inner);
        drop(over);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task that was lent. It is given back when this is dropped.
struct Loan<'s> {
    store_pool: &'s StorePool,
    task: TaskId,
    state: Option<Box<TaskState>>,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        self.store_pool.give_back(self.task, self.state.take());
    }
}

impl Inner {
    fn lay(&mut self, task: TaskId, state: Option<Box<TaskState>>) {
        let Some(mut state) = state.filter(|_| !self.kept.is_zero()) else { return };
        state.rest();
        if self.laid.len() >= ROOM {
            let longest = self.laid.iter().min_by_key(|(_, laid)| laid.since).map(|(task, _)| *task);
            longest.and_then(|task| self.laid.remove(&task));
        }
        self.laid.insert(task, Laid { state, since: self.time.now() });
    }
}
