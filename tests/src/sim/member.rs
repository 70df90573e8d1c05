//! A member's log: every call may be where its owner dies or falls asleep.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use rand::RngExt;
use segflow_core::event::Family;
use segflow_runtime::log::{
    Barrier, Ends, Group, Inputs, JournalEntry, LogError, LogResult, Offsets, Output, Past, Record, Sink, Slice,
    TaskId, Transaction, Trimmer,
};

use super::fault::{Outcome, Sabotage, SimulationStep};
use super::fleet::Fleet;
use super::past::SimPast;
use super::world::World;

/// The log of one member of the simulated cluster.
pub struct SimLog {
    past: SimPast,
    name: String,
    index: usize,
    incarnation: u64,
    generation: u64,
    dead: bool,
    transaction: Option<usize>,
    buffer: Vec<Output>,
    positions: BTreeMap<TaskId, Offsets>,
    /// High watermarks of journals, taken after the first barrier.
    watermarks: BTreeMap<TaskId, usize>,
    /// Where the last record of a journal stands that it has committed.
    journaled: BTreeMap<TaskId, u64>,
    /// The marks of the transaction under way.
    marks: BTreeMap<TaskId, String>,
    /// The marks found by the first barrier.
    marked: BTreeMap<TaskId, String>,
}

impl SimLog {
    /// Joins the group; a former incarnation of the name is fenced.
    #[must_use]
    pub fn attach(fleet: &Rc<Fleet>, index: usize) -> Self {
        let name = Fleet::name(index);
        let incarnation = fleet.world.borrow_mut().attach(&name);
        Self {
            past: SimPast::new(fleet),
            name,
            index,
            incarnation,
            generation: 0,
            dead: false,
            transaction: None,
            buffer: Vec::new(),
            positions: BTreeMap::new(),
            watermarks: BTreeMap::new(),
            journaled: BTreeMap::new(),
            marks: BTreeMap::new(),
            marked: BTreeMap::new(),
        }
    }

    /// Whether its process has died.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.dead
    }

    fn fleet(&self) -> Rc<Fleet> {
        self.past.fleet()
    }

    fn with<R>(&self, on: impl FnOnce(&mut World) -> R) -> R {
        self.past.with(on)
    }

    fn is_victim(&self) -> bool {
        self.index == 0
    }

    /// The fault strikes here if it is due.
    fn reach(&mut self, step: SimulationStep) -> LogResult<()> {
        self.alive()?;
        if !self.is_victim() {
            return Ok(());
        }
        let due = self.with(|world| {
            let due = !world.fired && world.fault.step == step && world.victim_commits >= world.struck_commit;
            due && (step >= SimulationStep::S4 || world.chance(70))
        });
        if due { self.strike() } else { Ok(()) }
    }

    fn strike(&mut self) -> LogResult<()> {
        let zombie = self.with(|world| {
            world.fired = true;
            world.fault.zombie
        });
        if !zombie {
            self.dead = true;
            return Err(LogError::Fenced("it died".to_owned()));
        }
        self.fleet().sleep(self.index);
        Ok(())
    }

    /// A question of recovery, which sometimes nobody answers.
    fn answered(&self) -> LogResult<()> {
        self.alive()?;
        self.past.answered()
    }

    fn alive(&self) -> LogResult<()> {
        if self.dead { Err(LogError::Fenced("it died".to_owned())) } else { Ok(()) }
    }

    /// The transaction, if it is still the owner's.
    fn own_transaction(&self) -> LogResult<usize> {
        let id = self.transaction.ok_or_else(|| LogError::Stop("no transaction was begun".to_owned()))?;
        let lost = self.with(|world| world.is_fenced(&self.name, self.incarnation) || !world.is_open(id));
        if lost { Err(LogError::Fenced("the producer's epoch is over".to_owned())) } else { Ok(id) }
    }

    fn deliver_all(&mut self, id: usize) {
        for output in std::mem::take(&mut self.buffer) {
            self.with(|world| world.deliver(id, output));
        }
    }

    fn is_buffering(&self) -> bool {
        self.is_victim()
            && self.with(|world| {
                world.fault.outcome == Outcome::Buffered
                    && world.victim_commits + 1 >= world.struck_commit
                    && !world.fired
            })
    }

    /// How this commit ends.
    fn outcome(&self) -> Outcome {
        if !self.is_victim() {
            return Outcome::Done;
        }
        self.with(|world| {
            world.victim_commits += 1;
            if world.victim_commits == world.struck_commit { world.fault.outcome } else { Outcome::Done }
        })
    }

    fn finish(&mut self, id: usize, outcome: Outcome) -> LogResult<()> {
        match outcome {
            Outcome::Done | Outcome::Buffered => {
                self.with(|world| world.decide(id, true));
                Ok(())
            }
            Outcome::Aborted => {
                self.with(|world| world.decide(id, false));
                Err(LogError::Retry("the transaction was aborted".to_owned()))
            }
            Outcome::UnknownButDone => {
                self.with(|world| world.decide(id, true));
                Err(LogError::Unclear("the answer was lost".to_owned()))
            }
            Outcome::UnknownAndAborted => Err(LogError::Unclear("the question was lost".to_owned())),
            Outcome::Fenced => {
                self.with(|world| world.decide(id, false));
                Err(LogError::Fenced("another producer of this name".to_owned()))
            }
        }
    }
}

impl Group for SimLog {
    fn tasks(&mut self) -> LogResult<BTreeSet<TaskId>> {
        if self.transaction.is_none() {
            self.reach(SimulationStep::S6)?;
        }
        self.alive()?;
        let (tasks, generation) = self.with(|world| (world.tasks_of(&self.name, self.incarnation), world.generation));
        self.generation = generation;
        tasks.ok_or_else(|| LogError::Fenced("no member of the group any more".to_owned()))
    }

    fn leave(&mut self) -> LogResult<()> {
        self.alive()?;
        self.with(|world| world.evict(&self.name));
        Ok(())
    }

    fn offsets_barrier(&mut self, task: TaskId) -> LogResult<Barrier> {
        self.answered()?;
        self.watermarks.remove(&task);
        let left_out = self.with(|world| world.sabotage) == Sabotage::FlushAndFirstBarrier;
        let settled = left_out || !self.with(|world| world.is_pending(task));
        self.marked.remove(&task);
        let mark = self.with(|world| world.marked(task));
        self.marked.extend(mark.filter(|_| settled).map(|mark| (task, mark)));
        Ok(Barrier::before(settled))
    }

    fn journal_barrier(&mut self, task: TaskId) -> LogResult<Barrier> {
        self.alive()?;
        if self.with(|world| world.sabotage) == Sabotage::SecondBarrier {
            return Ok(Barrier::Lifted);
        }
        let (high, stable) =
            self.with(|world| (world.high_watermark(Sink::Journal, task), world.last_stable(Sink::Journal, task)));
        Ok(Barrier::before(stable >= *self.watermarks.entry(task).or_insert(high)))
    }

    fn marked(&mut self, task: TaskId) -> Option<String> {
        self.marked.get(&task).cloned()
    }
}

impl Inputs for SimLog {
    fn seek(&mut self, task: TaskId, offsets: &Offsets) -> LogResult<()> {
        self.alive()?;
        self.positions.insert(task, offsets.clone());
        Ok(())
    }

    fn release(&mut self, task: TaskId) {
        self.positions.remove(&task);
    }

    /// Some records of some inputs, in no particular order between them.
    fn read(&mut self, max: usize, _wait: Duration) -> LogResult<Vec<Record>> {
        self.reach(SimulationStep::S0)?;
        let mut positions = std::mem::take(&mut self.positions);
        let records = self.with(|world| {
            let mut records = Vec::new();
            for (task, offsets) in &mut positions {
                for (family, offset) in offsets {
                    let count = world.rng.random_range(0..=3).min(max - records.len()) as u64;
                    let read = world.inputs.records(*task, *family, *offset, *offset + count);
                    *offset += read.len() as u64;
                    records.extend(read);
                }
            }
            records
        });
        self.positions = positions;
        Ok(records)
    }

    fn positions(&mut self, task: TaskId) -> LogResult<Offsets> {
        self.alive()?;
        Ok(self.positions.get(&task).cloned().unwrap_or_default())
    }

    fn ends(&mut self, tasks: &BTreeSet<TaskId>) -> LogResult<Ends> {
        self.reach(SimulationStep::S0)?;
        self.with(|world| {
            if world.chance(2) {
                return Err(LogError::Retry("no leader answered".to_owned()));
            }
            let mut latest = BTreeMap::new();
            for task in tasks {
                for family in Family::ALL {
                    if !world.chance(2) {
                        latest.insert((*task, family), world.inputs.latest(*task, family));
                    }
                }
            }
            Ok(Ends { w: world.inputs.time(), latest })
        })
    }
}

impl Transaction for SimLog {
    fn begin(&mut self) -> LogResult<()> {
        self.reach(SimulationStep::S1)?;
        if self.with(|world| world.is_fenced(&self.name, self.incarnation)) {
            return Err(LogError::Fenced("another producer of this name".to_owned()));
        }
        self.buffer.clear();
        self.marks.clear();
        self.transaction = Some(self.with(|world| world.begin(&self.name)));
        Ok(())
    }

    fn produce(&mut self, output: &Output) -> LogResult<()> {
        self.reach(SimulationStep::S2)?;
        let id = self.own_transaction()?;
        self.buffer.push(output.clone());
        if !self.is_buffering() && self.with(|world| world.chance(30)) {
            self.deliver_all(id);
        }
        Ok(())
    }

    fn flush(&mut self) -> LogResult<()> {
        self.reach(SimulationStep::S2)?;
        let id = self.own_transaction()?;
        if self.with(|world| world.sabotage) == Sabotage::FlushAndFirstBarrier {
            return Ok(());
        }
        if self.with(|world| world.chance(2)) {
            return Err(LogError::Retry("a delivery failed".to_owned()));
        }
        self.deliver_all(id);
        Ok(())
    }

    fn mark(&mut self, task: TaskId, mark: &str) {
        self.marks.insert(task, mark.to_owned());
    }

    fn send_offsets(&mut self, offsets: &BTreeMap<TaskId, Offsets>) -> LogResult<()> {
        if self.with(|world| world.chance(50)) {
            self.reach(SimulationStep::S3)?;
        }
        let id = self.own_transaction()?;
        if self.with(|world| world.generation) != self.generation {
            return Err(LogError::Retry("an older generation of the group".to_owned()));
        }
        let marks = std::mem::take(&mut self.marks);
        self.with(|world| world.add_offsets(id, offsets.keys().copied(), marks));
        self.reach(SimulationStep::S3)
    }

    fn commit(&mut self) -> LogResult<()> {
        let outcome = self.outcome();
        let before = self.with(|world| world.chance(70));
        if before {
            self.reach(SimulationStep::S4)?;
        }
        let id = self.own_transaction()?;
        self.deliver_all(id);
        let result = self.finish(id, outcome);
        self.reach(SimulationStep::S4)?;
        self.reach(SimulationStep::S5)?;
        if result.is_ok() {
            self.transaction = None;
            let journaled = self.with(|world| world.journaled(id));
            self.journaled.extend(journaled);
        }
        result
    }

    fn abort(&mut self) -> LogResult<()> {
        self.alive()?;
        self.buffer.clear();
        if let Some(id) = self.transaction.take() {
            self.with(|world| world.decide(id, false));
        }
        if self.with(|world| world.chance(10)) { Err(LogError::Retry("the abort failed".to_owned())) } else { Ok(()) }
    }

    fn recycle(&mut self) -> LogResult<()> {
        self.alive()?;
        if self.with(|world| world.is_fenced(&self.name, self.incarnation)) {
            return Err(LogError::Fenced("another producer of this name".to_owned()));
        }
        if self.with(|world| world.chance(20)) {
            return Err(LogError::Retry("no coordinator answered".to_owned()));
        }
        self.buffer.clear();
        self.transaction = None;
        self.with(|world| world.end_transactions_of(&self.name));
        Ok(())
    }

    /// Seldom, so that snapshots are.
    fn journaled(&mut self, task: TaskId) -> Option<u64> {
        let asked = self.fleet().takes_snapshots() && self.with(|world| world.chance(10));
        if asked { self.journaled.get(&task).copied() } else { None }
    }

    fn trimmer(&self) -> Trimmer {
        self.with(World::trimmer)
    }
}

impl Past for SimLog {
    fn journal_last(&mut self, task: TaskId) -> LogResult<Poll<Option<JournalEntry>>> {
        self.alive()?;
        self.past.journal_last(task)
    }

    fn journal_after(&mut self, task: TaskId, after: u64, max: usize) -> LogResult<Poll<Vec<JournalEntry>>> {
        self.alive()?;
        self.past.journal_after(task, after, max)
    }

    fn segmentation(&mut self, hash: &str) -> LogResult<Poll<Option<Vec<u8>>>> {
        self.alive()?;
        self.past.segmentation(hash)
    }

    fn slice(&mut self, task: TaskId, family: Family, from: u64, to: u64) -> LogResult<Slice> {
        self.alive()?;
        self.past.slice(task, family, from, to)
    }

    fn forget(&mut self, task: TaskId) {
        self.past.forget(task);
    }
}

impl Drop for SimLog {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.with(|world| world.abandon(&self.name));
        }
    }
}
