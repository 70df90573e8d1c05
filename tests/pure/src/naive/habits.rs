//! How and when the customer pays: the usual day of the month, and how late.

use segflow_core::time::Date;

use super::ledger::Invoice;
use super::world::World;
use super::{Value, median};

/// The days of the month of the last payments, 29 to 31 taken as 28; none if they are too few to tell.
fn paid_on(world: &World<'_>) -> Option<Vec<i64>> {
    let last = world.payments.iter().rev().take(6);
    let days: Vec<i64> = last.map(|payment| i64::from(payment.date.civil().day()).min(28)).collect();
    (days.len() >= 4).then_some(days)
}

/// The most frequent day of the month; of equally frequent ones the later.
pub fn pay_day(world: &World<'_>) -> Option<i64> {
    let days = paid_on(world)?;
    let frequency = |day: i64| days.iter().filter(|other| **other == day).count();
    days.iter().copied().max_by_key(|day| (frequency(*day), *day))
}

/// The share of payments within two days of the pay day, on a circle of 28 days.
pub fn confidence(world: &World<'_>) -> Option<Value> {
    let (days, usual) = (paid_on(world)?, pay_day(world)?);
    let distance = |day: i64| (day - usual).abs().min(28 - (day - usual).abs());
    let near = days.iter().filter(|day| distance(**day) <= 2).count();
    Some(Value::Ratio(near as i128, days.len() as i128))
}

/// Whether payment is to be expected on a day.
fn is_expected(day: Date, usual: i64) -> bool {
    match usual {
        28 => day.plus_days(1).civil().day() == 1,
        _ => i64::from(day.civil().day()) == usual,
    }
}

/// The first expected pay day from today on.
pub fn next_expected(world: &World<'_>, today: Date) -> Option<Date> {
    let usual = pay_day(world)?;
    (0..62).map(|days| today.plus_days(days)).find(|day| is_expected(*day, usual))
}

/// Days since the last expected pay day, if it was missed.
pub fn missed_days(world: &World<'_>, today: Date) -> Option<Value> {
    let usual = pay_day(world)?;
    let expected = (1..62).map(|days| today.plus_days(-days)).find(|day| is_expected(*day, usual))?;
    let is_paid = world.payments.iter().any(|payment| payment.date >= expected.plus_days(-3));
    Some(Value::Int(if is_paid { 0 } else { today.days_since(expected) }))
}

/// The median of days late over the last `count` invoices paid in full.
pub fn days_late(world: &World<'_>, count: usize) -> Option<i64> {
    let history = world.history();
    let paid_at = |invoice: &Invoice<'_>| history.paid.get(invoice.id).copied();
    let mut paid: Vec<_> = world
        .ledger
        .invoices
        .iter()
        .filter(|invoice| !invoice.written_off)
        .filter_map(|invoice| Some((paid_at(invoice)?, invoice.due, invoice.id)))
        .collect();
    paid.sort_unstable();
    let last = paid.iter().rev().take(count);
    median(last.map(|(at, due, _)| world.date(*at).days_since(*due).max(0)).collect())
}
