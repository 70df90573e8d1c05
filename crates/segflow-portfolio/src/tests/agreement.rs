//! The simulated creditor's own ledger against what the core makes of the events, and what rules can read of them.

use std::collections::BTreeMap;

use segflow_core::customer::{Customer, fold};
use segflow_core::event::{Body, CustomerId};
use segflow_core::feature::Feature;
use segflow_core::feature::reading::{Moment, Reading};
use segflow_core::feature::view::View;
use segflow_core::in_effect::in_effect;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Timestamp;

use super::portfolio;
use crate::PortfolioSettings;
use crate::ledger::Ledger;

const DAYS: i32 = 730;

/// Each rule reads one feature.
const FILE: &str = r#"
name: agreement
version: 1
currency: GBP
timezone: Europe/London
parameters: {horizon: 1500d, holidays: [2026-01-01]}
dimensions:
  - name: all
    segments:
      - {name: a, when: balance > 0.00}
      - {name: b, when: credit > 0.00}
      - {name: c, when: payments.unmatched > 0.00}
      - {name: d, when: payments.pending > 0.00}
      - {name: e, when: held.amount > 0.00}
      - {name: f, when: plans.open > 0}
      - {name: g, when: plans.kept("730d") > 0}
      - {name: h, when: plans.broken("730d") > 0}
      - {name: i, when: plans.missed > 0}
      - {name: j, when: written_off.recovered("730d") > 0.00}
    otherwise: none
"#;

/// A customer at the end.
struct Lived {
    id: CustomerId,
    ledger: Ledger,
    customer: Customer,
    is_written_off: bool,
}

/// The customers at the end, without those who were forgotten.
fn lived(customers: u32, segmentation: &Segmentation) -> Vec<Lived> {
    let mut events = portfolio(customers, DAYS.unsigned_abs()).events();
    let mut states: BTreeMap<CustomerId, (Customer, bool)> = BTreeMap::new();
    for event in events.by_ref() {
        let id = event.customer_id.clone();
        if matches!(event.body, Body::Erased) {
            states.remove(&id);
            continue;
        }
        let (state, written_off) = states.entry(id).or_default();
        *written_off |= matches!(event.body, Body::WrittenOff { .. });
        fold(state, event, 0, Timestamp::BEGINNING, segmentation);
    }
    let lived = |simulated: &crate::customer::Customer| {
        let id = simulated.id();
        let (customer, is_written_off) = states.remove(&id)?;
        Some(Lived { id, ledger: simulated.ledger().clone(), customer, is_written_off })
    };
    events.customers.iter().filter_map(lived).collect()
}

/// The value of each feature that the file reads, by its text.
fn read(segmentation: &Segmentation, id: &CustomerId, customer: &Customer) -> BTreeMap<String, i64> {
    let view = View::new(id, in_effect(&customer.state().facts, &[]), segmentation);
    let end = segmentation.zone.midnight(PortfolioSettings::default().start.plus_days(DAYS));
    let moment = Moment::new(end.plus_ms(-1), &segmentation.zone);
    let mut values = BTreeMap::new();
    for slot in &segmentation.features {
        let Feature::Facts(feature) = &slot.feature else { continue };
        let (Reading::Money(value) | Reading::Int(value)) = feature.read(&view, moment).value else {
            panic!("{} is neither money nor a count", slot.text)
        };
        values.insert(slot.text.clone(), value);
    }
    values
}

/// A payment taken back after a write-off moves money between what was given up and what is owed: the core reckons as if it
/// had never come, the creditor goes on from the books as they are. So those who were written off may differ, and few do.
#[test]
fn the_creditor_s_ledger_is_the_core_s_and_rules_see_what_it_does() {
    let segmentation = Segmentation::load("agreement.yaml", FILE.as_bytes()).expect("valid").segmentation;
    let (mut differ, mut written_off) = (0, 0);
    let mut above_zero: BTreeMap<String, usize> = BTreeMap::new();
    for lived in lived(2_000, &segmentation) {
        let values = read(&segmentation, &lived.id, &lived.customer);
        let own = (lived.ledger.balance(), lived.ledger.credit_minor());
        let agrees = own == (values["balance"], values["credit"]);
        assert!(agrees || lived.is_written_off, "{}: {own:?} {values:?}", lived.id);
        differ += usize::from(!agrees);
        written_off += usize::from(lived.is_written_off);
        for (feature, value) in values {
            *above_zero.entry(feature).or_default() += usize::from(value > 0);
        }
    }
    assert!(differ * 20 < written_off, "{differ} of {written_off}");
    assert_eq!(above_zero.len(), 10, "{above_zero:?}");
    assert!(above_zero.values().all(|customers| *customers >= 3), "{above_zero:?}");
}
