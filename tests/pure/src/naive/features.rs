//! CATALOGUE, "Features": each one's value at one instant, from its definition in `docs/features.md`.

use segflow_core::event::{Attribute, Body};
use segflow_core::feature::{Feature, Window};
use segflow_core::segmentation::AttributeKind;
use segflow_core::time::{Date, Timestamp};
use sha2::{Digest, Sha256};

use super::contacts::{call_headroom, reachable, response_hours, response_ratio, right_party_ratio, silent_days};
use super::habits::{confidence, days_late, missed_days, next_expected, pay_day};
use super::owed::{days_past_due, disputed_share, next_due, overdue, pay_ratio, roll};
use super::world::{Payment, World};
use super::{Standing, Value};

/// The value of a feature at an instant; `standings` are those of the dimensions already decided at it.
pub fn value(world: &World<'_>, standings: &[Standing], feature: &Feature, at: Timestamp) -> Option<Value> {
    let today = world.date(at);
    let since = |date: Date| Value::Int(today.days_since(date));
    let invoices = || world.ledger.invoices.iter();
    match feature {
        Feature::Balance => money(invoices().map(|invoice| invoice.open()).sum()),
        Feature::Credit => money(world.ledger.credit()),
        Feature::DisputedAmount => money(invoices().map(|invoice| world.ledger.disputed(invoice)).sum()),
        Feature::WrittenOffAmount => {
            money(invoices().filter(|invoice| invoice.written_off).map(|invoice| invoice.unpaid()).sum())
        }
        Feature::InvoicesOpen => count(invoices().filter(|invoice| invoice.open() > 0)),
        Feature::OverdueAmount(kind) => money(overdue(world, today, kind.as_deref()).map(|(_, part)| part).sum()),
        Feature::OverdueInvoices => count(overdue(world, today, None)),
        Feature::OverdueDays(kind) => Some(Value::Int(days_past_due(world, &world.ledger, today, kind.as_deref()))),
        Feature::NextDueDays => next_due(world, today).map(|(date, _)| Value::Int(date.days_since(today))),
        Feature::NextDueAmount => next_due(world, today).and_then(|(_, amount)| money(amount)),
        Feature::InvoicesCount(window) => {
            count(invoices().filter(|invoice| inside(*window, world.date(invoice.issued), today)))
        }
        Feature::InvoicesSum(window) => {
            let issued = invoices().filter(|invoice| inside(*window, world.date(invoice.issued), today));
            money(issued.filter(|invoice| !invoice.written_off).map(|invoice| invoice.amount()).sum())
        }
        Feature::Episodes(window) => {
            let begun = world.history().episodes.iter().filter(|episode| episode.begin <= at);
            count(begun.filter(|episode| inside(*window, world.date(episode.begin), today)))
        }
        Feature::EpisodeDays => {
            let begun = world.history().episodes.iter().rfind(|episode| episode.begin <= at);
            begun.filter(|episode| episode.end.is_none()).map(|episode| since(world.date(episode.begin)))
        }
        Feature::CuredDays => {
            let cures = world.history().episodes.iter().filter(|episode| episode.cured);
            cures.filter_map(|episode| episode.end).max().map(|cure| since(world.date(cure)))
        }
        Feature::Roll(window) => Some(Value::Int(roll(world, *window, today))),
        Feature::SelfCureRatio(window, channel) => {
            let cured = world.history().episodes.iter().filter(|episode| episode.cured);
            let cured: Vec<(Timestamp, Timestamp)> = cured
                .filter_map(|episode| Some((episode.begin, episode.end?)))
                .filter(|(_, cure)| inside(*window, world.date(*cure), today))
                .collect();
            let chased = |begin: Timestamp, cure: Timestamp| {
                let mut contacts = world.contacts.iter().filter(|contact| contact.is_outbound(*channel));
                contacts.any(|contact| begin <= contact.at && contact.at < cure)
            };
            ratio(cured.iter().filter(|(begin, cure)| !chased(*begin, *cure)), cured.iter(), 1)
        }
        Feature::FirstPaymentDefault => {
            let declared = customer_since(world)?;
            let is_known = world.segmentation.parameters.history_since.is_some_and(|since| declared >= since);
            let verdict = world.history().verdict.filter(|(settled, _)| *settled <= at);
            is_known.then_some(Value::Bool(verdict.is_some_and(|(_, is_default)| is_default)))
        }
        Feature::PaymentsCount(window) => count(payments(world, *window, today)),
        Feature::PaymentsSum(window) => money(payments(world, *window, today).map(|payment| payment.amount).sum()),
        Feature::PaymentsLastDays => world.payments.last().map(|last| since(last.date)),
        Feature::PaymentsLastMethod => world.payments.last()?.method.map(|method| Value::Text(method.to_owned())),
        Feature::PaymentsReversed(window) => count(
            days_of(world, |body| matches!(body, Body::Reversed { .. })).filter(|day| inside(*window, *day, today)),
        ),
        Feature::PaymentsFailed(window, wanted) => {
            let failed = |body: &Body| match body {
                Body::Failed { code, .. } => wanted.is_none() || code == wanted,
                _ => false,
            };
            count(days_of(world, failed).filter(|day| inside(*window, *day, today)))
        }
        Feature::PayRatio(window) => pay_ratio(world, *window, today),
        Feature::DaysLateMedian(last) => days_late(world, *last).map(Value::Int),
        Feature::DaysLateTrend(last) => Some(Value::Int(days_late(world, 3)? - days_late(world, *last)?)),
        Feature::PayDayOfMonth => pay_day(world).map(Value::Int),
        Feature::PayDayConfidence => confidence(world),
        Feature::PayDayNextDays => next_expected(world, today).map(|day| Value::Int(day.days_since(today))),
        Feature::PayDayMissedDays => missed_days(world, today),
        Feature::PromisesOpen => count(world.promises.iter().filter(|promise| promise.is_open(at))),
        Feature::PromisesDueDays => world
            .promises
            .iter()
            .find(|promise| promise.is_open(at))
            .map(|promise| Value::Int(promise.due.days_since(today))),
        Feature::PromisesKept(window) => count(kept(world, *window, today)),
        Feature::PromisesBroken(window) => count(broken(world, *window, at)),
        Feature::PromisesKeptRatio(window) => {
            ratio(kept(world, *window, today), kept(world, *window, today).chain(broken(world, *window, at)), 2)
        }
        Feature::Contacts(direction, window, channel) => count(world.contacts.iter().filter(|contact| {
            contact.direction == *direction
                && channel.is_none_or(|channel| contact.channel == channel)
                && inside(*window, contact.date, today)
        })),
        Feature::RightPartyRatio(window) => right_party_ratio(world, |date| inside(*window, date, today)),
        Feature::Reachable(channel) => reachable(world, *channel),
        Feature::ResponseRatio(window, channel) => {
            response_ratio(world, |date| inside(*window, date, today), *channel, at)
        }
        Feature::ResponseHours(window, channel) => {
            response_hours(world, |date| inside(*window, date, today), *channel, at)
        }
        Feature::SilentDays => silent_days(world, today),
        Feature::CallHeadroom => Some(Value::Int(call_headroom(world, today))),
        Feature::DisputesOpen => {
            let resolved = &world.ledger.resolved;
            count(world.ledger.disputes.iter().filter(|dispute| !resolved.contains_key(dispute.id)))
        }
        Feature::DisputeRatio(window) => disputed_share(world, *window, today),
        Feature::DisputesRejected(window) => {
            let rejected = world.ledger.resolved.values().filter(|resolution| resolution.upheld == Some(false));
            count(rejected.filter(|resolution| inside(*window, world.date(resolution.at), today)))
        }
        Feature::DisputesResolvedDays => {
            let opened = world.ledger.disputes.iter().map(|dispute| dispute.id);
            let resolved = opened.filter_map(|id| world.ledger.resolved.get(id));
            resolved.map(|resolution| resolution.at).max().map(|last| since(world.date(last)))
        }
        Feature::CustomerDays => Some(since(customer_since(world).or(world.first.map(|first| world.date(first)))?)),
        Feature::Profile(index) => profile(world, *index),
        Feature::DaysSince(index) => match profile(world, *index)? {
            Value::Date(date) => Some(since(date)),
            _ => None,
        },
        Feature::DaysUntil(index) => match profile(world, *index)? {
            Value::Date(date) => Some(Value::Int(date.days_since(today))),
            _ => None,
        },
        Feature::TodayMonth => Some(Value::Int(today.civil().month().into())),
        Feature::TodayDay => Some(Value::Int(today.civil().day().into())),
        Feature::TodayWeekday => Some(Value::Int(today.weekday().into())),
        Feature::Segment(index) => standings.get(*index).map(|(name, _)| Value::Text(name.clone())),
        Feature::SegmentDays(index) => standings.get(*index).map(|(_, entered_at)| since(world.date(*entered_at))),
        Feature::Bucket(experiment) => Some(Value::Int(bucket(experiment, world.customer.as_str()))),
    }
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

/// Whether a day is one of a window's.
pub fn inside(window: Window, date: Date, today: Date) -> bool {
    date <= today && date > today.plus_days(-window.days)
}

fn payments<'w, 'a>(world: &'w World<'a>, window: Window, today: Date) -> impl Iterator<Item = &'w Payment<'a>> {
    world.payments.iter().filter(move |payment| inside(window, payment.date, today))
}

/// The local days of facts.
fn days_of(world: &World<'_>, wanted: impl Fn(&Body) -> bool) -> impl Iterator<Item = Date> {
    let facts = world.facts.iter().filter(move |fact| wanted(&fact.body));
    facts.map(|fact| world.date(fact.occurred_at))
}

fn kept(world: &World<'_>, window: Window, today: Date) -> impl Iterator<Item = Date> {
    let kept = world.promises.iter().filter_map(|promise| promise.kept).map(|at| world.date(at));
    kept.filter(move |day| inside(window, *day, today))
}

fn broken(world: &World<'_>, window: Window, at: Timestamp) -> impl Iterator<Item = Date> {
    let broken = world.promises.iter().filter(move |promise| promise.is_broken(at));
    broken.map(|promise| world.date(promise.deadline)).filter(move |day| inside(window, *day, world.date(at)))
}

/// The attribute of this name, if the segmentation declares it as a date and it is known.
fn customer_since(world: &World<'_>) -> Option<Date> {
    let declared = world.segmentation.attributes.iter();
    let index = declared.clone().position(|declared| declared.name == "customer_since")?;
    match profile(world, index)? {
        Value::Date(date) => Some(date),
        _ => None,
    }
}

fn profile(world: &World<'_>, index: usize) -> Option<Value> {
    let declared = &world.segmentation.attributes[index];
    match (declared.kind, *world.attributes.get(declared.name.as_str())?) {
        (AttributeKind::Bool, Attribute::Bool(value)) => Some(Value::Bool(*value)),
        (AttributeKind::Int, Attribute::Long(value)) => Some(Value::Int(*value)),
        (AttributeKind::Money, Attribute::Long(value)) => Some(Value::Money(*value)),
        (AttributeKind::Ratio, Attribute::Long(value)) => Some(Value::Ratio(i128::from(*value), 1)),
        (AttributeKind::Ratio, Attribute::Double(text)) => decimal(text),
        (AttributeKind::Text, Attribute::Text(text)) => Some(Value::Text(text.clone())),
        (AttributeKind::Date, Attribute::Text(text)) => text.parse().ok().map(Value::Date),
        _ => None,
    }
}

/// A plain decimal such as `-0.75`, exactly.
fn decimal(text: &str) -> Option<Value> {
    let (sign, magnitude) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let digits = format!("{whole}{fraction}");
    let is_plain = (1..=18).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let numerator: i128 = is_plain.then(|| digits.parse().ok()).flatten()?;
    Some(Value::Ratio(sign * numerator, 10_i128.pow(u32::try_from(fraction.len()).ok()?)))
}

/// The digest as a number, digit by digit in base 256, modulo 100.
fn bucket(experiment: &str, customer: &str) -> i64 {
    let digest = Sha256::digest(format!("{experiment}\0{customer}"));
    digest.iter().fold(0, |number, digit| (number * 256 + i64::from(*digit)) % 100)
}
