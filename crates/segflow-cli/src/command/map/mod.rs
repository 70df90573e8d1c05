//! `segflow map`: is a mapping valid, and what does it make of records?

mod check;
mod samples;
mod trial;

use anyhow::Result;

/// Check mappings, and see what becomes of records.
#[derive(clap::Subcommand)]
pub enum Map {
    Check(check::Check),
    Try(trial::Try),
}

impl Map {
    pub fn run(self) -> Result<()> {
        match self {
            Self::Check(check) => check.run(),
            Self::Try(trial) => trial.run(),
        }
    }
}
