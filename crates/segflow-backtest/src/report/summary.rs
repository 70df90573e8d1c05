//! `summary.txt`: the main figures for a terminal. No time of day is in it: the same events, the same text.

use std::fmt::Write;

use super::figures::{Report, SideFigures};
use super::numbers::{grouped, of_all, per_cent};
use super::stats::part;

/// The text, with a line break at its end.
#[must_use]
pub fn summary(report: &Report) -> String {
    let mut text = Text::default();
    let (period, events) = (&report.period, &report.events);
    let (first, last) = (period.days.first(), period.days.last());
    text.line(format_args!(
        "period     {} to {} ({} days, {})",
        first.map_or("", String::as_str),
        last.map_or("", String::as_str),
        period.days.len(),
        period.time_zone
    ));
    text.line(format_args!(
        "records    {} read: {} folded ({} late), {} duplicates, {} forgotten, {} could not be used",
        grouped(events.read),
        grouped(events.folded),
        grouped(events.late),
        grouped(events.duplicates),
        grouped(events.forgotten),
        grouped(events.bad)
    ));
    if let Some(sample) = &report.sample {
        text.line(format_args!(
            "sample     {sample} of the customers; {} records of others only moved the clock; what follows is of the sample",
            grouped(events.outside)
        ));
    }
    if events.ignored > 0 {
        text.line(format_args!("           {} of another currency were ignored", grouped(events.ignored)));
    }
    if events.beyond > 0 {
        text.line(format_args!(
            "           {} at or after the end of the period were not folded",
            grouped(events.beyond)
        ));
    }
    for bad in events.bad_named.iter().take(10) {
        text.line(format_args!("           {}: {}: {}", bad.place, bad.reason, bad.detail));
    }
    for side in &report.sides {
        text.line(format_args!(""));
        write_side(&mut text, side);
    }
    if let Some(differences) = &report.differences {
        text.line(format_args!(
            "\ndiffer     {} of {} customers at the end ({}), {} ever",
            grouped(differences.at_end),
            grouped(differences.customers),
            per_cent(part(differences.at_end, differences.customers)),
            grouped(differences.ever)
        ));
        for dimension in &differences.dimensions {
            for pair in &dimension.pairs {
                let name = |segment: &Option<String>| segment.clone().unwrap_or_else(|| "(none)".to_owned());
                let (from, to) = (name(&pair.baseline), name(&pair.candidate));
                text.line(format_args!("           {} {from} -> {to}: {}", dimension.name, grouped(pair.customers)));
            }
        }
    }
    text.0
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, parts: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{parts}").expect("a string takes any text");
    }
}

fn write_side(text: &mut Text, side: &SideFigures) {
    text.line(format_args!("{:<10} {} version {}", side.side, side.name, side.version));
    text.line(format_args!("digest     {}", side.digest));
    text.line(format_args!("of period  {} ({} changes)", side.period_digest, grouped(side.changes)));
    for dimension in &side.dimensions {
        text.line(format_args!(
            "  {}: {} moves, {} taken back within 7 days ({})",
            dimension.name,
            grouped(dimension.moves),
            grouped(dimension.flaps),
            per_cent(dimension.flap_rate)
        ));
        for segment in &dimension.segments {
            text.line(format_args!(
                "    {:<20} {:>9} at the end {:>12.1} customer-days",
                segment.name,
                grouped(segment.population.last().copied().unwrap_or(0)),
                segment.customer_days
            ));
            if let Some(estimate) = &segment.estimate {
                text.line(format_args!("    {:<20} {}", "", of_all(estimate)));
            }
        }
    }
    for work in side.work.iter().filter(|work| work.capacity.is_some()) {
        text.line(format_args!(
            "  {}={}: {:.1} starts a day, {} at most; capacity {}: {} days over, queue {} at its longest",
            work.key,
            work.value,
            work.mean,
            grouped(work.peak),
            grouped(work.capacity.unwrap_or(0)),
            work.days_over,
            grouped(work.queue_peak)
        ));
    }
}
