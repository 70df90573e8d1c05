//! `segflow map check`: is a mapping valid, and which events does it make?

use std::path::PathBuf;

use anyhow::Result;
use segflow_mapping::target;

use crate::mapping::load;
use crate::terminal::say;

/// Check a mapping and list the events that it makes.
#[derive(clap::Args)]
pub struct Check {
    /// The mapping
    file: PathBuf,
}

impl Check {
    pub fn run(self) -> Result<()> {
        let mapping = load(&self.file)?;
        say!("{} is valid ({})", mapping.name, mapping.hash)?;
        say!("\nevents made:")?;
        for kind in mapping.kinds() {
            say!("  {}", target::name(kind))?;
        }
        say!("\nread of a record:")?;
        mapping.reads().iter().try_for_each(|path| say!("  {path}"))
    }
}
