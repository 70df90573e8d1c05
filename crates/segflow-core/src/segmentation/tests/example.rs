//! The catalogue's example.

use expect_test::expect;

use crate::segmentation::Segmentation;

pub(super) const EXAMPLE: &str = r#"name: consumer-collections
version: 3
currency: GBP
timezone: Europe/London
attributes: {vulnerable: bool, credit_score: int}
dimensions:
  - name: guard
    segments:
      - {name: vulnerable, when: profile.vulnerable, treatment: {handler: specialist, dialler: exclude}}
    otherwise: none
  - name: stage
    segments:                                   # first match wins
      - {name: late,  when: overdue.days >= 60, treatment: {channel: call, handler: senior}}
      - {name: mid,   when: overdue.days >= 30}
      - {name: early, when: overdue.days >= 1}
      - {name: pre_due, when: next_due.days <= 7}
    otherwise: current
  - name: value
    segments:
      - name: high
        when: payments.sum("365d") >= 5000.00
        stay: payments.sum("365d") >= 4500.00   # hysteresis
        keep: 7d
        bypass: segment("guard") != "none"
    otherwise: standard
"#;

#[test]
fn the_catalogues_example_loads() {
    let loaded = Segmentation::load("example.yaml", EXAMPLE).expect("valid");
    assert!(loaded.warnings.is_empty());
    let segmentation = loaded.segmentation;
    assert_eq!((segmentation.name.as_str(), segmentation.version), ("consumer-collections", 3));
    assert_eq!((segmentation.currency.code.as_str(), segmentation.zone.name()), ("GBP", "Europe/London"));
    // `sha256sum` of the text above.
    expect![["c68f4a70baf1e90db58e382afab91ee8b429495ea9f9ca274ddf3daba519de74"]].assert_eq(&segmentation.hash);
    expect![[r#"
        Summary {
            dimensions: [
                (
                    "guard",
                    [
                        "vulnerable",
                        "none",
                    ],
                ),
                (
                    "stage",
                    [
                        "late",
                        "mid",
                        "early",
                        "pre_due",
                        "current",
                    ],
                ),
                (
                    "value",
                    [
                        "high",
                        "standard",
                    ],
                ),
            ],
            features: [
                "profile.vulnerable",
                "overdue.days",
                "next_due.days",
                "payments.sum(\"365d\")",
                "segment(\"guard\")",
            ],
            attributes: [
                (
                    "vulnerable",
                    "bool",
                ),
            ],
            longest_window_days: Some(
                365,
            ),
        }
    "#]]
    .assert_debug_eq(&segmentation.summary());
    expect![[r#"
        Dimension {
            name: "value",
            segments: [
                Segment {
                    name: "high",
                    when: Some(
                        Rule {
                            text: "payments.sum(\"365d\") >= 5000.00",
                            root: Compare(
                                Feature(
                                    3,
                                ),
                                GreaterOrEqual,
                                Literal(
                                    Money(
                                        500000,
                                    ),
                                ),
                            ),
                            reads: RuleReads {
                                families: Families(
                                    2,
                                ),
                                dimensions: Dimensions(
                                    0,
                                ),
                                number: 5,
                            },
                        },
                    ),
                    remain: Some(
                        Rule {
                            text: "(payments.sum(\"365d\") >= 5000.00) || (payments.sum(\"365d\") >= 4500.00)",
                            root: Or(
                                [
                                    Compare(
                                        Feature(
                                            3,
                                        ),
                                        GreaterOrEqual,
                                        Literal(
                                            Money(
                                                500000,
                                            ),
                                        ),
                                    ),
                                    Compare(
                                        Feature(
                                            3,
                                        ),
                                        GreaterOrEqual,
                                        Literal(
                                            Money(
                                                450000,
                                            ),
                                        ),
                                    ),
                                ],
                            ),
                            reads: RuleReads {
                                families: Families(
                                    2,
                                ),
                                dimensions: Dimensions(
                                    0,
                                ),
                                number: 7,
                            },
                        },
                    ),
                    hold: None,
                    keep: Some(
                        Days(
                            7,
                        ),
                    ),
                    bypass: Some(
                        Rule {
                            text: "segment(\"guard\") != \"none\"",
                            root: Compare(
                                Feature(
                                    4,
                                ),
                                NotEqual,
                                Literal(
                                    Text(
                                        "none",
                                    ),
                                ),
                            ),
                            reads: RuleReads {
                                families: Families(
                                    0,
                                ),
                                dimensions: Dimensions(
                                    1,
                                ),
                                number: 6,
                            },
                        },
                    ),
                    treatment: {},
                },
                Segment {
                    name: "standard",
                    when: None,
                    remain: None,
                    hold: None,
                    keep: None,
                    bypass: None,
                    treatment: {},
                },
            ],
            rests_on: Dimensions(
                5,
            ),
        }
    "#]]
    .assert_debug_eq(&segmentation.dimensions[2]);
}
