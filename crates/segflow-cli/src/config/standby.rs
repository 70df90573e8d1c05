//! `standby_of`: the tasks of which a warm copy is kept.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use serde::Deserialize;

/// The tasks of which a warm copy is kept while they run elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(untagged)]
pub enum StandbyOf {
    Partitions(BTreeSet<u32>),
    Word(AllTasks),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AllTasks {
    All,
}

impl Default for StandbyOf {
    fn default() -> Self {
        Self::Partitions(BTreeSet::new())
    }
}

impl StandbyOf {
    /// Whether a copy of any task is kept.
    pub fn is_some(&self) -> bool {
        *self != Self::default()
    }

    /// The tasks, where the topics have so many partitions.
    pub fn of(&self, partitions: u32) -> Result<BTreeSet<u32>> {
        match self {
            Self::Word(AllTasks::All) => Ok((0..partitions).collect()),
            Self::Partitions(listed) => {
                if let Some(beyond) = listed.iter().find(|partition| **partition >= partitions) {
                    bail!("`standby_of` names partition {beyond}: the topics have {partitions}, counted from 0");
                }
                Ok(listed.clone())
            }
        }
    }
}
