//! Charts as inline SVG: areas, bars, ranges and shares. Colours are the page's own, so that they follow light and dark.
//!
//! A chart is drawn 440 wide, so that its text can be read on a telephone and three of them stand side by side on a
//! screen.

use std::fmt::Write;

use super::stats::number;

const WIDTH: f64 = 440.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 34.0;
/// How many colours the page has; further ones begin anew with a hatching.
pub const COLOURS: usize = 9;

/// Text as it may stand in HTML.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// `12,345`
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The colour of the nth of several things.
#[must_use]
pub fn colour(place: usize) -> String {
    format!("var(--c{})", place % COLOURS)
}

/// A step of 1, 2 or 5 times a power of ten that makes at most five of them.
fn step(most: f64) -> f64 {
    let mut step = 10_f64.powf((most.max(1e-9) / 5.0).log10().floor());
    for factor in [1.0, 2.0, 5.0, 10.0] {
        if most / (step * factor) <= 5.0 {
            step *= factor;
            break;
        }
    }
    step
}

struct Canvas {
    svg: String,
    height: f64,
    left: f64,
}

impl Canvas {
    fn new(height: f64, left: f64, label: &str) -> Self {
        let label = escaped(label);
        let svg =
            format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{label}\"><title>{label}</title>");
        Self { svg, height, left }
    }

    fn add(&mut self, part: std::fmt::Arguments<'_>) {
        self.svg.write_fmt(part).expect("a string takes any text");
    }

    fn width(&self) -> f64 {
        WIDTH - self.left - RIGHT
    }

    fn floor(&self) -> f64 {
        self.height - BOTTOM
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: &str, class: &str, text: &str) {
        let text = escaped(text);
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{text}</text>"
        ));
    }

    /// A scale of counts upwards, named in the corner.
    fn up(&mut self, most: f64, unit: &str) {
        let (floor, high) = (self.floor(), self.floor() - TOP);
        let step = step(most);
        let mut at = 0.0;
        while at <= most + step * 1e-6 {
            let y = floor - at / most.max(1e-9) * high;
            let (left, right) = (self.left, self.left + self.width());
            self.add(format_args!("<line x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\" class=\"grid\"/>"));
            self.text((left - 6.0, y + 4.0), "end", "tick", &decimal(at));
            at += step;
        }
        self.text((2.0, 12.0), "start", "axis", unit);
    }

    /// Days to the right: months where there are several, else days.
    fn days(&mut self, days: &[String]) {
        let count = days.len().max(1);
        let months = days.iter().enumerate().filter(|(_, day)| day.ends_with("-01"));
        let months: Vec<(usize, &String)> = months.collect();
        let every = months.len().div_ceil(6).max(1);
        if months.len() >= 2 {
            for (place, day) in months.into_iter().step_by(every) {
                self.day(place, count, &day[..7]);
            }
        } else {
            for (place, day) in days.iter().enumerate().step_by(count.div_ceil(4).max(1)) {
                self.day(place, count, &day[5..]);
            }
        }
        let (x, y) = (self.left + self.width(), self.height - 2.0);
        self.text((x, y), "end", "axis", "day (at its end)");
    }

    fn day(&mut self, place: usize, count: usize, text: &str) {
        let x = self.left + self.width() * number(place as u64) / number(count as u64);
        let floor = self.floor();
        self.add(format_args!(
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{floor}\" y2=\"{:.1}\" class=\"mark\"/>",
            floor + 4.0
        ));
        if x < WIDTH - 30.0 {
            self.text((x.max(self.left + 14.0), floor + 15.0), "middle", "tick", text);
        }
    }

    fn end(mut self) -> String {
        self.svg.push_str("</svg>");
        self.svg
    }
}

fn decimal(value: f64) -> String {
    if value >= 1_000_000.0 {
        return format!("{:.1} m", value / 1e6);
    }
    if value >= 10_000.0 {
        return format!("{:.0} k", value / 1e3);
    }
    if value >= 1_000.0 {
        return format!("{:.0},{:03.0}", (value / 1e3).floor(), value % 1e3);
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

/// Series stacked upon one another, the first at the bottom, a value per day.
#[must_use]
pub fn areas(label: &str, unit: &str, days: &[String], series: &[(&str, &[u64])]) -> String {
    let mut canvas = Canvas::new(250.0, LEFT, label);
    let total = |day: usize| series.iter().map(|(_, values)| values.get(day).copied().unwrap_or(0)).sum::<u64>();
    let most = number((0..days.len()).map(total).max().unwrap_or(0)).max(1.0);
    canvas.up(most, unit);
    let (floor, high, width) = (canvas.floor(), canvas.floor() - TOP, canvas.width());
    let x = |edge: usize| LEFT + width * number(edge as u64) / number(days.len().max(1) as u64);
    let y = |value: u64| floor - number(value) / most * high;
    let mut below = vec![0_u64; days.len()];
    for (place, (name, values)) in series.iter().enumerate() {
        let above: Vec<u64> =
            below.iter().enumerate().map(|(day, below)| below + values.get(day).copied().unwrap_or(0)).collect();
        let mut path = String::new();
        // A step per day: what holds at its end holds all over it.
        let mut line = |edges: &mut dyn Iterator<Item = (usize, u64)>| {
            for (edge, value) in edges {
                let command = if path.is_empty() { 'M' } else { 'L' };
                write!(path, "{command}{:.1} {:.1}", x(edge), y(value)).expect("a string takes any text");
            }
        };
        line(&mut above.iter().enumerate().flat_map(|(day, value)| [(day, *value), (day + 1, *value)]));
        line(&mut below.iter().enumerate().rev().flat_map(|(day, value)| [(day + 1, *value), (day, *value)]));
        let (fill, hatched) = (colour(place), if place >= COLOURS { " hatched" } else { "" });
        let last = values.last().copied().unwrap_or(0);
        canvas.add(format_args!(
            "<path d=\"{path}Z\" class=\"area{hatched}\" style=\"fill:{fill}\"><title>{}: {} at the end</title></path>",
            escaped(name),
            grouped(last)
        ));
        below = above;
    }
    canvas.days(days);
    canvas.end()
}

/// How a line of [`lines`] looks, for a legend.
#[must_use]
pub fn key(place: usize) -> String {
    let (dash, stroke) = (place % 3, colour(place));
    format!(
        "<svg class=\"key\" viewBox=\"0 0 24 8\" aria-hidden=\"true\"><line x1=\"0\" x2=\"24\" y1=\"4\" y2=\"4\" \
         class=\"line dash{dash}\" style=\"stroke:{stroke}\"/></svg>"
    )
}

/// Lines from zero, a value per day.
#[must_use]
pub fn lines(label: &str, unit: &str, days: &[String], series: &[(&str, &[u64])]) -> String {
    let mut canvas = Canvas::new(250.0, LEFT, label);
    let most = number(series.iter().flat_map(|(_, values)| values.iter().copied()).max().unwrap_or(0)).max(1.0);
    canvas.up(most, unit);
    let (floor, high, width) = (canvas.floor(), canvas.floor() - TOP, canvas.width());
    for (place, (name, values)) in series.iter().enumerate() {
        let mut points = String::new();
        for (day, value) in values.iter().enumerate() {
            let x = LEFT + width * (number(day as u64) + 0.5) / number(days.len().max(1) as u64);
            write!(points, "{x:.1},{:.1} ", floor - number(*value) / most * high).expect("a string takes any text");
        }
        canvas.add(format_args!(
            "<polyline points=\"{points}\" class=\"line dash{}\" style=\"stroke:{}\"><title>{}</title></polyline>",
            place % 3,
            colour(place),
            escaped(name)
        ));
    }
    canvas.days(days);
    canvas.end()
}

/// A bar per day, and the line of a capacity.
#[must_use]
pub fn bars(label: &str, unit: &str, days: &[String], values: &[u64], capacity: Option<u64>) -> String {
    let mut canvas = Canvas::new(200.0, LEFT, label);
    let most = number(values.iter().copied().max().unwrap_or(0).max(capacity.unwrap_or(0))).max(1.0) * 1.08;
    canvas.up(most, unit);
    let (floor, high, width) = (canvas.floor(), canvas.floor() - TOP, canvas.width());
    let each = width / number(days.len().max(1) as u64);
    for (day, value) in values.iter().enumerate().filter(|(_, value)| **value > 0) {
        let (x, tall) = (LEFT + each * number(day as u64), number(*value) / most * high);
        let class = if capacity.is_some_and(|capacity| *value > capacity) { "bar over" } else { "bar" };
        canvas.add(format_args!(
            "<rect x=\"{x:.2}\" y=\"{:.1}\" width=\"{:.2}\" height=\"{tall:.1}\" class=\"{class}\"><title>{}: {}</title></rect>",
            floor - tall,
            (each - if each > 3.0 { 1.0 } else { 0.0 }).max(0.4),
            days[day],
            grouped(*value)
        ));
    }
    if let Some(capacity) = capacity {
        let y = floor - number(capacity) / most * high;
        let right = LEFT + width;
        canvas.add(format_args!("<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\" class=\"limit\"/>"));
        canvas.text((right, 12.0), "end", "limit-text", &format!("- - capacity {}", grouped(capacity)));
    }
    canvas.days(days);
    canvas.end()
}

/// A row of a chart of ranges.
pub struct Range<'a> {
    /// Its name.
    pub name: &'a str,
    /// The range and the mark within it; none: nothing to show.
    pub range: Option<[f64; 3]>,
    /// What is said to the right.
    pub note: String,
}

/// ChangesParquet with a range and a mark within it, over one scale to the right.
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
