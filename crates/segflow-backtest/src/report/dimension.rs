//! The section of one dimension of the candidate.

use super::figures::{DimensionFigures, Report};
use super::html::{Html, escaped};
use super::numbers::{grouped, of_all, per_cent};
use super::svg::{areas, colour};
use super::{afterwards, moves};

/// Its moves, population, stays, roll rates and outcomes, beside those of the baseline if that has the dimension.
pub fn section(html: &mut Html, report: &Report, place: usize, dimension: &DimensionFigures) {
    let [by_fact, by_time, _] = dimension.causes;
    let baseline = baseline(report, dimension);
    let before = |say: &dyn Fn(&DimensionFigures) -> String| {
        baseline.map_or(String::new(), |baseline| format!(", by the baseline {}", say(baseline)))
    };
    html.add(format_args!(
        "<section><h2 id=\"dimension-{place}\">{}</h2><p class=\"soft\">{} moves between segments{}; {} of them taken \
         back within 7 days ({}{}). {} changes came from an event, {} because time passed.</p><div class=\"cards\">",
        escaped(&dimension.name),
        grouped(dimension.moves),
        before(&|baseline| grouped(baseline.moves)),
        grouped(dimension.flaps),
        per_cent(dimension.flap_rate),
        before(&|baseline| per_cent(baseline.flap_rate)),
        grouped(by_fact),
        grouped(by_time)
    ));
    population(html, report, dimension);
    moves::cards(html, report, dimension);
    afterwards::cards(html, dimension, baseline);
    html.add(format_args!("</div></section>"));
}

/// The same dimension of the baseline, if there is one.
fn baseline<'r>(report: &'r Report, dimension: &DimensionFigures) -> Option<&'r DimensionFigures> {
    report.sides.get(1).and_then(|side| side.dimensions.iter().find(|other| other.name == dimension.name))
}

fn population(html: &mut Html, report: &Report, dimension: &DimensionFigures) {
    let series: Vec<(&str, &[u64])> =
        dimension.segments.iter().map(|segment| (&*segment.name, &*segment.population)).collect();
    let label = format!("Customers in each segment of {} at the end of each day", dimension.name);
    let mut content = Html(areas(&label, "customers", &report.period.days, &series));
    let baseline = baseline(report, dimension);
    content.add(format_args!("<ul class=\"legend\">"));
    for (place, segment) in dimension.segments.iter().enumerate() {
        let now = segment.population.last().copied().unwrap_or(0);
        content.add(format_args!(
            "<li><i style=\"background:{}\"></i>{} <span class=\"soft\">{}{}{}</span></li>",
            colour(place),
            escaped(&segment.name),
            grouped(now),
            versus(baseline, &segment.name),
            segment.estimate.as_ref().map_or(String::new(), |estimate| format!("; {}", of_all(estimate)))
        ));
    }
    content.add(format_args!("</ul>"));
    let meaning = match baseline {
        Some(_) => "Stacked, in the order of the file. Below: at the end, and by the baseline.",
        None => "Stacked, in the order of the file. Below: at the end.",
    };
    html.card("", "Population", meaning, &content.0);
}

/// ` (baseline 12)`
fn versus(baseline: Option<&DimensionFigures>, name: &str) -> String {
    let Some(baseline) = baseline else { return String::new() };
    let same = baseline.segments.iter().find(|segment| segment.name == name);
    let now = same.and_then(|segment| segment.population.last().copied()).unwrap_or(0);
    format!(" (baseline {})", grouped(now))
}
