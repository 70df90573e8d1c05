//! The checker's findings: how often it found each fault, and the first of each.

use std::collections::{BTreeMap, HashSet};
use std::fmt::{self, Display, Formatter};

/// A fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    /// A change that must be told never was.
    Lost,
    /// A `change_id`, or a `seq` of a customer and dimension, was told twice.
    Repeated,
    /// A `seq` after a greater one, or an `effective_at` before that of the change before it.
    OutOfOrder,
    /// A `seq` that never came although a greater one did.
    Gap,
    /// The change under a `seq` is not the one that must be told.
    Altered,
    /// A change was told although none must be.
    Invented,
    /// A change is on another partition than its customer's, or under another key.
    Misplaced,
    /// An epoch is missing from the journal or twice in it, or its counts do not add up with the inputs.
    Journal,
}

/// The verdict so far.
#[derive(Default)]
pub struct Verdict {
    /// Records of inputs read.
    pub inputs: u64,
    /// Epochs of which every input was read, and which were decided again.
    pub epochs: u64,
    /// Records that those epochs read.
    pub read: u64,
    /// The facts among these that came late.
    pub late: u64,
    /// Records of the change topic.
    pub changes: u64,
    /// Changes that were told as they must be.
    pub matched: u64,
    /// Changes that must be told, whether they were or not.
    pub expected: u64,
    /// The moves among these that time alone brought about.
    pub timed: u64,
    /// Customers whose schedule the journal does not tell in full: only the order of their changes is checked.
    pub undecidable: u64,
    /// How far the cursor of silence of the slowest task stayed behind the wall of its last epoch, in milliseconds.
    pub silence_behind_ms: i64,
    ids: HashSet<u64>,
    faults: BTreeMap<Fault, (u64, String)>,
}

impl Verdict {
    pub(super) fn fault(&mut self, fault: Fault, what: String) {
        self.faults.entry(fault).or_insert_with(|| (0, what)).0 += 1;
    }

    /// Whether a change of this id is new.
    pub(super) fn is_new(&mut self, change_id: u64) -> bool {
        self.ids.insert(change_id)
    }

    /// How often a fault was found.
    #[must_use]
    pub fn count(&self, fault: Fault) -> u64 {
        self.faults.get(&fault).map_or(0, |(count, _)| *count)
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        use Fault::{Altered, Gap, Invented, Journal, Lost, Misplaced, OutOfOrder, Repeated};
        writeln!(
            f,
            "{} records of inputs, {} of them late, in {} epochs; {} changes, {} of {} as they must be ({} by time alone); \
             {} customers undecidable; silence judged to within {} ms of the last epoch",
            self.read,
            self.late,
            self.epochs,
            self.changes,
            self.matched,
            self.expected,
            self.timed,
            self.undecidable,
            self.silence_behind_ms
        )?;
        let count = |fault| self.count(fault);
        write!(
            f,
            "lost {}, repeated {}, out of order {}, gaps in seq {}, altered {}, invented {}, misplaced {}, journal {}",
            count(Lost),
            count(Repeated),
            count(OutOfOrder),
            count(Gap),
            count(Altered),
            count(Invented),
            count(Misplaced),
            count(Journal)
        )?;
        for (fault, (_, first)) in &self.faults {
            write!(f, "\nfirst {fault:?}: {first}")?;
        }
        Ok(())
    }
}
