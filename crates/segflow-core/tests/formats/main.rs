//! The bytes of every type that reaches a disk or a digest.
//!
//! postcard writes no names: a variant is its number, a struct the row of its fields. A variant that is inserted or moved,
//! and a field that is added, taken away or moved, therefore makes the bytes of earlier releases unreadable, or worse,
//! readable as something else. Each of these goldens fails then. What is appended to an enum gets a line of its own here;
//! every other difference needs a new version of the bytes (`task/state_format` of the runtime) or of the digest.

#![allow(clippy::unwrap_used, reason = "a test")]

mod clocks;
mod digests;
mod events;
mod states;

use std::fmt::Debug;

use expect_test::Expect;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Compares one line per value, its name and its bytes in hexadecimal, and reads the bytes back.
fn check<T>(values: impl IntoIterator<Item = (&'static str, T)>, expected: &Expect)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let line = |(name, value): (&str, T)| {
        let bytes = postcard::to_allocvec(&value).unwrap();
        assert_eq!(postcard::from_bytes::<T>(&bytes).unwrap(), value, "{name} is read back as it was written");
        format!("{name}: {}\n", hex::encode(bytes))
    };
    expected.assert_eq(&values.into_iter().map(line).collect::<String>());
}

/// Compares what bytes are read as, and writes the same bytes again: for types whose fields are private.
fn check_read<T>(bytes: &str, expected: &Expect)
where
    T: Serialize + DeserializeOwned + Debug,
{
    let value: T = postcard::from_bytes(&hex::decode(bytes).unwrap()).unwrap();
    assert_eq!(hex::encode(postcard::to_allocvec(&value).unwrap()), bytes, "written as it was read");
    expected.assert_eq(&format!("{value:#?}\n"));
}
