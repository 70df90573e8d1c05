//! `segflow map check`: is a mapping valid, and which events does it make?

use std::path::PathBuf;

use anyhow::Result;
use segflow_mapping::target;

use crate::mapping::load;

/// Check a mapping and list the events that it makes.
#[derive(clap::Args)]
pub struct Check {
    /// The mapping
    file: PathBuf,
}

impl Check {
    pub fn run(self) -> Result<()> {
        let mapping = load(&self.file)?;
        println!("{} is valid ({})", mapping.name, mapping.hash);
        println!("\nevents made:");
        mapping.kinds().into_iter().for_each(|kind| println!("  {}", target::name(kind)));
        println!("\nread of a record:");
        mapping.reads().iter().for_each(|path| println!("  {path}"));
        Ok(())
    }
}
