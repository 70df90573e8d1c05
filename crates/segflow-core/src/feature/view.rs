//! One customer's facts in effect, indexed for reading features at any instant from then on. An index is built when the
//! first feature asks for it.

use std::cell::OnceCell;
use std::sync::Arc;

use super::context::{AttributeDeclaration, FeatureContext, Parameters};
use super::fact_index::FactIndex;
use super::fact_index::attributes::present;
use super::fact_index::books::Books;
use super::fact_index::contacts::Contacts;
use super::fact_index::disputes::Disputes;
use super::fact_index::history::History;
use super::fact_index::ledger::Terms;
use super::fact_index::owed::Owed;
use super::fact_index::payments::{Payments, last_method};
use super::fact_index::promises::Promises;
use super::reading::Reading;
use super::row::AttributeIndex;
use super::window::{Calendar, Window};
use crate::event::{Attribute, CustomerId, Families};
use crate::fact::Fact;
use crate::in_effect::{InEffect, Pending};
use crate::money::Currency;
use crate::time::{Date, Timestamp, Zone};

/// What features are read from.
pub struct View<'a> {
    customer: &'a CustomerId,
    in_effect: InEffect<'a>,
    context: FeatureContext<'a>,
    index: FactIndex,
    /// The value of each attribute, texts too.
    attributes: OnceCell<Vec<Reading<'a>>>,
}

impl<'a> View<'a> {
    /// A view in which nothing is indexed yet; `context` is a segmentation.
    #[must_use]
    pub fn new(customer: &'a CustomerId, in_effect: InEffect<'a>, context: impl Into<FeatureContext<'a>>) -> Self {
        Self::indexed(customer, in_effect, context, FactIndex::default())
    }

    /// A view of facts of which some are indexed already.
    pub(crate) fn indexed(
        customer: &'a CustomerId,
        in_effect: InEffect<'a>,
        context: impl Into<FeatureContext<'a>>,
        index: FactIndex,
    ) -> Self {
        Self { customer, in_effect, context: context.into(), index, attributes: OnceCell::new() }
    }

    /// What is indexed by now.
    pub(crate) fn into_index(self) -> FactIndex {
        self.index
    }

    /// The view before some facts came; `known` is what was indexed then.
    #[must_use]
    pub(crate) fn without(&self, hidden: &[Pending], known: &FactIndex) -> Self {
        let families = hidden.iter().fold(Families::NONE, |all, hidden| all | Families::of(&[hidden.family()]));
        let index = self.index.but_for(families, known);
        Self::indexed(self.customer, self.in_effect.without(hidden), self.context, index)
    }

    pub(super) const fn customer(&self) -> &'a CustomerId {
        self.customer
    }

    pub(super) fn facts(&self) -> &[&'a Fact] {
        &self.in_effect.facts
    }

    pub(super) const fn zone(&self) -> &'a Zone {
        self.context.zone
    }

    pub(super) const fn currency(&self) -> &'a Currency {
        self.context.currency
    }

    pub(super) const fn parameters(&self) -> &'a Parameters {
        self.context.parameters
    }

    /// The longest window.
    pub(super) const fn horizon(&self) -> Window {
        Window::Calendar(Calendar::Days(self.parameters().horizon_days))
    }

    fn terms(&self) -> Terms<'_> {
        Terms { facts: self.facts(), parameters: self.parameters(), zone: self.zone() }
    }

    pub(super) fn owed(&self) -> &Owed {
        &self.ledger().0
    }

    /// What is owed, and how it stood earlier if some rule asks for that: both come from one replay.
    fn ledger(&self) -> &(Owed, Option<History>) {
        let read = || self.index.running().owed(self.terms(), self.context.reads_history);
        self.index.owed.get_or_init(|| Arc::new(read()))
    }

    pub(super) fn history(&self) -> &History {
        let read = || Books::of(self.terms(), true).read(self.terms()).1.unwrap_or_default();
        self.ledger().1.as_ref().unwrap_or_else(|| self.index.history.get_or_init(|| Arc::new(read())))
    }

    pub(super) fn payments(&self) -> &Payments {
        self.index.payments.get_or_init(|| {
            let mut running = self.index.running();
            Arc::new(Payments::of(running.receipts(self.terms()), self.parameters(), self.zone()))
        })
    }

    /// How the last payment that stands was paid.
    pub(super) fn last_method(&self) -> Reading<'a> {
        last_method(self.index.running().receipts(self.terms()), self.facts())
    }

    /// Every promise.
    pub fn promises(&self) -> &Promises {
        self.index.promises.get_or_init(|| {
            let owing = self.owed().owing();
            Arc::new(self.index.running().promises(owing, self.terms()))
        })
    }

    pub(super) fn contacts(&self) -> &Contacts {
        self.index.contacts.get_or_init(|| self.index.running().contacts(self.terms()))
    }

    pub(super) fn disputes(&self) -> &Disputes {
        self.index.disputes.get_or_init(|| Arc::new(Disputes::of(self.facts(), self.zone())))
    }

    /// The present value of a declared attribute.
    pub(super) fn attribute(&self, AttributeIndex(place): AttributeIndex) -> Reading<'a> {
        let lasting = || Arc::new(self.attributes().iter().map(|reading| reading.lasting()).collect::<Vec<_>>());
        self.index.attributes.get_or_init(lasting)[place].unwrap_or_else(|| self.attributes()[place])
    }

    fn attributes(&self) -> &[Reading<'a>] {
        self.attributes.get_or_init(|| {
            let declared = self.context.attributes;
            let sent = present(self.facts().iter().copied(), declared).into_iter();
            let read = |(declaration, sent): (&AttributeDeclaration, Option<&'a Attribute>)| {
                sent.map_or(Reading::Absent, |value| declaration.read(value, self.context.currency))
            };
            declared.iter().zip(sent).map(read).collect()
        })
    }

    /// Whether the present value of a declared attribute cannot be read as its type.
    #[must_use]
    pub fn is_unreadable(&self, AttributeIndex(place): AttributeIndex) -> bool {
        let declaration = &self.context.attributes[place];
        let sent = present(self.facts().iter().copied(), std::slice::from_ref(declaration))[0];
        sent.is_some_and(|value| !declaration.can_read(value, self.context.currency))
    }

    /// The attribute `customer_since`, if it is declared as a date and known.
    pub(super) fn customer_since(&self) -> Option<Date> {
        let place = self.context.attributes.iter().position(|attribute| attribute.is_customer_since())?;
        if let Reading::Date(date) = self.attribute(AttributeIndex(place)) { Some(date) } else { None }
    }

    /// When the first fact of all happened, pruned ones included.
    pub(super) fn first_fact_at(&self) -> Option<Timestamp> {
        let first = self.facts().first().map(|fact| fact.occurred_at);
        [first, self.in_effect.pruned_from].into_iter().flatten().min()
    }
}
