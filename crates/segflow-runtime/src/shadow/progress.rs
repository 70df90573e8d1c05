//! How far a run of a shadow has come. The run keeps it in its own store, since no journal tells it.

use std::collections::BTreeMap;

use segflow_core::clock::Clock;
use segflow_core::event::CustomerId;
use serde::{Deserialize, Serialize};

use super::RulePair;

/// The form of its bytes. Another one is not understood, and the run begins anew.
const FORM: u8 = 1;

/// How far a run has come. On disk, in the run's own store.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Progress {
    /// The worker that began it.
    pub owner: String,
    /// The epoch of the live store with which it began.
    pub began: u64,
    /// Its number, higher than that of the run before, as far as that is known.
    pub number: u64,
    /// The number of its last step that is committed. Steps that were prepared and not committed leave a gap: no two have
    /// one number, since after a power loss the intent of an earlier one may be the last on disk.
    pub step: u64,
    /// The hash of the candidate.
    pub candidate: String,
    /// The hash of the live segmentation from which it began.
    pub live: String,
    /// Its clock. The run has timers of its own, and may be behind with them.
    pub clock: Clock,
    /// Whether some customers are decided by the live rules still.
    pub migrating: bool,
    /// The last customer that the migration has reached.
    pub migrated_to: Option<CustomerId>,
    /// How many customers stand elsewhere than in the live segmentation, by dimension that both have.
    pub differing: BTreeMap<String, u64>,
}

impl Progress {
    /// What names the run.
    pub(super) fn name(&self) -> String {
        format!("{}/{}-{}", self.owner, self.began, self.number)
    }

    /// What names its last step.
    pub(super) fn mark(&self) -> String {
        format!("{}.{}", self.name(), self.step)
    }

    /// Whether the run evaluates this candidate beside these rules.
    pub(super) fn is_of(&self, pair: &RulePair) -> bool {
        self.candidate == pair.candidate.hash && self.live == pair.live.hash
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![FORM]).expect("it encodes into memory")
    }

    /// None if the bytes are those of another release, or damaged.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&form, bytes) = bytes.split_first()?;
        (form == FORM).then(|| postcard::from_bytes(bytes).ok()).flatten()
    }
}

/// The number of the run that a mark names.
pub(super) fn number_of(mark: &str) -> Option<u64> {
    let (_, named) = mark.rsplit_once('/')?;
    let (_, numbered) = named.split_once('-')?;
    numbered.split_once('.')?.0.parse().ok()
}

/// The bytes of an intent: a step's mark, and the batch that is to be written once the step is known to be committed.
pub(super) fn intent(mark: &str, batch: &[u8]) -> Vec<u8> {
    let length = u32::try_from(mark.len()).expect("a mark is short");
    [&length.to_le_bytes(), mark.as_bytes(), batch].concat()
}

/// The number of the step of an intent.
pub(super) fn step_of(intent: &[u8]) -> Option<u64> {
    let (mark, _) = parts(intent)?;
    std::str::from_utf8(mark).ok()?.rsplit_once('.')?.1.parse().ok()
}

/// The batch of an intent, if it is that of the step of this mark.
pub(super) fn batch_of<'a>(intent: &'a [u8], mark: &str) -> Option<&'a [u8]> {
    let (found, batch) = parts(intent)?;
    (found == mark.as_bytes()).then_some(batch)
}

fn parts(intent: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = intent.split_at_checked(4)?;
    let length = usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok()?;
    rest.split_at_checked(length)
}
