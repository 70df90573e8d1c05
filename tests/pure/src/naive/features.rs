//! Each feature's value at one instant, from its definition in `docs/features.md`.

use segflow_core::event::{Body, Channel, Direction};
use segflow_core::feature::contacts::ContactsFeature;
use segflow_core::feature::customer::CustomerFeature;
use segflow_core::feature::disputes::DisputesFeature;
use segflow_core::feature::experiment::ExperimentFeature;
use segflow_core::feature::history::HistoryFeature;
use segflow_core::feature::membership::MembershipFeature;
use segflow_core::feature::owed::OwedFeature;
use segflow_core::feature::payments::PaymentsFeature;
use segflow_core::feature::promises::PromisesFeature;
use segflow_core::feature::row::AttributeIndex;
use segflow_core::feature::window::{Calendar, Window};
use segflow_core::feature::{FactFeature, Feature};
use segflow_core::time::{Date, Timestamp};
use sha2::{Digest, Sha256};

use super::attributes::attribute;
use super::contacts::{call_headroom, reachable, response_hours, response_ratio, right_party_ratio, silent_days};
use super::days::{days_to_the_yearly_day, is_business_day};
use super::habits::{confidence, days_late, missed_days, next_expected, pay_day};
use super::owed::{days_past_due, disputed_share, next_due, overdue, pay_ratio, roll};
use super::promises::{Plan, after, plans};
use super::windows::{in_arrears_since, inside};
use super::world::{Payment, World};
use super::{Standing, Value};

/// The value of a feature at an instant; `standings` are those of the dimensions already decided at it.
pub fn value(world: &World<'_>, standings: &[Standing], feature: &Feature, at: Timestamp) -> Option<Value> {
    let today = world.date(at);
    if matches!(feature.references().window, Some(Window::Episode(_))) {
        in_arrears_since(world, at)?;
    }
    match feature {
        Feature::Facts(FactFeature::Owed(feature)) => owed(world, feature, at),
        Feature::Facts(FactFeature::History(feature)) => history(world, feature, at),
        Feature::Facts(FactFeature::Payments(feature)) => of_payments(world, feature, at),
        Feature::Facts(FactFeature::Promises(feature)) => promises(world, feature, at),
        Feature::Facts(FactFeature::Contacts(feature)) => of_contacts(world, feature, at),
        Feature::Facts(FactFeature::Disputes(feature)) => disputes(world, feature, at),
        Feature::Facts(FactFeature::Customer(feature)) => customer(world, feature, today),
        Feature::Facts(FactFeature::Attribute(attribute)) => profile(world, *attribute),
        Feature::Facts(FactFeature::Experiment(ExperimentFeature::Bucket(experiment))) => {
            Some(Value::Int(bucket(experiment, world.customer.as_str())))
        }
        Feature::Membership(feature) => membership(world, standings, feature, today),
    }
}

/// What is owed.
fn owed(world: &World<'_>, feature: &OwedFeature, at: Timestamp) -> Option<Value> {
    let today = world.date(at);
    let invoices = || world.ledger.invoices.iter();
    match feature {
        OwedFeature::Balance => money(invoices().map(|invoice| invoice.open()).sum()),
        OwedFeature::Credit => money(world.ledger.credit()),
        OwedFeature::DisputedAmount => money(invoices().map(|invoice| world.ledger.disputed(invoice)).sum()),
        OwedFeature::WrittenOffAmount => {
            money(invoices().filter(|invoice| invoice.written_off).map(|invoice| invoice.unpaid()).sum())
        }
        OwedFeature::InvoicesOpen => count(invoices().filter(|invoice| invoice.open() > 0)),
        OwedFeature::OverdueAmount(kinds) => money(overdue(world, today, kinds).map(|(_, part)| part).sum()),
        OwedFeature::OverdueAmountAged(least, most) => {
            let is_aged = |days: i64| days >= i64::from(*least) && most.is_none_or(|most| days <= i64::from(most));
            let aged = overdue(world, today, &[]).filter(|(invoice, _)| is_aged(today.days_since(invoice.due)));
            money(aged.map(|(_, part)| part).sum())
        }
        OwedFeature::OverdueInvoices => count(overdue(world, today, &[])),
        OwedFeature::OverdueDays(kinds) => Some(Value::Int(days_past_due(world, &world.ledger, today, kinds))),
        OwedFeature::OverdueBusinessDays => {
            let late = days_past_due(world, &world.ledger, today, &[]);
            let days = (0..late).map(|ago| today.plus_days(-i32::try_from(ago).expect("days of a calendar")));
            count(days.filter(|day| is_business_day(*day, &world.segmentation.parameters)))
        }
        OwedFeature::NextDueDays => next_due(world, today).map(|(date, _)| Value::Int(date.days_since(today))),
        OwedFeature::NextDueAmount => next_due(world, today).and_then(|(_, amount)| money(amount)),
        OwedFeature::InvoicesCount(window) => {
            count(invoices().filter(|invoice| inside(world, *window, invoice.issued, at)))
        }
        OwedFeature::HeldAmount => {
            money(invoices().filter(|invoice| invoice.is_held(today)).map(|invoice| invoice.open()).sum())
        }
        OwedFeature::WrittenOffRecovered(window) => {
            let recoveries = invoices().flat_map(|invoice| invoice.recoveries());
            money(recoveries.filter(|part| inside(world, *window, part.at, at)).map(|part| part.amount).sum())
        }
        OwedFeature::PaymentsUnmatched => {
            let horizon = Window::Calendar(Calendar::Days(world.segmentation.parameters.horizon_days));
            let payments = world.ledger.money.iter().enumerate();
            let payments = payments.filter(|(_, money)| money.paid && inside(world, horizon, money.at, at));
            money(payments.map(|(place, _)| world.ledger.unmatched(place)).sum())
        }
        OwedFeature::InvoicesSum(window) => {
            let issued = invoices().filter(|invoice| inside(world, *window, invoice.issued, at));
            money(issued.filter(|invoice| !invoice.written_off).map(|invoice| invoice.amount()).sum())
        }
    }
}

/// How the ledger stood earlier.
fn history(world: &World<'_>, feature: &HistoryFeature, at: Timestamp) -> Option<Value> {
    let today = world.date(at);
    let since = |date: Date| Value::Int(today.days_since(date));
    match feature {
        HistoryFeature::Episodes(window) => {
            let begun = world.history().episodes.iter().filter(|episode| episode.begin <= at);
            count(begun.filter(|episode| inside(world, *window, episode.begin, at)))
        }
        HistoryFeature::EpisodeDays => in_arrears_since(world, at).map(|begin| since(world.date(begin))),
        HistoryFeature::CuredDays => {
            let cures = world.history().episodes.iter().filter(|episode| episode.cured);
            cures.filter_map(|episode| episode.end).max().map(|cure| since(world.date(cure)))
        }
        HistoryFeature::Roll(window) => Some(Value::Int(roll(world, *window, today))),
        HistoryFeature::SelfCureRatio(window, channel) => {
            let cured = world.history().episodes.iter().filter(|episode| episode.cured);
            let cured: Vec<(Timestamp, Timestamp)> = cured
                .filter_map(|episode| Some((episode.begin, episode.end?)))
                .filter(|(_, cure)| inside(world, *window, *cure, at))
                .collect();
            let chased = |begin: Timestamp, cure: Timestamp| {
                let mut contacts = world.contacts.iter().filter(|contact| contact.is_outbound(*channel));
                contacts.any(|contact| begin <= contact.at && contact.at < cure)
            };
            ratio(cured.iter().filter(|(begin, cure)| !chased(*begin, *cure)), cured.iter(), 1)
        }
        HistoryFeature::FirstPaymentDefault => {
            let declared = customer_since(world)?;
            let is_known = world.segmentation.parameters.history_since.is_some_and(|since| declared >= since);
            let verdict = world.history().verdict.filter(|(settled, _)| *settled <= at);
            is_known.then_some(Value::Bool(verdict.is_some_and(|(_, is_default)| is_default)))
        }
    }
}

/// Payments, and how late invoices are paid.
fn of_payments(world: &World<'_>, feature: &PaymentsFeature, at: Timestamp) -> Option<Value> {
    let today = world.date(at);
    let since = |date: Date| Value::Int(today.days_since(date));
    match feature {
        PaymentsFeature::Count(window) => count(payments(world, *window, at)),
        PaymentsFeature::Sum(window) => money(payments(world, *window, at).map(|payment| payment.amount).sum()),
        PaymentsFeature::Average(window) => {
            let amounts: Vec<i128> = payments(world, *window, at).map(|payment| payment.amount).collect();
            let divided = amounts.iter().sum::<i128>().checked_div_euclid(amounts.len() as i128);
            divided.and_then(money)
        }
        PaymentsFeature::LastDays => world.payments.last().map(|last| since(last.date)),
        PaymentsFeature::LastMethod => world.payments.last()?.method.map(|method| Value::Text(method.to_owned())),
        PaymentsFeature::Reversed(window) => count(
            instants_of(world, |body| matches!(body, Body::Reversed { .. }))
                .filter(|then| inside(world, *window, *then, at)),
        ),
        PaymentsFeature::Failed(window, wanted) => {
            let failed = |body: &Body| match body {
                Body::Failed { code, .. } => wanted.is_none() || code == wanted,
                _ => false,
            };
            count(instants_of(world, failed).filter(|then| inside(world, *window, *then, at)))
        }
        PaymentsFeature::Pending => {
            let parameters = &world.segmentation.parameters;
            let last = |at: Timestamp| after(world.date(at), parameters.pending_business_days, parameters);
            let pending = world.standing.submitted.iter().filter(|(at, _)| last(*at) >= today);
            money(pending.map(|(_, amount)| amount).sum())
        }
        PaymentsFeature::PayRatio(window) => pay_ratio(world, *window, at),
        PaymentsFeature::DaysLateMedian(last) => days_late(world, *last).map(Value::Int),
        PaymentsFeature::DaysLateTrend(last) => Some(Value::Int(days_late(world, 3)? - days_late(world, *last)?)),
        PaymentsFeature::PayDayOfMonth => pay_day(world).map(Value::Int),
        PaymentsFeature::PayDayConfidence => confidence(world),
        PaymentsFeature::PayDayNextDays => next_expected(world, today).map(|day| Value::Int(day.days_since(today))),
        PaymentsFeature::PayDayMissedDays => missed_days(world, today),
    }
}

/// Promises to pay.
fn promises(world: &World<'_>, feature: &PromisesFeature, at: Timestamp) -> Option<Value> {
    let today = world.date(at);
    match feature {
        PromisesFeature::Open => count(world.promises.iter().filter(|promise| promise.is_open(at))),
        PromisesFeature::DueDays => world
            .promises
            .iter()
            .find(|promise| promise.is_open(at))
            .map(|promise| Value::Int(promise.due.days_since(today))),
        PromisesFeature::Kept(window) => count(kept(world, *window, at)),
        PromisesFeature::Broken(window) => count(broken(world, *window, at)),
        PromisesFeature::KeptRatio(window) => {
            ratio(kept(world, *window, at), kept(world, *window, at).chain(broken(world, *window, at)), 2)
        }
        PromisesFeature::PlansOpen => {
            count(plans(&world.promises).iter().filter(|plan| plan.instalments.iter().any(|one| one.is_open(at))))
        }
        PromisesFeature::PlansBroken(window) => {
            let broken = plans(&world.promises).into_iter().filter_map(|plan| plan.broken()).filter(|then| *then <= at);
            count(broken.filter(|then| inside(world, *window, *then, at)))
        }
        PromisesFeature::PlansKept(window) => {
            let kept = plans(&world.promises).into_iter().filter_map(|plan| plan.kept());
            count(kept.filter(|then| inside(world, *window, *then, at)))
        }
        PromisesFeature::PlansMissed => {
            let plans = plans(&world.promises);
            let made = |plan: &Plan<'_, '_>| plan.instalments.iter().map(|one| one.made).max();
            let latest = plans.iter().max_by_key(|plan| (made(plan), plan.id));
            count(latest.into_iter().flat_map(|plan| &plan.instalments).filter(|one| one.is_missed(at)))
        }
    }
}

/// Contacts and the answers to them.
fn of_contacts(world: &World<'_>, feature: &ContactsFeature, at: Timestamp) -> Option<Value> {
    let today = world.date(at);
    match feature {
        ContactsFeature::Outbound(window, channel) => contacts(world, Direction::Outbound, *window, *channel, at),
        ContactsFeature::Inbound(window, channel) => contacts(world, Direction::Inbound, *window, *channel, at),
        ContactsFeature::RightPartyRatio(window) => right_party_ratio(world, |then| inside(world, *window, then, at)),
        ContactsFeature::Reachable(channel) => reachable(world, *channel),
        ContactsFeature::ResponseRatio(window, channel) => {
            response_ratio(world, |then| inside(world, *window, then, at), *channel, at)
        }
        ContactsFeature::ResponseHours(window, channel) => {
            response_hours(world, |then| inside(world, *window, then, at), *channel, at)
        }
        ContactsFeature::SilentDays => silent_days(world, today),
        ContactsFeature::CallHeadroom => Some(Value::Int(call_headroom(world, today))),
    }
}

/// Disputes.
fn disputes(world: &World<'_>, feature: &DisputesFeature, at: Timestamp) -> Option<Value> {
    let today = world.date(at);
    let since = |date: Date| Value::Int(today.days_since(date));
    match feature {
        DisputesFeature::Open => {
            let resolved = &world.ledger.resolved;
            count(world.ledger.disputes.iter().filter(|dispute| !resolved.contains_key(dispute.id)))
        }
        DisputesFeature::Ratio(window) => disputed_share(world, *window, at),
        DisputesFeature::Rejected(window) => {
            let rejected = world.ledger.resolved.values().filter(|resolution| resolution.upheld == Some(false));
            count(rejected.filter(|resolution| inside(world, *window, resolution.at, at)))
        }
        DisputesFeature::ResolvedDays => {
            let opened = world.ledger.disputes.iter().map(|dispute| dispute.id);
            let resolved = opened.filter_map(|id| world.ledger.resolved.get(id));
            resolved.map(|resolution| resolution.at).max().map(|last| since(world.date(last)))
        }
    }
}

/// The customer and the calendar.
fn customer(world: &World<'_>, feature: &CustomerFeature, today: Date) -> Option<Value> {
    let since = |date: Date| Value::Int(today.days_since(date));
    match feature {
        CustomerFeature::Days => Some(since(customer_since(world).or(world.first.map(|first| world.date(first)))?)),
        CustomerFeature::DaysSince(index) => match profile(world, *index)? {
            Value::Date(date) => Some(since(date)),
            _ => None,
        },
        CustomerFeature::DaysUntil(index) => match profile(world, *index)? {
            Value::Date(date) => Some(Value::Int(date.days_since(today))),
            _ => None,
        },
        CustomerFeature::DaysUntilAnniversary(index) => match profile(world, *index)? {
            Value::Date(date) => Some(Value::Int(days_to_the_yearly_day(date, today))),
            _ => None,
        },
        CustomerFeature::TodayBusiness => Some(Value::Bool(is_business_day(today, &world.segmentation.parameters))),
        CustomerFeature::TodayMonth => Some(Value::Int(today.civil().month().into())),
        CustomerFeature::TodayDay => Some(Value::Int(today.civil().day().into())),
        CustomerFeature::TodayWeekday => Some(Value::Int(today.weekday().into())),
    }
}

/// Where the customer stands in earlier dimensions.
fn membership(world: &World<'_>, standings: &[Standing], feature: &MembershipFeature, today: Date) -> Option<Value> {
    let since = |date: Date| Value::Int(today.days_since(date));
    match feature {
        MembershipFeature::Segment(index) => standings.get(index.0).map(|(name, _)| Value::Text(name.clone())),
        MembershipFeature::SegmentDays(index) => {
            standings.get(index.0).map(|(_, entered_at)| since(world.date(*entered_at)))
        }
    }
}

fn contacts(
    world: &World<'_>,
    direction: Direction,
    window: Window,
    channel: Option<Channel>,
    at: Timestamp,
) -> Option<Value> {
    count(world.contacts.iter().filter(|contact| {
        contact.direction == direction
            && channel.is_none_or(|channel| contact.channel == channel)
            && inside(world, window, contact.at, at)
    }))
}

/// Sums stop at the bounds of 64 bits.
fn money(minor: i128) -> Option<Value> {
    Some(Value::Money(clamped(minor)))
}

/// The nearest that 64 bits hold.
pub fn clamped(minor: i128) -> i64 {
    i64::try_from(minor).unwrap_or(if minor < 0 { i64::MIN } else { i64::MAX })
}

fn count<T>(items: impl Iterator<Item = T>) -> Option<Value> {
    Some(Value::Int(items.count() as i64))
}

/// Absent if there are fewer than `least` of all.
fn ratio<A, B>(part: impl Iterator<Item = A>, all: impl Iterator<Item = B>, least: usize) -> Option<Value> {
    let (part, all) = (part.count(), all.count());
    (all >= least).then_some(Value::Ratio(part as i128, all as i128))
}

fn payments<'w, 'a>(world: &'w World<'a>, window: Window, at: Timestamp) -> impl Iterator<Item = &'w Payment<'a>> {
    world.payments.iter().filter(move |payment| inside(world, window, payment.at, at))
}

/// When facts happened.
fn instants_of(world: &World<'_>, wanted: impl Fn(&Body) -> bool) -> impl Iterator<Item = Timestamp> {
    world.facts.iter().filter(move |fact| wanted(&fact.body)).map(|fact| fact.occurred_at)
}

fn kept(world: &World<'_>, window: Window, at: Timestamp) -> impl Iterator<Item = Timestamp> {
    let kept = world.promises.iter().filter_map(|promise| promise.kept);
    kept.filter(move |then| inside(world, window, *then, at))
}

fn broken(world: &World<'_>, window: Window, at: Timestamp) -> impl Iterator<Item = Timestamp> {
    let broken = world.promises.iter().filter(move |promise| promise.is_broken(at));
    broken.map(|promise| promise.deadline).filter(move |then| inside(world, window, *then, at))
}

/// The attribute of this name, if the segmentation declares it as a date and it is known.
fn customer_since(world: &World<'_>) -> Option<Date> {
    let declared = world.segmentation.attributes.iter();
    let index = declared.clone().position(|declared| declared.name == "customer_since")?;
    match profile(world, AttributeIndex(index))? {
        Value::Date(date) => Some(date),
        _ => None,
    }
}

fn profile(world: &World<'_>, AttributeIndex(index): AttributeIndex) -> Option<Value> {
    let declared = &world.segmentation.attributes[index];
    attribute(world.segmentation, declared, world.attributes.get(declared.name.as_str())?)
}

/// The digest as a number, digit by digit in base 256, modulo 100.
fn bucket(experiment: &str, customer: &str) -> i64 {
    let digest = Sha256::digest(format!("{experiment}\0{customer}"));
    digest.iter().fold(0, |number, digit| (number * 256 + i64::from(*digit)) % 100)
}
