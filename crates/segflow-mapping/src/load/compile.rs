//! Expressions: a tree of the syntax becomes a checked expression, or the first mistake in it.

use segflow_core::rule::syntax::Dialect;
use segflow_core::rule::syntax::expr::{Expr, ExprKind, Step};
use segflow_core::rule::syntax::lexer::Mistake;
use segflow_core::rule::syntax::parser::parse;
use segflow_core::rule::{Operation, Operator};
use segflow_core::segmentation::nearest::did_you_mean;

use super::call;
use crate::decimal::Decimal;
use crate::node::{Node, Path, RecordField, Root, WordTable};
use crate::tree::shape::PathStep;
use crate::value::{Type, Value};

/// The dialect of a mapping's expressions.
pub(super) const DIALECT: Dialect = Dialect {
    whole: "expression",
    a_whole: "an expression",
    a_name: "a name of the record",
    split: "split the expression, for instance into several events",
    has_steps: true,
};

/// What an expression may name.
pub(super) struct Scope<'a> {
    /// Whether values are unwrapped, so that there is an envelope.
    pub wrapped: bool,
    /// The names of the items, outermost first.
    pub items: &'a [String],
    pub words: &'a [WordTable],
    /// Whether the mapping has a time zone.
    pub zoned: bool,
    /// Whether the event has a currency, and amounts in major units thus decimals.
    pub has_currency: bool,
}

/// A node, and its type as far as it is known.
pub(super) struct Typed {
    pub node: Node,
    pub gives: Type,
}

pub(super) fn typed(node: Node, gives: Type) -> Typed {
    Typed { node, gives }
}

/// The properties of a record, other than its headers.
const RECORD: [(&str, RecordField, Type); 5] = [
    ("topic", RecordField::Topic, Type::Text),
    ("partition", RecordField::Partition, Type::Number),
    ("offset", RecordField::Offset, Type::Number),
    ("timestamp", RecordField::Timestamp, Type::Instant),
    ("key", RecordField::Key, Type::Any),
];

impl Scope<'_> {
    /// The checked expression of a text.
    pub fn expression(&self, text: &str) -> Result<Typed, Mistake> {
        self.node(&parse(text, &DIALECT)?)
    }

    /// The checked expression of a text that must be true or false.
    pub fn truth(&self, text: &str) -> Result<Node, Mistake> {
        self.truth_of(&parse(text, &DIALECT)?)
    }

    /// The path of a text that must be one.
    pub fn path(&self, text: &str) -> Result<Path, Mistake> {
        let expr = parse(text, &DIALECT)?;
        match self.node(&expr)?.node {
            Node::Path(path) => Ok(path),
            _ => Err(Mistake::new(expr.at, format!("expected the name of a list, found {}", expr.found()))),
        }
    }

    pub(super) fn node(&self, expr: &Expr) -> Result<Typed, Mistake> {
        match &expr.kind {
            ExprKind::Bool(truth) => Ok(typed(Node::Literal(Value::Truth(*truth)), Type::Truth)),
            ExprKind::Text(text) => Ok(typed(Node::Literal(Value::Text(text.clone().into())), Type::Text)),
            ExprKind::Number(number) => {
                let number = Decimal::parse(number)
                    .ok_or_else(|| Mistake::new(expr.at, "expected a number of at most 38 digits"))?;
                Ok(typed(Node::Literal(Value::Number(number)), Type::Number))
            }
            ExprKind::Name(name, None) => self.name(expr.at, name, &[]),
            ExprKind::Path(name, steps) => self.name(expr.at, name, steps),
            ExprKind::Name(name, Some(arguments)) => call::call(self, expr.at, name, arguments),
            ExprKind::Arithmetic { operation, left, right, .. } => self.arithmetic(expr.at, *operation, left, right),
            ExprKind::List(_) => {
                Err(Mistake::new(expr.at, "a list stands only after `in`, as in `x in [\"a\", \"b\"]`"))
            }
            ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Compare(..) | ExprKind::In(..) => {
                self.truth_of(expr).map(|node| typed(node, Type::Truth))
            }
        }
    }

    fn truth_of(&self, expr: &Expr) -> Result<Node, Mistake> {
        let all = |all: &[Expr]| all.iter().map(|one| self.truth_of(one)).collect::<Result<Vec<_>, _>>();
        match &expr.kind {
            ExprKind::And(parts) => all(parts).map(Node::And),
            ExprKind::Or(parts) => all(parts).map(Node::Or),
            ExprKind::Not(inner) => Ok(Node::Not(Box::new(self.truth_of(inner)?))),
            ExprKind::Compare(operator, left, right) => self.comparison(expr.at, *operator, left, right),
            ExprKind::In(left, list) => self.membership(left, list),
            _ => match self.node(expr)? {
                Typed { node, gives: Type::Truth | Type::Any } => Ok(node),
                Typed { gives, .. } => {
                    let message = format!("expected a truth value, found {} ({})", expr.found(), gives.named());
                    Err(Mistake::new(expr.at, message))
                }
            },
        }
    }

    fn name(&self, at: usize, name: &str, steps: &[Step]) -> Result<Typed, Mistake> {
        let mut names = name.split('.');
        let first = names.next().unwrap_or_default();
        let rest: Vec<PathStep> =
            names.map(|name| PathStep::Name(name.to_owned())).chain(steps.iter().map(step)).collect();
        if first == "record" {
            return self.record(at, name, rest);
        }
        let item = self.items.iter().position(|item| item == first);
        let (root, path) = match (first, item) {
            (_, Some(item)) => (Root::Item(item), rest),
            ("value", None) => (Root::Value, rest),
            ("envelope", None) if self.wrapped => (Root::Envelope, rest),
            _ => (Root::Value, [vec![PathStep::Name(first.to_owned())], rest].concat()),
        };
        Ok(typed(Node::Path(Path { root, steps: path, text: written(name, steps) }), Type::Any))
    }

    fn record(&self, at: usize, name: &str, steps: Vec<PathStep>) -> Result<Typed, Mistake> {
        let known = RECORD.iter().map(|(name, ..)| *name).chain(["headers"]);
        let expected = || "expected `record.` and one of topic, partition, offset, timestamp, key, headers";
        let Some(PathStep::Name(field)) = steps.first() else {
            return Err(Mistake::new(at, format!("{}, found `record`", expected())));
        };
        match (field.as_str(), &steps[1..]) {
            ("headers", [PathStep::Name(header)]) => {
                Ok(typed(Node::Record(RecordField::Header(header.clone())), Type::Any))
            }
            ("key", rest @ [_, ..]) => {
                let path = Path { root: Root::Key, steps: rest.to_vec(), text: name.to_owned() };
                Ok(typed(Node::Path(path), Type::Any))
            }
            (field, []) if RECORD.iter().any(|(name, ..)| *name == field) => {
                let (_, property, gives) = RECORD.iter().find(|(name, ..)| *name == field).expect("just found");
                Ok(typed(Node::Record(property.clone()), *gives))
            }
            ("headers", _) => Err(Mistake::new(at, "expected the name of a header, as in `record.headers.trace`")),
            (field, _) => {
                let near = did_you_mean(field, known);
                Err(Mistake::new(at, format!("{}, found `{name}`{near}", expected())))
            }
        }
    }

    fn comparison(&self, at: usize, operator: Operator, left: &Expr, right: &Expr) -> Result<Node, Mistake> {
        let (mut one, mut two) = (self.node(left)?, self.node(right)?);
        let (one_gives, two_gives) = (one.gives, two.gives);
        as_type(&mut one, two_gives);
        as_type(&mut two, one_gives);
        if !comparable(one.gives, two.gives) {
            let hint = match (one.gives, two.gives) {
                (Type::Amount, Type::Number) | (Type::Number, Type::Amount) => {
                    ": compare the number that it is made of, as in `number(x) < 0`"
                }
                _ => "",
            };
            let message =
                format!("expected two values of one type, found {} and {}{hint}", one.gives.named(), two.gives.named());
            return Err(Mistake::new(at, message));
        }
        Ok(Node::Compare(operator, Box::new(one.node), Box::new(two.node)))
    }

    fn membership(&self, left: &Expr, list: &Expr) -> Result<Node, Mistake> {
        let one = self.node(left)?;
        let ExprKind::List(items) = &list.kind else {
            let message = format!("expected a list after `in`, as in `x in [\"a\", \"b\"]`, found {}", list.found());
            return Err(Mistake::new(list.at, message));
        };
        let mut values = Vec::new();
        for item in items {
            match self.node(item)? {
                Typed { node: Node::Literal(value), gives } if comparable(one.gives, gives) => values.push(value),
                _ => {
                    let message = format!("expected constants of the type of {}, found {}", left.found(), item.found());
                    return Err(Mistake::new(item.at, message));
                }
            }
        }
        if values.is_empty() {
            return Err(Mistake::new(list.at, "expected at least one value in the list"));
        }
        Ok(Node::In(Box::new(one.node), values))
    }

    fn arithmetic(&self, at: usize, operation: Operation, left: &Expr, right: &Expr) -> Result<Typed, Mistake> {
        let (one, two) = (self.node(left)?, self.node(right)?);
        let gives = match (one.gives, two.gives) {
            _ if operation == Operation::Divide => None,
            (Type::Amount, Type::Amount) if operation != Operation::Multiply => Some(Type::Amount),
            (Type::Number | Type::Any, Type::Number | Type::Any) => Some(Type::Number),
            _ => None,
        };
        let Some(gives) = gives else {
            let (one, two) = (one.gives.named(), two.gives.named());
            let expected =
                "expected the sum or difference of two amounts, or the sum, difference or product of two numbers";
            let message = format!("{expected}, found `{}` of {one} and {two}", operation.symbol());
            return Err(Mistake::new(at, message));
        };
        Ok(typed(Node::Arithmetic(operation, Box::new(one.node), Box::new(two.node)), gives))
    }
}

/// Reads a text that stands beside a date or an instant as one.
fn as_type(typed: &mut Typed, other: Type) {
    let Node::Literal(Value::Text(text)) = &typed.node else { return };
    let value = match other {
        Type::Date => text.parse().ok().map(Value::Date),
        Type::Instant => text.parse().ok().map(Value::Instant),
        _ => None,
    };
    if let Some(value) = value {
        *typed = Typed { node: Node::Literal(value), gives: other };
    }
}

fn comparable(one: Type, two: Type) -> bool {
    one == two || one == Type::Any || two == Type::Any
}

fn step(step: &Step) -> PathStep {
    match step {
        Step::Name(name) => PathStep::Name(name.clone()),
        Step::Item(item) => PathStep::Item(*item),
    }
}

/// A path as it was written.
fn written(name: &str, steps: &[Step]) -> String {
    steps.iter().fold(name.to_owned(), |text, step| match step {
        Step::Name(name) => format!("{text}[{name:?}]"),
        Step::Item(item) => format!("{text}[{item}]"),
    })
}
