//! An embedded log whose past comes record by record, or not at all for one task, and whose trimming may be held up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use segflow_core::event::Family;
use segflow_core::time::Timestamp;

use super::gate::Gate;
use crate::log::local::LocalLog;
use crate::log::{
    Barrier, Ends, Group, Inputs, JournalEntry, LogError, LogResult, Offsets, Output, Past, Record, Sink, Slice,
    TaskId, ToldSlice, Transaction, Trimmer,
};

pub struct Slow {
    pub log: LocalLog,
    /// The task whose inputs' leader is away.
    pub away: Option<TaskId>,
    /// Every slice asked for: the task, from where.
    pub asked: Vec<(TaskId, u64)>,
    /// What a trimming of the journal has to pass.
    pub trimming: Arc<Gate>,
    /// How many transactions more fail before they are delivered.
    pub refuses: u32,
    /// Whether the producer delivers nothing until it is replaced.
    pub stuck: bool,
    /// Whether no leader answers where the inputs end.
    pub deaf: bool,
    /// What a delivery has to pass.
    pub delivery: Arc<Gate>,
    /// The task whose shadow's topic takes nothing, and what it says. The end of its journal is told to the second question.
    pub shadowless: Option<(TaskId, LogError)>,
    pub hesitated: bool,
}

impl Slow {
    pub fn new(log: LocalLog) -> Self {
        Self {
            log,
            away: None,
            asked: Vec::new(),
            trimming: Arc::default(),
            refuses: 0,
            stuck: false,
            deaf: false,
            delivery: Arc::default(),
            shadowless: None,
            hesitated: false,
        }
    }
}

impl Past for Slow {
    fn journal_last(&mut self, task: TaskId) -> LogResult<Poll<Option<JournalEntry>>> {
        if self.shadowless.as_ref().is_some_and(|(of, _)| *of == task) {
            self.hesitated = !self.hesitated;
            if self.hesitated {
                return Ok(Poll::Pending);
            }
        }
        self.log.journal_last(task)
    }

    fn journal_after(&mut self, task: TaskId, after: u64, max: usize) -> LogResult<Poll<Vec<JournalEntry>>> {
        self.log.journal_after(task, after, max)
    }

    fn segmentation(&mut self, hash: &str) -> LogResult<Poll<Option<Vec<u8>>>> {
        self.log.segmentation(hash)
    }

    fn slice(&mut self, task: TaskId, family: Family, from: u64, to: u64) -> LogResult<Slice> {
        self.asked.push((task, from));
        if self.away == Some(task) {
            return if self.asked.len().is_multiple_of(2) {
                Err(LogError::Retry("the leader is away".to_owned()))
            } else {
                Ok(Slice { records: Vec::new(), next: from })
            };
        }
        self.log.slice(task, family, from, to.min(from + 1))
    }

    fn memberships_within(&mut self, task: TaskId) -> LogResult<Poll<(u64, u64)>> {
        self.log.memberships_within(task)
    }

    fn memberships(&mut self, task: TaskId, from: u64, to: u64) -> LogResult<ToldSlice> {
        self.log.memberships(task, from, to.min(from + 1))
    }

    fn forget(&mut self, task: TaskId) {
        self.log.forget(task);
    }
}

impl Group for Slow {
    fn tasks(&mut self) -> LogResult<BTreeSet<TaskId>> {
        self.log.tasks()
    }

    fn leave(&mut self) -> LogResult<()> {
        self.log.leave()
    }

    fn offsets_barrier(&mut self, task: TaskId) -> LogResult<Barrier> {
        self.log.offsets_barrier(task)
    }

    fn journal_barrier(&mut self, task: TaskId) -> LogResult<Barrier> {
        self.log.journal_barrier(task)
    }

    fn marked(&mut self, task: TaskId) -> Option<String> {
        self.log.marked(task)
    }
}

impl Inputs for Slow {
    fn seek(&mut self, task: TaskId, offsets: &Offsets) -> LogResult<()> {
        self.log.seek(task, offsets)
    }

    fn release(&mut self, task: TaskId) {
        self.log.release(task);
    }

    fn read(&mut self, max: usize, wait: Duration) -> LogResult<Vec<Record>> {
        self.log.read(max, wait)
    }

    fn positions(&mut self, task: TaskId) -> LogResult<Offsets> {
        self.log.positions(task)
    }

    fn ends(&mut self, tasks: &BTreeSet<TaskId>) -> LogResult<Ends> {
        let ends = self.log.ends(tasks)?;
        Ok(if self.deaf { Ends { latest: BTreeMap::new(), ..ends } } else { ends })
    }
}

impl Transaction for Slow {
    fn begin(&mut self) -> LogResult<()> {
        self.log.begin()
    }

    fn produce(&mut self, output: &Output) -> LogResult<()> {
        match &self.shadowless {
            Some((task, error)) if output.sink == Sink::Shadow && output.task == *task => Err(error.clone()),
            _ => self.log.produce(output),
        }
    }

    fn flush(&mut self) -> LogResult<()> {
        if self.refuses > 0 {
            self.refuses -= 1;
            return Err(LogError::Retry("a partition has no leader".to_owned()));
        }
        if self.stuck {
            return Err(LogError::Retry("1 records were not delivered within 10000 ms".to_owned()));
        }
        self.delivery.pass();
        self.log.flush()
    }

    fn appended(&self) -> BTreeMap<TaskId, Timestamp> {
        self.log.appended()
    }

    fn mark(&mut self, task: TaskId, mark: &str) {
        self.log.mark(task, mark);
    }

    fn send_offsets(&mut self, offsets: &BTreeMap<TaskId, Offsets>) -> LogResult<()> {
        self.log.send_offsets(offsets)
    }

    fn commit(&mut self) -> LogResult<()> {
        self.log.commit()
    }

    fn abort(&mut self) -> LogResult<()> {
        self.log.abort()
    }

    fn recycle(&mut self) -> LogResult<()> {
        self.stuck = false;
        self.log.recycle()
    }

    fn journaled(&mut self, task: TaskId) -> Option<u64> {
        self.log.journaled(task)
    }

    fn trimmer(&self) -> Trimmer {
        let (gate, trimmer) = (Arc::clone(&self.trimming), self.log.trimmer());
        Arc::new(move |task, before| {
            gate.pass();
            trimmer(task, before)
        })
    }
}
