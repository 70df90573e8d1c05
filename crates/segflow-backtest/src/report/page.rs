//! `report.html`: one file that opens without a network. Its figures are those of [`Report`] and no others.

use super::figures::{Report, SideFigures};
use super::html::{Html, escaped};
use super::numbers::{grouped, per_cent};
use super::stats::part;
use super::{between, definitions, dimension, events, work};

const STYLE: &str = include_str!("style.css");

/// The page.
#[must_use]
pub fn page(report: &Report) -> String {
    let mut html = Html::default();
    let candidate = &report.sides[0];
    let title = escaped(&title(report));
    html.add(format_args!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><link rel=\"icon\" href=\"data:,\">\
         <title>Backtest: {title}</title><style>{STYLE}</style></head><body>"
    ));
    head(&mut html, report, &title);
    html.add(format_args!("<main>"));
    if let Some(differences) = &report.differences {
        between::section(&mut html, report, differences);
    }
    for (place, figures) in candidate.dimensions.iter().enumerate() {
        dimension::section(&mut html, report, place, figures);
    }
    work::section(&mut html, report);
    events::section(&mut html, report);
    definitions::section(&mut html, report);
    html.add(format_args!("</main>"));
    foot(&mut html, report);
    html.add(format_args!("</body></html>\n"));
    html.0
}

/// The candidate, and what it is compared with.
fn title(report: &Report) -> String {
    let candidate = &report.sides[0];
    match report.sides.get(1) {
        // Two files of one name and version are told apart by their hashes.
        Some(baseline) if named(candidate) == named(baseline) => {
            let file = |side: &SideFigures| side.hash.chars().take(8).collect::<String>();
            format!("{} ({}) against another file of it ({})", named(candidate), file(candidate), file(baseline))
        }
        Some(baseline) => format!("{} against {}", named(candidate), named(baseline)),
        None => named(candidate),
    }
}

fn named(side: &SideFigures) -> String {
    format!("{} version {}", side.name, side.version)
}

fn head(html: &mut Html, report: &Report, title: &str) {
    let period = &report.period;
    let (first, last) = (period.days.first(), period.days.last());
    let (first, last) = (first.map_or("", String::as_str), last.map_or("", String::as_str));
    html.add(format_args!(
        "<header class=\"top\"><h1>{title}</h1><p class=\"soft\">What this segmentation would have decided from {first} to \
         {last} ({} days, {}). Nothing was sent to anybody.</p><div class=\"tiles\">",
        grouped(period.days.len() as u64),
        escaped(&period.time_zone)
    ));
    tiles(html, report);
    html.add(format_args!("</div>"));
    if let Some(sample) = &report.sample {
        html.add(format_args!(
            "<p>Only a sample was looked at: {sample} of the customers, by a hash of their ids. <b>Every count here is of the \
             sample</b>, but for those that say \u{201c}of all\u{201d}.</p>"
        ));
    }
    navigation(html, report);
    html.add(format_args!("</header>"));
}

/// The main figures.
fn tiles(html: &mut Html, report: &Report) {
    let candidate = &report.sides[0];
    let customers = candidate.dimensions.first().map_or(0, |dimension| {
        dimension.segments.iter().map(|segment| segment.population.last().copied().unwrap_or(0)).sum()
    });
    let (moves, flaps) = candidate
        .dimensions
        .iter()
        .fold((0, 0), |(moves, flaps), dimension| (moves + dimension.moves, flaps + dimension.flaps));
    html.tile(&grouped(customers), "customers at the end");
    html.tile(&grouped(report.events.read), "records read");
    html.tile(&grouped(candidate.changes), "segment changes in the period");
    html.tile(&per_cent(part(flaps, moves)), "of moves are taken back within 7 days");
    if let Some(differences) = &report.differences {
        let share = part(differences.at_end, differences.customers);
        html.tile(&per_cent(share), "of customers end elsewhere than by the baseline");
    }
    let over = candidate.work.iter().filter(|work| work.days_over > 0).count();
    if candidate.work.iter().any(|work| work.capacity.is_some()) {
        html.tile(&grouped(over as u64), "treatments exceed their capacity on some day");
    }
}

fn navigation(html: &mut Html, report: &Report) {
    html.add(format_args!("<nav aria-label=\"Sections\">"));
    if report.differences.is_some() {
        html.add(format_args!("<a href=\"#differences\">who differs</a>"));
    }
    for (place, dimension) in report.sides[0].dimensions.iter().enumerate() {
        html.add(format_args!("<a href=\"#dimension-{place}\">{}</a>", escaped(&dimension.name)));
    }
    html.add(format_args!(
        "<a href=\"#work\">work</a><a href=\"#events\">events</a><a href=\"#definitions\">what the figures mean</a></nav>"
    ));
}

fn foot(html: &mut Html, report: &Report) {
    html.add(format_args!("<footer>Segflow {}.", escaped(&report.engine_version)));
    for side in &report.sides {
        html.add(format_args!(
            " {}: {}, file <code>{}</code>, digest <code>{}</code>.",
            side.side,
            escaped(&named(side)),
            side.hash,
            side.digest
        ));
    }
    html.add(format_args!(
        " The same figures as data: <code>report.json</code>; each change: <code>changes.parquet</code>.</footer>"
    ));
}
