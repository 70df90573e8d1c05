//! The canvas of every chart: its size, scales and colours.

use std::fmt::Write;

use crate::report::html::escaped;
use crate::report::stats::number;

pub(super) const WIDTH: f64 = 440.0;
pub(super) const LEFT: f64 = 58.0;
pub(super) const RIGHT: f64 = 14.0;
pub(super) const TOP: f64 = 26.0;
pub(super) const BOTTOM: f64 = 34.0;
/// How many colours the page has; further ones begin anew with a hatching.
pub(super) const COLOURS: usize = 9;

/// The colour of the nth of several things.
pub fn colour(place: usize) -> String {
    format!("var(--c{})", place % COLOURS)
}

/// A step of 1, 2 or 5 times a power of ten that makes at most five of them.
pub(super) fn step(most: f64) -> f64 {
    let mut step = 10_f64.powf((most.max(1e-9) / 5.0).log10().floor());
    for factor in [1.0, 2.0, 5.0, 10.0] {
        if most / (step * factor) <= 5.0 {
            step *= factor;
            break;
        }
    }
    step
}

pub(super) struct Canvas {
    svg: String,
    height: f64,
    left: f64,
}

impl Canvas {
    pub(super) fn new(height: f64, left: f64, label: &str) -> Self {
        let label = escaped(label);
        let svg =
            format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{label}\"><title>{label}</title>");
        Self { svg, height, left }
    }

    pub(super) fn add(&mut self, part: std::fmt::Arguments<'_>) {
        self.svg.write_fmt(part).expect("a string takes any text");
    }

    pub(super) fn width(&self) -> f64 {
        WIDTH - self.left - RIGHT
    }

    pub(super) fn floor(&self) -> f64 {
        self.height - BOTTOM
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: &str, class: &str, text: &str) {
        let text = escaped(text);
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{text}</text>"
        ));
    }

    /// A scale of counts upwards, named in the corner.
    pub(super) fn up(&mut self, most: f64, unit: &str) {
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
    pub(super) fn days(&mut self, days: &[String]) {
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

    pub(super) fn end(mut self) -> String {
        self.svg.push_str("</svg>");
        self.svg
    }
}

pub(super) fn decimal(value: f64) -> String {
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
