//! A value while a record is mapped, and its type as far as it is known at load.

use std::borrow::Cow;
use std::fmt;

use segflow_core::segmentation::nearest::shortened;
use segflow_core::time::{Date, Timestamp};

use crate::decimal::Decimal;

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub enum Value<'a> {
    /// There is none.
    Absent,
    /// The record says null.
    Null,
    /// True or false.
    Truth(bool),
    /// A number.
    Number(Decimal),
    /// A text.
    Text(Cow<'a, str>),
    /// A calendar date.
    Date(Date),
    /// An instant.
    Instant(Timestamp),
    /// An amount in minor units.
    Amount(i64),
    /// An object or a list, which are no values by themselves.
    Composite(&'static str),
}

impl Value<'_> {
    /// Whether there is a value, other than null.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        !matches!(self, Self::Absent | Self::Null)
    }

    /// The value as a text that stands within another one; none of what has no text.
    #[must_use]
    pub fn written(&self) -> Option<String> {
        Some(match self {
            Self::Text(text) => text.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Truth(truth) => truth.to_string(),
            Self::Date(date) => date.to_string(),
            Self::Instant(at) => at.to_string(),
            Self::Amount(minor) => minor.to_string(),
            Self::Absent | Self::Null | Self::Composite(_) => return None,
        })
    }
}

/// As a message shows it.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("none"),
            Self::Null => f.write_str("null"),
            Self::Text(text) if text.is_empty() => f.write_str("an empty text"),
            Self::Text(text) => write!(f, "{:?}", shortened(text)),
            Self::Composite(what) => f.write_str(what),
            Self::Amount(minor) => write!(f, "{minor} minor units"),
            other => f.write_str(&other.written().unwrap_or_default()),
        }
    }
}

/// The type of an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    /// Known only when a record is mapped: what stands in the record.
    Any,
    /// True or false.
    Truth,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A calendar date.
    Date,
    /// An instant.
    Instant,
    /// An amount in minor units.
    Amount,
}

impl Type {
    /// As a message names it.
    #[must_use]
    pub const fn named(self) -> &'static str {
        match self {
            Self::Any => "a value of the record",
            Self::Truth => "a truth value",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Date => "a date",
            Self::Instant => "an instant",
            Self::Amount => "an amount",
        }
    }
}
