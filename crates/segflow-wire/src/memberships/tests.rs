//! The decision state goes out by name and comes back by number.

use std::collections::BTreeMap;

use expect_test::expect;
use segflow_core::money::Currency;
use segflow_core::segmentation::{Dimensions, Parameters, Segment};
use segflow_core::time::Zone;

use super::*;

fn segmentation(dimensions: &[(&str, &[&str])]) -> Segmentation {
    let segment = |name: &&str| Segment {
        name: (*name).to_owned(),
        when: None,
        remain: None,
        hold: None,
        keep: None,
        bypass: None,
        treatment: BTreeMap::new(),
    };
    Segmentation {
        name: "test".to_owned(),
        version: 3,
        hash: "ab".repeat(32),
        text: Vec::new(),
        currency: Currency::new("GBP").unwrap(),
        zone: Zone::named("Europe/London").unwrap(),
        attributes: Vec::new(),
        parameters: Parameters {
            horizon_days: 730,
            promise_grace_business_days: 2,
            promise_tolerance: (95, 100),
            overdue_tolerance_minor: 0,
            pending_business_days: 5,
            allocates_to_disputed: true,
            rolls_due_dates: false,
            click_min_seconds: 10,
            call_limit: 7,
            history_since: None,
            holidays: Vec::new(),
        },
        actionable_within_ms: 0,
        dimensions: dimensions
            .iter()
            .map(|(name, segments)| Dimension {
                name: (*name).to_owned(),
                segments: segments.iter().map(segment).collect(),
                rests_on: Dimensions::NONE,
            })
            .collect(),
        features: Vec::new(),
        rules: 0,
        reads_history: false,
    }
}

fn at(text: &str) -> Option<Timestamp> {
    Some(text.parse().unwrap())
}

fn decided() -> (Segmentation, Decision) {
    let stage = state::Membership {
        current: Some(1),
        entered_at: at("2026-05-02T23:00:00Z"),
        seq: 4,
        since: vec![at("2026-05-01T23:00:00Z"), at("2026-05-02T23:00:00Z"), None],
    };
    let value =
        state::Membership { current: Some(0), entered_at: at("2026-01-01T00:00:00Z"), seq: 1, since: vec![None; 2] };
    let decision = Decision {
        as_of: at("2026-05-03T09:30:00.001Z"),
        next: at("2026-06-01T23:00:00Z").unwrap(),
        segmentation: NonZeroU32::new(3),
        dimensions: vec![stage, value],
        closed: [("arm".to_owned(), 7)].into(),
    };
    (segmentation(&[("stage", &["late", "mid", "current"]), ("value", &["high", "standard"])]), decision)
}

fn memberships() -> Memberships {
    let (segmentation, decision) = decided();
    Memberships::of(&CustomerId::new("C-1").unwrap(), &decision, &segmentation)
}

#[test]
fn the_decision_comes_back_from_either_encoding() {
    let (segmentation, mut decision) = decided();
    for next in [decision.next, Timestamp::NEVER] {
        decision.next = next;
        let memberships = Memberships::of(&CustomerId::new("C-1").unwrap(), &decision, &segmentation);
        for encoding in [Encoding::Json, Encoding::Avro] {
            let read = Memberships::decode(&memberships.encode(encoding), encoding).unwrap();
            assert_eq!(read, memberships);
            assert_eq!(Memberships::read(&memberships.encode(encoding)), Ok(read.clone()));
            assert_eq!(read.decision(&segmentation), Ok(decision.clone()));
        }
    }
}

/// What the release before wrote lacks what comes last: an empty map, of one byte.
#[test]
fn a_record_of_an_earlier_schema_reads_back() {
    let memberships = Memberships { closed: BTreeMap::new(), ..memberships() };
    let bytes = memberships.encode(Encoding::Avro);
    let former = [&[0xc3, 0x01][..], &schema::SEGMENTS_1.fingerprint(), &bytes[10..bytes.len() - 1]].concat();
    assert_eq!(Memberships::decode(&former, Encoding::Avro), Ok(memberships));
}

#[test]
fn an_undecided_customer_comes_back() {
    let (segmentation, _) = decided();
    let memberships = Memberships::of(&CustomerId::new("C-1").unwrap(), &Decision::default(), &segmentation);
    for encoding in [Encoding::Json, Encoding::Avro] {
        let read = Memberships::decode(&memberships.encode(encoding), encoding).unwrap();
        assert_eq!(read.decision(&segmentation), Ok(Decision::default()));
    }
}

#[test]
fn json_of_a_customer() {
    let json: serde_json::Value = serde_json::from_slice(&memberships().encode(Encoding::Json)).unwrap();
    expect![[r#"
        {
          "customer_id": "C-1",
          "segmentation": "test",
          "segmentation_version": 3,
          "segmentation_hash": "abababababababababababababababababababababababababababababababab",
          "as_of": "2026-05-03T09:30:00.001Z",
          "next": "2026-06-01T23:00:00.000Z",
          "dimensions": [
            {
              "dimension": "stage",
              "segment": "mid",
              "entered_at": "2026-05-02T23:00:00.000Z",
              "seq": 4,
              "since": {
                "late": "2026-05-01T23:00:00.000Z",
                "mid": "2026-05-02T23:00:00.000Z"
              }
            },
            {
              "dimension": "value",
              "segment": "high",
              "entered_at": "2026-01-01T00:00:00.000Z",
              "seq": 1,
              "since": {}
            }
          ],
          "closed": {
            "arm": 7
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&json).unwrap());
}

#[test]
fn names_decide_not_places() {
    let other = segmentation(&[
        ("value", &["high", "standard"]),
        ("arm", &["champion", "challenger"]),
        ("stage", &["hold", "late", "mid", "current"]),
    ]);
    let decision = memberships().decision(&other).unwrap();
    assert_eq!(decision.dimensions[0].current, Some(0));
    assert_eq!(decision.dimensions[1], state::Membership { since: vec![None; 2], ..state::Membership::default() });
    assert_eq!(decision.dimensions[2].current, Some(2));
    assert_eq!(
        decision.dimensions[2].since,
        decided().1.dimensions[0].since.iter().fold(vec![None], |mut since, at| {
            since.push(*at);
            since
        })
    );
}

#[test]
fn names_that_the_segmentation_lacks_are_errors() {
    let error = |dimensions| memberships().decision(&segmentation(dimensions)).unwrap_err().to_string();
    expect![[r#"dimension "value": not in this segmentation"#]]
        .assert_eq(&error(&[("stage", &["late", "mid", "current"])]));
    expect![[r#"segment "late": not in dimension "stage""#]]
        .assert_eq(&error(&[("stage", &["mid", "current"]), ("value", &["high", "standard"])]));
}
