//! Charts as inline SVG: areas, lines, bars and ranges. Colours are the page's own, so that they follow light and dark.
//!
//! A chart is drawn 440 wide, so that its text can be read on a telephone and three of them stand side by side on a
//! screen.

mod by_day;
mod canvas;
mod ranges;

pub use by_day::{areas, bars, key, lines};
pub use canvas::colour;
pub use ranges::{Range, ranges};
