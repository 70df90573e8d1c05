//! The section that says what the figures mean.

use super::figures::Report;
use super::html::{Html, escaped};

/// Every term of the page.
pub fn section(html: &mut Html, report: &Report) {
    html.add(format_args!("<section><h2 id=\"definitions\">What the figures mean</h2><dl>"));
    let step = report.period.step;
    let rolls = format!(
        "Of the customers in a segment when a {step} begins, the share in each segment when the next one begins, over all {step}s of the period."
    );
    for (term, meaning) in [
        (
            "move",
            "A change from one segment to another. Customers who are new or erased are shown in the matrix and not counted as moves.",
        ),
        ("taken back", "A move that returns to the segment before the last, within 7 days (168 hours) of leaving it."),
        (
            "stay",
            "From entering a segment to leaving it, also where it began before the period. Those that go on at the end are told apart: they may yet last longer.",
        ),
        ("roll rate", &*rolls),
        (
            "paid",
            "Each entry into a segment with something overdue counts once; it is paid if a payment happened after the entry and was recorded within 30 days of it. Entries with less than 30 days left in the data are not counted.",
        ),
        ("cured", "The same, by a payment after which nothing was overdue."),
        (
            "promise kept",
            "Each entry into a segment with a promise open counts once; the promise that is due first is looked at, once it is kept or broken. One taken back is not counted.",
        ),
        (
            "interval",
            "Wilson's score interval of 95 %, as if entries were independent: those of one customer are not quite, so that it is too narrow rather than too wide.",
        ),
        (
            "Gini, KS",
            "How well the segments, ordered by their rates, tell those with the outcome from those without: 0 not at all, 1 entirely. Measured on the data from which the order is taken.",
        ),
        (
            "start",
            "A customer's merged treatment takes a value that it did not have before. How often it is repeated, and whom a dialler leaves out, is not known here.",
        ),
        ("queue", "What exceeds the capacity of a day waits for the days after."),
        ("differ", "In a segment of another name, in dimensions of the same name."),
    ] {
        html.add(format_args!("<dt>{term}</dt><dd>{}</dd>", escaped(meaning)));
    }
    html.add(format_args!("</dl></section>"));
}
