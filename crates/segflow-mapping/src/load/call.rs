//! Calls of functions, checked: the value's type, the constant behind it, and the name.

use segflow_core::rule::syntax::expr::{Expr, ExprKind};
use segflow_core::rule::syntax::lexer::Mistake;
use segflow_core::segmentation::nearest::did_you_mean;

use super::compile::{Scope, Typed, typed};
use crate::decimal::MAX_DIGITS;
use crate::eval::times;
use crate::function::{self, FUNCTIONS, Function, OTHERS, Signature};
use crate::node::{Constant, Node};
use crate::value::Type;

/// The checked call of a name with arguments.
pub(super) fn call(scope: &Scope<'_>, at: usize, name: &str, arguments: &[Expr]) -> Result<Typed, Mistake> {
    if let Some(table) = name.strip_prefix("words.") {
        return word(scope, at, table, arguments);
    }
    match name {
        "known" | "unknown" => {
            let inner = Box::new(scope.node(only(at, name, arguments)?)?.node);
            Ok(typed(if name == "known" { Node::Known(inner) } else { Node::Unknown(inner) }, Type::Truth))
        }
        "first_known" => first_known(scope, at, arguments),
        "joined" => joined(scope, at, arguments),
        _ => {
            let signature = FUNCTIONS.iter().find(|signature| signature.name == name);
            let unknown = || {
                let names = FUNCTIONS.iter().map(|signature| signature.name).chain(OTHERS);
                Mistake::new(at, format!("expected a function, found `{name}(..)`{}", did_you_mean(name, names)))
            };
            one_value(scope, at, signature.ok_or_else(unknown)?, arguments)
        }
    }
}

/// The one argument of a call.
fn only<'e>(at: usize, name: &str, arguments: &'e [Expr]) -> Result<&'e Expr, Mistake> {
    match arguments {
        [one] => Ok(one),
        several => Err(Mistake::new(at, format!("`{name}(..)`: expected one value, found {}", several.len()))),
    }
}

fn word(scope: &Scope<'_>, at: usize, table: &str, arguments: &[Expr]) -> Result<Typed, Mistake> {
    let place = scope.words.iter().position(|known| known.name == table).ok_or_else(|| {
        let near = did_you_mean(table, scope.words.iter().map(|known| known.name.as_str()));
        Mistake::new(at, format!("expected a table of `words`, found `{table}`{near}"))
    })?;
    let inner = scope.node(only(at, &format!("words.{table}"), arguments)?)?.node;
    Ok(typed(Node::Word(place, Box::new(inner)), Type::Text))
}

fn first_known(scope: &Scope<'_>, at: usize, arguments: &[Expr]) -> Result<Typed, Mistake> {
    if arguments.len() < 2 {
        return Err(Mistake::new(at, "`first_known(..)`: expected two values or more"));
    }
    let mut gives = None;
    let mut nodes = Vec::new();
    for argument in arguments {
        let one = scope.node(argument)?;
        if gives.is_some_and(|gives| gives != one.gives) {
            let message = format!("`first_known(..)`: expected values of one type, found {}", one.gives.named());
            return Err(Mistake::new(argument.at, message));
        }
        gives = Some(one.gives);
        nodes.push(one.node);
    }
    Ok(typed(Node::FirstKnown(nodes), gives.unwrap_or(Type::Any)))
}

fn joined(scope: &Scope<'_>, at: usize, arguments: &[Expr]) -> Result<Typed, Mistake> {
    if arguments.len() < 2 {
        return Err(Mistake::new(at, "`joined(..)`: expected two values or more"));
    }
    let nodes = arguments.iter().map(|argument| scope.node(argument).map(|one| one.node)).collect::<Result<_, _>>()?;
    Ok(typed(Node::Joined(nodes), Type::Text))
}

fn one_value(scope: &Scope<'_>, at: usize, signature: &Signature, arguments: &[Expr]) -> Result<Typed, Mistake> {
    let Signature { function, name, takes, gives, .. } = *signature;
    let Some((value, rest)) = arguments.split_first() else {
        return Err(Mistake::new(at, format!("`{name}(..)`: expected a value, found none")));
    };
    let inner = scope.node(value)?;
    if inner.gives != Type::Any && !takes.contains(&inner.gives) {
        let expected: Vec<&str> = takes.iter().map(|kind| kind.named()).collect();
        let (expected, found) = (expected.join(" or "), inner.gives.named());
        return Err(Mistake::new(value.at, format!("`{name}(..)`: expected {expected}, found {found}")));
    }
    let constant = constant(at, signature, rest)?;
    if function == Function::Money && !scope.has_currency {
        let message = "`money(..)` counts in the decimals of the event's `currency`, of which there is none here; compare numbers, as in `number(x) < 0`";
        return Err(Mistake::new(at, message));
    }
    let of_instant = function == Function::Date && inner.gives == Type::Instant;
    let of_local_time = function == Function::Instant && constant.is_some();
    if (signature.zoned || of_instant || of_local_time) && !scope.zoned {
        let message = format!("`{name}(..)` depends on where days begin: name the mapping's `timezone`");
        return Err(Mistake::new(at, message));
    }
    Ok(typed(Node::Call(function, Box::new(inner.node), constant), gives))
}

/// The constant behind the value of a call, if it has one.
fn constant(at: usize, signature: &Signature, rest: &[Expr]) -> Result<Option<Constant>, Mistake> {
    use function::Constant::{Format, Mark, None as Nothing, Scale, Text};
    let name = signature.name;
    let expected = match signature.constant {
        Nothing => "one value and nothing else",
        Text => "a value and a text",
        Format => "a value, and perhaps how it is written, as in \"%d.%m.%Y\"",
        Mark => "a value, and perhaps the sign before its decimals, \",\" or \".\"",
        Scale => "a value and how many of its digits are decimals, from 0 to 38",
    };
    let wrong = || Mistake::new(rest.first().map_or(at, |rest| rest.at), format!("`{name}(..)`: expected {expected}"));
    let constant = match (signature.constant, rest) {
        (Nothing | Format | Mark, []) => return Ok(None),
        (Text, [Expr { kind: ExprKind::Text(text), .. }]) => Constant::Text(text.clone()),
        (Format, [Expr { kind: ExprKind::Text(format), at }]) => {
            times::check(format, signature.function).map_err(|message| Mistake::new(*at, message))?;
            Constant::Text(format.clone())
        }
        (Mark, [Expr { kind: ExprKind::Text(mark), .. }]) if mark == "," => Constant::Mark(','),
        (Mark, [Expr { kind: ExprKind::Text(mark), .. }]) if mark == "." => Constant::Mark('.'),
        (Scale, [Expr { kind: ExprKind::Number(scale), .. }]) => {
            Constant::Scale(scale.parse().ok().filter(|scale| *scale <= MAX_DIGITS).ok_or_else(wrong)?)
        }
        _ => return Err(wrong()),
    };
    Ok(Some(constant))
}
