//! Which partition a key belongs to, as Kafka's clients compute it.

use serde::{Deserialize, Serialize};

/// How the producers of a topic choose a partition by key. Its words stand in configuration files.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Partitioner {
    /// Java's default, also that of Kafka Streams and Connect: murmur2. The default of configuration files.
    #[default]
    Murmur2,
    /// librdkafka's default for records with a key (`consistent_random`): CRC-32.
    Crc32,
}

impl Partitioner {
    /// The partitioner's word in configuration and in the hash of the intake, which stands in the journal.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Murmur2 => "murmur2",
            Self::Crc32 => "crc32",
        }
    }
}

/// The partition of a key among `count`, which is 1 or more.
///
/// Murmur2 as `BuiltInPartitioner.partitionForKey` of Kafka, CRC-32 as `rd_kafka_msg_partitioner_consistent` of
/// librdkafka.
#[must_use]
pub fn partition_of(key: &[u8], count: u32, partitioner: Partitioner) -> u32 {
    let hash = match partitioner {
        Partitioner::Murmur2 => murmur2(key) & 0x7fff_ffff,
        Partitioner::Crc32 => crc32fast::hash(key),
    };
    hash % count.max(1)
}

/// `org.apache.kafka.common.utils.Utils.murmur2`: A. Appleby's MurmurHash2, 32 bits, with Kafka's seed.
fn murmur2(key: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    let length = u32::try_from(key.len()).expect("a key is shorter than 4 GiB");
    let (words, tail) = key.as_chunks::<4>();
    let mut hash = SEED ^ length;
    for word in words {
        let k = u32::from_le_bytes(*word).wrapping_mul(M);
        let k = (k ^ (k >> 24)).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    if !tail.is_empty() {
        for (index, byte) in tail.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * index);
        }
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Kafka's own `UtilsTest.testMurmur2`.
    #[test]
    fn murmur2_is_that_of_java() {
        let vectors: [(&str, i32); 7] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
            ("", 275_646_681),
        ];
        for (key, hash) in vectors {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
    }

    /// The check value of CRC-32/ISO-HDLC, which zlib and librdkafka compute.
    #[test]
    fn crc32_is_that_of_librdkafka() {
        assert_eq!(partition_of(b"123456789", u32::MAX, Partitioner::Crc32), 0xcbf4_3926);
    }

    #[test]
    fn a_partition_is_below_the_count() {
        for count in [1, 2, 12, 1_000] {
            for key in 0..1_000_u32 {
                let key = format!("C-{key:06}");
                assert!(partition_of(key.as_bytes(), count, Partitioner::Murmur2) < count);
                assert!(partition_of(key.as_bytes(), count, Partitioner::Crc32) < count);
            }
        }
        // toPositive clears the sign bit rather than negating: 0x7fffffff & -973932308 = 1173551340.
        assert_eq!(partition_of(b"21", 12, Partitioner::Murmur2), 1_173_551_340 % 12);
    }
}
