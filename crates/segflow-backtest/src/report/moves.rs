//! Moves between segments, time spent in them, and roll rates.

use super::figures::{DimensionFigures, MoveFigures, Report};
use super::html::{Html, escaped};
use super::numbers::{grouped, per_cent};
use super::stats::{Durations, part};
use super::svg::{Range, ranges};

/// The cards of a dimension.
pub fn cards(html: &mut Html, report: &Report, dimension: &DimensionFigures) {
    matrix(html, dimension);
    stays(html, dimension);
    rolls(html, report, dimension);
}

/// The shade of a cell for a share from 0 to 1. It grows with the root, so that small shares are seen too.
fn shade(share: f64) -> String {
    format!("style=\"background:rgba(var(--heat),{:.2})\"", share.clamp(0.0, 1.0).sqrt() * 0.55)
}

fn matrix(html: &mut Html, dimension: &DimensionFigures) {
    let names: Vec<&str> = dimension.segments.iter().map(|segment| &*segment.name).collect();
    let most = dimension.matrix.iter().filter(|cell| cell.from.is_some()).map(|cell| cell.moves).max().unwrap_or(0);
    let find = |from: Option<&str>, to: Option<&str>| {
        dimension.matrix.iter().find(|cell| cell.from.as_deref() == from && cell.to.as_deref() == to)
    };
    let erased = dimension.matrix.iter().any(|cell| cell.to.is_none());
    let mut columns: Vec<Option<&str>> = names.iter().copied().map(Some).collect();
    columns.extend(erased.then_some(None));
    let mut table = Html::default();
    table.add(format_args!(
        "<div class=\"scroll\"><table class=\"{}\"><thead><tr><th class=\"left\">left \\ entered</th>",
        heat(dimension)
    ));
    for to in &columns {
        table.add(format_args!("<th><span>{}</span></th>", breakable(to.unwrap_or("(erased)"))));
    }
    table.add(format_args!("</tr></thead><tbody>"));
    for from in std::iter::once(None).chain(names.iter().copied().map(Some)) {
        table.add(format_args!("<tr><th>{}</th>", escaped(from.unwrap_or("(new)"))));
        for to in &columns {
            cell(&mut table, find(from, *to), if from.is_some() { most } else { 0 });
        }
        table.add(format_args!("</tr>"));
    }
    table.add(format_args!("</tbody></table></div>"));
    let meaning = "Changes in the period, by the segment left and the one entered; in brackets, how many of them are taken back: \
                   a return within 7 days.";
    html.card("", "Moves", meaning, &table.0);
}

/// The class of a matrix: with many segments, their names stand upright.
fn heat(dimension: &DimensionFigures) -> &'static str {
    const UPRIGHT_FROM: usize = 5;
    if dimension.segments.len() < UPRIGHT_FROM { "heat" } else { "heat tall" }
}

/// A name that may be broken where its words end.
fn breakable(name: &str) -> String {
    escaped(name).replace('_', "_<wbr>").replace('-', "-<wbr>")
}

fn cell(table: &mut Html, found: Option<&MoveFigures>, most: u64) {
    let Some(MoveFigures { moves, flaps, .. }) = found else {
        return table.add(format_args!("<td class=\"none\">·</td>"));
    };
    let back = if *flaps > 0 { format!("<small>({})</small>", grouped(*flaps)) } else { String::new() };
    table.add(format_args!("<td {}>{}{back}</td>", shade(part(*moves, most)), grouped(*moves)));
}

fn stays(html: &mut Html, dimension: &DimensionFigures) {
    let rows: Vec<Range<'_>> = dimension
        .segments
        .iter()
        .map(|segment| Range {
            name: &segment.name,
            range: (segment.ended.count > 0).then_some([
                segment.ended.p25_days,
                segment.ended.median_days,
                segment.ended.p75_days,
            ]),
            note: format!("{} ended", grouped(segment.ended.count)),
        })
        .collect();
    let label = format!("Length of stays in each segment of {}: median and middle half", dimension.name);
    let mut content = Html(ranges(&label, "days", None, &rows));
    content.add(format_args!(
        "<div class=\"scroll\"><table class=\"tight\"><thead><tr><th>segment</th><th>customer-days</th><th>share</th><th>ended: median days</th>\
         <th>9 in 10 within</th><th>still there, for</th></tr></thead><tbody>"
    ));
    for segment in &dimension.segments {
        content.add(format_args!(
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&segment.name),
            grouped(rounded(segment.customer_days)),
            per_cent(segment.share),
            days(segment.ended.count, segment.ended.median_days),
            days(segment.ended.count, segment.ended.p90_days),
            still(&segment.open)
        ));
    }
    content.add(format_args!("</tbody></table></div>"));
    let meaning = "How long stays that ended in the period had lasted: the dot is the median, the bar the middle half. Below, who is \
                   still there, and for how long already, at the median.";
    html.card("", "Time spent", meaning, &content.0);
}

/// How many are still there, and below it their median time, in days.
fn still(open: &Durations) -> String {
    let since = if open.count == 0 { String::new() } else { format!("<small>{:.1} d</small>", open.median_days) };
    format!("{}{since}", grouped(open.count))
}

fn days(count: u64, days: f64) -> String {
    if count == 0 { "–".to_owned() } else { format!("{days:.1}") }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "customer-days are far below 2^53")]
fn rounded(value: f64) -> u64 {
    value.max(0.0).round() as u64
}

fn rolls(html: &mut Html, report: &Report, dimension: &DimensionFigures) {
    let step = report.period.step;
    let heading = format!("Roll rates per {step}");
    if dimension.rolls.is_empty() {
        let meaning = format!("The period does not hold two beginnings of a {step}: nothing to compare.");
        return html.card("", &heading, &meaning, "");
    }
    let mut table = Html::default();
    table.add(format_args!(
        "<div class=\"scroll\"><table class=\"{}\"><thead><tr><th class=\"left\">from \\ to</th>",
        heat(dimension)
    ));
    for segment in &dimension.segments {
        table.add(format_args!("<th><span>{}</span></th>", breakable(&segment.name)));
    }
    table.add(format_args!("<th><span>customers</span></th></tr></thead><tbody>"));
    for row in &dimension.rolls {
        table.add(format_args!("<tr><th>{}</th>", escaped(&row.from)));
        for share in &row.to {
            if *share == 0.0 {
                table.add(format_args!("<td class=\"none\">·</td>"));
            } else {
                table.add(format_args!("<td {}>{}</td>", shade(*share), per_cent(*share)));
            }
        }
        table.add(format_args!("<td>{}</td></tr>", grouped(row.customers)));
    }
    table.add(format_args!("</tbody></table></div>"));
    let meaning = format!(
        "Where those in a segment at the beginning of a {step} are at the beginning of the next; each row adds up to 100 %. \
         A mean over the period, by customers."
    );
    html.card("", &heading, &meaning, &table.0);
}
