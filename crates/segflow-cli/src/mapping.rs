//! Reading a mapping from disk.

use std::path::Path;

use anyhow::{Context, Result, bail};
use segflow_mapping::Mapping;

/// The mapping of a file.
pub fn load(file: &Path) -> Result<Mapping> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    match Mapping::load(&file.display().to_string(), bytes) {
        Ok(mapping) => Ok(mapping),
        Err(error) => bail!("the mapping cannot be used\n{error}"),
    }
}
