//! `report.html`: one file that opens without a network. Its figures are those of [`Report`] and no others.

use std::fmt::Write;

use super::figures::{DimensionFigures, Report, SideFigures};
use super::svg::{areas, colour, escaped, grouped};
use super::{afterwards, between, work};

const STYLE: &str = include_str!("style.css");

/// Something that HTML is appended to.
#[derive(Default)]
pub struct Html(pub String);

impl Html {
    /// Appends.
    pub fn add(&mut self, part: std::fmt::Arguments<'_>) {
        self.0.write_fmt(part).expect("a string takes any text");
    }

    /// A card with a heading, what it means, and its content.
    pub fn card(&mut self, class: &str, heading: &str, meaning: &str, content: &str) {
        self.add(format_args!(
            "<div class=\"card {class}\"><h3>{}</h3><p>{}</p>{content}</div>",
            escaped(heading),
            escaped(meaning)
        ));
    }

    fn tile(&mut self, value: &str, what: &str) {
        self.add(format_args!("<div class=\"tile\"><b>{}</b><span>{}</span></div>", escaped(value), escaped(what)));
    }
}

/// A share as per cent.
#[must_use]
pub fn per_cent(share: f64) -> String {
    // As many digits as keep some apart from none, and most from all.
    let digits = match share.min(1.0 - share) {
        least if least <= 0.0 => 0,
        least if least < 0.001 => 2,
        least if share < 0.1 || least < 0.01 => 1,
        _ => 0,
    };
    format!("{:.*} %", digits, share * 100.0)
}

/// The page.
#[must_use]
pub fn page(report: &Report) -> String {
    let mut html = Html::default();
    let candidate = &report.sides[0];
    let title = match report.sides.get(1) {
        // Of one name and version they are told apart by their files.
        Some(baseline) if named(candidate) == named(baseline) => {
            let file = |side: &SideFigures| side.hash.chars().take(8).collect::<String>();
            format!("{} ({}) against another file of it ({})", named(candidate), file(candidate), file(baseline))
        }
        Some(baseline) => format!("{} against {}", named(candidate), named(baseline)),
        None => named(candidate),
    };
    let title = escaped(&title);
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
    for (place, dimension) in candidate.dimensions.iter().enumerate() {
        section(&mut html, report, place, dimension);
    }
    work::section(&mut html, report);
    events(&mut html, report);
    definitions(&mut html, report);
    html.add(format_args!("</main>"));
    foot(&mut html, report);
    html.add(format_args!("</body></html>\n"));
    html.0
}

fn named(side: &SideFigures) -> String {
    format!("{} version {}", side.name, side.version)
}

fn head(html: &mut Html, report: &Report, title: &str) {
    let (period, candidate) = (&report.period, &report.sides[0]);
    let (first, last) = (period.days.first(), period.days.last());
    let (first, last) = (first.map_or("", String::as_str), last.map_or("", String::as_str));
    html.add(format_args!(
        "<header class=\"top\"><h1>{title}</h1><p class=\"soft\">What this segmentation would have decided from {first} to \
         {last} ({} days, {}). Nothing was sent to anybody.</p><div class=\"tiles\">",
        grouped(period.days.len() as u64),
        escaped(&period.time_zone)
    ));
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
    html.tile(&per_cent(super::stats::part(flaps, moves)), "of moves are taken back within 7 days");
    if let Some(differences) = &report.differences {
        let share = super::stats::part(differences.at_end, differences.customers);
        html.tile(&per_cent(share), "of customers end elsewhere than by the baseline");
    }
    let over = candidate.work.iter().filter(|work| work.days_over > 0).count();
    if candidate.work.iter().any(|work| work.capacity.is_some()) {
        html.tile(&grouped(over as u64), "treatments exceed their capacity on some day");
    }
    html.add(format_args!("</div><nav aria-label=\"Sections\">"));
    if report.differences.is_some() {
        html.add(format_args!("<a href=\"#differences\">who differs</a>"));
    }
    for (place, dimension) in candidate.dimensions.iter().enumerate() {
        html.add(format_args!("<a href=\"#dimension-{place}\">{}</a>", escaped(&dimension.name)));
    }
    html.add(format_args!(
        "<a href=\"#work\">work</a><a href=\"#events\">events</a><a href=\"#definitions\">what the figures mean</a></nav></header>"
    ));
}

fn section(html: &mut Html, report: &Report, place: usize, dimension: &DimensionFigures) {
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
    super::moves::cards(html, report, dimension);
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
            "<li><i style=\"background:{}\"></i>{} <span class=\"soft\">{}{}</span></li>",
            colour(place),
            escaped(&segment.name),
            grouped(now),
            versus(baseline, &segment.name)
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

fn events(html: &mut Html, report: &Report) {
    let events = &report.events;
    html.add(format_args!(
        "<section><h2 id=\"events\">Events</h2><p class=\"soft\">What became of the records that were read.</p>\
         <div class=\"cards\"><div class=\"card\"><div class=\"scroll\"><table><tbody>"
    ));
    for (what, count) in [
        ("read", events.read),
        ("new", events.folded),
        ("copies of known ones", events.duplicates),
        ("too late to matter", events.forgotten),
        ("could not be used", events.bad),
        ("of the new: late, counted from when they were recorded", events.late),
        ("not read: at or after the end of the period", events.beyond),
    ] {
        html.add(format_args!("<tr><th>{what}</th><td>{}</td></tr>", grouped(count)));
    }
    html.add(format_args!("</tbody></table></div></div>"));
    if events.bad > 0 {
        html.add(format_args!("<div class=\"card warn\"><h3>Records that could not be used</h3><p>"));
        let reasons: Vec<String> =
            events.bad_by_reason.iter().map(|(reason, count)| format!("{reason}: {}", grouped(*count))).collect();
        html.add(format_args!("{}</p><div class=\"scroll\"><table><tbody>", escaped(&reasons.join(", "))));
        for bad in &events.bad_named {
            html.add(format_args!(
                "<tr><th>{}</th><td class=\"left\">{}: {}</td></tr>",
                escaped(&bad.place),
                escaped(&bad.reason),
                escaped(&bad.detail)
            ));
        }
        html.add(format_args!("</tbody></table></div></div>"));
    }
    html.add(format_args!("</div></section>"));
}

fn definitions(html: &mut Html, report: &Report) {
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
