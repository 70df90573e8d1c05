//! The segmentations that a task has at hand, and those of them that decide an epoch.
//!
//! A task decides by what its journal says. An epoch whose segmentation is another than that of the epoch before is the
//! activation. Its text is committed with it, so that the epoch can be decided again by a worker that has no such file.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Poll;

use segflow_core::journal::JournalRecord;
use segflow_core::segmentation::Segmentation;
use tracing::{info, warn};

use crate::config::Config;
use crate::error::TaskError;
use crate::log::{Output, Past, TaskId};
use crate::task::outputs::text;
use segflow_engine::rules::{Activation, FORMER_MAX, InForce, Refused, Rules, may_follow};

/// The segmentations of a task.
pub(crate) struct AtHand {
    task: TaskId,
    /// The segmentations at hand, by hash.
    known: BTreeMap<String, Arc<Segmentation>>,
    /// Whether the text of the present one is committed.
    published: bool,
}

/// The rules with which an epoch begins.
pub(crate) struct Beginning {
    pub standing: InForce,
    pub rules: Rules,
    /// Why the segmentation that is offered stays out.
    pub refused: Option<Refused>,
}

impl AtHand {
    pub(crate) fn new(task: TaskId) -> Self {
        Self { task, known: BTreeMap::new(), published: false }
    }

    /// The rules of the next epoch: those offered if they may be activated, else those of the epoch before.
    pub(crate) fn next(&mut self, config: &Config, last: Option<&JournalRecord>) -> Beginning {
        let offered = config.segmentation.offered();
        let present = last.map(|last| &self.known[&last.segmentation_hash]);
        let (hash, refused) = match (last, present) {
            (Some(last), Some(present)) if present.hash != offered.hash => match may_follow(&offered, present) {
                Ok(()) if last.former.len() < FORMER_MAX => (offered.hash.clone(), None),
                Ok(()) => (present.hash.clone(), None),
                Err(refused) => {
                    if config.segmentation.is_first_refusal(&offered.hash) {
                        self.complain(&offered, present, refused);
                    }
                    (present.hash.clone(), Some(refused))
                }
            },
            _ => (offered.hash.clone(), None),
        };
        self.known.entry(offered.hash.clone()).or_insert(offered);
        let standing = InForce::of(last, &hash, &config.release.engine_version);
        Beginning { rules: self.rules(&standing), standing, refused }
    }

    fn complain(&self, offered: &Segmentation, present: &Segmentation, refused: Refused) {
        warn!(
            task = self.task.0,
            offered = format_args!("{} version {}", offered.name, offered.version),
            offered_hash = offered.hash,
            in_force = format_args!("{} version {}", present.name, present.version),
            in_force_hash = present.hash,
            "the segmentation's file is not activated: {}",
            refused.reason()
        );
    }

    /// The rules of an epoch whose segmentations are at hand.
    pub(crate) fn rules(&self, standing: &InForce) -> Rules {
        let known = |hash: &String| self.known[hash].clone();
        Rules { present: known(&standing.hash), former: standing.former.iter().map(known).collect() }
    }

    /// Fetches every segmentation that a journal record names: the one offered, one that another task uses, or a text from
    /// the log. Returns whether all have come.
    ///
    /// # Errors
    /// `Stop` if one cannot be had; what the log says.
    pub(crate) fn learn<P: Past>(
        &mut self,
        config: &Config,
        past: &mut P,
        record: &JournalRecord,
    ) -> Result<bool, TaskError> {
        for hash in record.former.iter().chain([&record.segmentation_hash]) {
            if self.known.contains_key(hash) {
                continue;
            }
            let segmentation = match config.segmentation.known(hash) {
                Some(known) => known,
                None => match past.segmentation(hash)? {
                    Poll::Pending => return Ok(false),
                    Poll::Ready(text) => self.read(config, record, hash, text)?,
                },
            };
            self.known.insert(hash.clone(), segmentation);
        }
        Ok(true)
    }

    fn read(
        &self,
        config: &Config,
        record: &JournalRecord,
        hash: &str,
        text: Option<Vec<u8>>,
    ) -> Result<Arc<Segmentation>, TaskError> {
        let stop = |reason: String| {
            TaskError::stop(self.task, format_args!("epoch {} of its journal: {reason}", record.epoch))
        };
        let offered = config.segmentation.offered();
        let text = text.ok_or_else(|| {
            stop(format!(
                "expected the segmentation of hash {hash}, which decided it, in the topic of segmentations or as the \
                 file of the configuration, found {} version {} of hash {}; put the former file in place and start, \
                 and activate the other one once the tasks run; or start with a fresh group and journal",
                offered.name, offered.version, offered.hash
            ))
        })?;
        let read = config.segmentation.read(&text).map_err(|error| {
            stop(format!("this release does not understand the segmentation of hash {hash}, which decided it: {error}"))
        })?;
        if read.hash == hash {
            return Ok(read);
        }
        Err(stop(format!("the text under the hash {hash} in the topic of segmentations has the hash {}", read.hash)))
    }

    /// Records are accepted in the currency of the file; those of a journal in another would all be refused.
    pub(crate) fn check_currency(&self, config: &Config, last: &JournalRecord) -> Result<(), TaskError> {
        let (decided, accepted) = (&self.known[&last.segmentation_hash].currency, &config.intake.currency);
        if decided == accepted {
            return Ok(());
        }
        let reason = format_args!(
            "its journal was decided in {}, but the segmentation of the configuration is in {}; start with a file in {}, \
             or with a fresh group and journal",
            decided.code, accepted.code, decided.code
        );
        Err(TaskError::stop(self.task, reason))
    }

    /// The segmentation of this hash, which is that of the last epoch.
    pub(crate) fn known(&self, hash: &str) -> Arc<Segmentation> {
        self.known[hash].clone()
    }

    /// The version of the segmentation of this hash, if it is at hand.
    pub(crate) fn version(&self, hash: &str) -> Option<u32> {
        self.known.get(hash).map(|known| known.version)
    }

    /// Finds out whether the text of the present segmentation is committed. Returns whether the log has answered.
    ///
    /// # Errors
    /// What the log says.
    pub(crate) fn look_for_text<P: Past>(
        &mut self,
        past: &mut P,
        last: Option<&JournalRecord>,
    ) -> Result<bool, TaskError> {
        self.published = match last.map(|last| past.segmentation(&last.segmentation_hash)).transpose()? {
            Some(Poll::Pending) => return Ok(false),
            Some(Poll::Ready(text)) => text.is_some(),
            None => false,
        };
        Ok(true)
    }

    /// The text that an epoch must commit; none if it is there.
    pub(crate) fn text(&self, beginning: &Beginning) -> Option<Output> {
        let Beginning { standing, rules, .. } = beginning;
        (!self.published || standing.activates == Some(Activation::Segmentation)).then(|| text(&rules.present))
    }

    /// An epoch was committed and written: only what it names is needed from now on.
    pub(crate) fn written(&mut self, before: Option<&JournalRecord>, record: &JournalRecord) {
        self.published = true;
        let needed = |hash: &String| record.former.contains(hash) || record.segmentation_hash == *hash;
        self.known.retain(|hash, _| needed(hash));
        let (task, version) = (self.task.0, self.version(&record.segmentation_hash));
        if before.is_some_and(|before| before.segmentation_hash != record.segmentation_hash) {
            info!(task, epoch = record.epoch, version, hash = record.segmentation_hash, "segmentation activated");
        }
        if let Some(before) = before.filter(|before| before.engine_version != record.engine_version) {
            let (from, to) = (&before.engine_version, &record.engine_version);
            info!(task, epoch = record.epoch, from, to, "engine version activated");
        }
        if record.former.is_empty() && before.is_some_and(|before| !before.former.is_empty()) {
            info!(task, epoch = record.epoch, version, "every customer is decided by the present segmentation");
        }
    }
}
