//! The portfolio as its readers see it: its events.

mod demo;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use expect_test::{Expect, expect};
use segflow_core::event::{Attribute, Body, Channel, CustomerId, Direction, Event, Outcome};
use segflow_core::time::{Date, Instant, Zone};
use sha2::{Digest, Sha256};

use crate::ledger::Ledger;
use crate::{Portfolio, Settings, ZONE};

fn portfolio(customers: u32, days: u32) -> Portfolio {
    Portfolio::new(Settings { customers, days, ..Settings::default() })
}

fn check(actual: impl Into<String>, expected: Expect) {
    expected.assert_eq(&actual.into());
}

fn digest(events: impl Iterator<Item = Event>) -> String {
    let mut hash = Sha256::new();
    events.for_each(|event| hash.update(format!("{event:?}\n")));
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    })
}

#[test]
fn same_seed_same_events_on_every_machine() {
    let first = digest(portfolio(500, 120).events().take(5_000));
    assert_eq!(first, digest(portfolio(500, 120).events().take(5_000)));
    check(first, expect!["5d76896ad0d01542eed2e468d9422cff05aa2f150b3edbb7bae026864c16aa69"]);
}

#[test]
fn another_seed_another_portfolio() {
    let settings = portfolio(500, 120).settings();
    let other = Portfolio::new(Settings { seed: settings.seed + 1, ..settings });
    assert_ne!(digest(other.events()), digest(Portfolio::new(settings).events()));
}

#[test]
fn time_never_goes_back_and_ends_with_the_last_day() {
    let zone = Zone::named(ZONE).expect("a zone");
    let start = Settings::default().start;
    let mut last = zone.midnight(start);
    for event in portfolio(500, 40).events() {
        assert!(event.occurred_at >= last, "{event:?} after {last}");
        last = event.occurred_at;
    }
    assert!(last >= zone.midnight(start.plus_days(39)) && last < zone.midnight(start.plus_days(40)), "{last}");
}

#[test]
fn ids_are_unique() {
    let (mut events, mut named) = (BTreeSet::new(), BTreeSet::new());
    for event in portfolio(500, 120).events() {
        assert!(events.insert((event.body.family(), event.event_id.clone())), "{event:?}");
        if let Body::Issued { invoice_id: id, .. }
        | Body::Received { payment_id: id, .. }
        | Body::Made { promise_id: id, .. } = &event.body
        {
            assert!(named.insert(id.clone()), "{event:?}");
        }
    }
}

fn of(customer: u32, events: impl Iterator<Item = Event>) -> Vec<Event> {
    let id = Portfolio::customer_id(customer);
    events.filter(|event| event.customer_id == id).collect()
}

#[test]
fn a_customer_does_not_depend_on_the_others() {
    for customer in 0..20 {
        let alone = of(customer, portfolio(20, 100).events());
        assert!(!alone.is_empty());
        assert_eq!(alone, of(customer, portfolio(300, 100).events()));
    }
}

#[test]
fn a_longer_run_begins_with_the_shorter() {
    let short: Vec<_> = portfolio(50, 60).events().collect();
    let long: Vec<_> = portfolio(50, 90).events().take(short.len()).collect();
    assert_eq!(short, long);
}

#[test]
fn every_kind_refers_to_what_is_there() {
    let zone = Zone::named(ZONE).expect("a zone");
    let mut invoices = BTreeSet::new();
    let mut contacts: BTreeMap<String, (CustomerId, Direction, Channel)> = BTreeMap::new();
    let mut talked = BTreeMap::new();
    for Event { customer_id, occurred_at, body, .. } in portfolio(1_000, 120).events() {
        let now = occurred_at;
        match body {
            Body::Issued { invoice_id, amount_minor, .. } => {
                assert!(amount_minor > 0);
                invoices.insert((customer_id, invoice_id));
            }
            Body::Received { amount_minor, invoice_id, .. } => {
                assert!(amount_minor > 0);
                assert!(invoice_id.is_none_or(|named| invoices.contains(&(customer_id, named))));
            }
            Body::Contact { contact_id, direction, channel, outcome } => {
                let whose = (customer_id.clone(), direction, channel);
                assert_eq!(*contacts.entry(contact_id).or_insert_with(|| whose.clone()), whose);
                if outcome == Outcome::RightParty {
                    talked.insert(customer_id, now);
                }
            }
            Body::Made { amount_minor, due_date, .. } => {
                assert!(amount_minor > 0);
                let talk: Instant = talked[&customer_id];
                assert!(now.since_ms(talk) <= 12 * 60_000, "promises are made in conversations");
                assert!(zone.midnight(due_date) > now);
            }
            Body::Updated { attributes } => assert!(!attributes.is_empty()),
        }
    }
    assert!(!talked.is_empty());
}

#[test]
fn calls_are_made_in_business_hours() {
    let zone = Zone::named(ZONE).expect("a zone");
    let mut calls = 0;
    for Event { occurred_at, body, .. } in portfolio(500, 120).events() {
        let Body::Contact { direction: Direction::Outbound, channel: Channel::Call, .. } = body else {
            continue;
        };
        let date = zone.date_of(occurred_at);
        let minutes = occurred_at.since_ms(zone.midnight(date)) / 60_000;
        let end = if date.weekday() == 6 { 13 } else { 19 };
        assert!(date.weekday() != 7 && minutes >= 8 * 60 && minutes < end * 60 + 5, "{occurred_at}");
        calls += 1;
    }
    assert!(calls > 100, "{calls}");
}

#[test]
fn the_vulnerable_are_left_in_peace() {
    let mut flagged = BTreeSet::new();
    for Event { customer_id, body, .. } in portfolio(2_000, 120).events() {
        match body {
            Body::Updated { attributes } => match attributes.get("vulnerable") {
                Some(Attribute::Bool(true)) => drop(flagged.insert(customer_id)),
                Some(_) => drop(flagged.remove(&customer_id)),
                None => {}
            },
            Body::Contact { direction: Direction::Outbound, channel: Channel::Call, outcome, .. } => {
                assert!(outcome == Outcome::Refused || !flagged.contains(&customer_id));
            }
            _ => {}
        }
    }
    assert!(flagged.len() > 40, "{}", flagged.len());
}

/// The number at the end of an id.
fn number(id: &str) -> u32 {
    id.rsplit('-').next().and_then(|digits| digits.parse().ok()).expect("ids end in a number")
}

/// How many customers are in each bucket of lateness on the morning of a day, from the events before it.
fn buckets(customers: u32, day: u32) -> BTreeMap<&'static str, usize> {
    let mut ledgers: BTreeMap<CustomerId, Ledger> = BTreeMap::new();
    for event in portfolio(customers, day).events() {
        let ledger = ledgers.entry(event.customer_id).or_default();
        match event.body {
            Body::Issued { invoice_id, amount_minor, due_date, .. } => {
                ledger.issue(number(&invoice_id), due_date, amount_minor);
            }
            Body::Received { amount_minor, invoice_id, .. } => {
                ledger.receive(amount_minor, invoice_id.as_deref().map(number));
            }
            _ => {}
        }
    }
    let today: Date = Settings::default().start.plus_days(i32::try_from(day).expect("a day"));
    let mut buckets = BTreeMap::new();
    for ledger in ledgers.values() {
        let bucket = match ledger.oldest().map(|oldest| today.days_since(oldest.due)) {
            Some(60..) => "late, 60 and more",
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
                "current": 570,
                "early, 1 to 29": 197,
                "late, 60 and more": 30,
                "mid, 30 to 59": 45,
                "pre-due, within 7": 139,
            }"#]],
    );
    check(
        format!("{:#?}", buckets(1_000, 120)),
        expect![[r#"
            {
                "current": 573,
                "early, 1 to 29": 125,
                "late, 60 and more": 65,
                "mid, 30 to 59": 80,
                "pre-due, within 7": 157,
            }"#]],
    );
}

fn kind(body: &Body) -> String {
    match body {
        Body::Issued { .. } => "ISSUED".to_owned(),
        Body::Received { invoice_id: None, .. } => "RECEIVED, no invoice named".to_owned(),
        Body::Received { .. } => "RECEIVED for an invoice".to_owned(),
        Body::Contact { direction, channel, outcome, .. } => {
            format!("{direction:?} {} {}", channel.word(), outcome.word())
        }
        Body::Made { .. } => "MADE".to_owned(),
        Body::Updated { .. } => "UPDATED".to_owned(),
    }
}

#[test]
fn a_thousand_customers_make_this_in_120_days() {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut events = 0;
    for event in portfolio(1_000, 120).events() {
        *kinds.entry(kind(&event.body)).or_default() += 1;
        events += 1;
    }
    check(
        format!("{events} events\n{kinds:#?}"),
        expect![[r#"
            20050 events
            {
                "ISSUED": 3910,
                "Inbound CALL RIGHT_PARTY": 186,
                "Inbound CHAT RIGHT_PARTY": 20,
                "Inbound EMAIL REPLIED": 29,
                "Inbound PORTAL RIGHT_PARTY": 248,
                "MADE": 433,
                "Outbound CALL NOT_CONNECTED": 176,
                "Outbound CALL NO_ANSWER": 865,
                "Outbound CALL REFUSED": 52,
                "Outbound CALL RIGHT_PARTY": 597,
                "Outbound CALL VOICEMAIL": 586,
                "Outbound CALL WRONG_PARTY": 88,
                "Outbound EMAIL ATTEMPTED": 1347,
                "Outbound EMAIL BOUNCED": 55,
                "Outbound EMAIL CLICKED": 180,
                "Outbound EMAIL DELIVERED": 1292,
                "Outbound EMAIL OPENED": 671,
                "Outbound LETTER ATTEMPTED": 1274,
                "Outbound LETTER BOUNCED": 13,
                "Outbound SMS ATTEMPTED": 1190,
                "Outbound SMS BOUNCED": 10,
                "Outbound SMS CLICKED": 266,
                "Outbound SMS DELIVERED": 1180,
                "Outbound SMS REPLIED": 10,
                "RECEIVED for an invoice": 1463,
                "RECEIVED, no invoice named": 1697,
                "UPDATED": 2212,
            }"#]],
    );
}

#[test]
fn ten_thousand_customers_make_at_least_200_000_events_in_the_default_days() {
    let events = portfolio(10_000, Settings::default().days).events().count();
    assert!(events >= 200_000, "{events}");
}
