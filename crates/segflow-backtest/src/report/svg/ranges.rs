//! A chart of ranges, one per row.

use super::canvas::{BOTTOM, Canvas, RIGHT, WIDTH, colour, decimal, step};
use crate::report::stats::number;

/// A row of a chart of ranges.
pub struct Range<'a> {
    /// Its name.
    pub name: &'a str,
    /// The range and the mark within it; none: nothing to show.
    pub range: Option<[f64; 3]>,
    /// A note to the right.
    pub note: String,
}

/// Rows with a range and a mark within it, over one scale to the right.
#[must_use]
pub fn ranges(label: &str, unit: &str, most: Option<f64>, rows: &[Range<'_>]) -> String {
    const NAMES: f64 = 126.0;
    const NOTES: f64 = 88.0;
    const TOP: f64 = 6.0;
    const ROW: f64 = 24.0;
    let height = TOP + ROW * number(rows.len() as u64) + BOTTOM;
    let mut canvas = Canvas::new(height, NAMES, label);
    let width = canvas.width() - NOTES;
    let seen = rows.iter().filter_map(|row| row.range).map(|[_, _, high]| high).fold(0.0, f64::max);
    let most = most.unwrap_or(seen).max(1e-9);
    let x = |value: f64| NAMES + width * (value / most).clamp(0.0, 1.0);
    let (step, floor) = (step(most), height - BOTTOM);
    let mut at = 0.0;
    while at <= most + step * 1e-6 {
        let here = x(at);
        canvas
            .add(format_args!("<line x1=\"{here:.1}\" x2=\"{here:.1}\" y1=\"{TOP}\" y2=\"{floor}\" class=\"grid\"/>"));
        canvas.text((here, floor + 14.0), "middle", "tick", &decimal(at));
        at += step;
    }
    canvas.text((NAMES + width, height - 3.0), "end", "axis", unit);
    for (place, row) in rows.iter().enumerate() {
        let y = TOP + ROW * (number(place as u64) + 0.5);
        canvas.text((NAMES - 8.0, y + 4.0), "end", "name", &shortened(row.name));
        canvas.text((WIDTH - RIGHT, y + 4.0), "end", "tick", &row.note);
        let Some([low, mark, high]) = row.range else { continue };
        let (fill, from, to, mark) = (colour(place), x(low), x(high), x(mark));
        canvas.add(format_args!(
            "<line x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" class=\"range\" style=\"stroke:{fill}\"/>\
             <circle cx=\"{mark:.1}\" cy=\"{y:.1}\" r=\"5\" class=\"dot\" style=\"fill:{fill}\"/>"
        ));
    }
    canvas.end()
}

fn shortened(name: &str) -> String {
    const CHARS: usize = 17;
    if name.chars().count() <= CHARS {
        return name.to_owned();
    }
    name.chars().take(CHARS - 1).chain(['…']).collect()
}
