//! The report: `report.html` for a person, `report.json` with the same figures, `summary.txt` for a terminal.

mod afterwards;
mod between;
pub mod build;
mod definitions;
mod dimension;
mod events;
pub mod examples;
pub mod figures;
mod html;
mod moves;
mod numbers;
pub mod page;
pub mod stats;
pub mod summary;
mod svg;
mod work;

use std::io;
use std::path::Path;

use figures::Report;

/// Writes the three files into a folder.
///
/// # Errors
/// If one cannot be written.
pub fn write(report: &Report, folder: &Path) -> io::Result<()> {
    let json = serde_json::to_string_pretty(report).map_err(io::Error::other)?;
    std::fs::write(folder.join("report.json"), json + "\n")?;
    std::fs::write(folder.join("report.html"), page::page(report))?;
    std::fs::write(folder.join("summary.txt"), summary::summary(report))
}
