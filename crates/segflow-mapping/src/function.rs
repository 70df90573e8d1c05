//! The functions of the language: what each takes, what it gives, and what it is called.

use crate::value::Type;

/// A function of one value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Function {
    Absolute,
    Contains,
    Date,
    Days,
    EndsWith,
    Filled,
    Instant,
    Local,
    Lower,
    Micros,
    Midnight,
    Millis,
    Minor,
    Money,
    Nanos,
    Number,
    Seconds,
    StartsWith,
    Text,
    Trim,
    Unpadded,
    Unscaled,
    Upper,
}

/// A constant that stands behind the value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Constant {
    /// None.
    None,
    /// A text that must be there.
    Text,
    /// How a date or an instant is written; need not be there.
    Format,
    /// The sign before decimals; need not be there.
    Mark,
    /// How many digits are decimals.
    Scale,
}

/// What a function looks like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    pub function: Function,
    pub name: &'static str,
    /// The types that its value may have, beside what is known only when a record is mapped.
    pub takes: &'static [Type],
    pub constant: Constant,
    pub gives: Type,
    /// Whether it always needs the mapping's time zone.
    pub zoned: bool,
}

const fn signature(
    function: Function,
    name: &'static str,
    takes: &'static [Type],
    constant: Constant,
    gives: Type,
) -> Signature {
    let zoned = matches!(function, Function::Local | Function::Midnight);
    Signature { function, name, takes, constant, gives, zoned }
}

const NUMERIC: &[Type] = &[Type::Number, Type::Text];
const TEXT: &[Type] = &[Type::Text];
const WRITABLE: &[Type] = &[Type::Text, Type::Number, Type::Truth, Type::Date, Type::Instant, Type::Amount];

/// Every function of one value, by name.
pub(crate) const FUNCTIONS: [Signature; 23] = [
    signature(Function::Absolute, "absolute", &[Type::Amount], Constant::None, Type::Amount),
    signature(Function::Contains, "contains", TEXT, Constant::Text, Type::Truth),
    signature(Function::Date, "date", &[Type::Text, Type::Instant], Constant::Format, Type::Date),
    signature(Function::Days, "days", NUMERIC, Constant::None, Type::Date),
    signature(Function::EndsWith, "ends_with", TEXT, Constant::Text, Type::Truth),
    signature(Function::Filled, "filled", TEXT, Constant::None, Type::Text),
    signature(Function::Instant, "instant", TEXT, Constant::Format, Type::Instant),
    signature(Function::Local, "local", &[Type::Instant], Constant::None, Type::Instant),
    signature(Function::Lower, "lower", TEXT, Constant::None, Type::Text),
    signature(Function::Micros, "micros", NUMERIC, Constant::None, Type::Instant),
    signature(Function::Midnight, "midnight", &[Type::Date, Type::Text], Constant::None, Type::Instant),
    signature(Function::Millis, "millis", NUMERIC, Constant::None, Type::Instant),
    signature(Function::Minor, "minor", NUMERIC, Constant::None, Type::Amount),
    signature(Function::Money, "money", NUMERIC, Constant::None, Type::Amount),
    signature(Function::Nanos, "nanos", NUMERIC, Constant::None, Type::Instant),
    signature(Function::Number, "number", NUMERIC, Constant::Mark, Type::Number),
    signature(Function::Seconds, "seconds", NUMERIC, Constant::None, Type::Instant),
    signature(Function::StartsWith, "starts_with", TEXT, Constant::Text, Type::Truth),
    signature(Function::Text, "text", WRITABLE, Constant::None, Type::Text),
    signature(Function::Trim, "trim", TEXT, Constant::None, Type::Text),
    signature(Function::Unpadded, "unpadded", NUMERIC, Constant::None, Type::Text),
    signature(Function::Unscaled, "unscaled", TEXT, Constant::Scale, Type::Number),
    signature(Function::Upper, "upper", TEXT, Constant::None, Type::Text),
];

/// The functions of several values, and those that ask whether there is one.
pub(crate) const OTHERS: [&str; 4] = ["first_known", "joined", "known", "unknown"];

/// The name of every function.
#[must_use]
pub fn function_names() -> Vec<&'static str> {
    FUNCTIONS.iter().map(|signature| signature.name).chain(OTHERS).collect()
}
