//! The things that facts tell of, numbered in the order in which they were first met. A thing is found by the hash of its
//! id; the table of hashes is never walked, so that the order of hashes has no effect.

use crate::fact::Fact;

/// Ids of things, each with its number: 0 for the first, and so on. The id itself is read from the fact that told of the
/// thing first, so that an interner borrows nothing.
#[derive(Clone, Default, Debug)]
pub struct Interner {
    /// The hash of the id, and the place of the first fact, at each number.
    met: Vec<(u64, usize)>,
    /// An open-addressing table: one more than a number, or 0 in a free slot. Its length is a power of two, at least twice
    /// that of `met`.
    table: Vec<u32>,
}

/// The length of the smallest table.
const SMALLEST: usize = 16;

impl Interner {
    /// The number of a thing, if it was met.
    #[must_use]
    pub fn get(&self, id: &str, facts: &[&Fact]) -> Option<usize> {
        if self.met.is_empty() {
            return None;
        }
        self.find(hash(id), id, facts).ok()
    }

    /// The place of the first fact that told of a thing, if one did.
    #[must_use]
    pub fn first(&self, id: &str, facts: &[&Fact]) -> Option<usize> {
        self.get(id, facts).map(|number| self.met[number].1)
    }

    /// The number of the thing of which the fact at this place tells, and whether it is new.
    pub fn meet(&mut self, place: usize, facts: &[&Fact]) -> (usize, bool) {
        if self.table.len() <= 2 * self.met.len() {
            self.grow();
        }
        let id = subject(place, facts);
        let hash = hash(id);
        match self.find(hash, id, facts) {
            Ok(number) => (number, false),
            Err(slot) => {
                self.met.push((hash, place));
                self.table[slot] = u32::try_from(self.met.len()).expect("a customer's facts are bounded");
                (self.met.len() - 1, true)
            }
        }
    }

    /// The number of an id, or the slot where it belongs.
    fn find(&self, hash: u64, id: &str, facts: &[&Fact]) -> Result<usize, usize> {
        let mask = self.table.len() - 1;
        let mut slot = start(hash, mask);
        loop {
            match self.table[slot] {
                0 => return Err(slot),
                taken => {
                    let number = taken as usize - 1;
                    let (known_hash, first) = self.met[number];
                    if known_hash == hash && subject(first, facts) == id {
                        return Ok(number);
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let length = (2 * self.table.len()).max(SMALLEST);
        self.table.clear();
        self.table.resize(length, 0);
        for (number, (hash, _)) in (1_u32..).zip(&self.met) {
            let mut slot = start(*hash, length - 1);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (length - 1);
            }
            self.table[slot] = number;
        }
    }
}

/// The id of the thing of which the fact at a place tells.
pub(crate) fn subject<'a>(place: usize, facts: &[&'a Fact]) -> &'a str {
    facts[place].body.subject().unwrap_or_default()
}

fn start(hash: u64, mask: usize) -> usize {
    usize::try_from(hash >> 32).expect("32 bits") & mask
}

/// A fast hash that is the same on every machine. It takes eight bytes at a time, and the last eight again.
#[must_use]
pub(crate) fn hash(id: &str) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let fold = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word) * u128::from(ODD);
        #[expect(clippy::cast_possible_truncation, reason = "the two halves of the product")]
        let (low, high) = (product as u64, (product >> 64) as u64);
        low ^ high
    };
    let bytes = id.as_bytes();
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(id.len() as u64 ^ ODD, |hash, word| fold(hash, u64::from_le_bytes(*word)));
    let last = match bytes.last_chunk() {
        Some(last) => u64::from_le_bytes(*last),
        None => rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    fold(hash, last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Body, Channel, Direction, Outcome};
    use crate::time::Timestamp;

    fn contact(id: String) -> Fact {
        let (direction, channel, outcome) = (Direction::Inbound, Channel::Call, Outcome::Attempted);
        let body = Body::Contact { contact_id: id, direction, channel, outcome, machine: false };
        Fact { occurred_at: Timestamp(0), recorded_at: Timestamp(0), event_id: String::new(), body }
    }

    #[test]
    fn every_id_keeps_the_number_at_which_it_was_first_met() {
        let ids = || (0..1_000).map(|n| format!("{:0width$}", n, width = n % 23));
        let facts: Vec<Fact> = ids().chain(ids()).map(contact).collect();
        let facts: Vec<&Fact> = facts.iter().collect();
        let mut numbers = Interner::default();
        let mut met: Vec<&str> = Vec::new();
        for place in 0..facts.len() {
            let id = subject(place, &facts);
            let known = met.iter().position(|known| *known == id);
            assert_eq!(numbers.get(id, &facts), known, "{id}");
            assert_eq!(numbers.meet(place, &facts), (known.unwrap_or(met.len()), known.is_none()), "{id}");
            if known.is_none() {
                met.push(id);
                assert_eq!(numbers.first(id, &facts), Some(place), "{id}");
            }
        }
        assert!(met.len() > 900);
        assert_eq!(numbers.get("never met", &facts), None);
    }

    #[test]
    fn ids_of_one_hash_are_two() {
        let facts = ["a", "b"].map(|id| contact(id.to_owned()));
        let facts: Vec<&Fact> = facts.iter().collect();
        let mut numbers = Interner::default();
        numbers.meet(0, &facts);
        numbers.met[0].0 = hash("b");
        numbers.table.fill(0);
        let slot = start(hash("b"), numbers.table.len() - 1);
        numbers.table[slot] = 1;
        assert_eq!(numbers.get("b", &facts), None);
        assert_eq!(numbers.meet(1, &facts), (1, true));
        assert_eq!(numbers.get("b", &facts), Some(1));
    }

    #[test]
    fn a_byte_more_or_less_is_another_hash() {
        let texts = ["", "\0", "\0\0", "a", "a\0", "abcdefgh", "abcdefgh\0", "abcdefghi"];
        let mut hashes = texts.map(hash).to_vec();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), texts.len());
    }
}
