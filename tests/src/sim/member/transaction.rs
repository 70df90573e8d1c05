//! The producer of the simulated cluster: when outputs are delivered, and how a commit ends.

use std::collections::BTreeMap;

use segflow_core::time::Timestamp;
use segflow_runtime::log::{LogError, LogResult, Offsets, Output, TaskId, Transaction, Trimmer};

use super::SimLog;
use crate::sim::fault::{Outcome, Sabotage, SimulationStep};
use crate::sim::world::World;

impl SimLog {
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

    /// The clocks of the brokers are right.
    fn appended(&self) -> BTreeMap<TaskId, Timestamp> {
        let Some(id) = self.transaction else { return BTreeMap::new() };
        self.with(|world| {
            let now = world.inputs.time();
            world.journals(id).into_iter().map(|task| (task, now)).collect()
        })
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
