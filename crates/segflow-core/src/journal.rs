//! The journal record: all that is needed to decide an epoch again.
//!
//! The bytes of a record are an Avro schema's, in `segflow-wire`. What a field means is on disk for ever: append only.

use std::collections::BTreeMap;

use crate::clock::Clock;
use crate::digest::Digest;
use crate::event::{CustomerId, Family};
use crate::time::Timestamp;

/// One epoch of one task: what was read, how far time had come, and what was decided.
#[derive(Clone, PartialEq, Debug)]
pub struct JournalRecord {
    /// 1, 2, 3 ... per task.
    pub epoch: u64,
    /// Where each input stands after it.
    pub inputs: BTreeMap<Family, Position>,
    /// `F`, `T` and `S` after it.
    pub clock: Clock,
    /// Wall time of its cycle.
    pub w: Timestamp,
    /// Wall time of the task's first cycle ever.
    pub first_started: Timestamp,
    /// The rules by which it decided. Where they are not those of the epoch before, they were activated by this one.
    pub segmentation_hash: String,
    /// The hashes of the rules by which some customers are decided still, the oldest first; empty once everybody is
    /// decided by the present ones. The present hash itself is among them while an earlier engine version decided some
    /// customers by the present rules.
    pub former: Vec<String>,
    /// How far the migration of all customers, in the order of their ids, has come; none before its beginning and after
    /// its end.
    pub resegmented_to: Option<CustomerId>,
    /// The intake configuration by which it accepted records.
    pub intake_hash: String,
    /// The release that decided, with its time-zone database.
    pub engine_version: String,
    /// What became of the records.
    pub counts: Counts,
    /// The number of the form in which the changes' cores were hashed. A later release may know more forms than this one.
    pub digest_form: u32,
    /// The digest of the changes' cores.
    pub digest: Digest,
}

/// Where an input of a task stands.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Position {
    /// The next offset to read.
    pub offset: u64,
    /// The greatest record timestamp read; none before the first record.
    pub greatest: Option<Timestamp>,
}

/// What became of the records of an epoch (I7: `read = folded + duplicates + forgotten + ignored + dead_letters`).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// Records read.
    pub read: u64,
    /// Facts that were new, also those that changed nothing.
    pub folded: u64,
    /// Copies of a fact already known.
    pub duplicates: u64,
    /// Facts that came too late to matter: from before the horizon, or from before an erasure.
    pub forgotten: u64,
    /// Records of another currency, where the configuration says that these are not for this application.
    pub ignored: u64,
    /// Copies whose content differed; each is also counted as folded or duplicate.
    pub conflicts: u64,
    /// Facts that count only from later than they happened; each is also counted as folded.
    pub late: u64,
    /// Records that could not be used.
    pub dead_letters: u64,
    /// Changes decided.
    pub changes: u64,
}

impl Counts {
    /// Adds the counts of another epoch.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.folded += other.folded;
        self.duplicates += other.duplicates;
        self.forgotten += other.forgotten;
        self.ignored += other.ignored;
        self.conflicts += other.conflicts;
        self.late += other.late;
        self.dead_letters += other.dead_letters;
        self.changes += other.changes;
    }
}
