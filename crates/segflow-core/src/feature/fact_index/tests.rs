//! What is kept from fact to fact is what a replay of all facts makes, over random histories.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::ledger::Terms;
use super::payments::Payments;
use super::running::Running;
use crate::event::{Body, Channel, Direction, Discount, FailureCode, Named, Outcome};
use crate::fact::Fact;
use crate::feature::context::Parameters;
use crate::in_effect::Pending;
use crate::segmentation::Segmentation;
use crate::time::{Date, Timestamp};

const HOUR_MS: i64 = 3_600_000;

/// An event from a few numbers: a kind, a thing of four, an amount, and something else.
#[derive(Clone, Debug)]
struct Drawn {
    kind: u8,
    thing: u8,
    amount: i64,
    other: u8,
    /// Hours since the event before it; often none.
    hours: i64,
    /// If it does not come in order: where among the facts it comes.
    before: Option<Index>,
    /// Whether it comes into effect together with the next one.
    is_held_back: bool,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let hours = prop_oneof![Just(0), 1_i64..30, 100_i64..2_000];
    let before = proptest::option::weighted(0.1, any::<Index>());
    (0_u8..22, 0_u8..4, 1_i64..200, any::<u8>(), hours, before, proptest::bool::weighted(0.2)).prop_map(
        |(kind, thing, amount, other, hours, before, is_held_back)| Drawn {
            kind,
            thing,
            amount,
            other,
            hours,
            before,
            is_held_back,
        },
    )
}

impl Drawn {
    fn body(&self, today: Date) -> Body {
        let (id, amount_minor, other) = (format!("{}", self.thing), self.amount, self.other);
        let day = today.plus_days(i32::from(other % 64) - 10);
        let some = |amount: i64| (other.is_multiple_of(3)).then_some(amount);
        let names = || match other % 4 {
            0 => Vec::new(),
            1 => vec![Named::whole((other / 4 % 5).to_string())],
            _ => [other / 4 % 4, other / 16 % 5]
                .map(|named| Named { invoice_id: named.to_string(), amount_minor: some(30) })
                .to_vec(),
        };
        match self.kind {
            0..=2 => Body::Issued {
                invoice_id: id,
                amount_minor,
                due_date: day,
                debt_type: None,
                discount: some(5).map(|amount_minor| Discount { amount_minor, until: day }),
            },
            3 => Body::Adjusted { invoice_id: id, delta_minor: amount_minor - 150, due_date: some(0).map(|_| day) },
            4 => Body::WrittenOff { invoice_id: id },
            5 if other < 100 => Body::Voided { invoice_id: id },
            5 => Body::InvoiceReinstated { invoice_id: id },
            6 => Body::Credited { credit_note_id: id, amount_minor, names: names() },
            7 => Body::Held { invoice_id: id, until: (!other.is_multiple_of(4)).then_some(day) },
            8 => Body::Released { invoice_id: id },
            9..=11 => Body::Received { payment_id: self.payment(), amount_minor, names: names(), method: None },
            12 => Body::Submitted { payment_id: self.payment(), amount_minor },
            13 => Body::Failed { payment_id: self.payment(), code: Some(FailureCode::Other) },
            14 => Body::Reversed { payment_id: self.payment(), amount_minor: some(20) },
            15 if other < 100 => Body::PaymentReinstated { payment_id: self.payment(), amount_minor: some(20) },
            15 | 16 => Body::Made {
                promise_id: id,
                amount_minor,
                due_date: day,
                plan_id: (other.is_multiple_of(2)).then(|| "plan".to_owned()),
            },
            17 if other < 100 => Body::Amended { promise_id: id, amount_minor, due_date: day },
            17 => Body::Cancelled { promise_id: id },
            18 => Body::Opened {
                dispute_id: id,
                invoice_id: (!other.is_multiple_of(3)).then(|| (other / 3 % 4).to_string()),
                amount_minor: some(40),
            },
            19 => Body::Resolved { dispute_id: id, upheld: some(0).map(|_| other.is_multiple_of(2)) },
            _ => Body::Contact {
                contact_id: id,
                direction: if other.is_multiple_of(4) { Direction::Inbound } else { Direction::Outbound },
                channel: Channel::ALL[usize::from(other) % 2],
                outcome: Outcome::ALL[usize::from(other) % Outcome::ALL.len()],
                machine: other > 240,
            },
        }
    }

    /// Few payments have several events.
    fn payment(&self) -> String {
        if self.other.is_multiple_of(2) { self.thing.to_string() } else { format!("{}-{}", self.thing, self.amount) }
    }
}

/// Everything that is read from facts and kept.
fn all(running: &mut Running, terms: Terms<'_>, reads_history: bool) -> String {
    let (owed, history) = running.owed(terms, reads_history);
    let contacts = running.contacts(terms);
    let promises = running.promises(owed.owing(), terms);
    let payments = Payments::of(running.receipts(terms), terms.parameters, terms.zone);
    format!("{owed:#?}\n{history:#?}\n{contacts:#?}\n{payments:#?}\n{promises:#?}")
}

fn segmentation(parameters: &str) -> Segmentation {
    let text = format!(
        "name: t\nversion: 1\ncurrency: EUR\ntimezone: Europe/Rome\nparameters: {{{parameters}}}\n\
         dimensions: [{{name: d, segments: [{{name: s, when: balance > 0}}], otherwise: o}}]\n"
    );
    Segmentation::load("t.yaml", text).unwrap_or_else(|error| panic!("{error}")).segmentation
}

fn pending(fact: &Fact) -> Pending {
    let Fact { occurred_at: effective, event_id, body, .. } = fact;
    Pending { effective: *effective, kind: body.kind(), event_id: event_id.clone(), offset: 0 }
}

proptest! {
    /// However facts come, and whichever of them lets earlier ones have another effect: what goes on from fact to fact
    /// is what a replay of all makes.
    #[test]
    fn what_goes_on_is_what_a_replay_makes(events in vec(drawn(), 1..60), rolls: bool, reads_history: bool) {
        let rolled = if rolls { "due_date_roll: following, allocate_to_disputed: never, horizon: 40d" } else { "" };
        let Segmentation { parameters, zone, .. } = segmentation(rolled);
        let parameters = Parameters { overdue_tolerance_minor: 3, ..parameters };
        let (mut facts, mut news, mut running): (Vec<Fact>, Vec<Pending>, _) = (Vec::new(), Vec::new(), Running::default());
        let mut now = Timestamp(1_780_000_000_000);
        for (number, event) in events.iter().enumerate() {
            now = now.plus_ms(event.hours * HOUR_MS);
            let at = event.before.filter(|_| !facts.is_empty()).map_or(facts.len(), |before| before.index(facts.len()));
            let occurred_at = facts.get(at).map_or(now, |next| next.occurred_at);
            let (event_id, body) = (format!("{number:04}"), event.body(zone.date_of(occurred_at)));
            let fact = Fact { occurred_at, recorded_at: now, event_id, body };
            news.push(pending(&fact));
            facts.insert(at, fact);
            if event.is_held_back {
                continue;
            }
            let shown: Vec<&Fact> = facts.iter().collect();
            let terms = Terms { facts: &shown, parameters: &parameters, zone: &zone };
            running.follow(&shown, &std::mem::take(&mut news));
            let replayed = all(&mut Running::default(), terms, reads_history);
            prop_assert_eq!(all(&mut running, terms, reads_history), replayed);
        }
    }
}
