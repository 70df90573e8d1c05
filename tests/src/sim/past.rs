//! What recovery and standbys read back of the simulated cluster; sometimes nobody answers.

use std::rc::{Rc, Weak};
use std::task::Poll;

use segflow_core::event::Family;
use segflow_runtime::log::{JournalEntry, LogError, LogResult, Output, Past, Sink, Slice, TEXTS, TaskId};

use super::fleet::Fleet;
use super::world::World;

/// The past of a simulated cluster, as recovery and standbys see it.
pub struct SimPast(Weak<Fleet>);

impl SimPast {
    /// The past of a fleet's cluster.
    #[must_use]
    pub fn new(fleet: &Rc<Fleet>) -> Self {
        Self(Rc::downgrade(fleet))
    }

    /// The fleet.
    #[must_use]
    pub fn fleet(&self) -> Rc<Fleet> {
        self.0.upgrade().expect("the fleet outlives its workers")
    }

    /// Something of the cluster.
    pub fn with<R>(&self, on: impl FnOnce(&mut World) -> R) -> R {
        on(&mut self.fleet().world.borrow_mut())
    }

    /// A question, which sometimes nobody answers.
    pub fn answered(&self) -> LogResult<()> {
        if self.with(|world| world.chance(3)) { Err(LogError::Retry("no answer".to_owned())) } else { Ok(()) }
    }
}

impl Past for SimPast {
    fn journal_last(&mut self, task: TaskId) -> LogResult<Poll<Option<JournalEntry>>> {
        self.answered()?;
        Ok(Poll::Ready(self.with(|world| world.journal(task).last().map(|output| entry(output)))))
    }

    fn journal_after(&mut self, task: TaskId, after: u64, max: usize) -> LogResult<Poll<Vec<JournalEntry>>> {
        self.answered()?;
        self.with(|world| {
            let entries = world.journal(task).into_iter().map(entry);
            Ok(Poll::Ready(entries.filter(|entry| entry.epoch > after).take(max).collect()))
        })
    }

    fn segmentation(&mut self, hash: &str) -> LogResult<Poll<Option<Vec<u8>>>> {
        self.answered()?;
        self.with(|world| {
            let text = |text: &&&Output| text.key.as_deref() == Some(hash.as_bytes());
            let found =
                world.committed(Sink::Segmentations, TEXTS).iter().find(text).and_then(|text| text.value.clone());
            let (high, stable) =
                (world.high_watermark(Sink::Segmentations, TEXTS), world.last_stable(Sink::Segmentations, TEXTS));
            Ok(if found.is_none() && stable < high { Poll::Pending } else { Poll::Ready(found) })
        })
    }

    /// Cut short at times, anywhere.
    fn slice(&mut self, task: TaskId, family: Family, from: u64, to: u64) -> LogResult<Slice> {
        self.answered()?;
        let next = self.with(|world| if world.chance(10) { from + (to - from) / 2 } else { to });
        Ok(Slice { records: self.with(|world| world.inputs.records(task, family, from, next)), next })
    }

    fn forget(&mut self, _: TaskId) {}
}

fn entry(output: &Output) -> JournalEntry {
    let key = String::from_utf8(output.key.clone().expect("a journal record has a key")).expect("digits");
    JournalEntry { epoch: key.parse().expect("digits"), bytes: output.value.clone().expect("a journal record") }
}
