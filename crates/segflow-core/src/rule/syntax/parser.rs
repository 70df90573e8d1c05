//! Rules as trees: a Pratt parser (V. Pratt, "Top down operator precedence", POPL 1973) over the lexer's tokens.
//!
//! The parser knows the syntax alone. It accepts more than the language has: arithmetic of truth values, and lists and
//! constants anywhere. The checker refuses these with better messages than a parser could give.

use super::Dialect;
use super::expr::{Expr, ExprKind, Step};
use super::infix::Power;
use super::lexer::{Kind, Mistake, Token, tokens};

/// The longest rule, in bytes.
pub const MAX_BYTES: usize = 4096;
/// The deepest nesting of parentheses, `!`, arguments and lists, and of operations: `a + b + c` is two deep.
pub const MAX_DEPTH: usize = 32;

/// The tree of a rule, or of another expression that has its syntax.
///
/// # Errors
/// The first mistake, and its place.
pub fn parse(rule: &str, dialect: &'static Dialect) -> Result<Expr, Mistake> {
    let Dialect { whole, a_whole, .. } = dialect;
    if rule.len() > MAX_BYTES {
        let message = format!("expected {a_whole} of at most {MAX_BYTES} bytes, found {}", rule.len());
        return Err(Mistake::new(0, message));
    }
    let mut parser = Parser { tokens: tokens(rule, dialect)?, next: 0, depth: 0, dialect };
    if parser.peek().kind == Kind::End {
        return Err(Mistake::new(0, format!("expected {a_whole}, found nothing")));
    }
    let root = parser.expression(Power::Or)?;
    match parser.peek().kind {
        Kind::End => Ok(root),
        _ => Err(parser.unexpected(&format!("an operator or the end of the {whole}"))),
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    dialect: &'static Dialect,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next]
    }

    /// Takes the next token. The end is never taken.
    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        if token.kind != Kind::End {
            self.next += 1;
        }
        token
    }

    fn passes(&mut self, symbol: &'static str) -> bool {
        let here = self.peek().kind == Kind::Symbol(symbol);
        if here {
            self.advance();
        }
        here
    }

    fn expect(&mut self, symbol: &'static str) -> Result<(), Mistake> {
        if self.passes(symbol) { Ok(()) } else { Err(self.unexpected(&format!("an operator or `{symbol}`"))) }
    }

    fn expression(&mut self, least: Power) -> Result<Expr, Mistake> {
        let mut left = self.prefix()?;
        let mut compared = false;
        while let Some((power, infix)) = Power::of(&self.peek().kind).filter(|(power, _)| *power >= least) {
            let at = self.advance().at;
            if power == Power::Relation && std::mem::replace(&mut compared, true) {
                return Err(Mistake::new(at, "comparisons do not chain: write `1 < x && x < 3` for `1 < x < 3`"));
            }
            let right = self.expression(power.tighter())?;
            left = infix.join(at, left, right);
            if left.height() > MAX_DEPTH {
                let message =
                    format!("expected at most {MAX_DEPTH} operations within each other: split the comparison");
                return Err(Mistake::new(at, message));
            }
        }
        Ok(left)
    }

    fn prefix(&mut self) -> Result<Expr, Mistake> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("expected nesting of at most {MAX_DEPTH}: {}", self.dialect.split);
            return Err(Mistake::new(self.peek().at, message));
        }
        let expr = self.operand();
        self.depth -= 1;
        expr
    }

    fn operand(&mut self) -> Result<Expr, Mistake> {
        let Token { at, kind } = self.peek().clone();
        let kind = match kind {
            Kind::Number(number) => self.constant(ExprKind::Number(number)),
            Kind::Text(text) => self.constant(ExprKind::Text(text)),
            Kind::Word(word) => match word.as_str() {
                "true" | "false" => self.constant(ExprKind::Bool(word == "true")),
                "in" => return Err(self.unexpected_operand()),
                _ => self.name()?,
            },
            Kind::Symbol("!") => {
                self.advance();
                ExprKind::Not(Box::new(self.prefix()?))
            }
            Kind::Symbol("-") => self.negative()?,
            Kind::Symbol("(") => {
                self.advance();
                let inner = self.expression(Power::Or)?;
                self.expect(")")?;
                return Ok(inner);
            }
            Kind::Symbol("[") => {
                self.advance();
                ExprKind::List(self.items("]")?)
            }
            Kind::Symbol(".") => return Err(Mistake::new(at, "expected a digit before the point, as in 0.5")),
            _ => return Err(self.unexpected_operand()),
        };
        Ok(Expr { at, kind })
    }

    fn constant(&mut self, kind: ExprKind) -> ExprKind {
        self.advance();
        kind
    }

    fn negative(&mut self) -> Result<ExprKind, Mistake> {
        let minus = self.advance();
        let other = match self.advance().kind {
            Kind::Number(number) => return Ok(ExprKind::Number(format!("-{number}"))),
            other => other,
        };
        let instead = match &other {
            Kind::Word(_) | Kind::Symbol("(") => ": subtract from 0",
            _ => "",
        };
        let message =
            format!("a minus stands before a number only, as in -5, found {}{instead}", other.found(self.dialect));
        Err(Mistake::new(minus.at, message))
    }

    fn name(&mut self) -> Result<ExprKind, Mistake> {
        let first = self.advance();
        let Kind::Word(mut name) = first.kind else { unreachable!("a name begins with a word") };
        while self.passes(".") {
            match self.peek().kind.clone() {
                Kind::Word(word) => {
                    self.advance();
                    name = format!("{name}.{word}");
                }
                _ => return Err(self.unexpected(&format!("a name after `{name}.`"))),
            }
        }
        if self.dialect.has_steps && self.peek().kind == Kind::Symbol("[") {
            return Ok(ExprKind::Path(name, self.steps()?));
        }
        let arguments = if self.passes("(") { Some(self.items(")")?) } else { None };
        Ok(ExprKind::Name(name, arguments))
    }

    /// The steps of a path from its first bracket on.
    fn steps(&mut self) -> Result<Vec<Step>, Mistake> {
        let mut steps = Vec::new();
        loop {
            if self.passes("[") {
                steps.push(self.step_in_brackets()?);
                if !self.passes("]") {
                    return Err(self.unexpected("`]`"));
                }
            } else if self.passes(".") {
                let Kind::Word(word) = self.peek().kind.clone() else {
                    return Err(self.unexpected("a name after `.`"));
                };
                self.advance();
                steps.push(Step::Name(word));
            } else {
                return Ok(steps);
            }
        }
    }

    fn step_in_brackets(&mut self) -> Result<Step, Mistake> {
        let step = match &self.peek().kind {
            Kind::Text(name) => Some(Step::Name(name.clone())),
            Kind::Number(number) => number.parse().ok().map(Step::Item),
            _ => None,
        };
        let step = step.ok_or_else(|| self.unexpected("a place such as 0, or a name in quotes"))?;
        self.advance();
        Ok(step)
    }

    fn unexpected_operand(&self) -> Mistake {
        self.unexpected(&format!("{} or a value", self.dialect.a_name))
    }

    /// The items before the closing bracket; the opening one is taken already.
    fn items(&mut self, end: &'static str) -> Result<Vec<Expr>, Mistake> {
        let mut items = Vec::new();
        if self.passes(end) {
            return Ok(items);
        }
        loop {
            items.push(self.expression(Power::Or)?);
            if self.passes(end) {
                return Ok(items);
            }
            if !self.passes(",") {
                return Err(self.unexpected(&format!("`,` or `{end}`")));
            }
        }
    }

    /// The mistake that the next token is not what was expected.
    fn unexpected(&self, expected: &str) -> Mistake {
        let Token { at, kind } = self.peek();
        Mistake::new(*at, format!("expected {expected}, found {}", kind.found(self.dialect)))
    }
}
