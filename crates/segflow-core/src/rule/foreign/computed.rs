//! What is put right by the catalogue rather than by a table: names, arguments, and comparisons of constants.

use std::ops::Range;

use super::numbers::days;
use super::pieces::{Class, Piece, template};
use super::words::Words;
use crate::event::{Channel, FailureCode};
use crate::rule::spelling::quoted;
use crate::rule::syntax::decimal::Decimal;
use crate::segmentation::nearest::nearest;

/// Pieces to be replaced, and by what.
type Replacement = (Range<usize>, Vec<Piece>);

/// The first correction.
pub(super) fn computed(pieces: &[Piece], words: &Words<'_>) -> Option<Replacement> {
    (0..pieces.len()).find_map(|at| {
        let named = named(pieces, at, words).or_else(|| called(pieces, at, words));
        named.or_else(|| decided(pieces, at)).or_else(|| negated(pieces, at))
    })
}

/// A minus before a name.
fn negated(pieces: &[Piece], at: usize) -> Option<Replacement> {
    let minus = &pieces[at];
    // After an operator of arithmetic, `0 - x` would mean something else.
    let first =
        at == 0 || pieces[at - 1].compares() || ["(", "&&", "||"].iter().any(|symbol| pieces[at - 1].is(symbol));
    let name = pieces.get(at + 1).is_some_and(|next| next.class == Class::Name);
    let zero = Piece::new(Class::Number, "0", (minus.at, minus.end));
    (minus.is("-") && first && name).then(|| (at..at, vec![zero]))
}

/// A name that is none of the features, but near to one; or that is to be a text.
fn named(pieces: &[Piece], at: usize, words: &Words<'_>) -> Option<Replacement> {
    let piece = &pieces[at];
    let span = (piece.at, piece.end);
    let one = |class, text: String| Some((at..at + 1, vec![Piece::new(class, text, span)]));
    let compared = pieces.get(at + 1).is_some_and(Piece::compares);
    if piece.class == Class::Text && compared && words.knows(piece.content()) {
        return one(Class::Name, piece.content().to_owned());
    }
    if piece.class != Class::Name || words.knows(&piece.text) {
        return None;
    }
    if let ("profile", [open, text, close, ..]) = (piece.text.as_str(), &pieces[at + 1..])
        && open.is("[")
        && text.class == Class::Text
        && close.is("]")
    {
        return Some((at..at + 4, vec![Piece::new(Class::Name, format!("profile.{}", text.content()), span)]));
    }
    let last = piece.text.rsplit('.').next().unwrap_or_default();
    if let Some(attribute) = words.attributes().find(|attribute| attribute.eq_ignore_ascii_case(last)) {
        return one(Class::Name, format!("profile.{attribute}"));
    }
    let near = match piece.text.strip_prefix("profile.") {
        Some(name) => nearest(name, words.attributes()).map(|attribute| format!("profile.{attribute}")),
        None => nearest(&piece.text, words.names()).map(str::to_owned),
    };
    if let Some(near) = near {
        return one(Class::Name, near);
    }
    let listed = at > 0 && (pieces[at - 1].is("[") || pieces[at - 1].is(",") || pieces[at - 1].is("("));
    (listed && !compared && !last.contains('(')).then(|| one(Class::Text, quoted(&piece.text))).flatten()
}

/// A window, channel or code that is written otherwise, or is not there.
fn called(pieces: &[Piece], at: usize, words: &Words<'_>) -> Option<Replacement> {
    let name = pieces.get(at).filter(|piece| piece.class == Class::Name)?;
    let example = words.entry(&name.text)?.examples.first().filter(|example| example.starts_with("(\""))?;
    let span = (name.at, name.end);
    let open = pieces.get(at + 1).filter(|next| next.is("("));
    let first = pieces.get(at + 2);
    if open.is_none() || first.is_some_and(|first| first.is(")")) {
        let end = if open.is_some() { at + 3 } else { at + 1 };
        let arguments = template(example).into_iter().map(|piece| Piece { at: span.0, end: span.1, ..piece });
        return Some((at + 1..end.max(at + 1), arguments.collect()));
    }
    let (index, argument) =
        pieces.iter().enumerate().skip(at + 2).take_while(|(_, piece)| !piece.is(")")).find_map(|(index, piece)| {
            corrected(piece, example).filter(|text| *text != piece.text).map(|text| (index, text))
        })?;
    Some((index..index + 1, vec![Piece::new(Class::Text, argument, (pieces[index].at, pieces[index].end))]))
}

fn corrected(argument: &Piece, example: &str) -> Option<String> {
    let word = argument.content().to_uppercase();
    if Channel::from_word(&word).is_some() || FailureCode::from_word(&word).is_some() {
        return Some(quoted(&word));
    }
    let window = example.starts_with("(\"90d\"") && matches!(argument.class, Class::Number | Class::Text);
    days(argument.content()).filter(|_| window).map(|days| format!("\"{days}d\""))
}

/// A comparison of two numbers, which is always true or always false.
fn decided(pieces: &[Piece], at: usize) -> Option<Replacement> {
    let [left, operator, right, ..] = &pieces[at..] else { return None };
    let within = at > 0 && !["(", "&&", "||", "!"].iter().any(|symbol| pieces[at - 1].is(symbol));
    let ended = pieces.get(at + 3).is_none_or(|next| ["&&", "||", ")"].iter().any(|symbol| next.is(symbol)));
    if left.class != Class::Number || right.class != Class::Number || within || !ended {
        return None;
    }
    let number = |piece: &Piece| Decimal::parse(&piece.text).map(Decimal::fraction);
    let ((a, b), (c, d)) = (number(left)?, number(right)?);
    let order = (i128::from(a) * i128::from(d)).cmp(&(i128::from(c) * i128::from(b)));
    let holds = crate::rule::syntax::infix::comparison(&operator.text)?.holds(order);
    Some((at..at + 3, vec![Piece::new(Class::Name, holds.to_string(), (left.at, right.end))]))
}
