//! CATALOGUE, "Features": each one's value at one instant, from its definition.

use segflow_core::change::{OpenPromise, Safety};
use segflow_core::event::{Attribute, Channel, Direction};
use segflow_core::feature::{Feature, Window};
use segflow_core::segmentation::AttributeKind;
use segflow_core::time::{Date, Instant};

use super::invoices::Invoice;
use super::world::{Payment, World};
use super::{Standing, Value};

/// The value of a feature at an instant; `standings` are those of the dimensions already decided at it.
pub fn value(world: &World<'_>, standings: &[Standing], feature: &Feature, at: Instant) -> Option<Value> {
    let today = world.date(at);
    match feature {
        Feature::Balance => money(world.ledger.invoices.iter().map(|invoice| invoice.open).sum()),
        Feature::Credit => money(world.ledger.credit),
        Feature::InvoicesOpen => count(world.ledger.invoices.iter().filter(|invoice| invoice.open > 0).count()),
        Feature::OverdueAmount => money(overdue(world, today).map(|invoice| invoice.open).sum()),
        Feature::OverdueInvoices => count(overdue(world, today).count()),
        Feature::OverdueDays => Some(Value::Int(overdue_days(world, today))),
        Feature::NextDueDays => next_due(world, today).map(|(date, _)| Value::Int(date.days_since(today))),
        Feature::NextDueAmount => next_due(world, today).map(|(_, amount)| Value::Money(amount)),
        Feature::PaymentsCount(window) => count(payments(world, *window, today).count()),
        Feature::PaymentsSum(window) => money(payments(world, *window, today).map(|payment| payment.amount).sum()),
        Feature::PaymentsLastDays => world.payments.last().map(|last| Value::Int(today.days_since(last.date))),
        Feature::PromisesOpen => count(world.promises.iter().filter(|promise| promise.is_open(at)).count()),
        Feature::PromisesDueDays => world
            .promises
            .iter()
            .find(|promise| promise.is_open(at))
            .map(|promise| Value::Int(promise.due.days_since(today))),
        Feature::PromisesKept(window) => count(kept(world, *window, today)),
        Feature::PromisesBroken(window) => count(broken(world, *window, at)),
        Feature::PromisesKeptRatio(window) => {
            let (kept, broken) = (kept(world, *window, today), broken(world, *window, at));
            (kept + broken >= 2).then_some(Value::Ratio(kept as i128, (kept + broken) as i128))
        }
        Feature::Contacts(direction, window, channel) => contacts(world, *direction, *window, *channel, today),
        Feature::SilentDays => silent_days(world, today),
        Feature::CustomerDays => customer_days(world, today),
        Feature::Profile(index) => {
            let declared = &world.segmentation.attributes[*index];
            attribute(world.attributes.get(&declared.name)?, declared.kind)
        }
        Feature::Segment(index) => standings.get(*index).map(|(name, _)| Value::Text(name.clone())),
        Feature::SegmentDays(index) => {
            standings.get(*index).map(|(_, entered_at)| Value::Int(today.days_since(world.date(*entered_at))))
        }
    }
}

/// What a change tells of the account.
pub fn safety(world: &World<'_>, at: Instant) -> Safety {
    let today = world.date(at);
    let oldest = overdue(world, today).next();
    let next_due = next_due(world, today);
    Safety {
        currency: world.segmentation.currency.code.clone(),
        balance_minor: world.ledger.invoices.iter().map(|invoice| invoice.open).sum(),
        overdue_amount_minor: overdue(world, today).map(|invoice| invoice.open).sum(),
        overdue_days: overdue_days(world, today),
        disputed_amount_minor: None,
        oldest_overdue_invoice_id: oldest.map(|invoice| invoice.id.clone()),
        oldest_due_date: oldest.map(|invoice| invoice.due),
        next_due_date: next_due.map(|(date, _)| date),
        next_due_amount_minor: next_due.map(|(_, amount)| amount),
        open_promise: world.promises.iter().find(|promise| promise.is_open(at)).map(|promise| OpenPromise {
            promise_id: promise.id.clone(),
            amount_minor: promise.amount,
            due_date: promise.due,
        }),
        expected_pay_date: None,
        call_headroom: None,
        call_allowed_from: None,
    }
}

fn money(minor: i64) -> Option<Value> {
    Some(Value::Money(minor))
}

fn count(count: usize) -> Option<Value> {
    Some(Value::Int(count as i64))
}

fn inside(window: Window, date: Date, today: Date) -> bool {
    date <= today && date > today.plus_days(-window.days)
}

fn payments<'a>(world: &'a World<'_>, window: Window, today: Date) -> impl Iterator<Item = &'a Payment> {
    world.payments.iter().filter(move |payment| inside(window, payment.date, today))
}

fn overdue<'a>(world: &'a World<'_>, today: Date) -> impl Iterator<Item = &'a Invoice> {
    world.ledger.invoices.iter().filter(move |invoice| invoice.open > 0 && today > invoice.due)
}

/// Days past due: since the due date at which what is overdue exceeds the tolerance.
fn overdue_days(world: &World<'_>, today: Date) -> i64 {
    let mut sum = 0;
    for invoice in overdue(world, today) {
        sum += invoice.open;
        if sum > world.segmentation.parameters.overdue_tolerance_minor {
            return today.days_since(invoice.due);
        }
    }
    0
}

/// The nearest due date from today on, and what falls due then.
fn next_due(world: &World<'_>, today: Date) -> Option<(Date, i64)> {
    let open = || world.ledger.invoices.iter().filter(|invoice| invoice.open > 0 && invoice.due >= today);
    let nearest = open().map(|invoice| invoice.due).min()?;
    Some((nearest, open().filter(|invoice| invoice.due == nearest).map(|invoice| invoice.open).sum()))
}

fn kept(world: &World<'_>, window: Window, today: Date) -> usize {
    let kept = world.promises.iter().filter_map(|promise| promise.kept);
    kept.filter(|at| inside(window, world.date(*at), today)).count()
}

fn broken(world: &World<'_>, window: Window, at: Instant) -> usize {
    let broken = world.promises.iter().filter(|promise| promise.is_broken(at));
    broken.filter(|promise| inside(window, world.date(promise.deadline), world.date(at))).count()
}

fn contacts(
    world: &World<'_>,
    direction: Direction,
    window: Window,
    channel: Option<Channel>,
    today: Date,
) -> Option<Value> {
    let chosen = world.contacts.iter().filter(|contact| {
        contact.direction == direction
            && channel.is_none_or(|channel| contact.channel == channel)
            && inside(window, contact.date, today)
    });
    count(chosen.count())
}

fn silent_days(world: &World<'_>, today: Date) -> Option<Value> {
    let answered = world.engaged.max(world.payments.iter().map(|payment| payment.at).max());
    let outbound = || world.contacts.iter().filter(|contact| contact.direction == Direction::Outbound);
    let tried = outbound().filter(|contact| answered.is_none_or(|answered| contact.at > answered)).count();
    let since = match answered {
        Some(answered) => world.date(answered),
        None => outbound().next()?.date,
    };
    (tried >= 3).then(|| Value::Int(today.days_since(since)))
}

fn customer_days(world: &World<'_>, today: Date) -> Option<Value> {
    let declared = world.segmentation.attributes.iter();
    let since = declared
        .filter(|declared| declared.name == "customer_since" && declared.kind == AttributeKind::Date)
        .find_map(|declared| attribute(world.attributes.get(&declared.name)?, declared.kind));
    let since = match since {
        Some(Value::Date(date)) => date,
        _ => world.date(world.first?),
    };
    Some(Value::Int(today.days_since(since)))
}

fn attribute(value: &Attribute, kind: AttributeKind) -> Option<Value> {
    match (kind, value) {
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
