//! What is kept of a customer's facts so that the next fact in order costs no replay of all.
//!
//! Each part knows how many of the facts it has read, and reads the others when a feature asks. A replay of all facts makes
//! the same: it is what remains for facts out of order, and for a fact that lets an earlier one have another effect.

use std::sync::Arc;

use super::books::Books;
use super::contact_log::ContactLog;
use super::contacts::Contacts;
use super::history::History;
use super::ledger::Terms;
use super::owed::Owed;
use super::promises::Promises;
use super::receipts::Receipts;
use crate::event::Body;
use crate::fact::Fact;
use crate::in_effect::Pending;

/// What is kept from fact to fact. It knows facts by their places among those in effect.
#[derive(Default, Debug)]
pub(crate) struct Running {
    /// How many facts are in effect.
    facts: usize,
    books: Option<Books>,
    receipts: Receipts,
    contacts: ContactLog,
    promised: Promised,
}

/// Whether a promise was made, and how many of the facts it knows.
#[derive(Default, Debug)]
struct Promised {
    is_made: bool,
    read: usize,
}

impl Running {
    /// Begins anew if facts came into effect that are not the last ones.
    pub fn follow(&mut self, facts: &[&Fact], news: &[Pending]) {
        let is_news = |fact: &&Fact| news.iter().any(|news| news.key() == fact.key());
        let in_order = self.facts + news.len() == facts.len() && facts[self.facts..].iter().all(is_news);
        if !in_order {
            *self = Self::default();
        }
        self.facts = facts.len();
    }

    /// What is owed, and how it stood earlier if that is read.
    pub fn owed(&mut self, terms: Terms<'_>, reads_history: bool) -> (Owed, Option<History>) {
        if !self.books.as_mut().is_some_and(|books| books.go_on(terms)) {
            self.books = None;
        }
        self.books.get_or_insert_with(|| Books::of(terms, reads_history)).read(terms)
    }

    /// What stands of every payment.
    pub fn receipts(&mut self, terms: Terms<'_>) -> &Receipts {
        self.receipts.go_on(terms.facts, terms.zone);
        &self.receipts
    }

    /// Every promise. `owing` says from which fact on, by its place among the ledger's, something is owed.
    pub fn promises(&mut self, owing: &[(usize, bool)], terms: Terms<'_>) -> Promises {
        let Promised { is_made, read } = &mut self.promised;
        *is_made |= terms.facts[*read..].iter().any(|fact| matches!(fact.body, Body::Made { .. }));
        *read = terms.facts.len();
        if *is_made { Promises::of(self.receipts(terms), owing, terms) } else { Promises::default() }
    }

    /// Every contact.
    pub fn contacts(&mut self, terms: Terms<'_>) -> Arc<Contacts> {
        self.contacts.go_on(terms.facts, terms.parameters.click_min_seconds, terms.zone)
    }
}
