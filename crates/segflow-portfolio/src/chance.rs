//! Integer chance from ChaCha8: the same seed draws the same numbers on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// One customer's source of chance.
#[derive(Clone, Debug)]
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream of a customer: the portfolio's seed is the key, the customer's number the nonce.
    pub(crate) fn of(seed: u64, customer: u32) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut stream = ChaCha8Rng::from_seed(key);
        stream.set_stream(u64::from(customer));
        Self(stream)
    }

    /// A number from `low` to `high`, both included. Multiply and shift: its bias is below 1 in 2^31 of these small
    /// ranges, and unlike a library's distribution it will not change with a version.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high - low + 1).expect("low is not above high");
        let drawn = (u128::from(self.0.next_u64()) * u128::from(width)) >> 64;
        low + i64::try_from(drawn).expect("below the width")
    }

    /// Days from `low` to `high`, both included.
    pub(crate) fn days(&mut self, low: i32, high: i32) -> i32 {
        i32::try_from(self.between(low.into(), high.into())).expect("between two i32")
    }

    /// True in `per_mille` of 1,000.
    pub(crate) fn per_mille(&mut self, per_mille: u16) -> bool {
        self.between(0, 999) < i64::from(per_mille)
    }

    /// One of some, each as likely; there is at least one.
    pub(crate) fn one_of<T: Copy>(&mut self, some: &[T]) -> T {
        let last = i64::try_from(some.len()).expect("a short list") - 1;
        some[usize::try_from(self.between(0, last)).expect("an index")]
    }

    /// One of some, by their weights.
    pub(crate) fn weighted<T: Copy>(&mut self, some: &[(u16, T)]) -> T {
        let total: i64 = some.iter().map(|(weight, _)| i64::from(*weight)).sum();
        let mut left = self.between(0, total - 1);
        for (weight, one) in some {
            left -= i64::from(*weight);
            if left < 0 {
                return *one;
            }
        }
        unreachable!("what is drawn is below the sum of the weights")
    }
}
