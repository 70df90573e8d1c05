//! Bytes that are no state are refused, and never end the process.

use proptest::prelude::*;
use segflow_core::customer::{Customer, fold};
use segflow_core::event::{Body, CustomerId, Event};
use segflow_core::time::Timestamp;

use super::*;
use crate::tests::support::{SEGMENTATION, issued, made, received};

#[test]
fn bytes_of_another_version_and_damaged_bytes_are_refused() {
    let reader = StateReader::default();
    let bytes = encode(&State::default());
    assert_eq!(reader.decode(&bytes), Ok(State::default()));
    let mut other = bytes.clone();
    other[0] = 9;
    assert_eq!(reader.decode(&other), Err(StateBytesError::Version(9)));
    assert!(matches!(reader.decode(&bytes[..1]), Err(StateBytesError::Damaged(_))));
    assert!(matches!(reader.decode(&[]), Err(StateBytesError::Damaged(_))));
}

fn rules() -> Arc<Segmentation> {
    Arc::new(Segmentation::load("bench.yaml", SEGMENTATION).unwrap().segmentation)
}

/// The bytes of a customer with facts of several families, decided once.
fn valid() -> Vec<u8> {
    let (rules, mut customer) = (rules(), Customer::default());
    let customer_id = CustomerId::new("c1").unwrap();
    let bodies: [Body; 3] = [issued("2026-03-01"), received(2_500, "pay"), made("2026-03-20")];
    for (number, body) in (0..).zip(bodies) {
        let occurred_at = Timestamp(1_772_000_000_000 + number);
        let event_id = format!("e{number}");
        let customer_id = customer_id.clone();
        let event = Event { event_id, customer_id, occurred_at, recorded_at: occurred_at, body };
        fold(&mut customer, event, number.unsigned_abs(), Timestamp(0), &rules);
    }
    segflow_core::advance::advance(&mut customer, &customer_id, &rules, Timestamp(1_772_100_000_000));
    encode(customer.state())
}

/// Every reader gives an answer, and what one reads is written to bytes that mean the same.
fn check(bytes: &[u8]) {
    for reader in [StateReader::default(), StateReader::of(&Rules::new(rules()))] {
        if let Ok(state) = reader.decode(bytes) {
            assert_eq!(StateReader::default().decode(&encode(&state)), Ok(state));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn fuzz_any_bytes_are_read_or_refused(version in 0_u8..6, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&[&[version], &*bytes].concat());
        check(&bytes);
    }

    #[test]
    fn fuzz_a_state_with_some_bytes_changed_is_read_or_refused(
        version in 1_u8..6,
        changed in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        kept in any::<prop::sample::Index>(),
        more in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut bytes = valid();
        for (place, byte) in changed {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        check(&bytes);
        bytes[0] = version;
        check(&bytes);
        bytes.truncate(kept.index(bytes.len() + 1));
        bytes.extend(more);
        check(&bytes);
    }
}
