//! One customer's facts in effect, arranged for reading features at any instant from then on. What no rule asks for
//! is not arranged.

use std::cell::OnceCell;
use std::sync::Arc;

use super::catalogue::CUSTOMER_SINCE;
use super::contacts::Contacts;
use super::disputes::Disputes;
use super::fact_index::FactIndex;
use super::history::{History, Standings};
use super::ledger::sum;
use super::owed::Owed;
use super::payments::{Habit, Payments, last_method};
use super::profile::attributes;
use super::promises::{Promises, count};
use super::reading::{Moment, Reading};
use super::{Feature, Window, bucket};
use crate::change::{OpenPromise, Safety};
use crate::event::{CustomerId, Families};
use crate::fact::Fact;
use crate::segmentation::{AttributeKind, Segmentation};
use crate::state::{InEffect, Pending};
use crate::time::{Date, Timestamp, Zone};
use crate::timed::Timed;

/// What the features are read from.
pub struct View<'a> {
    customer: &'a CustomerId,
    facts: Vec<&'a Fact>,
    pruned_from: Option<Timestamp>,
    segmentation: &'a Segmentation,
    arranged: FactIndex,
    /// By attribute, texts too.
    attributes: OnceCell<Vec<Reading<'a>>>,
}

impl<'a> View<'a> {
    /// Arranges nothing yet.
    #[must_use]
    pub fn new(customer: &'a CustomerId, in_effect: InEffect<'a>, segmentation: &'a Segmentation) -> Self {
        Self::arranged(customer, in_effect, segmentation, FactIndex::default())
    }

    /// Of which something is arranged already.
    pub(crate) fn arranged(
        customer: &'a CustomerId,
        in_effect: InEffect<'a>,
        segmentation: &'a Segmentation,
        arranged: FactIndex,
    ) -> Self {
        let InEffect { facts, pruned_from } = in_effect;
        Self { customer, facts, pruned_from, segmentation, arranged, attributes: OnceCell::new() }
    }

    /// What is arranged by now.
    pub(crate) const fn arrangement(&self) -> &FactIndex {
        &self.arranged
    }

    /// Without some of the facts, where of those that remain this was arranged before.
    #[must_use]
    pub(crate) fn without(&self, hidden: &[Pending], known: &FactIndex) -> Self {
        let mut facts = self.facts.clone();
        for hidden in hidden {
            // What is new came last, as a rule.
            let is_it = |fact: &&Fact| hidden.event_id == fact.event_id && hidden.family == fact.family();
            if let Some(place) = facts.iter().rposition(is_it) {
                facts.remove(place);
            }
        }
        let families = hidden.iter().fold(Families::NONE, |all, hidden| all | Families::of(&[hidden.family]));
        let in_effect = InEffect { facts, pruned_from: self.pruned_from };
        Self::arranged(self.customer, in_effect, self.segmentation, self.arranged.but_for(families, known))
    }

    fn zone(&self) -> &'a Zone {
        &self.segmentation.zone
    }

    fn owed(&self) -> &Owed {
        &self.ledger().0
    }

    /// What is owed, and how it stood earlier if some rule asks for that: both come from one replay.
    fn ledger(&self) -> &(Owed, Option<History>) {
        let is_read = || self.segmentation.features.iter().any(|slot| reads_history(&slot.feature));
        let of = || match is_read() {
            true => {
                let mut standings = Standings::new(self.tolerance_minor());
                let owed = Owed::of(&self.facts, self.zone(), |ledger, fact| standings.note(ledger, fact));
                (owed, Some(standings.history(self.zone())))
            }
            false => (Owed::of(&self.facts, self.zone(), |_, _| {}), None),
        };
        self.arranged.owed.get_or_init(|| Arc::new(of()))
    }

    fn history(&self) -> &History {
        let of = || Arc::new(History::of(&self.facts, self.tolerance_minor(), self.zone()));
        self.ledger().1.as_ref().unwrap_or_else(|| self.arranged.history.get_or_init(of))
    }

    fn tolerance_minor(&self) -> i64 {
        self.segmentation.parameters.overdue_tolerance_minor
    }

    fn payments(&self) -> &Payments {
        self.arranged.payments.get_or_init(|| Arc::new(Payments::of(&self.facts, self.zone())))
    }

    /// Every promise, arranged when it is first asked for.
    pub fn promises(&self) -> &Promises {
        let of = || Arc::new(Promises::of(&self.facts, &self.segmentation.parameters, self.zone()));
        self.arranged.promises.get_or_init(of)
    }

    fn contacts(&self) -> &Contacts {
        self.arranged.contacts.get_or_init(|| Arc::new(Contacts::of(&self.facts, self.zone())))
    }

    fn disputes(&self) -> &Disputes {
        self.arranged.disputes.get_or_init(|| Arc::new(Disputes::of(&self.facts, self.zone())))
    }

    fn attribute(&self, place: usize) -> Reading<'a> {
        let lasting = || Arc::new(self.attributes().iter().map(|reading| reading.lasting()).collect::<Vec<_>>());
        self.arranged.attributes.get_or_init(lasting)[place].unwrap_or_else(|| self.attributes()[place])
    }

    fn attributes(&self) -> &[Reading<'a>] {
        self.attributes.get_or_init(|| attributes(self.facts.iter().copied(), &self.segmentation.attributes))
    }

    /// A feature's value at a moment. `segment(..)` is not read from facts; see `rule::eval`.
    #[must_use]
    pub fn read(&self, feature: &Feature, moment: Moment<'_>) -> Timed<Reading<'a>> {
        match feature {
            Feature::Balance => money(Timed::always(self.owed().balance())),
            Feature::Credit => money(Timed::always(self.owed().credit())),
            Feature::DisputedAmount => money(Timed::always(self.owed().disputed_amount())),
            Feature::WrittenOffAmount => money(Timed::always(self.owed().written_off_amount())),
            Feature::InvoicesOpen => integer(Timed::always(self.owed().open_count())),
            Feature::OverdueAmount(debt_type) => money(self.owed().overdue_amount(debt_type.as_deref(), moment)),
            Feature::OverdueInvoices => integer(self.owed().overdue_count(moment)),
            Feature::OverdueDays(debt_type) => self.overdue_days(debt_type.as_deref(), moment),
            Feature::NextDueDays => self.next_due(moment, |due, _| Reading::Until(due)),
            Feature::NextDueAmount => self.next_due(moment, |_, amount| Reading::Money(amount)),
            Feature::InvoicesCount(window) => integer(self.owed().issued_count(*window, moment)),
            Feature::InvoicesSum(window) => money(self.owed().issued_sum(*window, moment)),
            Feature::DaysLateMedian(n) => Timed::always(self.days_late(*n).map_or(Reading::Absent, Reading::Int)),
            Feature::DaysLateTrend(n) => Timed::always(self.days_late_trend(*n)),
            Feature::DisputeRatio(window) => self.owed().dispute_ratio(*window, moment),
            Feature::PayRatio(window) => self.pay_ratio(*window, moment),
            Feature::Episodes(window) => integer(self.history().count(*window, moment)),
            Feature::EpisodeDays => self.history().days(moment),
            Feature::CuredDays => Timed::always(self.history().cured_days()),
            Feature::Roll(window) => self.history().roll(*window, moment),
            Feature::SelfCureRatio(window, channel) => {
                self.history().self_cure_ratio(*window, *channel, self.contacts(), moment)
            }
            Feature::FirstPaymentDefault => self.first_payment_default(moment),
            _ => self.read_behaviour(feature, moment),
        }
    }

    fn read_behaviour(&self, feature: &Feature, moment: Moment<'_>) -> Timed<Reading<'a>> {
        match feature {
            Feature::PaymentsCount(window) => {
                let within = self.payments().within(*window, moment);
                integer(Timed::until(count(within.value.len()), within.until))
            }
            Feature::PaymentsSum(window) => money(self.received(*window, moment)),
            Feature::PaymentsLastDays => Timed::always(self.payments().last_days()),
            Feature::PaymentsLastMethod => Timed::always(last_method(&self.facts)),
            Feature::PaymentsReversed(window) => integer(self.payments().reversed(*window, moment)),
            Feature::PaymentsFailed(window, code) => integer(self.payments().failed(*window, *code, moment)),
            Feature::PayDayOfMonth => self.habit(|habit| Timed::always(Reading::Int(i64::from(habit.day)))),
            Feature::PayDayConfidence => self.habit(|habit| Timed::always(habit.confidence())),
            Feature::PayDayNextDays => self.habit(|habit| habit.next_days(moment)),
            Feature::PayDayMissedDays => self.habit(|habit| habit.missed_days(moment)),
            Feature::PromisesOpen => self.promises().open_count(moment.at),
            Feature::PromisesDueDays => self.promises().due_days(moment.at),
            Feature::PromisesKept(window) => integer(self.promises().kept(*window, moment)),
            Feature::PromisesBroken(window) => integer(self.promises().broken(*window, moment)),
            Feature::PromisesKeptRatio(window) => self.promises().kept_ratio(*window, moment),
            Feature::DisputesOpen => Timed::always(self.disputes().open()),
            Feature::DisputesRejected(window) => integer(self.disputes().rejected(*window, moment)),
            Feature::DisputesResolvedDays => Timed::always(self.disputes().resolved_days()),
            _ => self.read_contacts(feature, moment),
        }
    }

    fn read_contacts(&self, feature: &Feature, moment: Moment<'_>) -> Timed<Reading<'a>> {
        let contacts = || self.contacts();
        match feature {
            Feature::Contacts(direction, window, channel) => {
                integer(contacts().counted(*direction, *window, *channel, moment))
            }
            Feature::RightPartyRatio(window) => contacts().right_party_ratio(*window, moment),
            Feature::Reachable(channel) => Timed::always(contacts().reachable(*channel)),
            Feature::ResponseRatio(window, channel) => {
                contacts().response_ratio(*window, *channel, &self.receipts(), moment)
            }
            Feature::ResponseHours(window, channel) => {
                contacts().response_hours(*window, *channel, &self.receipts(), moment)
            }
            Feature::SilentDays => {
                let last = self.payments().received.last().map(|payment| payment.at);
                Timed::always(contacts().silent_days(last, self.zone()))
            }
            Feature::CallHeadroom => integer(self.call_headroom(moment)),
            _ => self.read_customer(feature, moment),
        }
    }

    fn read_customer(&self, feature: &Feature, moment: Moment<'_>) -> Timed<Reading<'a>> {
        let today = |part: i8| Timed::until(Reading::Int(i64::from(part)), moment.next_midnight());
        match feature {
            Feature::CustomerDays => Timed::always(self.customer_days()),
            Feature::Profile(attribute) => Timed::always(self.attribute(*attribute)),
            Feature::DaysSince(attribute) => self.dated(*attribute, Reading::Since),
            Feature::DaysUntil(attribute) => self.dated(*attribute, Reading::Until),
            Feature::TodayMonth => today(moment.today.civil().month()),
            Feature::TodayDay => today(moment.today.civil().day()),
            Feature::TodayWeekday => today(moment.today.weekday()),
            Feature::Bucket(experiment) => Timed::always(Reading::Int(bucket(experiment, self.customer))),
            _ => Timed::always(Reading::Absent),
        }
    }

    /// What a subscriber checks before it acts.
    #[must_use]
    pub fn safety(&self, moment: Moment<'_>) -> Safety {
        let owed = self.owed();
        let oldest = owed.overdue(moment.today).next();
        let next_due = owed.next_due(moment);
        let days = match self.overdue_days(None, moment).value {
            Reading::Since(due) => moment.today.days_since(due),
            _ => 0,
        };
        let limit = self.segmentation.parameters.call_limit;
        Safety {
            currency: self.segmentation.currency.code.clone(),
            balance_minor: owed.balance(),
            overdue_amount_minor: owed.overdue_amount(None, moment).value,
            overdue_days: days,
            disputed_amount_minor: Some(owed.disputed_amount()),
            oldest_overdue_invoice_id: oldest.map(|invoice| invoice.invoice_id.clone().into()),
            oldest_due_date: oldest.map(|invoice| invoice.due),
            next_due_date: next_due.map(|next| next.value.0),
            next_due_amount_minor: next_due.map(|next| next.value.1),
            open_promise: self.promises().open(moment.at).next().map(|promise| OpenPromise {
                promise_id: promise.promise_id.clone().into(),
                amount_minor: promise.amount,
                due_date: promise.due,
            }),
            expected_pay_date: self.payments().habit().map(|habit| habit.next(moment.today)),
            call_headroom: Some(self.call_headroom(moment).value),
            call_allowed_from: self.contacts().call_allowed_from(limit, moment),
        }
    }

    fn overdue_days(&self, debt_type: Option<&str>, moment: Moment<'_>) -> Timed<Reading<'a>> {
        self.owed().overdue_days(self.tolerance_minor(), debt_type, moment)
    }

    fn next_due(&self, moment: Moment<'_>, pick: impl Fn(Date, i64) -> Reading<'a>) -> Timed<Reading<'a>> {
        self.owed()
            .next_due(moment)
            .map_or(Timed::always(Reading::Absent), |next| Timed::until(pick(next.value.0, next.value.1), next.until))
    }

    fn received(&self, window: Window, moment: Moment<'_>) -> Timed<i64> {
        let within = self.payments().within(window, moment);
        Timed::until(sum(within.value.iter().map(|payment| payment.amount)), within.until)
    }

    fn receipts(&self) -> Vec<Timestamp> {
        self.payments().received.iter().map(|payment| payment.at).collect()
    }

    fn pay_ratio(&self, window: Window, moment: Moment<'_>) -> Timed<Reading<'a>> {
        let (received, due) = (self.received(window, moment), self.owed().fallen_due(window, moment));
        if due.value == 0 {
            return Timed::until(Reading::Absent, due.until);
        }
        Timed::until(Reading::Ratio(received.value, due.value), received.until.min(due.until))
    }

    fn days_late(&self, n: usize) -> Option<i64> {
        self.owed().days_late(n)
    }

    fn days_late_trend(&self, n: usize) -> Reading<'a> {
        let trend = self.days_late(TREND_OF).zip(self.days_late(n)).map(|(recent, median)| recent - median);
        trend.map_or(Reading::Absent, Reading::Int)
    }

    fn habit(&self, read: impl FnOnce(Habit) -> Timed<Reading<'static>>) -> Timed<Reading<'a>> {
        self.payments().habit().map_or(Timed::always(Reading::Absent), read)
    }

    fn call_headroom(&self, moment: Moment<'_>) -> Timed<i64> {
        self.contacts().call_headroom(self.segmentation.parameters.call_limit, moment)
    }

    /// Where history is complete only: for an older customer the first invoice known is not the first.
    fn first_payment_default(&self, moment: Moment<'_>) -> Timed<Reading<'a>> {
        let since = self.segmentation.parameters.history_since;
        match (since, self.customer_since()) {
            (Some(complete), Some(customer)) if customer >= complete => {
                let default = self.history().first_payment_default(moment);
                Timed::until(Reading::Bool(default.value), default.until)
            }
            _ => Timed::always(Reading::Absent),
        }
    }

    fn dated(&self, attribute: usize, count: fn(Date) -> Reading<'a>) -> Timed<Reading<'a>> {
        match self.attribute(attribute) {
            Reading::Date(date) => Timed::always(count(date)),
            _ => Timed::always(Reading::Absent),
        }
    }

    fn customer_since(&self) -> Option<Date> {
        let mut declared = self.segmentation.attributes.iter();
        let place =
            declared.position(|attribute| attribute.name == CUSTOMER_SINCE && attribute.kind == AttributeKind::Date)?;
        if let Reading::Date(date) = self.attribute(place) { Some(date) } else { None }
    }

    fn customer_days(&self) -> Reading<'a> {
        let known = self.facts.first().map(|fact| fact.occurred_at);
        let first = || [known, self.pruned_from].into_iter().flatten().min();
        self.customer_since()
            .or_else(|| first().map(|at| self.zone().date_of(at)))
            .map_or(Reading::Absent, Reading::Since)
    }
}

/// How many invoices a trend compares with the median.
const TREND_OF: usize = 3;

fn reads_history(feature: &Feature) -> bool {
    matches!(
        feature,
        Feature::Episodes(_)
            | Feature::EpisodeDays
            | Feature::CuredDays
            | Feature::Roll(_)
            | Feature::SelfCureRatio(..)
            | Feature::FirstPaymentDefault
    )
}

fn integer(timed: Timed<i64>) -> Timed<Reading<'static>> {
    Timed::until(Reading::Int(timed.value), timed.until)
}

fn money(timed: Timed<i64>) -> Timed<Reading<'static>> {
    Timed::until(Reading::Money(timed.value), timed.until)
}
