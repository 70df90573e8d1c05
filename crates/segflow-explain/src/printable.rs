//! Foreign text as a terminal may get it: ids and values are what producers wrote, and a terminal obeys control characters.

use std::borrow::Cow;
use std::fmt::Write;

/// One line of text in which every character that a terminal would obey is written as its number, such as `\u{1b}`: the
/// control characters, line breaks among them, and those that turn the reading direction or break a line elsewhere.
///
/// ```
/// use segflow_explain::printable::printable;
///
/// assert_eq!(printable("C-1\u{1b}[31m"), r"C-1\u{1b}[31m");
/// ```
#[must_use]
pub fn printable(line: &str) -> Cow<'_, str> {
    if !line.chars().any(is_obeyed) {
        return Cow::Borrowed(line);
    }
    let mut text = String::with_capacity(line.len() + 8);
    for character in line.chars() {
        if is_obeyed(character) {
            write!(text, "{}", character.escape_unicode()).expect("a string takes any text");
        } else {
            text.push(character);
        }
    }
    Cow::Owned(text)
}

/// As [`printable`] does, line by line: for a text of our own making, whose line breaks are meant.
#[must_use]
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|character| character != '\n' && is_obeyed(character)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split('\n').map(printable).collect::<Vec<_>>().join("\n"))
}

/// Controls, the marks and overrides of direction, and the separators that Unicode has beside the line feed.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_as_its_number() {
        assert_eq!(printable("\u{1b}]0;x\u{7} \u{9b}31m \u{7f}"), r"\u{1b}]0;x\u{7} \u{9b}31m \u{7f}");
        assert_eq!(printable("a\nb\r\tc \u{202e}d\u{2028}"), r"a\u{a}b\u{d}\u{9}c \u{202e}d\u{2028}");
    }

    #[test]
    fn names_of_people_stay_as_they_are() {
        let names = "Zoë Übel, 山田, עברית, O'Neil, 👩‍👩‍👧";
        assert!(matches!(printable(names), Cow::Borrowed(text) if text == names));
        assert!(matches!(printable_lines("a\nb\n"), Cow::Borrowed("a\nb\n")));
    }

    #[test]
    fn the_lines_of_a_text_stay_lines() {
        assert_eq!(printable_lines("a\u{1b}\n\nb\r\n"), "a\\u{1b}\n\nb\\u{d}\n");
    }
}
