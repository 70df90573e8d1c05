//! Every kind of event, with ids from small pools and dates near each other, so that events concern each other.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use segflow_core::event::{Attribute, Body, Channel, Direction, Discount, FailureCode, Named, Outcome};
use segflow_core::time::Date;

/// How often invoices, payments, contacts, promises, disputes, profiles and erasures occur.
pub type Weights = [u32; 7];

/// What happened; dates are days after the event's own.
#[derive(Clone, Debug)]
pub enum What {
    Issued { invoice: u8, amount: i64, due_in: i32, debt_type: Option<&'static str>, discount: Option<(i64, i32)> },
    Adjusted { invoice: u8, delta: i64, due_in: Option<i32> },
    WrittenOff { invoice: u8 },
    Reinstated { invoice: u8 },
    Voided { invoice: u8 },
    Held { invoice: u8, days: Option<i32> },
    Released { invoice: u8 },
    Credited { note: u8, amount: i64, names: Option<u8> },
    Received { payment: u8, amount: i64, names: Vec<(u8, Option<i64>)>, method: Option<&'static str> },
    Submitted { payment: u8, amount: i64 },
    PaidAgain { payment: u8, amount: Option<i64> },
    Failed { payment: u8, code: Option<FailureCode> },
    Reversed { payment: u8, amount: Option<i64> },
    Contact { contact: u8, direction: Direction, channel: Channel, outcome: Outcome, machine: bool },
    Made { promise: u8, amount: i64, due_in: i32, plan: Option<u8> },
    Amended { promise: u8, amount: i64, due_in: i32 },
    Cancelled { promise: u8 },
    Opened { dispute: u8, invoice: Option<u8>, amount: Option<i64> },
    Resolved { dispute: u8, upheld: Option<bool> },
    Updated { attributes: BTreeMap<&'static str, Attribute> },
    Erased,
}

impl What {
    /// The body of an event on a day; none of an erasure.
    pub fn body(&self, today: Date) -> Option<Body> {
        let due = |days: i32| today.plus_days(days);
        let (invoice_id, payment_id) = (|number: u8| format!("I{number}"), |number: u8| format!("P{number}"));
        let (promise_id, dispute_id) = (|number: u8| format!("M{number}"), |number: u8| format!("D{number}"));
        let text = |text: Option<&str>| text.map(str::to_owned);
        let named =
            |(invoice, amount_minor): (u8, Option<i64>)| Named { invoice_id: invoice_id(invoice), amount_minor };
        Some(match self.clone() {
            Self::Issued { invoice, amount, due_in, debt_type, discount } => Body::Issued {
                invoice_id: invoice_id(invoice),
                amount_minor: amount,
                due_date: due(due_in),
                debt_type: text(debt_type),
                discount: discount.map(|(amount_minor, days)| Discount { amount_minor, until: due(days) }),
            },
            Self::Adjusted { invoice, delta, due_in } => {
                Body::Adjusted { invoice_id: invoice_id(invoice), delta_minor: delta, due_date: due_in.map(due) }
            }
            Self::WrittenOff { invoice } => Body::WrittenOff { invoice_id: invoice_id(invoice) },
            Self::Reinstated { invoice } => Body::InvoiceReinstated { invoice_id: invoice_id(invoice) },
            Self::Voided { invoice } => Body::Voided { invoice_id: invoice_id(invoice) },
            Self::Held { invoice, days } => Body::Held { invoice_id: invoice_id(invoice), until: days.map(due) },
            Self::Released { invoice } => Body::Released { invoice_id: invoice_id(invoice) },
            Self::Credited { note, amount, names } => Body::Credited {
                credit_note_id: format!("N{note}"),
                amount_minor: amount,
                names: names.into_iter().map(|invoice| named((invoice, None))).collect(),
            },
            Self::Received { payment, amount, names, method } => Body::Received {
                payment_id: payment_id(payment),
                amount_minor: amount,
                names: names.into_iter().map(named).collect(),
                method: text(method),
            },
            Self::Submitted { payment, amount } => {
                Body::Submitted { payment_id: payment_id(payment), amount_minor: amount }
            }
            Self::PaidAgain { payment, amount } => {
                Body::PaymentReinstated { payment_id: payment_id(payment), amount_minor: amount }
            }
            Self::Failed { payment, code } => Body::Failed { payment_id: payment_id(payment), code },
            Self::Reversed { payment, amount } => {
                Body::Reversed { payment_id: payment_id(payment), amount_minor: amount }
            }
            Self::Contact { contact, direction, channel, outcome, machine } => {
                Body::Contact { contact_id: format!("C{contact}"), direction, channel, outcome, machine }
            }
            Self::Made { promise, amount, due_in, plan } => Body::Made {
                promise_id: promise_id(promise),
                amount_minor: amount,
                due_date: due(due_in),
                plan_id: plan.map(|plan| format!("L{plan}")),
            },
            Self::Amended { promise, amount, due_in } => {
                Body::Amended { promise_id: promise_id(promise), amount_minor: amount, due_date: due(due_in) }
            }
            Self::Cancelled { promise } => Body::Cancelled { promise_id: promise_id(promise) },
            Self::Opened { dispute, invoice, amount } => Body::Opened {
                dispute_id: dispute_id(dispute),
                invoice_id: invoice.map(invoice_id),
                amount_minor: amount,
            },
            Self::Resolved { dispute, upheld } => Body::Resolved { dispute_id: dispute_id(dispute), upheld },
            Self::Updated { attributes } => Body::Updated {
                attributes: attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            },
            Self::Erased => return None,
        })
    }
}

/// Anything, by weights.
pub fn what(weights: Weights) -> impl Strategy<Value = What> {
    let updated = vec(attribute(), 1..5).prop_map(|list| What::Updated { attributes: list.into_iter().collect() });
    let kinds = [
        invoices().boxed(),
        payments().boxed(),
        contacts().boxed(),
        promises().boxed(),
        disputes().boxed(),
        updated.boxed(),
        Just(What::Erased).boxed(),
    ];
    Union::new_weighted(weights.into_iter().zip(kinds).filter(|(weight, _)| *weight > 0).collect())
}

/// Few amounts, so that payments match invoices and promises to the cent.
fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![4 => select(vec![1_i64, 50, 99, 100, 500, 950, 1_000, 2_000, 5_000]), 1 => 1_i64..10_000]
}

fn invoice() -> impl Strategy<Value = u8> {
    0_u8..8
}

fn invoices() -> impl Strategy<Value = What> {
    let debt_type = option::of(select(vec!["LOAN", "CARD"]));
    let amount_or_zero = prop_oneof![1 => Just(0_i64), 12 => amount()];
    let discount = option::weighted(0.2, (select(vec![1_i64, 500, 5_000]), -1_i32..20));
    let issued = (invoice(), amount_or_zero, -40_i32..60, debt_type, discount).prop_map(
        |(invoice, amount, due_in, debt_type, discount)| What::Issued { invoice, amount, due_in, debt_type, discount },
    );
    let delta = prop_oneof![1 => Just(0_i64), 3 => amount(), 5 => amount().prop_map(|amount| -amount)];
    let adjusted = (invoice(), delta, option::weighted(0.4, -40_i32..60))
        .prop_map(|(invoice, delta, due_in)| What::Adjusted { invoice, delta, due_in });
    let written_off = invoice().prop_map(|invoice| What::WrittenOff { invoice });
    let reinstated = invoice().prop_map(|invoice| What::Reinstated { invoice });
    let voided = invoice().prop_map(|invoice| What::Voided { invoice });
    let held = (invoice(), option::weighted(0.7, -1_i32..40)).prop_map(|(invoice, days)| What::Held { invoice, days });
    let released = invoice().prop_map(|invoice| What::Released { invoice });
    let credited = (0_u8..6, amount(), option::of(invoice())).prop_map(|(note, amount, names)| What::Credited {
        note,
        amount,
        names,
    });
    let rare = prop_oneof![2 => written_off, 1 => reinstated, 1 => voided, 3 => held, 1 => released, 2 => credited];
    prop_oneof![7 => issued, 3 => adjusted, 3 => rare]
}

fn payments() -> impl Strategy<Value = What> {
    let payment = || 0_u8..20;
    let method = option::weighted(0.8, select(vec!["card", "transfer", "debit"]));
    let whole = invoice().prop_map(|invoice| vec![(invoice, None)]);
    let parts = vec((invoice(), select(vec![1_i64, 500, 4_000])), 1..4)
        .prop_map(|parts| parts.into_iter().map(|(invoice, part)| (invoice, Some(part))).collect());
    let names = prop_oneof![4 => Just(Vec::new()), 4 => whole, 2 => parts];
    let received = (payment(), amount(), names, method).prop_map(|(payment, amount, names, method)| What::Received {
        payment,
        amount,
        names,
        method,
    });
    let failed = (payment(), option::weighted(0.8, select(FailureCode::ALL)))
        .prop_map(|(payment, code)| What::Failed { payment, code });
    let part = || option::weighted(0.5, select(vec![1_i64, 500, 4_000, 100_000]));
    let reversed = (payment(), part()).prop_map(|(payment, amount)| What::Reversed { payment, amount });
    let again = (payment(), part()).prop_map(|(payment, amount)| What::PaidAgain { payment, amount });
    let submitted = (payment(), amount()).prop_map(|(payment, amount)| What::Submitted { payment, amount });
    prop_oneof![10 => received, 2 => failed, 2 => reversed, 1 => again, 2 => submitted]
}

fn contacts() -> impl Strategy<Value = What> {
    let direction = prop_oneof![6 => Just(Direction::Outbound), 1 => Just(Direction::Inbound)];
    let channel = prop_oneof![4 => Just(Channel::Call), 4 => Just(Channel::Sms), 2 => select(Channel::ALL)];
    let telling = select(vec![Outcome::NotConnected, Outcome::Bounced, Outcome::WrongParty, Outcome::RightParty]);
    let outcome = prop_oneof![2 => Just(Outcome::Attempted), 2 => telling, 2 => select(Outcome::ALL)];
    let machine = prop_oneof![9 => Just(false), 1 => Just(true)];
    (0_u8..20, direction, channel, outcome, machine).prop_map(|(contact, direction, channel, outcome, machine)| {
        What::Contact { contact, direction, channel, outcome, machine }
    })
}

fn promises() -> impl Strategy<Value = What> {
    let of = || (0_u8..6, amount(), -2_i32..30);
    let plan = option::weighted(0.5, 0_u8..3);
    let made = (of(), plan).prop_map(|((promise, amount, due_in), plan)| What::Made { promise, amount, due_in, plan });
    let amended = of().prop_map(|(promise, amount, due_in)| What::Amended { promise, amount, due_in });
    let cancelled = (0_u8..6).prop_map(|promise| What::Cancelled { promise });
    prop_oneof![5 => made, 2 => amended, 1 => cancelled]
}

fn disputes() -> impl Strategy<Value = What> {
    let opened = (0_u8..5, option::weighted(0.7, invoice()), option::of(amount()))
        .prop_map(|(dispute, invoice, amount)| What::Opened { dispute, invoice, amount });
    let resolved = (0_u8..5, option::weighted(0.7, any::<bool>()))
        .prop_map(|(dispute, upheld)| What::Resolved { dispute, upheld });
    prop_oneof![3 => opened, 2 => resolved]
}

/// Mostly of the type that the segmentation declares.
fn attribute() -> impl Strategy<Value = (&'static str, Attribute)> {
    let since = super::rules::ATTRIBUTES.into_iter().find(|(name, _)| *name == "customer_since").expect("declared");
    let name = prop_oneof![3 => select(super::rules::ATTRIBUTES.to_vec()), 1 => Just(since)];
    (
        name,
        attribute_of("bool"),
        attribute_of("int"),
        attribute_of("ratio"),
        attribute_of("string"),
        attribute_of("date"),
        sent(),
        0..10,
    )
        .prop_map(|((name, kind), bool, long, double, text, date, sent, choice)| {
            let value = match (choice, kind) {
                (0, _) => Attribute::Null,
                (1, _) => text,
                (2, _) => long,
                (3 | 4, _) => sent,
                (_, kind) if kind.contains("bool") => bool,
                (_, "int" | "money") => long,
                (_, "ratio") => double,
                (_, "date") => date,
                _ => text,
            };
            (name, value)
        })
}

/// Values in forms that other types have, and some that no type has.
fn sent() -> BoxedStrategy<Attribute> {
    let texts = vec![
        "true",
        "TRUE",
        " Yes ",
        "y",
        "Y",
        "1",
        "false",
        "No",
        "n",
        "0",
        "J",
        "2",
        "",
        "300",
        "-100",
        "007",
        "+3",
        "1.0",
        "12.50",
        "-0.5",
        "12.5",
        "1.000",
        "1,50",
        "12.",
        ".5",
        "9223372036854775808",
        "2025-02-01 ",
        "2025-02-01T00:00:00Z",
        "2025-04-25 00:00:00",
        "2025-04-25t00:00:00.000+02:00",
        "2025-02-01T23:00:00Z",
        "2025-02-01T00:00:00+24:00",
        "2025-02-01T00:00:00.",
        "2025-02-30T00:00:00Z",
        "01/02/2025",
        "2025-02-01T00:00:00.001Z",
    ];
    let doubles = vec!["1", "1.0", "0", "0.5", "300", "-0.25", "1000000000000000000000"];
    prop_oneof![
        6 => select(texts).prop_map(|text| Attribute::Text(text.to_owned())),
        2 => select(doubles).prop_map(|double| Attribute::Double(double.to_owned())),
        1 => (-1_i64..3).prop_map(Attribute::Long),
        1 => any::<bool>().prop_map(Attribute::Bool),
    ]
    .boxed()
}

fn attribute_of(kind: &str) -> BoxedStrategy<Attribute> {
    let text = |list: &'static [&'static str]| select(list.to_vec()).prop_map(|text| Attribute::Text(text.to_owned()));
    match kind {
        "bool" => any::<bool>().prop_map(Attribute::Bool).boxed(),
        "int" => (-1_i64..6).prop_map(|hundreds| Attribute::Long(hundreds * 100)).boxed(),
        "ratio" => select(vec!["0.25", "0.5", "0.95", "1.0", "-0.5"])
            .prop_map(|text| Attribute::Double(text.to_owned()))
            .boxed(),
        "date" => text(&["2025-02-01", "2025-04-25", "2011-12-30", "2024-02-29", "2025-02-30"]).boxed(),
        _ => text(&["north", "south", "2025-02-01", ""]).boxed(),
    }
}
