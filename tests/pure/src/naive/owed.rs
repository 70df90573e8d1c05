//! What the ledger says on a day: overdue, due next, how it was before.

use segflow_core::feature::window::{Calendar, Window};
use segflow_core::time::{Date, Timestamp};

use super::Value;
use super::features::clamped;
use super::ledger::{Invoice, Ledger};
use super::windows::{eve, fallen_due_inside, inside};
use super::world::World;

/// Invoices of which a part is overdue, neither disputed nor on hold, and that part; of some debt types if any are given.
pub fn overdue<'w, 'a>(
    world: &'w World<'a>,
    today: Date,
    debt_types: &'w [String],
) -> impl Iterator<Item = (&'w Invoice<'a>, i128)> {
    overdue_of(&world.ledger, today, debt_types)
}

fn overdue_of<'w, 'a>(
    ledger: &'w Ledger<'a>,
    today: Date,
    debt_types: &'w [String],
) -> impl Iterator<Item = (&'w Invoice<'a>, i128)> {
    let of_type = move |invoice: &&Invoice<'a>| {
        debt_types.is_empty() || invoice.debt_type.is_some_and(|word| debt_types.contains(&word.to_owned()))
    };
    let late = ledger.invoices.iter().filter(of_type).filter(move |invoice| invoice.due < today);
    late.map(move |invoice| (invoice, ledger.collected(invoice, today))).filter(|(_, part)| *part > 0)
}

/// Days past due: since the due date at which what is overdue exceeds the tolerance.
pub fn days_past_due(world: &World<'_>, ledger: &Ledger<'_>, today: Date, debt_types: &[String]) -> i64 {
    let mut sum = 0;
    for (invoice, part) in overdue_of(ledger, today, debt_types) {
        sum += part;
        if sum > i128::from(world.segmentation.parameters.overdue_tolerance_minor) {
            return today.days_since(invoice.due);
        }
    }
    0
}

/// The nearest due date from today on, and what of it is collected.
pub fn next_due(world: &World<'_>, today: Date) -> Option<(Date, i128)> {
    let parts = world.ledger.invoices.iter().map(|invoice| (invoice.due, world.ledger.collected(invoice, today)));
    let coming: Vec<(Date, i128)> = parts.filter(|(due, part)| *part > 0 && *due >= today).collect();
    let nearest = coming.iter().map(|(due, _)| *due).min()?;
    Some((nearest, coming.iter().filter(|(due, _)| *due == nearest).map(|(_, part)| part).sum()))
}

/// The bucket of the days past due now, less that at the end of the day before the window.
pub fn roll(world: &World<'_>, window: Calendar, today: Date) -> i64 {
    let bucket = |days: i64| match days {
        0 => 0,
        1..=179 => days / 30 + 1,
        _ => 7,
    };
    let then = eve(window, today);
    let standing = world.history().before(world.segmentation.zone.midnight(then.plus_days(1)));
    let days_then = standing.map_or(0, |ledger| days_past_due(world, ledger, then, &[]));
    bucket(days_past_due(world, &world.ledger, today, &[])) - bucket(days_then)
}

/// What was received over what fell due.
pub fn pay_ratio(world: &World<'_>, window: Window, at: Timestamp) -> Option<Value> {
    let received = world.payments.iter().filter(|payment| inside(world, window, payment.at, at));
    let received: i128 = received.map(|payment| payment.amount).sum();
    let fell_due = world.ledger.invoices.iter().filter(|invoice| !invoice.written_off);
    let fell_due = fell_due.filter(|invoice| fallen_due_inside(world, window, invoice.due, at));
    let fell_due: i128 = fell_due.map(Invoice::amount).sum();
    (fell_due != 0).then_some(Value::Ratio(clamped(received).into(), clamped(fell_due).into()))
}

/// The share of invoices issued in a window that a dispute concerned which was not upheld.
pub fn disputed_share(world: &World<'_>, window: Window, at: Timestamp) -> Option<Value> {
    let ledger = &world.ledger;
    let upheld = |id: &str| ledger.resolved.get(id).is_some_and(|resolution| resolution.upheld == Some(true));
    let is_disputed = |invoice: &&&Invoice<'_>| {
        ledger.disputes.iter().any(|dispute| dispute.covers.contains(&invoice.id) && !upheld(dispute.id))
    };
    let issued = ledger.invoices.iter().filter(|invoice| inside(world, window, invoice.issued, at));
    let issued: Vec<&Invoice<'_>> = issued.collect();
    let disputed = issued.iter().filter(is_disputed).count();
    (!issued.is_empty()).then_some(Value::Ratio(disputed as i128, issued.len() as i128))
}
