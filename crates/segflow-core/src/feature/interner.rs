//! Ids, numbered in the order in which they were first met. An id is found by its hash; the table of hashes is never
//! walked, so that the order of hashes has no effect.

/// Ids, each with its place: 0 for the first, and so on.
#[derive(Clone, Default, Debug)]
pub struct Interner<'a> {
    /// The hash and the id at each place.
    ids: Vec<(u64, &'a str)>,
    /// An open-addressing table: one more than a place, or 0 in a free slot. Its length is a power of two, at least twice
    /// that of `ids`.
    table: Vec<u32>,
}

/// The length of the smallest table.
const SMALLEST: usize = 16;

impl<'a> Interner<'a> {
    /// An interner without ids, with room for so many.
    #[must_use]
    pub fn with_room(ids: usize) -> Self {
        let table = if ids == 0 { Vec::new() } else { vec![0; (2 * ids + 1).next_power_of_two()] };
        Self { ids: Vec::with_capacity(ids), table }
    }

    /// The place of an id, if it was met.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<usize> {
        if self.ids.is_empty() {
            return None;
        }
        self.find(hash(id), id).ok()
    }

    /// The place of an id, and whether the id is new.
    pub fn meet(&mut self, id: &'a str) -> (usize, bool) {
        if self.table.len() <= 2 * self.ids.len() {
            self.grow();
        }
        let hash = hash(id);
        match self.find(hash, id) {
            Ok(place) => (place, false),
            Err(slot) => {
                self.ids.push((hash, id));
                self.table[slot] = u32::try_from(self.ids.len()).expect("a customer's facts are bounded");
                (self.ids.len() - 1, true)
            }
        }
    }

    /// The place of an id, or the slot where it belongs.
    fn find(&self, hash: u64, id: &str) -> Result<usize, usize> {
        let mask = self.table.len() - 1;
        let mut slot = start(hash, mask);
        loop {
            match self.table[slot] {
                0 => return Err(slot),
                taken => {
                    let place = taken as usize - 1;
                    let (known_hash, known) = self.ids[place];
                    if known_hash == hash && known == id {
                        return Ok(place);
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
        for (place, (hash, _)) in (1_u32..).zip(&self.ids) {
            let mut slot = start(*hash, length - 1);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (length - 1);
            }
            self.table[slot] = place;
        }
    }
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

    #[test]
    fn every_id_keeps_the_place_at_which_it_was_first_met() {
        let ids: Vec<String> = (0..1_000).map(|n| format!("{:0width$}", n, width = n % 23)).collect();
        let mut places = Interner::default();
        let mut met: Vec<&str> = Vec::new();
        for id in ids.iter().chain(&ids) {
            let known = met.iter().position(|known| known == id);
            assert_eq!(places.get(id), known, "{id}");
            assert_eq!(places.meet(id), (known.unwrap_or(met.len()), known.is_none()), "{id}");
            if known.is_none() {
                met.push(id);
            }
        }
        assert!(met.len() > 900);
        assert_eq!(places.get("never met"), None);
    }

    #[test]
    fn ids_of_one_hash_are_two() {
        let mut places = Interner::default();
        places.meet("a");
        places.ids[0].0 = hash("b");
        places.table.fill(0);
        let slot = start(hash("b"), places.table.len() - 1);
        places.table[slot] = 1;
        assert_eq!(places.get("b"), None);
        assert_eq!(places.meet("b"), (1, true));
        assert_eq!(places.get("b"), Some(1));
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
