//! A digest of changes that does not depend on how they were batched, ordered or partitioned.
//!
//! A digest is the sum modulo 2^256 of the SHA-256 of every change's core (M. Bellare and D. Micciancio, "A new paradigm
//! for collision-free hashing", Eurocrypt 1997: AdHash). A core names its customer, dimension and `seq`, so the sum over
//! the multiset fixes the order too, and the digests of epochs add up to the digest of the whole.
//!
//! Digests stand in journals for ever. A [`Form`] says which bytes of a core are hashed, so that a later release can add a
//! field to a change and still compare the epochs of earlier releases.

use std::fmt;
use std::str::FromStr;

use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::change::Core;

/// The bytes of a core that are hashed. On disk: append only. A form that a release has written is never changed.
///
/// A release that adds a field to [`Core`] first gives form 1 a copy of the fields of today, and then appends a form with
/// the new field to [`FORMS`].
#[derive(Clone, Copy)]
pub struct Form {
    /// The number that stands in journal records: 1, 2, 3 ...
    pub number: u32,
    /// Appends the bytes of a core.
    pub append: fn(&Core, Vec<u8>) -> Vec<u8>,
}

/// Form 1: the core in postcard, all fields in the order of [`Core`].
pub const FIRST: Form = Form { number: 1, append: postcard_of };

/// Every form that this release knows, in the order of the numbers. It writes the last one.
pub const FORMS: &[Form] = &[FIRST];

/// The form of this release.
pub const PRESENT: &Form = &FORMS[FORMS.len() - 1];

fn postcard_of(core: &Core, bytes: Vec<u8>) -> Vec<u8> {
    postcard::serialize_with_flavor(core, Bytes(bytes)).expect("a change encodes into memory")
}

/// The bytes that postcard writes. It copies each text whole, where `postcard::to_extend` does so byte by byte.
struct Bytes(Vec<u8>);

impl Flavor for Bytes {
    type Output = Vec<u8>;

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<Vec<u8>> {
        Ok(self.0)
    }
}

/// Two forms of one number are the same: a form never changes.
impl PartialEq for Form {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Form({})", self.number)
    }
}

/// Room for most cores, so that encoding one seldom needs more.
const CORE_BYTES: usize = 2 << 10;

/// The sum over some changes; zero over none.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of some changes, hashed in a form.
    pub fn of<'a>(form: &Form, cores: impl IntoIterator<Item = &'a Core>) -> Self {
        let mut sum = Sum::new(form);
        cores.into_iter().for_each(|core| sum.add(core));
        sum.digest
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

/// A digest that is being added up.
#[derive(Debug)]
pub struct Sum<'a> {
    form: &'a Form,
    /// The digest of the changes so far.
    pub digest: Digest,
    /// The bytes of a core; kept, so that not each needs memory of its own.
    bytes: Vec<u8>,
}

impl<'a> Sum<'a> {
    /// The digest of no change yet. Only digests of one form can be compared.
    #[must_use]
    pub fn new(form: &'a Form) -> Self {
        Self { form, digest: Digest::default(), bytes: Vec::with_capacity(CORE_BYTES) }
    }

    /// Adds a change.
    pub fn add(&mut self, core: &Core) {
        self.bytes.clear();
        self.bytes = (self.form.append)(core, std::mem::take(&mut self.bytes));
        self.digest.merge(Digest(Sha256::digest(&self.bytes).into()));
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

#[cfg(test)]
mod tests;
