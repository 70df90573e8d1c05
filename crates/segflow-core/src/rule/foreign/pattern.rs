//! Patterns of other languages in a rule, and templates that write the same in ours.

use std::ops::Range;

use super::pieces::{Class, Piece, template};
use super::words::{Words, converted, primary};
use crate::rule::Operator;
use crate::rule::syntax::lexer::SYMBOLS;

/// A pattern found in a rule.
pub(super) struct Found {
    /// All that is to be replaced.
    pub(super) range: Range<usize>,
    holes: Vec<(&'static str, Range<usize>)>,
    /// The pieces that the pattern spells out.
    literals: Vec<usize>,
}

/// Every place of a pattern: words and symbols between spaces, with `a/b` for either of two. `$x` is a hole.
pub(super) fn find<'a>(
    pattern: &'static str,
    pieces: &'a [Piece],
    words: &'a Words<'_>,
) -> impl Iterator<Item = Found> + 'a {
    let parts = move || pattern.split(' ');
    let written = |part: &str| part.starts_with('$') || pieces.iter().any(|piece| is(part, piece));
    let starts = if parts().all(written) { 0..pieces.len() } else { 0..0 };
    starts.filter_map(move |start| {
        let mut found = Found { range: start..start, holes: Vec::new(), literals: Vec::new() };
        for part in parts() {
            let at = found.range.end;
            match part.strip_prefix('$') {
                Some(letter) => {
                    let end = words.hole(letter, pieces, at)?;
                    found.holes.push((letter, at..end));
                    found.range.end = end;
                }
                None => {
                    pieces.get(at).filter(|piece| is(part, piece))?;
                    found.literals.push(at);
                    found.range.end += 1;
                }
            }
        }
        Some(found)
    })
}

/// Whether a part of a pattern spells out a piece; a part after `'` is the content of a text.
fn is(part: &str, piece: &Piece) -> bool {
    let either = |part: &str| match part.strip_prefix('\'') {
        Some(content) => piece.class == Class::Text && piece.content().eq_ignore_ascii_case(content),
        None => piece.class != Class::Text && piece.text.eq_ignore_ascii_case(part),
    };
    if part.len() > 1 && part.contains('/') { part.split('/').any(either) } else { either(part) }
}

impl Found {
    /// Whether the pattern spells out a piece that stands for this character.
    pub(super) fn spells(&self, pieces: &[Piece], at: usize) -> bool {
        self.literals.iter().any(|literal| pieces[*literal].at == at)
    }

    /// The characters of the first words that are foreign; none if the pattern has no such words.
    pub(super) fn foreign(&self, pieces: &[Piece], words: &Words<'_>) -> Option<(usize, usize)> {
        let ours = |index: usize| {
            let piece = &pieces[index];
            piece.class == Class::Text || SYMBOLS.contains(&piece.text.as_str()) || words.knows(&piece.text)
        };
        let first = self.literals.iter().position(|literal| !ours(*literal))?;
        let run = self.literals[first..].iter().enumerate();
        let mut run = run.take_while(|(ahead, literal)| **literal == self.literals[first] + ahead);
        let called =
            |literal: usize| pieces[literal].is("(") && pieces.get(literal + 1).is_some_and(|next| next.is(")"));
        let closes = |literal: usize| pieces[literal].is(")") && literal > 0 && pieces[literal - 1].is("(");
        let last = run
            .by_ref()
            .map(|(_, literal)| *literal)
            .take_while(|literal| !ours(*literal) || called(*literal) || closes(*literal))
            .last()?;
        Some((pieces[self.literals[first]].at, pieces[last].end))
    }

    /// What a template writes for it.
    pub(super) fn written(&self, pieces: &[Piece], text: &str, at: (usize, usize)) -> Vec<Piece> {
        let mut written: Vec<Piece> = Vec::new();
        for part in template(text) {
            if part.class != Class::Hole {
                written.push(Piece { at: at.0, end: at.1, ..part });
                continue;
            }
            let mut hole = self.hole(pieces, &part.text);
            // `!` binds tighter than all else.
            let loose = written.last().is_some_and(|before| before.is("!")) && primary(&hole, 0) != Some(hole.len());
            if let [open, inner @ .., _] = &hole[..]
                && written.last().is_some_and(|before| before.is("!"))
                && open.is("(")
                && primary(inner, 0) == Some(inner.len())
            {
                hole = inner.to_vec();
            }
            let paren = |symbol: &str| Piece::new(Class::Symbol, symbol, at);
            if loose {
                written.push(paren("("));
            }
            written.extend(hole);
            if loose {
                written.push(paren(")"));
            }
        }
        written
    }

    fn hole(&self, pieces: &[Piece], letter: &str) -> Vec<Piece> {
        // `$m` is the operator of `$o` with its sides exchanged, and `$r` the number of `$n` as a text.
        let from = match letter {
            "m" => "o",
            "r" => "n",
            letter => letter,
        };
        let Some((_, range)) = self.holes.iter().find(|(hole, _)| *hole == from) else { return Vec::new() };
        let held = &pieces[range.clone()];
        match (letter, held) {
            ("m", [operator]) => vec![Piece { text: mirrored(&operator.text).to_owned(), ..operator.clone() }],
            (_, [piece]) => match converted(letter, piece) {
                Some((class, text)) => vec![Piece { class, text, ..piece.clone() }],
                None => held.to_vec(),
            },
            _ => held.to_vec(),
        }
    }
}

fn mirrored(symbol: &str) -> &str {
    use Operator::{Greater, GreaterOrEqual, Less, LessOrEqual};
    let ordered = [Less, LessOrEqual, Greater, GreaterOrEqual];
    ordered
        .into_iter()
        .find(|operator| operator.symbol() == symbol)
        .map_or(symbol, |operator| operator.mirrored().symbol())
}

/// A pattern as a message shows it: the first of several words, and letters for holes.
pub(super) fn shown(pattern: &str) -> String {
    let first =
        |part: &str| if part.len() > 1 { part.split('/').next().unwrap_or(part).to_owned() } else { part.to_owned() };
    let plain = pattern.split(' ').map(first).collect::<Vec<_>>().join(" ");
    super::pieces::printed(&lettered(&plain))
}

/// The pieces of a pattern or template, with letters for holes.
pub(super) fn lettered(text: &str) -> Vec<Piece> {
    let name =
        |piece: Piece| Piece { class: if piece.class == Class::Hole { Class::Name } else { piece.class }, ..piece };
    template(text).into_iter().map(name).collect()
}
