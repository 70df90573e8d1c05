//! A member's log: every call may be where its owner dies or falls asleep. Each file is a port.

mod group;
mod inputs;
mod past;
mod transaction;

use std::collections::BTreeMap;
use std::rc::Rc;

use segflow_runtime::log::{LogError, LogResult, Offsets, Output, TaskId};

use super::fault::SimulationStep;
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
}

impl Drop for SimLog {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.with(|world| world.abandon(&self.name));
        }
    }
}
