//! The demo's segmentation, and a second version of it.

/// The first version.
pub const DEMO: &str = include_str!("../../deploy/segmentations/demo.yaml");

/// The second: `contactability` is dropped, `arrears` counts from another amount, `stake` is new.
///
/// # Panics
///
/// If the first lacks a dimension that the second drops.
#[must_use]
pub fn second() -> String {
    let at = |name: &str| DEMO.find(&format!("  - name: {name}\n")).expect("a dimension of the demo");
    let dropped = at("contactability")..at("value");
    let mut text = DEMO.to_owned();
    text.replace_range(
        dropped,
        "  - name: stake\n    segments:\n      - {name: some, when: balance > 0.00}\n    otherwise: none\n\n",
    );
    text.replace("version: 1\n", "version: 2\n").replace("overdue.amount > 0.00", "overdue.amount > 40.00")
}
