//! The section of customers who differ between candidate and baseline.

use super::figures::{DifferenceDimension, DifferenceFigures, ExampleFigures, PairFigures, Report};
use super::html::{Html, escaped};
use super::numbers::{grouped, per_cent};
use super::stats::part;
use super::svg::{key, lines};

/// How many pairs of a dimension are listed; `report.json` has all of them.
const PAIRS: usize = 12;

/// The section.
pub fn section(html: &mut Html, report: &Report, differences: &DifferenceFigures) {
    html.add(format_args!(
        "<section><h2 id=\"differences\">Who differs</h2><p class=\"soft\">{} of {} customers ({}) end in another segment \
         than by the baseline, in some dimension; {} ever were.{}</p><div class=\"cards\">",
        grouped(differences.at_end),
        grouped(differences.customers),
        per_cent(part(differences.at_end, differences.customers)),
        grouped(differences.ever),
        escaped(&alone(differences))
    ));
    over_time(html, report, differences);
    pairs(html, differences);
    html.add(format_args!("</div>"));
    examples(html, &differences.examples);
    html.add(format_args!("</section>"));
}

fn alone(differences: &DifferenceFigures) -> String {
    let mut text = String::new();
    for (side, names) in [("candidate", &differences.candidate_only), ("baseline", &differences.baseline_only)] {
        if !names.is_empty() {
            text.push_str(&format!(" Only the {side} has {}.", names.join(", ")));
        }
    }
    text
}

fn over_time(html: &mut Html, report: &Report, differences: &DifferenceFigures) {
    let ever = |dimension: &&DifferenceDimension| dimension.differing.iter().any(|count| *count > 0);
    let differing: Vec<&DifferenceDimension> = differences.dimensions.iter().filter(ever).collect();
    if differing.is_empty() {
        return html.card("", "Over time", "Nobody ever differs in a dimension that both have.", "");
    }
    let series: Vec<(&str, &[u64])> =
        differing.iter().map(|dimension| (&*dimension.name, &*dimension.differing)).collect();
    let label = "Customers who differ at the end of each day, by dimension";
    let mut content = Html(lines(label, "customers who differ", &report.period.days, &series));
    content.add(format_args!("<ul class=\"legend\">"));
    for (place, dimension) in differing.iter().enumerate() {
        content.add(format_args!(
            "<li>{}{} <span class=\"soft\">{}</span></li>",
            key(place),
            escaped(&dimension.name),
            grouped(dimension.differing.last().copied().unwrap_or(0))
        ));
    }
    content.add(format_args!("</ul>"));
    html.card("", "Over time", "At the end of each day. Below: at the end of the period.", &content.0);
}

fn pairs(html: &mut Html, differences: &DifferenceFigures) {
    let some = |dimension: &&DifferenceDimension| !dimension.pairs.is_empty();
    let dimensions: Vec<&DifferenceDimension> = differences.dimensions.iter().filter(some).collect();
    if dimensions.is_empty() {
        return;
    }
    let mut content = Html::default();
    content.add(format_args!(
        "<div class=\"scroll\"><table><thead><tr><th>dimension</th><th class=\"left\">baseline</th>\
         <th class=\"left\">candidate</th><th>customers</th><th>of all</th></tr></thead><tbody>"
    ));
    for dimension in &dimensions {
        for PairFigures { baseline, candidate, customers } in dimension.pairs.iter().take(PAIRS) {
            content.add(format_args!(
                "<tr><th>{}</th><td class=\"left\">{}</td><td class=\"left\">{}</td><td>{}</td><td>{}</td></tr>",
                escaped(&dimension.name),
                escaped(baseline.as_deref().unwrap_or("(none)")),
                escaped(candidate.as_deref().unwrap_or("(none)")),
                grouped(*customers),
                per_cent(part(*customers, differences.customers))
            ));
        }
    }
    content.add(format_args!("</tbody></table></div>"));
    let more: usize = dimensions.iter().map(|dimension| dimension.pairs.len().saturating_sub(PAIRS)).sum();
    if more > 0 {
        content.add(format_args!("<p>{more} rarer pairs are in <code>report.json</code>.</p>"));
    }
    html.card("", "From where to where", "At the end of the period.", &content.0);
}

fn examples(html: &mut Html, examples: &[ExampleFigures]) {
    if examples.is_empty() {
        return;
    }
    html.add(format_args!(
        "<div class=\"card\"><h3>Examples, explained</h3><p>{} customers who differ at the end: \
         the pairs of segments in turn, the most frequent first.</p>",
        examples.len()
    ));
    for (place, example) in examples.iter().enumerate() {
        html.add(format_args!(
            "<details{}><summary><b>{}</b> {}: {} → {}</summary><div class=\"two\"><div>baseline<pre>{}</pre></div>\
             <div>candidate<pre>{}</pre></div></div></details>",
            if place == 0 { " open" } else { "" },
            escaped(&example.customer),
            escaped(&example.dimension),
            escaped(example.baseline.as_deref().unwrap_or("(none)")),
            escaped(example.candidate.as_deref().unwrap_or("(none)")),
            escaped(&flush(&example.baseline_why)),
            escaped(&flush(&example.candidate_why))
        ));
    }
    html.add(format_args!("</div>"));
}

/// The lines without the indentation that all of them have.
fn flush(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let least = text.lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let lines: Vec<&str> = text.trim_end().lines().map(|line| line.get(least..).unwrap_or("")).collect();
    lines.join("\n")
}
