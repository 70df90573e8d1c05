//! Between readers and the threads that fold: a queue of batches per partition, and the partitions that may be taken.
//!
//! A partition belongs to one thread at a time, and its batches are folded in the order in which they were put in. So the
//! number of threads, and which of them takes a partition when, change nothing in the result.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::batch::Batch;

/// The most batches that wait; a reader waits while there are so many.
const WAITING_MAX: usize = 64;
/// How many empty batches are kept to be filled again.
const EMPTY_MAX: usize = WAITING_MAX;

/// Batches by partition. `P` is what a thread works with while it has a partition: the partition's replay.
pub struct BatchQueue<P> {
    state: Mutex<State<P>>,
    /// Something can be taken, or nothing more comes.
    work: Condvar,
    /// There is room for another batch.
    room: Condvar,
}

struct State<P> {
    partitions: BTreeMap<u32, Waiting<P>>,
    /// Partitions with batches that no thread has taken.
    ready: VecDeque<u32>,
    waiting: usize,
    empty: Vec<Batch>,
    closed: bool,
    stopped: bool,
}

struct Waiting<P> {
    batches: VecDeque<Batch>,
    /// None before the first batch is taken, and while a thread holds it.
    partition: Option<P>,
    taken: bool,
}

/// A partition taken by a thread.
pub struct Taken<P> {
    /// Its number.
    pub number: u32,
    /// What was given back the last time; none the first time.
    pub partition: Option<P>,
    /// Its batches, in order.
    pub batches: VecDeque<Batch>,
}

impl<P> Default for BatchQueue<P> {
    fn default() -> Self {
        let (partitions, ready, empty) = (BTreeMap::new(), VecDeque::new(), Vec::new());
        let state = State { partitions, ready, waiting: 0, empty, closed: false, stopped: false };
        Self { state: Mutex::new(state), work: Condvar::new(), room: Condvar::new() }
    }
}

impl<P> BatchQueue<P> {
    /// Puts a batch of a partition in, and waits while there is no room. False once everything is to stop.
    pub fn put(&self, number: u32, batch: Batch) -> bool {
        let mut state = self.lock();
        while state.waiting >= WAITING_MAX && !state.stopped {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped {
            return false;
        }
        state.waiting += 1;
        let empty = || Waiting { batches: VecDeque::new(), partition: None, taken: false };
        let queue = state.partitions.entry(number).or_insert_with(empty);
        queue.batches.push_back(batch);
        if queue.batches.len() == 1 && !queue.taken {
            state.ready.push_back(number);
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

    /// Everything is to stop: nothing is taken or put in any more.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.work.notify_all();
        self.room.notify_all();
    }

    /// A partition with batches; waits for one. None at the end.
    pub fn take(&self) -> Option<Taken<P>> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(number) = state.ready.pop_front() {
                let queue = state.partitions.get_mut(&number).expect("a partition that is ready has a queue");
                let (batches, partition) = (std::mem::take(&mut queue.batches), queue.partition.take());
                queue.taken = true;
                state.waiting -= batches.len();
                self.room.notify_all();
                return Some(Taken { number, partition, batches });
            }
            if state.closed {
                return None;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives back what was taken, and the batches to be filled again.
    pub fn give_back(&self, number: u32, partition: P, batches: VecDeque<Batch>) {
        let mut state = self.lock();
        for mut batch in batches {
            if state.empty.len() < EMPTY_MAX {
                batch.clear();
                state.empty.push(batch);
            }
        }
        let queue = state.partitions.get_mut(&number).expect("a partition that was taken has a queue");
        (queue.partition, queue.taken) = (Some(partition), false);
        if !queue.batches.is_empty() {
            state.ready.push_back(number);
            self.work.notify_one();
        }
    }

    /// Every partition by its number, after the end.
    #[must_use]
    pub fn into_partitions(self) -> BTreeMap<u32, P> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.partitions.into_iter().filter_map(|(number, queue)| Some((number, queue.partition?))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State<P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
