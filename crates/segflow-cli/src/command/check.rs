//! `segflow check`: is a segmentation valid, and what does it read?

use std::path::PathBuf;

use anyhow::Result;

use crate::segmentation::load;
use crate::terminal::say;

/// Check a segmentation and list what it reads.
#[derive(clap::Args)]
pub struct Check {
    /// The segmentation file
    file: PathBuf,
}

impl Check {
    pub fn run(self) -> Result<()> {
        let segmentation = load(&self.file)?;
        let summary = segmentation.summary();
        say!("{} version {} is valid ({})", segmentation.name, segmentation.version, segmentation.hash)?;
        say!("currency {}, days of {}", segmentation.currency.code, segmentation.zone.name())?;
        say!("\ndimensions, in the order decided:")?;
        for (dimension, segments) in &summary.dimensions {
            say!("  {dimension}: {}", segments.join(", "))?;
        }
        say!("\nfeatures read:")?;
        for feature in &summary.features {
            say!("  {feature}")?;
        }
        say!("\nattributes read:")?;
        for (name, kind) in &summary.attributes {
            say!("  {name}: {kind}")?;
        }
        if summary.attributes.is_empty() {
            say!("  none")?;
        }
        match summary.longest_window_days {
            Some(days) => say!("\nlongest window: {days} days"),
            None => say!("\nlongest window: none"),
        }
    }
}
