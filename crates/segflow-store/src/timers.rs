//! Timer rows. A key is the kind, the instant in an order-preserving form, and the customer's id; there is no value.
//!
//! On disk: append only. `tests/formats.rs` has the keys.

/// What a timer waits for. On disk: append only, a row's key begins with the number of its kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TimerKind {
    /// A fact that was read comes into effect.
    Fact = 0,
    /// Time passes without a fact.
    Silence = 1,
}

/// A timer row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timer {
    /// When it is due, in milliseconds since 1970.
    pub instant_ms: i64,
    /// The id of its customer.
    pub id: Vec<u8>,
}

/// A position between timers of one kind, in (instant, id) order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimerPosition {
    /// The instant, in milliseconds since 1970.
    pub instant_ms: i64,
    /// A position with an id is just after that customer's timer at the instant. One without is before all timers at it.
    pub id: Option<Vec<u8>>,
}

const KEY_PREFIX: usize = 9;

/// The key of a timer.
pub(crate) fn key(kind: TimerKind, instant_ms: i64, id: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(KEY_PREFIX + id.len());
    key.push(kind as u8);
    key.extend_from_slice(&ordered(instant_ms));
    key.extend_from_slice(id);
    key
}

/// The first key at or after a position.
pub(crate) fn bound(kind: TimerKind, position: &TimerPosition) -> Vec<u8> {
    let mut key = key(kind, position.instant_ms, position.id.as_deref().unwrap_or_default());
    if position.id.is_some() {
        key.push(0);
    }
    key
}

/// The timer of a key; none if the key is too short to be that of a timer.
pub(crate) fn timer(key: &[u8]) -> Option<Timer> {
    let (prefix, id) = key.split_at_checked(KEY_PREFIX)?;
    let ordered = prefix[1..].try_into().ok()?;
    Some(Timer { instant_ms: (u64::from_be_bytes(ordered) ^ SIGN).cast_signed(), id: id.to_vec() })
}

const SIGN: u64 = 1 << 63;

/// Big-endian with the sign turned, so that the order of bytes is the order of instants.
fn ordered(instant_ms: i64) -> [u8; 8] {
    (instant_ms.cast_unsigned() ^ SIGN).to_be_bytes()
}
