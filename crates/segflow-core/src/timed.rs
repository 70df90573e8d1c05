//! A value with its expiry: the algebra that lets a rule be solved instead of polled.

use crate::time::Timestamp;

/// A value that holds from the instant of evaluation until just before `until`, if no new fact arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timed<T> {
    /// The value.
    pub value: T,
    /// The first later instant at which it could differ.
    pub until: Timestamp,
}

impl<T> Timed<T> {
    /// A value that no passage of time changes.
    pub const fn always(value: T) -> Self {
        Self { value, until: Timestamp::NEVER }
    }

    /// A value that may differ from `until` on.
    pub const fn until(value: T, until: Timestamp) -> Self {
        Self { value, until }
    }

    /// A value that follows from this one alone, for as long as this one holds.
    pub fn map<U>(self, follows: impl FnOnce(T) -> U) -> Timed<U> {
        Timed::until(follows(self.value), self.until)
    }
}

/// Two values as a pair, which is absent while either is. A pair of two values stands until either may change; an absent
/// pair stands as long as the longest-lived of its absent values.
pub fn both<A, B>(a: Timed<Option<A>>, b: Timed<Option<B>>) -> Timed<Option<(A, B)>> {
    let until = match (&a.value, &b.value) {
        (None, None) => a.until.max(b.until),
        (None, Some(_)) => a.until,
        (Some(_), None) => b.until,
        (Some(_), Some(_)) => a.until.min(b.until),
    };
    Timed::until(a.value.zip(b.value), until)
}

/// Kleene's three truth values. A rule holds only when it is `True`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Truth {
    /// It does not hold.
    False,
    /// A value that it reads is absent.
    Unknown,
    /// It holds.
    True,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl std::ops::Not for Timed<Truth> {
    type Output = Self;

    fn not(self) -> Self {
        Self::until(!self.value, self.until)
    }
}

/// Conjunction. One false operand settles it, so a false conjunction stays false for as long as the longest-lived
/// of its false operands; otherwise it stands until either operand may change.
#[must_use]
pub fn and(a: Timed<Truth>, b: Timed<Truth>) -> Timed<Truth> {
    settled_by(Truth::False, a, b).unwrap_or_else(|| {
        let both = a.value == Truth::True && b.value == Truth::True;
        Timed::until(if both { Truth::True } else { Truth::Unknown }, a.until.min(b.until))
    })
}

/// Disjunction: the dual of [`and`].
#[must_use]
pub fn or(a: Timed<Truth>, b: Timed<Truth>) -> Timed<Truth> {
    !and(!a, !b)
}

fn settled_by(value: Truth, a: Timed<Truth>, b: Timed<Truth>) -> Option<Timed<Truth>> {
    let until = match (a.value == value, b.value == value) {
        (true, true) => a.until.max(b.until),
        (true, false) => a.until,
        (false, true) => b.until,
        (false, false) => return None,
    };
    Some(Timed::until(value, until))
}
