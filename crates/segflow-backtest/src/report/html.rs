//! HTML, and texts in it.

use std::fmt::Write;

/// HTML that is written from its beginning to its end.
#[derive(Default)]
pub struct Html(pub String);

impl Html {
    /// Appends to it. Texts of others must be [`escaped`].
    pub fn add(&mut self, part: std::fmt::Arguments<'_>) {
        self.0.write_fmt(part).expect("a string takes any text");
    }

    /// A card with a heading, the meaning of its figures, and its content, which is HTML.
    pub fn card(&mut self, class: &str, heading: &str, meaning: &str, content: &str) {
        self.add(format_args!(
            "<div class=\"card {class}\"><h3>{}</h3><p>{}</p>{content}</div>",
            escaped(heading),
            escaped(meaning)
        ));
    }

    /// A figure, and what it means.
    pub fn tile(&mut self, value: &str, what: &str) {
        self.add(format_args!("<div class=\"tile\"><b>{}</b><span>{}</span></div>", escaped(value), escaped(what)));
    }
}

/// Text as it may stand in HTML.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
