//! A rule in pieces, however it is written: nothing is refused here.

use super::numbers::{self, SIGNS};
use crate::rule::spelling::quoted;
use crate::rule::syntax::lexer::SYMBOLS;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    /// A word, or several with points between them.
    Name,
    Number,
    Text,
    Symbol,
    /// A letter of a pattern or template that stands for what was written: `$x`.
    Hole,
}

/// A part of a rule, of a pattern or of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    pub(super) class: Class,
    /// As a rule writes it: a text in straight double quotes, a number without separators.
    pub(super) text: String,
    /// The character of the rule at which that begins for which it stands, and the one after its end.
    pub(super) at: usize,
    pub(super) end: usize,
}

impl Piece {
    pub(super) fn new(class: Class, text: impl Into<String>, (at, end): (usize, usize)) -> Self {
        Self { class, text: text.into(), at, end }
    }

    pub(super) fn is(&self, symbol: &str) -> bool {
        self.class == Class::Symbol && self.text == symbol
    }

    pub(super) fn compares(&self) -> bool {
        self.class == Class::Symbol && ["==", "!=", "<", "<=", ">", ">="].contains(&self.text.as_str())
    }

    /// What stands between its quotes.
    pub(super) fn content(&self) -> &str {
        self.text.trim_matches('"')
    }
}

/// Something in a rule that no piece can show.
pub(super) struct Oddity {
    pub(super) at: usize,
    pub(super) why: &'static str,
    /// What to write instead; empty if it is to be left out.
    pub(super) instead: String,
}

/// The pieces of a rule as a person wrote it, and the first oddity.
pub(super) fn pieces(rule: &str) -> (Vec<Piece>, Option<Oddity>) {
    let mut scanner = Scanner { rule: rule.chars().collect(), ..Scanner::default() };
    while scanner.piece() {}
    (scanner.pieces, scanner.oddity)
}

/// The pieces of a template.
pub(super) fn template(text: &str) -> Vec<Piece> {
    let mut scanner = Scanner { rule: text.chars().collect(), holes: true, ..Scanner::default() };
    while scanner.piece() {}
    scanner.pieces
}

/// What other languages write, longer ones first.
const THEIRS: [&str; 16] = [
    "===", "!==", "<>", "=>", "=<", ":=", "**", "\u{2265}", "\u{2264}", "\u{2260}", "\u{2212}", "\u{d7}", "=", "&",
    "|", "?",
];
const QUOTES: [char; 7] = ['"', '\'', '\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}'];

#[derive(Default)]
struct Scanner {
    rule: Vec<char>,
    next: usize,
    /// Of each open bracket, whether it opens the arguments of a name.
    open: Vec<bool>,
    /// Whether `$x` is a hole.
    holes: bool,
    pieces: Vec<Piece>,
    oddity: Option<Oddity>,
}

impl Scanner {
    fn starts_with(&self, text: &str) -> bool {
        let mut rest = self.rule[self.next..].iter();
        text.chars().all(|c| rest.next() == Some(&c))
    }

    fn odd(&mut self, why: &'static str, instead: impl Into<String>) {
        let at = self.next;
        self.oddity.get_or_insert_with(|| Oddity { at, why, instead: instead.into() });
    }

    fn push(&mut self, class: Class, text: impl Into<String>, end: usize) {
        self.pieces.push(Piece::new(class, text, (self.next, end)));
        self.next = end;
    }

    /// Takes the next piece; false at the end.
    fn piece(&mut self) -> bool {
        while self.rule.get(self.next).is_some_and(|c| c.is_whitespace()) {
            self.next += 1;
        }
        let Some(&c) = self.rule.get(self.next) else { return false };
        let following = self.rule.get(self.next + 1).copied().unwrap_or(' ');
        match c {
            '$' if self.holes => self.push(Class::Hole, following, self.next + 2),
            _ if QUOTES.contains(&c) => self.text(c),
            _ if c.is_ascii_digit() => self.number(),
            '.' if following.is_ascii_digit() => self.number(),
            _ if SIGNS.contains(&c) && following.is_ascii_digit() => self.number(),
            _ if is_word(c) => self.name(),
            _ if self.comments(following) => {
                self.odd("there are no comments within a rule", "");
                self.next = self.rule.len();
            }
            '=' if self.pieces.is_empty() && !self.holes && following != '=' => {
                self.odd("a rule begins without `=`", "");
                self.next += 1;
            }
            ';' if self.rule[self.next + 1..].iter().all(|c| c.is_whitespace()) => {
                self.odd("a rule ends without `;`", "");
                self.next = self.rule.len();
            }
            '`' => {
                self.odd("names stand without quotes", "");
                self.next += 1;
            }
            _ => self.symbol(c),
        }
        true
    }

    fn comments(&self, following: char) -> bool {
        self.starts_with("--") && !self.rule.get(self.next + 2).is_some_and(char::is_ascii_digit)
            || self.starts_with("//")
            || self.starts_with("/*")
            || self.starts_with("#") && following != '#'
    }

    fn symbol(&mut self, c: char) {
        let all = SYMBOLS.iter().chain(&THEIRS).filter(|symbol| self.starts_with(symbol));
        let longest =
            all.max_by_key(|symbol| symbol.len()).map_or_else(|| c.to_string(), |symbol| (*symbol).to_owned());
        match c {
            '(' => {
                let call = self.pieces.last().is_some_and(|piece| piece.class == Class::Name && piece.end == self.next);
                self.open.push(call);
            }
            '[' => self.open.push(false),
            ')' | ']' => drop(self.open.pop()),
            _ => {}
        }
        let end = self.next + longest.chars().count();
        self.push(Class::Symbol, longest, end);
    }

    fn name(&mut self) {
        let mut end = self.next;
        while let Some(&c) = self.rule.get(end) {
            let joins = c == '.' && self.rule.get(end + 1).is_some_and(|c| is_word(*c));
            if !is_word(c) && !joins {
                break;
            }
            end += 1;
        }
        let name: String = self.rule[self.next..end].iter().collect();
        self.push(Class::Name, name, end);
    }

    fn number(&mut self) {
        let call = self.open.last().copied();
        let read = numbers::read(&self.rule, self.next, call);
        let written = if read.window { quoted(&read.text) } else { read.text };
        if !read.why.is_empty() {
            self.odd(read.why, written.clone());
        }
        self.push(if read.window { Class::Text } else { Class::Number }, written, read.end);
    }

    /// A text. In SQL a quote that stands twice is a quote in the text.
    fn text(&mut self, quote: char) {
        let curly = quote != '"' && quote != '\'';
        let ends = |c: char| if curly { QUOTES.contains(&c) } else { c == quote };
        let (mut content, mut end, mut twice) = (String::new(), self.next + 1, false);
        while let Some(&c) = self.rule.get(end) {
            end += 1;
            if ends(c) {
                if curly || self.rule.get(end) != Some(&quote) || content.is_empty() {
                    break;
                }
                (twice, end) = (true, end + 1);
            } else if c == '\\' && !curly && self.rule.get(end).is_some_and(|c| *c == quote || *c == '\\') {
                content.push(self.rule[end]);
                end += 1;
                continue;
            }
            content.push(c);
        }
        let written = quoted(&content);
        if curly || twice {
            self.odd(
                if curly { "quotes are straight" } else { "a quote in a text stands after `\\`" },
                written.clone(),
            );
        }
        self.push(Class::Text, written, end);
    }
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Pieces as a rule, single spaces between them. Parentheses around the whole are left out.
pub(super) fn printed(pieces: &[Piece]) -> String {
    let mut printed = String::new();
    let pieces = bare(pieces);
    for (index, piece) in pieces.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &pieces[before]);
        let ahead = index.checked_sub(2).map(|before| &pieces[before]);
        if before.is_some_and(|before| spaced(ahead, before, piece)) {
            printed.push(' ');
        }
        printed.push_str(&piece.text);
    }
    printed
}

fn spaced(ahead: Option<&Piece>, before: &Piece, piece: &Piece) -> bool {
    let opens = before.is("(") || before.is("[") || before.is("!") || before.is(".");
    let closes = piece.is(")") || piece.is("]") || piece.is(",") || piece.is(".");
    let call = (piece.is("(") || piece.is("[")) && before.class == Class::Name && before.text != "in";
    // A minus after an operator, a comma or an opening bracket belongs to the number.
    let sign = before.is("-")
        && piece.class == Class::Number
        && ahead.is_none_or(|ahead| ahead.class == Class::Symbol && !ahead.is(")") && !ahead.is("]"));
    !(opens || closes || call || sign)
}

fn bare(pieces: &[Piece]) -> &[Piece] {
    match pieces {
        [open, inner @ .., _] if open.is("(") && group(pieces, 0) == Some(pieces.len()) => bare(inner),
        _ => pieces,
    }
}

/// The end of the bracket that opens at this piece.
pub(super) fn group(pieces: &[Piece], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, piece) in pieces.iter().enumerate().skip(at) {
        if piece.is("(") || piece.is("[") {
            depth += 1;
        } else if piece.is(")") || piece.is("]") {
            depth = depth.checked_sub(1)?;
        }
        if depth == 0 {
            return Some(index + 1);
        }
    }
    None
}
