//! Work that the treatments imply, against the capacity given.

use super::figures::{Report, WorkFigures};
use super::html::{Html, escaped};
use super::numbers::grouped;
use super::svg::bars;

/// The keys that are drawn without a capacity; other keys are only in the table.
const DRAWN: [&str; 2] = ["channel", "handler"];

/// The section.
pub fn section(html: &mut Html, report: &Report) {
    let candidate = &report.sides[0];
    html.add(format_args!(
        "<section><h2 id=\"work\">Work</h2><p class=\"soft\">How many customers begin to be treated so on each day. A \
         capacity is drawn where one was given; days above it are in another colour.</p>"
    ));
    if candidate.work.is_empty() {
        return html.add(format_args!("<p>The segmentation names no treatment.</p></section>"));
    }
    html.add(format_args!("<div class=\"cards\">"));
    let drawn = |work: &&WorkFigures| work.capacity.is_some() || DRAWN.contains(&&*work.key);
    for work in candidate.work.iter().filter(drawn) {
        chart(html, report, work);
    }
    pairs(html, report);
    table(html, report);
    html.add(format_args!("</div></section>"));
}

fn chart(html: &mut Html, report: &Report, work: &WorkFigures) {
    let name = format!("{}: {}", work.key, work.value);
    let label = format!("Starts of {name} per day");
    let meaning = match work.capacity {
        Some(capacity) => format!(
            "{:.1} a day, {} at most. Over the capacity of {} on {} days; the queue is {} at its longest, {} at the end.",
            work.mean,
            grouped(work.peak),
            grouped(capacity),
            grouped(work.days_over),
            grouped(work.queue_peak),
            grouped(work.queue_end)
        ),
        None => format!("{:.1} a day, {} at most.", work.mean, grouped(work.peak)),
    };
    html.card("", &name, &meaning, &bars(&label, "starts a day", &report.period.days, &work.starts, work.capacity));
}

fn pairs(html: &mut Html, report: &Report) {
    let pairs = &report.sides[0].channel_by_handler;
    if pairs.is_empty() {
        return;
    }
    let mut content = Html::default();
    content.add(format_args!("<div class=\"scroll\"><table><thead><tr><th>channel</th><th class=\"left\">handler</th><th>starts</th><th>a day</th></tr></thead><tbody>"));
    let days = super::stats::number(report.period.days.len().max(1) as u64);
    for (channel, handler, count) in pairs {
        content.add(format_args!(
            "<tr><th>{}</th><td class=\"left\">{}</td><td>{}</td><td>{:.1}</td></tr>",
            escaped(channel),
            escaped(handler),
            grouped(*count),
            super::stats::number(*count) / days
        ));
    }
    content.add(format_args!("</tbody></table></div>"));
    html.card("", "Channels by handler", "Who would have had to do it, when it began.", &content.0);
}

fn table(html: &mut Html, report: &Report) {
    let baseline = report.sides.get(1);
    let mut content = Html::default();
    content.add(format_args!(
        "<div class=\"scroll\"><table><thead><tr><th>treatment</th><th class=\"left\">value</th><th>starts</th>"
    ));
    if baseline.is_some() {
        content.add(format_args!("<th>by the baseline</th>"));
    }
    content.add(format_args!("<th>a day</th><th>most on a day</th><th>treated so at the end</th></tr></thead><tbody>"));
    for work in &report.sides[0].work {
        content.add(format_args!(
            "<tr><th>{}</th><td class=\"left\">{}</td><td>{}</td>",
            escaped(&work.key),
            escaped(&work.value),
            grouped(work.total)
        ));
        if let Some(baseline) = baseline {
            let same = baseline.work.iter().find(|other| (&other.key, &other.value) == (&work.key, &work.value));
            content.add(format_args!("<td>{}</td>", same.map_or("–".to_owned(), |other| grouped(other.total))));
        }
        content.add(format_args!(
            "<td>{:.1}</td><td>{}</td><td>{}</td></tr>",
            work.mean,
            grouped(work.peak),
            grouped(work.caseload.last().copied().unwrap_or(0))
        ));
    }
    content.add(format_args!("</tbody></table></div>"));
    html.card("", "Every treatment", "All keys and values that the segmentation can give.", &content.0);
}
