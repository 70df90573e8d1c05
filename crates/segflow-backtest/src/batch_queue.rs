//! Between whoever reads and the threads that fold: a queue of batches per partition, and which partition may be taken.
//!
//! A partition belongs to one thread at a time, and its batches are folded in the order in which they were put up. How
//! many threads there are, and who takes what when, changes nothing else.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::batch::Batch;

/// How many batches wait at most; whoever reads waits then.
const WAITING_MAX: usize = 64;
/// How many empty batches are kept to be filled again.
const EMPTY_MAX: usize = WAITING_MAX;

/// See the module. `L` is what a thread holds of a partition that it has taken.
pub struct BatchQueue<L> {
    state: Mutex<State<L>>,
    /// Something can be taken, or nothing more comes.
    work: Condvar,
    /// There is room for another batch.
    room: Condvar,
}

struct State<L> {
    partitions: BTreeMap<u32, Queue<L>>,
    /// Partitions with batches that nobody has taken.
    ready: VecDeque<u32>,
    waiting: usize,
    empty: Vec<Batch>,
    closed: bool,
    stopped: bool,
}

struct Queue<L> {
    batches: VecDeque<Batch>,
    /// None before the first batch is taken, and while a thread holds it.
    lane: Option<L>,
    taken: bool,
}

/// A partition taken by a thread.
pub struct Taken<L> {
    /// Which one.
    pub partition: u32,
    /// What was held of it; none the first time.
    pub lane: Option<L>,
    /// Its batches, in order.
    pub batches: VecDeque<Batch>,
}

impl<L> Default for BatchQueue<L> {
    fn default() -> Self {
        let (partitions, ready, empty) = (BTreeMap::new(), VecDeque::new(), Vec::new());
        let state = State { partitions, ready, waiting: 0, empty, closed: false, stopped: false };
        Self { state: Mutex::new(state), work: Condvar::new(), room: Condvar::new() }
    }
}

impl<L> BatchQueue<L> {
    /// Puts a batch up, and waits while there is no room. False once everything is to stop.
    pub fn put(&self, partition: u32, batch: Batch) -> bool {
        let mut state = self.lock();
        while state.waiting >= WAITING_MAX && !state.stopped {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped {
            return false;
        }
        state.waiting += 1;
        let empty = || Queue { batches: VecDeque::new(), lane: None, taken: false };
        let queue = state.partitions.entry(partition).or_insert_with(empty);
        queue.batches.push_back(batch);
        if queue.batches.len() == 1 && !queue.taken {
            state.ready.push_back(partition);
            self.work.notify_one();
        }
        true
    }

    /// A batch to fill.
    pub fn empty(&self) -> Batch {
        self.lock().empty.pop().unwrap_or_default()
    }

    /// Nothing more comes.
    pub fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
    }

    /// Everything is to stop: nothing is taken or put up any more.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.work.notify_all();
        self.room.notify_all();
    }

    /// A partition with batches; waits for one. None at the end.
    pub fn take(&self) -> Option<Taken<L>> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(partition) = state.ready.pop_front() {
                let queue = state.partitions.get_mut(&partition).expect("a partition that is ready has a queue");
                let (batches, lane) = (std::mem::take(&mut queue.batches), queue.lane.take());
                queue.taken = true;
                state.waiting -= batches.len();
                self.room.notify_all();
                return Some(Taken { partition, lane, batches });
            }
            if state.closed {
                return None;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives back what was taken, and the batches to be filled again.
    pub fn give_back(&self, partition: u32, lane: L, batches: VecDeque<Batch>) {
        let mut state = self.lock();
        for mut batch in batches {
            if state.empty.len() < EMPTY_MAX {
                batch.clear();
                state.empty.push(batch);
            }
        }
        let queue = state.partitions.get_mut(&partition).expect("a partition that was taken has a queue");
        (queue.lane, queue.taken) = (Some(lane), false);
        if !queue.batches.is_empty() {
            state.ready.push_back(partition);
            self.work.notify_one();
        }
    }

    /// What is held of every partition, in their order, after the end.
    #[must_use]
    pub fn into_lanes(self) -> BTreeMap<u32, L> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.partitions.into_iter().filter_map(|(number, queue)| Some((number, queue.lane?))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State<L>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
