//! A member of an embedded log: what one worker reads and commits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use segflow_core::event::Family;
use segflow_core::time::Timestamp;

use super::LocalBroker;
use super::broker::Inner;
use crate::log::{
    Barrier, Ends, Group, Inputs, JournalEntry, LogError, LogResult, Offsets, Output, Past, Record, Sink, Slice, TEXTS,
    TaskId, Told, ToldSlice, Transaction, Trimmer,
};

/// A member of the group of a [`LocalBroker`], which makes it by `attach`.
pub struct LocalLog {
    broker: LocalBroker,
    member: String,
    positions: BTreeMap<TaskId, Offsets>,
    /// The task to be read first, so that a full cycle starves none.
    turn: usize,
    outputs: Vec<Output>,
    /// Where the last journal record of each task stands that this member committed.
    journaled: BTreeMap<TaskId, u64>,
    /// The marks of the transaction under way.
    marks: BTreeMap<TaskId, String>,
}

impl LocalLog {
    pub(super) fn new(broker: LocalBroker, member: &str) -> Self {
        let (positions, journaled, marks) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { broker, member: member.to_owned(), positions, turn: 0, outputs: Vec::new(), journaled, marks }
    }

    fn end_transaction(&mut self) {
        self.outputs.clear();
        self.marks.clear();
        self.broker.lock().pending.retain(|_, member| *member != self.member);
    }
}

impl Group for LocalLog {
    fn tasks(&mut self) -> LogResult<BTreeSet<TaskId>> {
        Ok(self.broker.lock().tasks_of(&self.member))
    }

    fn leave(&mut self) -> LogResult<()> {
        self.broker.lock().members.retain(|member| *member != self.member);
        Ok(())
    }

    fn offsets_barrier(&mut self, task: TaskId) -> LogResult<Barrier> {
        Ok(Barrier::before(!self.broker.lock().pending.contains_key(&task)))
    }

    /// A commit is atomic here: once no offset is pending, nothing is.
    fn journal_barrier(&mut self, task: TaskId) -> LogResult<Barrier> {
        self.offsets_barrier(task)
    }

    fn marked(&mut self, task: TaskId) -> Option<String> {
        self.broker.lock().marks.get(&task).cloned()
    }
}

impl Inputs for LocalLog {
    fn seek(&mut self, task: TaskId, offsets: &Offsets) -> LogResult<()> {
        self.positions.insert(task, offsets.clone());
        Ok(())
    }

    fn release(&mut self, task: TaskId) {
        self.positions.remove(&task);
    }

    fn read(&mut self, max: usize, _wait: Duration) -> LogResult<Vec<Record>> {
        let inner = self.broker.lock();
        let mut records = Vec::new();
        let tasks = self.positions.len();
        let first = self.turn % tasks.max(1);
        self.turn = self.turn.wrapping_add(1);
        let order: Vec<TaskId> = self.positions.keys().copied().cycle().skip(first).take(tasks).collect();
        for (place, task) in order.into_iter().enumerate() {
            let quota = (max - records.len()).div_ceil(tasks - place);
            let offsets = self.positions.get_mut(&task).expect("one of its keys");
            records.extend(merged(&inner, task, offsets, quota));
        }
        Ok(records)
    }

    fn positions(&mut self, task: TaskId) -> LogResult<Offsets> {
        Ok(self.positions.get(&task).cloned().unwrap_or_default())
    }

    fn ends(&mut self, tasks: &BTreeSet<TaskId>) -> LogResult<Ends> {
        let inner = self.broker.lock();
        let families = Family::ALL;
        let latest =
            tasks.iter().flat_map(|task| families.map(|family| ((*task, family), inner.latest(*task, family))));
        Ok(Ends { w: inner.w.plus_ms(inner.host_error_ms), latest: latest.collect() })
    }
}

impl Transaction for LocalLog {
    fn begin(&mut self) -> LogResult<()> {
        self.outputs.clear();
        self.marks.clear();
        Ok(())
    }

    fn produce(&mut self, output: &Output) -> LogResult<()> {
        self.outputs.push(output.clone());
        Ok(())
    }

    fn flush(&mut self) -> LogResult<()> {
        Ok(())
    }

    fn appended(&self) -> BTreeMap<TaskId, Timestamp> {
        let now = self.broker.time();
        let journals = self.outputs.iter().filter(|output| output.sink == Sink::Journal);
        journals.map(|output| (output.task, now)).collect()
    }

    fn mark(&mut self, task: TaskId, mark: &str) {
        self.marks.insert(task, mark.to_owned());
    }

    fn send_offsets(&mut self, offsets: &BTreeMap<TaskId, Offsets>) -> LogResult<()> {
        let mut inner = self.broker.lock();
        let owned = inner.tasks_of(&self.member);
        for task in offsets.keys() {
            if !owned.contains(task) || inner.pending.get(task).is_some_and(|member| *member != self.member) {
                return Err(LogError::Retry(format!("task {} belongs to another member", task.0)));
            }
        }
        for task in offsets.keys() {
            inner.pending.insert(*task, self.member.clone());
        }
        Ok(())
    }

    fn commit(&mut self) -> LogResult<()> {
        let outputs = std::mem::take(&mut self.outputs);
        let journals = outputs.iter().filter(|output| output.sink == Sink::Journal);
        let tasks: Vec<TaskId> = journals.map(|output| output.task).collect();
        let mut inner = self.broker.lock();
        inner.commit(outputs);
        let committed: Vec<TaskId> =
            inner.pending.iter().filter(|(_, by)| **by == self.member).map(|(task, _)| *task).collect();
        inner.marks.retain(|task, _| !committed.contains(task));
        inner.marks.append(&mut self.marks);
        for task in tasks {
            let last = inner.outputs.get(&(Sink::Journal, task)).map_or(0, |journal| journal.len() as u64 - 1);
            self.journaled.insert(task, last);
        }
        drop(inner);
        self.end_transaction();
        Ok(())
    }

    fn abort(&mut self) -> LogResult<()> {
        self.end_transaction();
        Ok(())
    }

    fn recycle(&mut self) -> LogResult<()> {
        self.end_transaction();
        Ok(())
    }

    fn journaled(&mut self, task: TaskId) -> Option<u64> {
        self.journaled.get(&task).copied()
    }

    fn trimmer(&self) -> Trimmer {
        let broker = self.broker.clone();
        Arc::new(move |task, before| {
            broker.trim(task, before);
            Ok(())
        })
    }
}

/// Everything is at hand at once.
impl Past for LocalLog {
    fn journal_last(&mut self, task: TaskId) -> LogResult<Poll<Option<JournalEntry>>> {
        Ok(Poll::Ready(self.broker.lock().journal(task).last().map(entry)))
    }

    fn journal_after(&mut self, task: TaskId, after: u64, max: usize) -> LogResult<Poll<Vec<JournalEntry>>> {
        let inner = self.broker.lock();
        let entries = inner.journal(task).iter().map(entry).filter(|entry| entry.epoch > after);
        Ok(Poll::Ready(entries.take(max).collect()))
    }

    fn segmentation(&mut self, hash: &str) -> LogResult<Poll<Option<Vec<u8>>>> {
        let inner = self.broker.lock();
        let texts = inner.outputs.get(&(Sink::Segmentations, TEXTS));
        let text = texts.into_iter().flatten().find(|text| text.key.as_deref() == Some(hash.as_bytes()));
        Ok(Poll::Ready(text.and_then(|text| text.value.clone())))
    }

    fn slice(&mut self, task: TaskId, family: Family, from: u64, to: u64) -> LogResult<Slice> {
        let inner = self.broker.lock();
        let low = inner.lows.get(&(task, family)).copied().unwrap_or(0);
        if from < low {
            let (name, partition) = (family.name(), task.0);
            return Err(LogError::Stop(format!(
                "{name} [{partition}]: expected offset {from}, the input begins at {low}: it no longer reaches back"
            )));
        }
        Ok(Slice { records: inner.records(task, family, from, to).to_vec(), next: to })
    }

    fn memberships_within(&mut self, task: TaskId) -> LogResult<Poll<(u64, u64)>> {
        let inner = self.broker.lock();
        Ok(Poll::Ready((0, inner.outputs.get(&(Sink::Segments, task)).map_or(0, |told| told.len() as u64))))
    }

    /// Every record is kept here, as a topic does before it is compacted.
    fn memberships(&mut self, task: TaskId, from: u64, to: u64) -> LogResult<ToldSlice> {
        let inner = self.broker.lock();
        let told = (0..).zip(inner.outputs.get(&(Sink::Segments, task)).into_iter().flatten());
        let record = |(offset, output): (u64, &Output)| {
            Some(Told { offset, key: output.key.clone()?, value: output.value.clone() })
        };
        let records = told.filter(|(offset, _)| (from..to).contains(offset)).filter_map(record).collect();
        Ok(ToldSlice { records, next: to })
    }

    fn forget(&mut self, _: TaskId) {}
}

impl Drop for LocalLog {
    fn drop(&mut self) {
        self.end_transaction();
        self.broker.lock().members.retain(|member| *member != self.member);
    }
}

/// The next records of a task over all its inputs, the earliest timestamp first.
fn merged(inner: &Inner, task: TaskId, offsets: &mut Offsets, max: usize) -> Vec<Record> {
    let mut records = Vec::new();
    while records.len() < max {
        let heads = offsets.iter_mut().filter_map(|(family, offset)| {
            inner.records(task, *family, *offset, *offset + 1).first().map(|record| (record, offset))
        });
        let Some((record, offset)) = heads.min_by_key(|(record, _)| record.timestamp) else { break };
        *offset += 1;
        records.push(record.clone());
    }
    records
}

/// A journal record of an embedded log. Its key is the epoch, which this process wrote.
fn entry(output: &Output) -> JournalEntry {
    let key = output.key.as_deref().and_then(|key| std::str::from_utf8(key).ok());
    let epoch = key.and_then(|key| key.parse().ok()).expect("a journal record's key is its epoch");
    JournalEntry { epoch, bytes: output.value.clone().unwrap_or_default() }
}
