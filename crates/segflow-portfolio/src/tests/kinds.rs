//! The kinds of events, and how often each happens.

use std::collections::BTreeMap;

use expect_test::expect;
use segflow_core::event::{Body, CustomerId, FailureCode};
use segflow_core::time::Date;

use super::{check, portfolio};
use crate::PortfolioSettings;
use crate::ledger::{Ledger, OpenInvoice};

fn kind(body: &Body) -> String {
    match body {
        Body::Issued { .. } => "ISSUED".to_owned(),
        Body::Adjusted { due_date: Some(_), .. } => "ADJUSTED, due date moved".to_owned(),
        Body::Adjusted { delta_minor, .. } if *delta_minor < 0 => "ADJUSTED, less".to_owned(),
        Body::Adjusted { .. } => "ADJUSTED, more".to_owned(),
        Body::WrittenOff { .. } => "WRITTEN_OFF".to_owned(),
        Body::Received { names, .. } if names.is_empty() => "RECEIVED, no invoice named".to_owned(),
        Body::Received { .. } => "RECEIVED for an invoice".to_owned(),
        Body::Failed { code, .. } => format!("FAILED {}", code.map_or("without a code", FailureCode::word)),
        Body::Reversed { .. } => "REVERSED".to_owned(),
        Body::Contact { direction, channel, outcome, .. } => {
            format!("{direction:?} {} {}", channel.word(), outcome.word())
        }
        Body::Made { .. } => "MADE".to_owned(),
        Body::Amended { .. } => "AMENDED".to_owned(),
        Body::Cancelled { .. } => "CANCELLED".to_owned(),
        Body::Opened { invoice_id: None, .. } => "OPENED against everything".to_owned(),
        Body::Opened { amount_minor: Some(_), .. } => "OPENED for a part".to_owned(),
        Body::Opened { .. } => "OPENED for an invoice".to_owned(),
        Body::Resolved { upheld: Some(true), .. } => "RESOLVED, upheld".to_owned(),
        Body::Resolved { upheld: Some(false), .. } => "RESOLVED, rejected".to_owned(),
        Body::Resolved { upheld: None, .. } => "RESOLVED, nobody knows how".to_owned(),
        Body::Updated { .. } => "UPDATED".to_owned(),
        Body::Erased => "erased".to_owned(),
        Body::Voided { .. } => "VOIDED".to_owned(),
        Body::InvoiceReinstated { .. } => "REINSTATED, an invoice".to_owned(),
        Body::Credited { .. } => "CREDITED".to_owned(),
        Body::Held { .. } => "HELD".to_owned(),
        Body::Released { .. } => "RELEASED".to_owned(),
        Body::Submitted { .. } => "SUBMITTED".to_owned(),
        Body::PaymentReinstated { .. } => "REINSTATED, a payment".to_owned(),
    }
}

#[test]
fn a_thousand_customers_make_this_in_two_years() {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut events = 0;
    for event in portfolio(1_000, 730).events() {
        *kinds.entry(kind(&event.body)).or_default() += 1;
        events += 1;
    }
    check(
        format!("{events} events\n{kinds:#?}"),
        expect![[r#"
            137066 events
            {
                "ADJUSTED, due date moved": 141,
                "ADJUSTED, less": 267,
                "ADJUSTED, more": 481,
                "AMENDED": 185,
                "CANCELLED": 154,
                "FAILED ACCOUNT_CLOSED": 23,
                "FAILED DECLINED": 85,
                "FAILED EXPIRED": 57,
                "FAILED INSUFFICIENT_FUNDS": 647,
                "FAILED MANDATE_CANCELLED": 80,
                "FAILED OTHER": 41,
                "ISSUED": 28366,
                "Inbound CALL RIGHT_PARTY": 1210,
                "Inbound CHAT RIGHT_PARTY": 213,
                "Inbound EMAIL REPLIED": 214,
                "Inbound PORTAL RIGHT_PARTY": 1796,
                "MADE": 3230,
                "OPENED against everything": 34,
                "OPENED for a part": 117,
                "OPENED for an invoice": 182,
                "Outbound CALL NOT_CONNECTED": 1590,
                "Outbound CALL NO_ANSWER": 4702,
                "Outbound CALL REFUSED": 229,
                "Outbound CALL RIGHT_PARTY": 3594,
                "Outbound CALL VOICEMAIL": 3353,
                "Outbound CALL WRONG_PARTY": 232,
                "Outbound EMAIL ATTEMPTED": 10158,
                "Outbound EMAIL BOUNCED": 686,
                "Outbound EMAIL CLICKED": 1528,
                "Outbound EMAIL DELIVERED": 9472,
                "Outbound EMAIL OPENED": 5169,
                "Outbound LETTER ATTEMPTED": 7749,
                "Outbound LETTER BOUNCED": 168,
                "Outbound SMS ATTEMPTED": 6507,
                "Outbound SMS BOUNCED": 245,
                "Outbound SMS CLICKED": 1629,
                "Outbound SMS DELIVERED": 6262,
                "Outbound SMS REPLIED": 81,
                "Outbound VISIT NO_ANSWER": 114,
                "Outbound VISIT RIGHT_PARTY": 73,
                "Outbound VISIT WRONG_PARTY": 33,
                "RECEIVED for an invoice": 15011,
                "RECEIVED, no invoice named": 10763,
                "RESOLVED, nobody knows how": 15,
                "RESOLVED, rejected": 189,
                "RESOLVED, upheld": 122,
                "REVERSED": 82,
                "UPDATED": 9147,
                "WRITTEN_OFF": 627,
                "erased": 13,
            }"#]],
    );
}

/// The number at the end of an id.
fn number(id: &str) -> u32 {
    id.rsplit('-').next().and_then(|digits| digits.parse().ok()).expect("ids end in a number")
}

/// A customer's ledger from the events alone, and what each payment paid.
#[derive(Default)]
struct Account {
    ledger: Ledger,
    paid: BTreeMap<String, Vec<OpenInvoice>>,
}

impl Account {
    fn see(&mut self, body: &Body) {
        let ledger = &mut self.ledger;
        match body {
            Body::Issued { invoice_id, amount_minor, due_date, .. } => {
                ledger.issue(number(invoice_id), *due_date, *amount_minor);
            }
            Body::Adjusted { invoice_id, due_date: Some(due), .. } => ledger.extend(number(invoice_id), *due),
            Body::Adjusted { invoice_id, delta_minor, .. } if *delta_minor < 0 => {
                ledger.credit(number(invoice_id), -delta_minor);
            }
            Body::Adjusted { invoice_id, delta_minor, .. } => {
                let open = ledger.invoice(number(invoice_id)).expect("open invoices are adjusted");
                ledger.reopen(OpenInvoice { open_minor: *delta_minor, ..open });
            }
            Body::WrittenOff { .. } => drop(ledger.give_up()),
            Body::Received { payment_id, amount_minor, names, method } if method.as_deref() != Some("AGENCY") => {
                let parts = self.paid.entry(payment_id.clone()).or_default();
                let named = names.first().map(|named| number(&named.invoice_id));
                ledger.receive(*amount_minor, named, |part| parts.push(part));
            }
            Body::Reversed { payment_id, .. } => {
                self.paid.remove(payment_id).unwrap_or_default().into_iter().for_each(|part| ledger.reopen(part));
            }
            _ => {}
        }
    }
}

/// How many customers are in each bucket of lateness on the morning of a day, from the events before it.
fn buckets(customers: u32, day: u32) -> BTreeMap<&'static str, usize> {
    let mut accounts: BTreeMap<CustomerId, Account> = BTreeMap::new();
    for event in portfolio(customers, day).events() {
        accounts.entry(event.customer_id).or_default().see(&event.body);
    }
    let today: Date = PortfolioSettings::default().start.plus_days(i32::try_from(day).expect("a day"));
    let mut buckets = BTreeMap::new();
    for Account { ledger, .. } in accounts.values() {
        let bucket = match ledger.oldest().map(|oldest| today.days_since(oldest.due)) {
            Some(90..) => "charge-off ahead, 90 and more",
            Some(60..) => "late, 60 to 89",
            Some(30..) => "mid, 30 to 59",
            Some(1..) => "early, 1 to 29",
            Some(-7..) => "pre-due, within 7",
            _ => "current",
        };
        *buckets.entry(bucket).or_default() += 1;
    }
    buckets
}

#[test]
fn every_bucket_of_lateness_occurs() {
    check(
        format!("{:#?}", buckets(1_000, 60)),
        expect![[r#"
            {
                "charge-off ahead, 90 and more": 11,
                "current": 529,
                "early, 1 to 29": 185,
                "late, 60 to 89": 13,
                "mid, 30 to 59": 44,
                "pre-due, within 7": 171,
            }"#]],
    );
    check(
        format!("{:#?}", buckets(1_000, 400)),
        expect![[r#"
            {
                "charge-off ahead, 90 and more": 34,
                "current": 592,
                "early, 1 to 29": 122,
                "late, 60 to 89": 31,
                "mid, 30 to 59": 67,
                "pre-due, within 7": 147,
            }"#]],
    );
    check(
        format!("{:#?}", buckets(1_000, 730)),
        expect![[r#"
            {
                "charge-off ahead, 90 and more": 28,
                "current": 607,
                "early, 1 to 29": 134,
                "late, 60 to 89": 26,
                "mid, 30 to 59": 60,
                "pre-due, within 7": 145,
            }"#]],
    );
}
