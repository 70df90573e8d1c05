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

/// Room for most cores, so that encoding one seldom needs more.
const CORE_BYTES: usize = 2 << 10;

/// The sum over some changes; zero over none.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Adds one change.
    pub fn add(&mut self, core: &Core) {
        let bytes = postcard::to_extend(core, Vec::with_capacity(CORE_BYTES)).expect("a change encodes into memory");
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
        f.write_str(&hex::encode(self.0))
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
        let mut digest = Self::default();
        match hex::decode_to_slice(text, &mut digest.0) {
            Ok(()) => Ok(digest),
            Err(_) => Err(format!("expected a digest of 64 hexadecimal digits, found `{text}`")),
        }
    }
}
