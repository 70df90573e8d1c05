//! Looks at the segmentation's file, and at the candidate's, while the service runs: reads it again when it changes and on
//! SIGHUP, checks it, and offers it to the tasks. The journal of each task decides whether that task activates it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use segflow_core::segmentation::Segmentation;
use segflow_runtime::offer::Candidate;
use segflow_runtime::rulebook::Rulebook;
use segflow_runtime::status::Status;

/// The time between two looks at the file.
const LOOK: Duration = Duration::from_secs(2);
/// The time within which a signal is noticed.
const TICK: Duration = Duration::from_millis(100);

/// The tasks to which a file's segmentation is offered.
pub enum Recipient {
    /// Every task, to be activated.
    Rules(Arc<Rulebook>),
    /// The shadow of every task.
    Candidate(Arc<Candidate>),
}

impl Recipient {
    /// The word for the file in the log.
    const fn name(&self) -> &'static str {
        match self {
            Self::Rules(_) => "segmentation",
            Self::Candidate(_) => "candidate",
        }
    }

    /// The segmentation that is offered now.
    fn offered(&self) -> Option<Arc<Segmentation>> {
        match self {
            Self::Rules(rulebook) => Some(rulebook.offered()),
            Self::Candidate(candidate) => candidate.offered(),
        }
    }

    fn offer(&self, segmentation: Segmentation) {
        match self {
            Self::Rules(rulebook) => rulebook.offer(Arc::new(segmentation)),
            Self::Candidate(candidate) => candidate.offer(Arc::new(segmentation)),
        }
    }

    fn set_invalid(&self, status: &Status, invalid: bool) {
        match self {
            Self::Rules(_) => status.set_file_invalid(invalid),
            Self::Candidate(_) => status.set_shadow_file_invalid(invalid),
        }
    }
}

/// A file that is looked at.
pub struct FileWatch {
    file: PathBuf,
    recipient: Recipient,
    status: Arc<Status>,
    /// The bytes found by the last look; none if the file could not be read.
    found: Option<Vec<u8>>,
    /// The bytes judged last: they were offered, or found wrong.
    judged: Option<Vec<u8>>,
}

impl FileWatch {
    /// Watches a file whose segmentation the recipient has already, if it could be used.
    pub fn new(file: PathBuf, recipient: Recipient, status: Arc<Status>) -> Self {
        let offered = recipient.offered().map(|offered| offered.text.clone());
        Self { file, recipient, status, found: offered.clone(), judged: offered }
    }

    /// Looks every two seconds, and at once when told to, until `stop` is set.
    pub fn run(mut self, told: &AtomicBool, stop: &AtomicBool) {
        let mut last = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            let told = told.swap(false, Ordering::Relaxed);
            if told || last.elapsed() >= LOOK {
                self.look(told);
                last = Instant::now();
            }
            thread::sleep(TICK);
        }
    }

    /// Offers what the file holds if it is new, and sound. Unless the operator has told that it is complete, it must
    /// have been the same at the look before: it may be half written.
    fn look(&mut self, told: bool) {
        let read = std::fs::read(&self.file);
        if let Err(error) = &read
            && (told || self.found.is_some())
        {
            let (file, name) = (self.file.display(), self.recipient.name());
            tracing::error!(%file, "the {name} cannot be read, {}: {error}", self.stays());
            self.recipient.set_invalid(&self.status, true);
        }
        if read.is_err() {
            // The file is judged anew once it is back.
            self.judged = None;
        }
        let before = std::mem::replace(&mut self.found, read.ok());
        let complete = told || before == self.found;
        if complete && self.found.is_some() && (self.judged != self.found || told) {
            self.judged.clone_from(&self.found);
            self.offer();
        }
    }

    fn offer(&self) {
        let text = self.found.as_deref().unwrap_or_default();
        let loaded = Segmentation::load(&self.file.display().to_string(), text);
        self.recipient.set_invalid(&self.status, loaded.is_err());
        let kind = self.recipient.name();
        match loaded {
            Ok(loaded) => {
                loaded.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
                let segmentation = loaded.segmentation;
                if self.recipient.offered().is_none_or(|offered| segmentation.hash != offered.hash) {
                    let (name, version, hash) = (&segmentation.name, segmentation.version, &segmentation.hash);
                    tracing::info!(name, version, hash, "the {kind}'s file has changed and is offered to the tasks");
                    self.recipient.offer(segmentation);
                }
            }
            Err(error) => tracing::error!("the {kind} cannot be used, {}\n{error}", self.stays()),
        }
    }

    /// For the log: what the tasks decide by while the file cannot be used.
    fn stays(&self) -> &'static str {
        if self.recipient.offered().is_some() { "the former one stays" } else { "and there is none yet" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMO: &str = include_str!("../../../../../deploy/segmentations/demo.yaml");

    fn watch(file: &std::path::Path) -> FileWatch {
        std::fs::write(file, DEMO).unwrap();
        let segmentation = Segmentation::load("demo.yaml", DEMO).unwrap().segmentation;
        FileWatch::new(file.to_owned(), Recipient::Rules(Rulebook::new(Arc::new(segmentation))), Arc::default())
    }

    fn offered(watch: &FileWatch) -> u32 {
        watch.recipient.offered().unwrap().version
    }

    #[test]
    fn a_file_is_offered_once_it_has_stayed_the_same_or_at_once_when_told() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("demo.yaml");
        let mut watch = watch(&file);
        let first = offered(&watch);
        let version = |version: u32| DEMO.replace(&format!("version: {first}\n"), &format!("version: {version}\n"));
        std::fs::write(&file, version(first + 1)).unwrap();
        watch.look(false);
        assert_eq!(offered(&watch), first, "it may be half written");
        watch.look(false);
        assert_eq!(offered(&watch), first + 1);
        std::fs::write(&file, version(first + 2)).unwrap();
        watch.look(true);
        assert_eq!(offered(&watch), first + 2);
    }

    #[test]
    fn a_file_that_is_wrong_or_gone_leaves_the_former_one() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("demo.yaml");
        let mut watch = watch(&file);
        let hash = |watch: &FileWatch| watch.recipient.offered().unwrap().hash.clone();
        let first = hash(&watch);
        let invalid = |watch: &FileWatch| watch.status.snapshot().file_invalid;
        std::fs::write(&file, DEMO.replace("when: ", "when: nothing && ")).unwrap();
        watch.look(true);
        assert_eq!((invalid(&watch), hash(&watch)), (true, first.clone()));
        std::fs::write(&file, DEMO).unwrap();
        watch.look(true);
        assert!(!invalid(&watch));
        std::fs::remove_file(&file).unwrap();
        watch.look(false);
        assert_eq!((invalid(&watch), hash(&watch)), (true, first));
        std::fs::write(&file, DEMO).unwrap();
        watch.look(false);
        watch.look(false);
        assert!(!invalid(&watch), "it is back as it was");
    }

    #[test]
    fn a_candidate_that_cannot_be_used_is_not_offered_until_it_can() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("candidate.yaml");
        std::fs::write(&file, "name: [").unwrap();
        let (candidate, status) = (Candidate::new(None), Arc::<Status>::default());
        let mut watch = FileWatch::new(file.clone(), Recipient::Candidate(Arc::clone(&candidate)), Arc::clone(&status));
        watch.look(true);
        assert!(status.snapshot().shadow_file_invalid && candidate.offered().is_none());
        assert!(!status.snapshot().file_invalid, "that of the segmentation is another");
        std::fs::write(&file, DEMO).unwrap();
        watch.look(true);
        assert!(!status.snapshot().shadow_file_invalid && candidate.offered().is_some());
    }
}
