//! The kinds of events, and how often each happens.

use std::collections::BTreeMap;

use expect_test::expect;
use segflow_core::event::{Body, FailureCode};
use segflow_core::time::Date;

use super::{check, portfolio};
use crate::PortfolioSettings;

fn kind(body: &Body) -> String {
    match body {
        Body::Issued { .. } => "ISSUED".to_owned(),
        Body::Adjusted { due_date: Some(_), .. } => "ADJUSTED, due date moved".to_owned(),
        Body::Adjusted { delta_minor, .. } if *delta_minor < 0 => "ADJUSTED, less".to_owned(),
        Body::Adjusted { .. } => "ADJUSTED, more".to_owned(),
        Body::WrittenOff { .. } => "WRITTEN_OFF".to_owned(),
        Body::Received { names, .. } if names.is_empty() => "RECEIVED, no invoice named".to_owned(),
        Body::Received { names, .. } if names.len() > 1 => "RECEIVED for several invoices".to_owned(),
        Body::Received { .. } => "RECEIVED for an invoice".to_owned(),
        Body::Failed { code, .. } => format!("FAILED {}", code.map_or("without a code", FailureCode::word)),
        Body::Reversed { amount_minor: Some(_), .. } => "REVERSED in part".to_owned(),
        Body::Reversed { .. } => "REVERSED".to_owned(),
        Body::Contact { direction, channel, outcome, .. } => {
            format!("{direction:?} {} {}", channel.word(), outcome.word())
        }
        Body::Made { plan_id: Some(_), .. } => "MADE, an instalment".to_owned(),
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
        Body::Credited { names, .. } if names.is_empty() => "CREDITED for no invoice".to_owned(),
        Body::Credited { .. } => "CREDITED for an invoice".to_owned(),
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
            141644 events
            {
                "ADJUSTED, due date moved": 119,
                "ADJUSTED, less": 198,
                "ADJUSTED, more": 445,
                "AMENDED": 176,
                "CANCELLED": 136,
                "CREDITED for an invoice": 57,
                "CREDITED for no invoice": 83,
                "FAILED ACCOUNT_CLOSED": 35,
                "FAILED DECLINED": 81,
                "FAILED EXPIRED": 38,
                "FAILED INSUFFICIENT_FUNDS": 580,
                "FAILED MANDATE_CANCELLED": 71,
                "FAILED OTHER": 41,
                "HELD": 171,
                "ISSUED": 28278,
                "Inbound CALL RIGHT_PARTY": 1158,
                "Inbound CHAT RIGHT_PARTY": 177,
                "Inbound EMAIL REPLIED": 203,
                "Inbound PORTAL RIGHT_PARTY": 1739,
                "MADE": 2506,
                "MADE, an instalment": 395,
                "OPENED against everything": 23,
                "OPENED for a part": 99,
                "OPENED for an invoice": 173,
                "Outbound CALL NOT_CONNECTED": 1346,
                "Outbound CALL NO_ANSWER": 4570,
                "Outbound CALL REFUSED": 218,
                "Outbound CALL RIGHT_PARTY": 3475,
                "Outbound CALL VOICEMAIL": 3185,
                "Outbound CALL WRONG_PARTY": 245,
                "Outbound EMAIL ATTEMPTED": 9625,
                "Outbound EMAIL BOUNCED": 571,
                "Outbound EMAIL CLICKED": 1827,
                "Outbound EMAIL DELIVERED": 9054,
                "Outbound EMAIL OPENED": 4883,
                "Outbound LETTER ATTEMPTED": 7030,
                "Outbound LETTER BOUNCED": 154,
                "Outbound SMS ATTEMPTED": 6319,
                "Outbound SMS BOUNCED": 217,
                "Outbound SMS CLICKED": 1643,
                "Outbound SMS DELIVERED": 6102,
                "Outbound SMS REPLIED": 88,
                "Outbound VISIT NO_ANSWER": 151,
                "Outbound VISIT RIGHT_PARTY": 65,
                "Outbound VISIT WRONG_PARTY": 32,
                "RECEIVED for an invoice": 14914,
                "RECEIVED for several invoices": 153,
                "RECEIVED, no invoice named": 10367,
                "REINSTATED, a payment": 23,
                "RELEASED": 78,
                "RESOLVED, nobody knows how": 12,
                "RESOLVED, rejected": 169,
                "RESOLVED, upheld": 107,
                "REVERSED": 76,
                "REVERSED in part": 50,
                "SUBMITTED": 7901,
                "UPDATED": 9174,
                "VOIDED": 97,
                "WRITTEN_OFF": 733,
                "erased": 8,
            }"#]],
    );
}

/// How many customers are in each bucket of lateness on the morning of a day, by the creditor's own ledger.
fn buckets(customers: u32, day: u32) -> BTreeMap<&'static str, usize> {
    let mut events = portfolio(customers, day).events();
    assert!(events.by_ref().count() > 0);
    let today: Date = PortfolioSettings::default().start.plus_days(i32::try_from(day).expect("a day"));
    let mut buckets = BTreeMap::new();
    for customer in &events.customers {
        let bucket = match customer.ledger().oldest().map(|oldest| today.days_since(oldest.due)) {
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
                "charge-off ahead, 90 and more": 18,
                "current": 579,
                "early, 1 to 29": 199,
                "late, 60 to 89": 9,
                "mid, 30 to 59": 40,
                "pre-due, within 7": 155,
            }"#]],
    );
    check(
        format!("{:#?}", buckets(1_000, 400)),
        expect![[r#"
            {
                "charge-off ahead, 90 and more": 59,
                "current": 576,
                "early, 1 to 29": 133,
                "late, 60 to 89": 12,
                "mid, 30 to 59": 59,
                "pre-due, within 7": 161,
            }"#]],
    );
    check(
        format!("{:#?}", buckets(1_000, 730)),
        expect![[r#"
            {
                "charge-off ahead, 90 and more": 28,
                "current": 630,
                "early, 1 to 29": 141,
                "late, 60 to 89": 19,
                "mid, 30 to 59": 36,
                "pre-due, within 7": 146,
            }"#]],
    );
}
