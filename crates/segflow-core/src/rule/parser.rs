//! Rules as trees: a Pratt parser (V. Pratt, "Top down operator precedence", POPL 1973) over the lexer's tokens.
//!
//! It knows the syntax alone. What it accepts beyond the language (arithmetic of truth values, lists, constants
//! anywhere), the checker refuses with a better message than a syntax error would be.

use super::lexer::{Kind, Mistake, Token, tokens};
use super::{Operation, Operator};

/// The longest rule, in bytes.
pub(crate) const MAX_BYTES: usize = 4096;
/// The deepest nesting of parentheses, `!`, arguments and lists, and of operations: `a + b + c` is two deep.
pub(crate) const MAX_DEPTH: usize = 32;

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Expr {
    /// The character at which it begins; of an operation, that of its operator.
    pub(crate) at: usize,
    pub(crate) kind: ExprKind,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum ExprKind {
    Bool(bool),
    /// With its sign.
    Number(String),
    Text(String),
    /// A dotted name, with its arguments if parentheses follow.
    Name(String, Option<Vec<Expr>>),
    List(Vec<Expr>),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare(Operator, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Box<Expr>),
    Arithmetic {
        operation: Operation,
        left: Box<Expr>,
        right: Box<Expr>,
        /// How many operations are within each other, this one included.
        height: usize,
    },
}

impl Expr {
    fn height(&self) -> usize {
        if let ExprKind::Arithmetic { height, .. } = self.kind { height } else { 0 }
    }
}

/// The tree of a rule.
pub(crate) fn parse(rule: &str) -> Result<Expr, Mistake> {
    if rule.len() > MAX_BYTES {
        let message = format!("expected a rule of at most {MAX_BYTES} bytes, found {}", rule.len());
        return Err(Mistake::new(0, message));
    }
    let mut parser = Parser { tokens: tokens(rule)?, next: 0, depth: 0 };
    if parser.peek().kind == Kind::End {
        return Err(Mistake::new(0, "expected a rule, found nothing"));
    }
    let root = parser.expression(Power::Or)?;
    match parser.peek().kind {
        Kind::End => Ok(root),
        _ => Err(parser.unexpected("an operator or the end of the rule")),
    }
}

/// How tightly an infix operator binds, in CEL's order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Power {
    Or,
    And,
    Relation,
    Sum,
    Product,
    Prefix,
}

impl Power {
    fn tighter(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Relation,
            Self::Relation => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product | Self::Prefix => Self::Prefix,
        }
    }

    fn of(kind: &Kind) -> Option<(Self, Infix)> {
        Some(match kind {
            Kind::Word(word) if word == "in" => (Self::Relation, Infix::In),
            Kind::Symbol(symbol) => match *symbol {
                "||" => (Self::Or, Infix::Or),
                "&&" => (Self::And, Infix::And),
                "+" => (Self::Sum, Infix::Arithmetic(Operation::Add)),
                "-" => (Self::Sum, Infix::Arithmetic(Operation::Subtract)),
                "*" => (Self::Product, Infix::Arithmetic(Operation::Multiply)),
                "/" => (Self::Product, Infix::Arithmetic(Operation::Divide)),
                symbol => (Self::Relation, Infix::Compare(Operator::of(symbol)?)),
            },
            _ => return None,
        })
    }
}

#[derive(Clone, Copy)]
enum Infix {
    Or,
    And,
    Compare(Operator),
    In,
    Arithmetic(Operation),
}

impl Infix {
    fn join(self, at: usize, left: Expr, right: Expr) -> Expr {
        let kind = match self {
            Self::Or => match left.kind {
                ExprKind::Or(mut all) => {
                    all.push(right);
                    ExprKind::Or(all)
                }
                _ => ExprKind::Or(vec![left, right]),
            },
            Self::And => match left.kind {
                ExprKind::And(mut all) => {
                    all.push(right);
                    ExprKind::And(all)
                }
                _ => ExprKind::And(vec![left, right]),
            },
            Self::Compare(operator) => ExprKind::Compare(operator, Box::new(left), Box::new(right)),
            Self::In => ExprKind::In(Box::new(left), Box::new(right)),
            Self::Arithmetic(operation) => {
                let height = 1 + left.height().max(right.height());
                ExprKind::Arithmetic { operation, left: Box::new(left), right: Box::new(right), height }
            }
        };
        Expr { at, kind }
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next]
    }

    /// The next token, which is passed unless it is the end.
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
            let message =
                format!("expected nesting of at most {MAX_DEPTH}: split the rule, for instance into dimensions");
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
                "not" => return Err(Mistake::new(at, "there is no `not`: write `!`")),
                "null" => return Err(Mistake::new(at, "there is no `null`: write `known(x)` or `unknown(x)`")),
                "in" => return Err(self.unexpected("a feature or a value")),
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
            _ => return Err(self.unexpected("a feature or a value")),
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
            Kind::Word(_) | Kind::Symbol("(") => ": subtract from 0, as in `0 - x`",
            _ => "",
        };
        let message = format!("a minus stands before a number only, as in -5, found {}{instead}", other.found());
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
        let arguments = if self.passes("(") { Some(self.items(")")?) } else { None };
        Ok(ExprKind::Name(name, arguments))
    }

    /// What stands between brackets, the first of which is passed.
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

    /// That the next token is not what was expected, and what to write for words of other languages.
    fn unexpected(&self, expected: &str) -> Mistake {
        let Token { at, kind } = self.peek();
        let instead = match kind {
            Kind::Word(word) => match word.to_lowercase().as_str() {
                "and" => ": write `&&`",
                "or" => ": write `||`",
                "not" => ": write `!`, and for `not in` write `!(x in [..])`",
                "is" => ": write `==`, `known(x)` or `unknown(x)`",
                "between" => ": write `x >= 1 && x <= 3`",
                _ => "",
            },
            _ => "",
        };
        Mistake::new(*at, format!("expected {expected}, found {}{instead}", kind.found()))
    }
}

impl Operator {
    fn of(symbol: &str) -> Option<Self> {
        [Self::Equal, Self::NotEqual, Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual]
            .into_iter()
            .find(|operator| operator.symbol() == symbol)
    }
}
