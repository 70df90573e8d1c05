//! Charts with a value per day: areas, lines and bars.

use std::fmt::Write;

use super::canvas::{COLOURS, Canvas, LEFT, TOP, colour};
use crate::report::html::escaped;
use crate::report::numbers::grouped;
use crate::report::stats::number;

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

/// A piece of a line of [`lines`], for a legend.
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
