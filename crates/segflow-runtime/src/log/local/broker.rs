//! What all members of an embedded log share: inputs, outputs, the group, and a wall clock that the caller sets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use segflow_core::event::Family;
use segflow_core::time::Timestamp;

use super::LocalLog;
use crate::log::{Headers, Output, Record, Sink, TaskId};

/// A log of a fixed number of partitions. Clones share it.
#[derive(Clone)]
pub struct LocalBroker(Arc<Mutex<Inner>>);

pub(super) struct Inner {
    pub partitions: u32,
    pub w: Timestamp,
    /// How far the hosts' clocks are ahead of the wall clock.
    pub host_error_ms: i64,
    /// The records of an input; the place is the offset.
    pub inputs: BTreeMap<(TaskId, Family), Vec<Record>>,
    /// Committed outputs, in order.
    pub outputs: BTreeMap<(Sink, TaskId), Vec<Output>>,
    /// How many records at the beginning of each journal were trimmed. Tests may still look at them.
    pub trimmed: BTreeMap<TaskId, usize>,
    /// The first offset that each input still holds; 0 unless it is named.
    pub lows: BTreeMap<(TaskId, Family), u64>,
    /// The members, in order of attachment.
    pub members: Vec<String>,
    /// Tasks whose offsets are in an undecided transaction, with the member that sent them.
    pub pending: BTreeMap<TaskId, String>,
    /// What the last commit of each task left as its mark.
    pub marks: BTreeMap<TaskId, String>,
}

/// A record to be appended to an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewRecord {
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Its headers, in order.
    pub headers: Headers,
}

impl LocalBroker {
    /// An empty log whose wall clock stands at the beginning of 1970.
    #[must_use]
    pub fn new(partitions: u32) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            partitions,
            w: Timestamp(0),
            host_error_ms: 0,
            inputs: BTreeMap::new(),
            outputs: BTreeMap::new(),
            trimmed: BTreeMap::new(),
            lows: BTreeMap::new(),
            members: Vec::new(),
            pending: BTreeMap::new(),
            marks: BTreeMap::new(),
        })))
    }

    /// Joins the group. Tasks are spread over the members attached, by order of attachment; dropping a member takes
    /// it out of the group.
    #[must_use]
    pub fn attach(&self, member: &str) -> LocalLog {
        let mut inner = self.lock();
        if !inner.members.iter().any(|known| known == member) {
            inner.members.push(member.to_owned());
        }
        drop(inner);
        LocalLog::new(self.clone(), member)
    }

    /// How many partitions there are.
    #[must_use]
    pub fn partitions(&self) -> u32 {
        self.lock().partitions
    }

    /// Sets the wall clock.
    pub fn set_time(&self, w: Timestamp) {
        self.lock().w = w;
    }

    /// Sets how far the clocks of the members' hosts are ahead of the wall clock, by which the log itself goes.
    pub fn set_host_error(&self, ms: i64) {
        self.lock().host_error_ms = ms;
    }

    /// The wall clock.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.lock().w
    }

    /// Appends a record to an input and returns its offset.
    pub fn append(&self, task: TaskId, family: Family, record: NewRecord) -> u64 {
        let NewRecord { timestamp, key, value, headers } = record;
        let mut inner = self.lock();
        let input = inner.inputs.entry((task, family)).or_default();
        let offset = input.len() as u64;
        input.push(Record { family, task, offset, timestamp, key, value, headers });
        offset
    }

    /// The records of an input from `from` up to but not including `to`, or to its end.
    #[must_use]
    pub fn records(&self, task: TaskId, family: Family, from: u64, to: u64) -> Vec<Record> {
        self.lock().records(task, family, from, to).to_vec()
    }

    /// The next offset of an input.
    #[must_use]
    pub fn latest(&self, task: TaskId, family: Family) -> u64 {
        self.lock().latest(task, family)
    }

    /// The committed outputs of a sink and task from the `from`-th on.
    #[must_use]
    pub fn outputs(&self, sink: Sink, task: TaskId, from: usize) -> Vec<Output> {
        let inner = self.lock();
        inner.outputs.get(&(sink, task)).and_then(|outputs| outputs.get(from..)).unwrap_or_default().to_vec()
    }

    /// Appends outputs that are committed, in order and as one.
    pub fn commit(&self, outputs: Vec<Output>) {
        self.lock().commit(outputs);
    }

    /// Lets an input forget its records before an offset, as retention does.
    pub fn expire(&self, task: TaskId, family: Family, before: u64) {
        self.lock().lows.insert((task, family), before);
    }

    /// How many records at the beginning of a task's journal were trimmed.
    #[must_use]
    pub fn trimmed(&self, task: TaskId) -> usize {
        self.lock().trimmed.get(&task).copied().unwrap_or(0)
    }

    /// Trims a task's journal to the record at an offset.
    pub(super) fn trim(&self, task: TaskId, before: u64) {
        let mut inner = self.lock();
        let trimmed = inner.trimmed.entry(task).or_default();
        *trimmed = usize::try_from(before).unwrap_or(usize::MAX).max(*trimmed);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    pub(super) fn records(&self, task: TaskId, family: Family, from: u64, to: u64) -> &[Record] {
        let Some(input) = self.inputs.get(&(task, family)) else { return &[] };
        let end = input.len();
        let place = |offset: u64| usize::try_from(offset).map_or(end, |offset| offset.min(end));
        input.get(place(from)..place(to)).unwrap_or_default()
    }

    pub(super) fn latest(&self, task: TaskId, family: Family) -> u64 {
        self.inputs.get(&(task, family)).map_or(0, |input| input.len() as u64)
    }

    pub(super) fn commit(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            self.outputs.entry((output.sink, output.task)).or_default().push(output);
        }
    }

    /// The records of a task's journal that were not trimmed.
    pub(super) fn journal(&self, task: TaskId) -> &[Output] {
        let trimmed = self.trimmed.get(&task).copied().unwrap_or(0);
        self.outputs.get(&(Sink::Journal, task)).and_then(|journal| journal.get(trimmed..)).unwrap_or_default()
    }

    /// The tasks of a member; none if it is not in the group.
    pub(super) fn tasks_of(&self, member: &str) -> BTreeSet<TaskId> {
        let count = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        let Some(place) = (0..).zip(&self.members).find(|(_, known)| *known == member).map(|(place, _)| place) else {
            return BTreeSet::new();
        };
        (0..self.partitions).filter(|partition| partition % count == place).map(TaskId).collect()
    }
}
