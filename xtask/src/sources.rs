//! The texts of a folder of sources, searched.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Whether a source in a folder, or in a folder within it, has this text.
///
/// # Errors
/// If the folder cannot be read.
pub fn have(folder: &Path, text: &str) -> Result<bool> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let found = match path.extension() {
            _ if path.is_dir() => have(&path, text)?,
            Some(extension) if extension == "rs" => fs::read_to_string(&path)?.contains(text),
            _ => false,
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}
