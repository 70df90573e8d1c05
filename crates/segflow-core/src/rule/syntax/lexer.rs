//! Rules as tokens, each with the character at which it begins.

use super::Dialect;
use crate::segmentation::nearest::shortened;

/// What is wrong with a rule, and at which of its characters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// Counts characters from 0.
    pub at: usize,
    /// In lower case, without a full stop.
    pub message: String,
}

impl Mistake {
    /// A mistake at a character, counted from 0.
    pub fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    /// Counts characters from 0.
    pub(crate) at: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Word(String),
    /// Digits, perhaps a point and digits.
    Number(String),
    Text(String),
    Symbol(&'static str),
    End,
}

impl Kind {
    /// As a message names it.
    pub(crate) fn found(&self, dialect: &Dialect) -> String {
        match self {
            Self::Word(text) | Self::Number(text) => format!("`{}`", shortened(text)),
            Self::Text(text) => format!("`\"{}\"`", shortened(text)),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::End => format!("the end of the {}", dialect.whole),
        }
    }
}

/// Longer symbols stand before shorter ones, so that the first that fits is the right one.
pub(crate) const SYMBOLS: [&str; 20] =
    ["||", "&&", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ",", ".", "+", "-", "*", "/", ":"];

/// The tokens of a rule, the last of which is `End`.
pub(crate) fn tokens(rule: &str, dialect: &'static Dialect) -> Result<Vec<Token>, Mistake> {
    let mut lexer = Lexer { rest: rule, at: 0, dialect };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.token()?;
        let end = token.kind == Kind::End;
        tokens.push(token);
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
    at: usize,
    dialect: &'static Dialect,
}

impl<'a> Lexer<'a> {
    fn token(&mut self) -> Result<Token, Mistake> {
        self.take(char::is_whitespace);
        let at = self.at;
        let kind = match self.rest.chars().next() {
            None => Kind::End,
            Some('"' | '\'') => Kind::Text(self.text()?),
            Some(c) if c.is_ascii_digit() => Kind::Number(self.number()?),
            Some(c) if is_word(c) => Kind::Word(self.take(is_word).to_owned()),
            Some(_) => Kind::Symbol(self.symbol()?),
        };
        Ok(Token { at, kind })
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.at += taken.chars().count();
        taken
    }

    fn symbol(&mut self) -> Result<&'static str, Mistake> {
        let Some(symbol) = SYMBOLS.iter().find(|symbol| self.rest.starts_with(**symbol)) else {
            let found: String = self.rest.chars().take(1).collect();
            let expected = self.dialect.a_name;
            return Err(Mistake::new(self.at, format!("expected {expected}, a value or an operator, found `{found}`")));
        };
        self.rest = &self.rest[symbol.len()..];
        self.at += symbol.len();
        Ok(symbol)
    }

    fn number(&mut self) -> Result<String, Mistake> {
        let start = self.at;
        let mut number = self.take(|c| c.is_ascii_digit()).to_owned();
        if let Some(rest) = self.rest.strip_prefix('.') {
            (self.rest, self.at) = (rest, self.at + 1);
            let decimals = self.take(|c| c.is_ascii_digit());
            if decimals.is_empty() {
                return Err(Mistake::new(start, format!("expected a digit after the point of `{number}.`")));
            }
            number = format!("{number}.{decimals}");
        }
        let tail = self.take(is_word);
        if tail.is_empty() {
            return Ok(number);
        }
        Err(Mistake::new(start, format!("expected a number such as 30 or 5000.00, found `{number}{tail}`")))
    }

    fn text(&mut self) -> Result<String, Mistake> {
        let start = self.at;
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        let quote = characters.next().map(|(_, c)| c);
        while let Some((byte, c)) = characters.next() {
            if Some(c) == quote {
                let end = byte + c.len_utf8();
                self.at += self.rest[..end].chars().count();
                self.rest = &self.rest[end..];
                return Ok(text);
            }
            let escaped = if c == '\\' { characters.next().map(|(_, c)| c) } else { None };
            text.push(match (c, escaped) {
                ('\\', Some('n')) => '\n',
                ('\\', Some('t')) => '\t',
                ('\\', Some('r')) => '\r',
                ('\\', Some(c @ ('\\' | '"' | '\''))) => c,
                ('\\', Some(other)) => {
                    let at = start + self.rest[..byte].chars().count();
                    let message = format!("expected an escape (\\\\ \\\" \\' \\n \\t \\r), found `\\{other}`");
                    return Err(Mistake::new(at, message));
                }
                (c, _) => c,
            });
        }
        Err(Mistake::new(start, "a text begins here and does not end: close its quotes"))
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
