//! The inputs of the simulated cluster, read a little at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rand::RngExt;
use segflow_core::event::Family;
use segflow_runtime::log::{Ends, Inputs, LogError, LogResult, Offsets, Record, TaskId};

use super::SimLog;
use crate::sim::fault::SimulationStep;

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
        let w = self.fleet().host_time(self.index);
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
            Ok(Ends { w, latest })
        })
    }
}
