//! `segflow check`: is a segmentation valid, and what does it read?

use std::path::PathBuf;

use anyhow::Result;

use crate::segmentation::load;

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
        println!("{} version {} is valid ({})", segmentation.name, segmentation.version, segmentation.hash);
        println!("currency {}, days of {}", segmentation.currency.code, segmentation.zone.name());
        println!("\ndimensions, in the order decided:");
        for (dimension, segments) in &summary.dimensions {
            println!("  {dimension}: {}", segments.join(", "));
        }
        println!("\nfeatures read:");
        summary.features.iter().for_each(|feature| println!("  {feature}"));
        println!("\nattributes read:");
        summary.attributes.iter().for_each(|(name, kind)| println!("  {name}: {kind}"));
        if summary.attributes.is_empty() {
            println!("  none");
        }
        match summary.longest_window_days {
            Some(days) => println!("\nlongest window: {days} days"),
            None => println!("\nlongest window: none"),
        }
        Ok(())
    }
}
