//! What happens to a customer.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use segflow_core::event::{Attribute, Body, Channel, CustomerId, Direction, Event, Outcome};
use segflow_core::time::{Date, Instant, Zone};

/// Within how many days the events of a customer lie.
pub const DAYS: i32 = 120;

/// An event before it has a calendar: dates are days after its own.
#[derive(Clone, Debug)]
pub struct Draft {
    id: u16,
    day: i32,
    after_midnight_ms: i64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Issued { invoice: u8, amount: i64, due_in: i32 },
    Received { payment: u8, amount: i64, invoice: Option<u8> },
    Contact { contact: u8, direction: Direction, channel: Channel, outcome: Outcome },
    Made { promise: u8, amount: i64, due_in: i32 },
    Updated { attributes: BTreeMap<&'static str, Attribute> },
}

/// Up to 40 events in order of arrival. Some customers never pay, some are never spoken to.
pub fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    let among = |what: [u32; 5]| vec(draft(what), 1..=40);
    prop_oneof![4 => among([4, 4, 4, 3, 2]), 2 => among([3, 0, 6, 2, 1]), 2 => among([4, 3, 0, 5, 1]), 1 => among([1, 1, 2, 0, 5])]
}

/// The events of drafts whose days count from `start`.
pub fn events(zone: &Zone, start: Date, drafts: &[Draft]) -> Vec<Event> {
    let customer = CustomerId::new("C-1").expect("an id of three bytes");
    drafts
        .iter()
        .map(|draft| Event {
            event_id: format!("e{}", draft.id),
            customer_id: customer.clone(),
            occurred_at: zone.midnight(start.plus_days(draft.day)).plus_ms(draft.after_midnight_ms),
            body: body(&draft.what, zone, zone.midnight(start.plus_days(draft.day))),
        })
        .collect()
}

fn body(what: &What, zone: &Zone, at: Instant) -> Body {
    let due = |days: i32| zone.date_of(at).plus_days(days);
    match what.clone() {
        What::Issued { invoice, amount, due_in } => Body::Issued {
            invoice_id: format!("I{invoice}"),
            amount_minor: amount,
            due_date: due(due_in),
            debt_type: None,
        },
        What::Received { payment, amount, invoice } => Body::Received {
            payment_id: format!("P{payment}"),
            amount_minor: amount,
            invoice_id: invoice.map(|invoice| format!("I{invoice}")),
            method: None,
        },
        What::Contact { contact, direction, channel, outcome } => {
            Body::Contact { contact_id: format!("C{contact}"), direction, channel, outcome }
        }
        What::Made { promise, amount, due_in } => {
            Body::Made { promise_id: format!("M{promise}"), amount_minor: amount, due_date: due(due_in) }
        }
        What::Updated { attributes } => {
            Body::Updated { attributes: attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
        }
    }
}

/// Ids are drawn from few, so that copies that differ occur.
fn draft(weights: [u32; 5]) -> impl Strategy<Value = Draft> {
    (0_u16..300, day(), after_midnight_ms(), what(weights)).prop_map(|(id, day, after_midnight_ms, what)| Draft {
        id,
        day,
        after_midnight_ms,
        what,
    })
}

/// Half of the days are drawn from a few, so that instants coincide and facts crowd.
pub fn day() -> impl Strategy<Value = i32> {
    prop_oneof![0..DAYS, select(vec![0, 1, 2, 10, 30, 44, 45, 46, 60, 90])]
}

/// Mostly midnight, its neighbours and full hours, so that instants coincide.
pub fn after_midnight_ms() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => select(vec![0_i64, -1, 1]),
        3 => (0_i64..24).prop_map(|hour| hour * 3_600_000),
        2 => 0_i64..86_400_000,
    ]
}

fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![3 => select(vec![1_i64, 50, 99, 100, 500, 950, 1_000, 2_000, 5_000]), 1 => 1_i64..10_000]
}

/// By the weights of invoices, payments, contacts, promises and profiles.
fn what(weights: [u32; 5]) -> impl Strategy<Value = What> {
    let issued = (0_u8..12, amount(), -40_i32..60).prop_map(|(invoice, amount, due_in)| What::Issued {
        invoice,
        amount,
        due_in,
    });
    let received = (0_u8..30, amount(), option::of(0_u8..12)).prop_map(|(payment, amount, invoice)| What::Received {
        payment,
        amount,
        invoice,
    });
    let direction = prop_oneof![6 => Just(Direction::Outbound), 1 => Just(Direction::Inbound)];
    let channel = select(vec![Channel::Call, Channel::Sms, Channel::Email]);
    let outcome = prop_oneof![3 => Just(Outcome::Attempted), 1 => select(Outcome::ALL)];
    let contact = (0_u8..20, direction, channel, outcome)
        .prop_map(|(contact, direction, channel, outcome)| What::Contact { contact, direction, channel, outcome });
    let made =
        (0_u8..8, amount(), -2_i32..30).prop_map(|(promise, amount, due_in)| What::Made { promise, amount, due_in });
    let updated = vec(attribute(), 1..5).prop_map(|list| What::Updated { attributes: list.into_iter().collect() });
    let kinds = [issued.boxed(), received.boxed(), contact.boxed(), made.boxed(), updated.boxed()];
    Union::new_weighted(weights.into_iter().zip(kinds).filter(|(weight, _)| *weight > 0).collect())
}

/// Mostly of the type that the segmentation declares.
fn attribute() -> impl Strategy<Value = (&'static str, Attribute)> {
    let name = select(super::rules::ATTRIBUTES.to_vec());
    (
        name,
        attribute_of("bool"),
        attribute_of("int"),
        attribute_of("ratio"),
        attribute_of("string"),
        attribute_of("date"),
        0..8,
    )
        .prop_map(|((name, kind), bool, long, double, text, date, choice)| {
            let value = match (choice, kind) {
                (0, _) => Attribute::Null,
                (1, _) => text,
                (2, _) => long,
                (_, "bool") => bool,
                (_, "int" | "money") => long,
                (_, "ratio") => double,
                (_, "date") => date,
                _ => text,
            };
            (name, value)
        })
}

fn attribute_of(kind: &str) -> BoxedStrategy<Attribute> {
    let text = |list: [&'static str; 4]| select(list.to_vec()).prop_map(|text| Attribute::Text(text.to_owned()));
    match kind {
        "bool" => any::<bool>().prop_map(Attribute::Bool).boxed(),
        "int" => (-1_i64..6).prop_map(|hundreds| Attribute::Long(hundreds * 100)).boxed(),
        "ratio" => select(vec!["0.25", "0.5", "0.95", "1.0", "-0.5"])
            .prop_map(|text| Attribute::Double(text.to_owned()))
            .boxed(),
        "date" => text(["2025-02-01", "2025-04-25", "2011-12-30", "2025-02-30"]).boxed(),
        _ => text(["north", "south", "2025-02-01", ""]).boxed(),
    }
}
