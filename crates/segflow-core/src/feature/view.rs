//! One customer's facts in effect, arranged for reading features at any instant from then on.

use std::collections::BTreeSet;

use super::contacts::Contacts;
use super::dated::inside;
use super::ledger::{Ledger, sum};
use super::profile::attributes;
use super::promises::{Promises, count};
use super::reading::{Moment, Reading};
use super::{Feature, Window};
use crate::change::{OpenPromise, Safety};
use crate::event::{Body, CustomerId};
use crate::fact::Fact;
use crate::segmentation::{AttributeKind, Segmentation};
use crate::time::{Date, Instant};
use crate::timed::Timed;

/// The attribute that says since when somebody is a customer.
const CUSTOMER_SINCE: &str = "customer_since";

struct Payment {
    at: Instant,
    date: Date,
    amount: i64,
}

/// What the features are read from.
pub struct View<'a> {
    segmentation: &'a Segmentation,
    ledger: Ledger<'a>,
    payments: Vec<Payment>,
    promises: Promises<'a>,
    contacts: Contacts,
    attributes: Vec<Reading<'a>>,
    first: Option<Date>,
}

impl<'a> View<'a> {
    /// Arranges facts given in (`occurred_at`, `event_id`) order.
    pub fn new(
        _customer: &'a CustomerId,
        facts: impl Iterator<Item = &'a Fact> + Clone,
        segmentation: &'a Segmentation,
    ) -> Self {
        let zone = &segmentation.zone;
        let mut seen = BTreeSet::new();
        let payments: Vec<_> = facts
            .clone()
            .filter_map(|fact| match &fact.body {
                Body::Received { payment_id, amount_minor, .. } if seen.insert(payment_id) => {
                    Some(Payment { at: fact.occurred_at, date: zone.date_of(fact.occurred_at), amount: *amount_minor })
                }
                _ => None,
            })
            .collect();
        let receipts = payments.iter().map(|payment| (payment.at, payment.amount));
        Self {
            segmentation,
            ledger: Ledger::replay(facts.clone()),
            promises: Promises::of(facts.clone(), receipts, &segmentation.parameters, zone),
            contacts: Contacts::of(facts.clone(), zone),
            attributes: attributes(facts.clone(), &segmentation.attributes),
            first: facts.clone().next().map(|fact| zone.date_of(fact.occurred_at)),
            payments,
        }
    }

    /// A feature's value at a moment. `segment(..)` is not read from facts; see `rule::eval`.
    #[must_use]
    pub fn read(&self, feature: &Feature, moment: Moment<'_>) -> Timed<Reading<'a>> {
        let (ledger, today) = (&self.ledger, moment.today);
        let overdue = |reading| Timed::until(reading, ledger.next_overdue(moment));
        match *feature {
            Feature::Balance => Timed::always(Reading::Money(ledger.balance())),
            Feature::Credit => Timed::always(Reading::Money(ledger.credit())),
            Feature::InvoicesOpen => Timed::always(Reading::Int(count(ledger.open.len()))),
            Feature::OverdueAmount(_) => overdue(Reading::Money(ledger.overdue_amount(today))),
            Feature::OverdueInvoices => overdue(Reading::Int(count(ledger.overdue(today).len()))),
            Feature::OverdueDays(_) => self.overdue_days(moment),
            Feature::NextDueDays => self.next_due(moment, |due, _| Reading::Until(due)),
            Feature::NextDueAmount => self.next_due(moment, |_, amount| Reading::Money(amount)),
            Feature::PaymentsCount(window) => {
                let inside = self.payments(window, moment);
                Timed::until(Reading::Int(count(inside.value.len())), inside.until)
            }
            Feature::PaymentsSum(window) => {
                let inside = self.payments(window, moment);
                Timed::until(Reading::Money(sum(inside.value.iter().map(|payment| payment.amount))), inside.until)
            }
            Feature::PaymentsLastDays => {
                Timed::always(self.payments.last().map_or(Reading::Absent, |payment| Reading::Since(payment.date)))
            }
            Feature::PromisesOpen => self.promises.open_count(moment.at),
            Feature::PromisesDueDays => self.promises.due_days(moment.at),
            Feature::PromisesKept(window) => integer(self.promises.kept(window, moment)),
            Feature::PromisesBroken(window) => integer(self.promises.broken(window, moment)),
            Feature::PromisesKeptRatio(window) => self.promises.kept_ratio(window, moment),
            Feature::Contacts(direction, window, channel) => self.contacts.counted(direction, window, channel, moment),
            Feature::SilentDays => {
                self.contacts.silent_days(self.payments.last().map(|payment| payment.at), moment.zone)
            }
            Feature::CustomerDays => Timed::always(self.customer_since().map_or(Reading::Absent, Reading::Since)),
            Feature::Profile(attribute) => Timed::always(self.attributes[attribute]),
            _ => Timed::always(Reading::Absent),
        }
    }

    /// What a subscriber checks before it acts.
    #[must_use]
    pub fn safety(&self, moment: Moment<'_>) -> Safety {
        let oldest = self.ledger.overdue(moment.today).first();
        let next_due = self.ledger.next_due(moment);
        let days = match self.overdue_days(moment).value {
            Reading::Since(due) => moment.today.days_since(due),
            _ => 0,
        };
        Safety {
            currency: self.segmentation.currency.code.clone(),
            balance_minor: self.ledger.balance(),
            overdue_amount_minor: self.ledger.overdue_amount(moment.today),
            overdue_days: days,
            disputed_amount_minor: None,
            oldest_overdue_invoice_id: oldest.map(|open| open.invoice_id.to_owned()),
            oldest_due_date: oldest.map(|open| open.due),
            next_due_date: next_due.map(|next| next.value.0),
            next_due_amount_minor: next_due.map(|next| next.value.1),
            open_promise: self.promises.open(moment.at).next().map(|promise| OpenPromise {
                promise_id: promise.promise_id.to_owned(),
                amount_minor: promise.amount,
                due_date: promise.due,
            }),
            expected_pay_date: None,
            call_headroom: None,
            call_allowed_from: None,
        }
    }

    fn overdue_days(&self, moment: Moment<'_>) -> Timed<Reading<'a>> {
        self.ledger.overdue_days(self.segmentation.parameters.overdue_tolerance_minor, moment)
    }

    fn next_due(&self, moment: Moment<'_>, pick: impl Fn(Date, i64) -> Reading<'a>) -> Timed<Reading<'a>> {
        self.ledger
            .next_due(moment)
            .map_or(Timed::always(Reading::Absent), |next| Timed::until(pick(next.value.0, next.value.1), next.until))
    }

    fn payments(&self, window: Window, moment: Moment<'_>) -> Timed<&[Payment]> {
        inside(&self.payments, |payment| payment.date, window, moment)
    }

    fn customer_since(&self) -> Option<Date> {
        let declared = self.segmentation.attributes.iter().zip(&self.attributes);
        declared
            .filter(|(attribute, _)| attribute.name == CUSTOMER_SINCE && attribute.kind == AttributeKind::Date)
            .find_map(|(_, reading)| if let Reading::Date(date) = reading { Some(*date) } else { None })
            .or(self.first)
    }
}

fn integer(timed: Timed<i64>) -> Timed<Reading<'static>> {
    Timed::until(Reading::Int(timed.value), timed.until)
}
