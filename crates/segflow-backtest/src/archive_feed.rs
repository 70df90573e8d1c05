//! Reads archives for a backtest: each record goes to the partition that its key hashes to.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use segflow_archive::{Address, Addresses, ArchiveError, Arrival, Merged};
use segflow_core::event::Family;
use segflow_wire::Intake;

use crate::batch::{Queued, RecordPlace};
use crate::run::{Ended, Feeding, LeftOut};

/// The number of records after which progress is told.
const TOLD_EVERY: u32 = 1_024;

/// Feeds a backtest with archives.
///
/// Offsets are those that the archives name; where they name none, they are counted per partition and topic.
///
/// # Errors
/// If an archive cannot be read further, or the backtest is over.
pub fn archives(
    feeding: &Feeding<'_>,
    files: &[PathBuf],
    topics: &[String; Family::ALL.len()],
    arrival: Arrival,
    intake: &Intake,
) -> Result<LeftOut, Ended<ArchiveError>> {
    let size = |file: &PathBuf| std::fs::metadata(file).map_or(0, |metadata| metadata.len());
    feeding.progress().total.store(files.iter().map(size).sum(), Ordering::Relaxed);
    let merged = Merged::open(files, topics.clone()).and_then(|merged| merged.arriving(arrival, intake));
    let mut merged = merged.map_err(Ended::Events)?;
    let mut feeder = feeding.feeder();
    let mut addresses = Addresses::new(topics.clone(), intake);
    let mut until_told = TOLD_EVERY;
    loop {
        until_told -= 1;
        if until_told == 0 {
            feeder.done(merged.bytes_read());
            until_told = TOLD_EVERY;
        }
        let Some(held) = merged.next().map_err(Ended::Events)? else { break };
        let place = RecordPlace { source: held.source, number: held.number };
        if let Some(detail) = &held.malformed {
            feeder.malformed(place, "malformed_line", detail);
            continue;
        }
        let Address { family, partition, offset } = match addresses.of(held) {
            Ok(address) => address,
            Err(detail) => {
                feeder.malformed(place, "unknown_topic", &detail);
                continue;
            }
        };
        let (key, value, timestamp) = (held.key(), held.value(), held.timestamp);
        feeder.record(partition, &Queued { family, offset, timestamp, place, key, value })?;
    }
    feeder.done(merged.bytes_read());
    feeder.finish_all()?;
    Ok(LeftOut { malformed: std::mem::take(&mut feeder.malformed), beyond: feeder.beyond, outside: feeder.outside })
}
