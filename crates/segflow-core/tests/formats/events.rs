//! Events: part of every fact on disk.

use std::collections::BTreeMap;

use expect_test::expect;
use segflow_core::event::{
    Attribute, Body, Channel, CustomerId, Direction, Discount, FailureCode, Family, Named, Outcome,
};
use segflow_core::time::{Date, Timestamp};

use crate::check;

/// The name of each variant. A variant that is added does not compile until it is named here: append it to
/// [`one_of_each`] too, and its bytes to the golden.
const fn variant(body: &Body) -> &'static str {
    match body {
        Body::Issued { .. } => "Issued",
        Body::Adjusted { .. } => "Adjusted",
        Body::WrittenOff { .. } => "WrittenOff",
        Body::Received { .. } => "Received",
        Body::Failed { .. } => "Failed",
        Body::Reversed { .. } => "Reversed",
        Body::Contact { .. } => "Contact",
        Body::Made { .. } => "Made",
        Body::Amended { .. } => "Amended",
        Body::Cancelled { .. } => "Cancelled",
        Body::Opened { .. } => "Opened",
        Body::Resolved { .. } => "Resolved",
        Body::Updated { .. } => "Updated",
        Body::Erased => "Erased",
        Body::Voided { .. } => "Voided",
        Body::InvoiceReinstated { .. } => "InvoiceReinstated",
        Body::Credited { .. } => "Credited",
        Body::Held { .. } => "Held",
        Body::Released { .. } => "Released",
        Body::Submitted { .. } => "Submitted",
        Body::PaymentReinstated { .. } => "PaymentReinstated",
    }
}

fn one_of_each() -> [Body; 21] {
    let text = |text: &str| text.to_owned();
    [
        Body::Issued {
            invoice_id: text("i"),
            amount_minor: 1,
            due_date: Date(2),
            debt_type: Some(text("debt")),
            discount: Some(Discount { amount_minor: 3, until: Date(1) }),
        },
        Body::Adjusted { invoice_id: text("i"), delta_minor: -1, due_date: Some(Date(2)) },
        Body::WrittenOff { invoice_id: text("i") },
        Body::Received {
            payment_id: text("p"),
            amount_minor: 1,
            names: vec![Named::whole(text("i"))],
            method: Some(text("card")),
        },
        Body::Failed { payment_id: text("p"), code: Some(FailureCode::Expired) },
        Body::Reversed { payment_id: text("p"), amount_minor: None },
        Body::Contact {
            contact_id: text("k"),
            direction: Direction::Inbound,
            channel: Channel::Email,
            outcome: Outcome::Delivered,
            machine: false,
        },
        Body::Made { promise_id: text("m"), amount_minor: 1, due_date: Date(2), plan_id: None },
        Body::Amended { promise_id: text("m"), amount_minor: 1, due_date: Date(2) },
        Body::Cancelled { promise_id: text("m") },
        Body::Opened { dispute_id: text("d"), invoice_id: Some(text("i")), amount_minor: Some(1) },
        Body::Resolved { dispute_id: text("d"), upheld: Some(true) },
        Body::Updated { attributes: BTreeMap::from([(text("score"), Attribute::Long(1))]) },
        Body::Erased,
        Body::Voided { invoice_id: text("i") },
        Body::InvoiceReinstated { invoice_id: text("i") },
        Body::Credited { credit_note_id: text("n"), amount_minor: 1, names: Vec::new() },
        Body::Held { invoice_id: text("i"), until: Some(Date(2)) },
        Body::Released { invoice_id: text("i") },
        Body::Submitted { payment_id: text("p"), amount_minor: 1 },
        Body::PaymentReinstated { payment_id: text("p"), amount_minor: Some(1) },
    ]
}

#[test]
fn event_bodies_keep_their_bytes() {
    check(
        one_of_each().map(|body| (variant(&body), body)),
        &expect![[r#"
            Issued: 0001690204010464656274010602
            Adjusted: 010169010104
            WrittenOff: 020169
            Received: 0301700201016900010463617264
            Failed: 0401700103
            Reversed: 05017000
            Contact: 06016b01020600
            Made: 07016d020400
            Amended: 08016d0204
            Cancelled: 09016d
            Opened: 0a01640101690102
            Resolved: 0b01640101
            Updated: 0c010573636f72650202
            Erased: 0d
            Voided: 0e0169
            InvoiceReinstated: 0f0169
            Credited: 10016e0200
            Held: 1101690104
            Released: 120169
            Submitted: 13017002
            PaymentReinstated: 1401700102
        "#]],
    );
}

#[test]
fn attributes_keep_their_bytes() {
    const fn variant(attribute: &Attribute) -> &'static str {
        match attribute {
            Attribute::Null => "Null",
            Attribute::Text(_) => "Text",
            Attribute::Long(_) => "Long",
            Attribute::Double(_) => "Double",
            Attribute::Bool(_) => "Bool",
        }
    }
    let each = [
        Attribute::Null,
        Attribute::Text("t".to_owned()),
        Attribute::Long(-2),
        Attribute::Double("0.5".to_owned()),
        Attribute::Bool(true),
    ];
    check(
        each.map(|attribute| (variant(&attribute), attribute)),
        &expect![[r#"
        Null: 00
        Text: 010174
        Long: 0203
        Double: 0303302e35
        Bool: 0401
    "#]],
    );
}

#[test]
fn families_keep_their_bytes() {
    check(
        Family::ALL.map(|family| (family.name(), family)),
        &expect![[r#"
        invoices: 00
        payments: 01
        contacts: 02
        promises: 03
        disputes: 04
        profiles: 05
    "#]],
    );
}

#[test]
fn directions_keep_their_bytes() {
    check(
        [("Outbound", Direction::Outbound), ("Inbound", Direction::Inbound)],
        &expect![[r#"
        Outbound: 00
        Inbound: 01
    "#]],
    );
}

#[test]
fn channels_keep_their_bytes() {
    check(
        Channel::ALL.iter().map(|channel| (channel.word(), *channel)),
        &expect![[r#"
        CALL: 00
        SMS: 01
        EMAIL: 02
        LETTER: 03
        CHAT: 04
        PORTAL: 05
        VISIT: 06
    "#]],
    );
}

#[test]
fn outcomes_keep_their_bytes() {
    check(
        Outcome::ALL.iter().map(|outcome| (outcome.word(), *outcome)),
        &expect![[r#"
        ATTEMPTED: 00
        NOT_CONNECTED: 01
        NO_ANSWER: 02
        VOICEMAIL: 03
        WRONG_PARTY: 04
        RIGHT_PARTY: 05
        DELIVERED: 06
        BOUNCED: 07
        OPENED: 08
        CLICKED: 09
        REPLIED: 0a
        REFUSED: 0b
    "#]],
    );
}

#[test]
fn failure_codes_keep_their_bytes() {
    check(
        FailureCode::ALL.iter().map(|code| (code.word(), *code)),
        &expect![[r#"
        INSUFFICIENT_FUNDS: 00
        MANDATE_CANCELLED: 01
        ACCOUNT_CLOSED: 02
        EXPIRED: 03
        DECLINED: 04
        OTHER: 05
    "#]],
    );
}

#[test]
fn ids_instants_and_dates_keep_their_bytes() {
    check(
        [("id", CustomerId::new("C-1").unwrap())],
        &expect![[r#"
        id: 03432d31
    "#]],
    );
    check(
        [("beginning", Timestamp::BEGINNING), ("never", Timestamp::NEVER), ("earliest", Timestamp::EARLIEST)],
        &expect![[r#"
            beginning: ffffffffffffffffff01
            never: feffffffffffffffff01
            earliest: ff8ff19fca8001
        "#]],
    );
    check(
        [("1970-01-03", Date(2)), ("1969-12-31", Date(-1)), ("2026-05-03", Date(20_576))],
        &expect![[r#"
        1970-01-03: 04
        1969-12-31: 01
        2026-05-03: c0c102
    "#]],
    );
}
