//! Reading a segmentation file from disk.

use std::path::Path;

use anyhow::{Context, Result, bail};
use segflow_core::segmentation::Segmentation;

use crate::terminal::tell;

/// The segmentation of a file; its warnings go to standard error.
pub fn load(file: &Path) -> Result<Segmentation> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    match Segmentation::load(&file.display().to_string(), bytes) {
        Ok(loaded) => {
            loaded.warnings.iter().for_each(|warning| tell!("warning: {warning}"));
            Ok(loaded.segmentation)
        }
        Err(error) => bail!("the segmentation cannot be used\n{error}"),
    }
}
