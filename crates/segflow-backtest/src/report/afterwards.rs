//! The cards of outcomes after customers entered a segment: paid, cured, promise kept.

use super::figures::{DimensionFigures, SegmentFigures};
use super::html::{Html, escaped};
use super::numbers::{grouped, per_cent};
use super::stats::{Separation, Share};
use super::svg::{Range, ranges};

/// A card per outcome that was seen at all.
pub fn cards(html: &mut Html, dimension: &DimensionFigures, baseline: Option<&DimensionFigures>) {
    let (now, before) = (&dimension.separation, baseline.map(|baseline| &baseline.separation));
    type ShareOf = fn(&SegmentFigures) -> &Share;
    let outcomes: [(&str, &str, ShareOf, [Option<Separation>; 2]); 3] = [
        (
            "Paid within 30 days",
            "Of entries with something overdue: a payment within 30 days.",
            |segment| &segment.paid,
            [now.paid, before.and_then(|before| before.paid)],
        ),
        (
            "Cured within 30 days",
            "Of the same entries: a payment within 30 days after which nothing was overdue.",
            |segment| &segment.cured,
            [now.cured, before.and_then(|before| before.cured)],
        ),
        (
            "Promise kept",
            "Of entries with a promise open: it was kept.",
            |segment| &segment.kept,
            [now.kept, before.and_then(|before| before.kept)],
        ),
    ];
    for (heading, meaning, of, separation) in outcomes {
        if dimension.segments.iter().any(|segment| of(segment).entries > 0) {
            card(html, dimension, (heading, meaning), of, separation);
        }
    }
}

fn card(
    html: &mut Html,
    dimension: &DimensionFigures,
    (heading, meaning): (&str, &str),
    of: fn(&SegmentFigures) -> &Share,
    [separation, before]: [Option<Separation>; 2],
) {
    let row = |segment| {
        let share = of(segment);
        let per_cent = |share: f64| share * 100.0;
        Range {
            name: &segment.name,
            range: (share.entries > 0).then(|| [per_cent(share.low), per_cent(share.rate), per_cent(share.high)]),
            note: if share.entries > 0 { format!("n {}", grouped(share.entries)) } else { "no entries".to_owned() },
        }
    };
    let rows: Vec<Range<'_>> = dimension.segments.iter().map(row).collect();
    let label = format!("{heading}, by segment of {}: share and 95 % interval", dimension.name);
    let mut content = Html(ranges(&label, "per cent of entries", Some(100.0), &rows));
    match separation {
        Some(Separation { gini, ks }) => {
            let before = before.map_or(String::new(), |before| format!(" (baseline {:.2})", before.gini));
            let said = told_apart(gini, dimension.segments.iter().map(of));
            content.add(format_args!("<p><b>Gini {gini:.2}</b>{before}, KS {ks:.2}: {}.</p>", escaped(said)));
        }
        None => content.add(format_args!("<p>Everybody or nobody: nothing to tell apart.</p>")),
    }
    content.add(format_args!("<div class=\"scroll\"><table><thead><tr><th>segment</th><th>entries</th><th>share</th><th>95 % interval</th></tr></thead><tbody>"));
    for segment in dimension.segments.iter().filter(|segment| of(segment).entries > 0) {
        let share = of(segment);
        content.add(format_args!(
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{} to {}</td></tr>",
            escaped(&segment.name),
            grouped(share.entries),
            per_cent(share.rate),
            per_cent(share.low),
            per_cent(share.high)
        ));
    }
    content.add(format_args!("</tbody></table></div>"));
    html.card("", heading, meaning, &content.0);
}

/// The fewest entries with the outcome, and without it, from which the page judges how well segments separate.
const TELLING: u64 = 30;

fn told_apart<'s>(gini: f64, shares: impl Iterator<Item = &'s Share>) -> &'static str {
    let (hits, entries) = shares.fold((0, 0), |(hits, entries), share| (hits + share.hits, entries + share.entries));
    match gini {
        _ if hits.min(entries - hits) < TELLING => "too few entries to say more",
        gini if gini < 0.1 => "the segments hardly tell them apart",
        gini if gini < 0.3 => "the segments tell them apart a little",
        gini if gini < 0.6 => "the segments tell them apart well",
        _ => "the segments tell them apart very well",
    }
}
