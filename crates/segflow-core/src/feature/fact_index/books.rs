//! The ledger with what features read from it, kept from fact to fact.

use super::history::{History, HistoryBuilder};
use super::ledger::{Ledger, Replay, Step, Terms};
use super::owed::{Owed, note_owing};

/// A replay of the ledger, and what was noted on the way. It goes on with facts that come in order; other facts need
/// another one.
#[derive(Debug)]
pub struct Books {
    replay: Replay,
    notes: Notes,
}

#[derive(Clone, Debug)]
struct Notes {
    owing: Vec<(usize, bool)>,
    /// None if no feature reads it.
    history: Option<HistoryBuilder>,
}

impl Notes {
    fn see(&mut self, ledger: &Ledger, step: Step, terms: Terms<'_>) {
        note_owing(&mut self.owing, ledger, step);
        if let Some(history) = &mut self.history {
            history.note(ledger, step, terms.zone);
        }
    }
}

impl Books {
    /// The books of all facts.
    #[must_use]
    pub fn of(terms: Terms<'_>, reads_history: bool) -> Self {
        let history = reads_history.then(|| HistoryBuilder::new(terms.parameters.overdue_tolerance_minor));
        let mut notes = Notes { owing: Vec::new(), history };
        let replay = Replay::of(terms, |ledger, step| notes.see(ledger, step, terms));
        Self { replay, notes }
    }

    /// Takes in the facts that they do not know yet, which come after all others. False if they cannot go on, and are of no
    /// use any more.
    pub fn go_on(&mut self, terms: Terms<'_>) -> bool {
        let Self { replay, notes } = self;
        replay.go_on(terms, |ledger, step| notes.see(ledger, step, terms))
    }

    /// What is owed, and how it stood earlier if that is read.
    #[must_use]
    pub fn read(&self, terms: Terms<'_>) -> (Owed, Option<History>) {
        let mut notes = self.notes.clone();
        self.replay.see_the_end(terms, |ledger, step| notes.see(ledger, step, terms));
        let history = notes.history.map(|history| history.build(terms.zone));
        (Owed::of(&self.replay, notes.owing, terms), history)
    }
}
