//! A digest of changes that does not depend on how they were batched, ordered or partitioned.
//!
//! The sum modulo 2^256 of the SHA-256 of every change's core (M. Bellare and D. Micciancio, "A new paradigm for
//! collision-free hashing", Eurocrypt 1997: AdHash). A core names its customer, dimension and `seq`, so the sum over
//! the multiset fixes the order too, and the digests of epochs add up to the digest of the whole.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::change::Core;

/// The sum over some changes; zero over none.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Adds one change.
    pub fn add(&mut self, core: &Core) {
        let bytes = postcard::to_allocvec(core).expect("a change encodes into memory");
        self.merge(Self(Sha256::digest(bytes).into()));
    }

    /// Adds every change of another digest.
    pub fn merge(&mut self, other: Self) {
        let mut carry = 0;
        for (mine, theirs) in self.0.iter_mut().zip(other.0).rev() {
            let sum = u16::from(*mine) + u16::from(theirs) + carry;
            *mine = sum.to_be_bytes()[1];
            carry = sum >> 8;
        }
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("expected a digest of 64 hexadecimal digits, found `{text}`");
        let mut digest = Self::default();
        if text.len() != 64 || !text.is_ascii() {
            return Err(bad());
        }
        for (index, byte) in digest.0.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| bad())?;
        }
        Ok(digest)
    }
}
