//! The hash of keys and names: Jenkins' lookup3 over little-endian words, as TDB uses it in every file of CTDB.
//!
//! Three numbers come from it: the chain of a key in a file, the id of a database (DB-01) and the lmaster of a key. All
//! nodes and all programs must get the same ones, whatever their machine type.

use crate::{DbId, Pnn};

/// What is mixed at once.
const BLOCK: usize = 12;

/// Where all three sums begin, before the length is added.
const START: u32 = 0xDEAD_BEEF;

/// The hash of these bytes.
#[must_use]
pub fn hash(bytes: &[u8]) -> u32 {
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut sums = [START.wrapping_add(len); 3];
    // The last block is never mixed with the others: it has an end of its own, and may be full.
    let whole = bytes.len().saturating_sub(1) / BLOCK * BLOCK;
    let (front, last) = bytes.split_at(whole);
    for block in front.chunks_exact(BLOCK) {
        add(&mut sums, block);
        mix(&mut sums);
    }
    if last.is_empty() {
        return sums[2];
    }
    add(&mut sums, last);
    finish(&mut sums);
    sums[2]
}

/// Adds up to three words; what is missing of them counts as zero.
fn add(sums: &mut [u32; 3], block: &[u8]) {
    for (sum, word) in sums.iter_mut().zip(block.chunks(4)) {
        let mut full = [0; 4];
        full[..word.len()].copy_from_slice(word);
        *sum = sum.wrapping_add(u32::from_le_bytes(full));
    }
}

/// Between two blocks.
fn mix([a, b, c]: &mut [u32; 3]) {
    let step = |x: &mut u32, y: &mut u32, z: &mut u32, turn: u32| {
        *x = x.wrapping_sub(*z) ^ z.rotate_left(turn);
        *z = z.wrapping_add(*y);
    };
    step(a, b, c, 4);
    step(b, c, a, 6);
    step(c, a, b, 8);
    step(a, b, c, 16);
    step(b, c, a, 19);
    step(c, a, b, 4);
}

/// After the last block.
fn finish([a, b, c]: &mut [u32; 3]) {
    let step = |x: &mut u32, y: u32, turn: u32| *x = (*x ^ y).wrapping_sub(y.rotate_left(turn));
    step(c, *b, 14);
    step(a, *c, 11);
    step(b, *a, 25);
    step(c, *b, 16);
    step(a, *c, 4);
    step(b, *a, 14);
    step(c, *b, 24);
}

impl DbId {
    /// The id of the database with this name: the hash of the name and the zero behind it.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        let mut bytes = Vec::with_capacity(name.len() + 1);
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0);
        Self(hash(&bytes))
    }
}

/// The lmaster of a key: its place in the map of the virtual nodes. None in an empty map.
#[must_use]
pub fn lmaster(map: &[Pnn], key: &[u8]) -> Option<Pnn> {
    let place = hash(key).checked_rem(u32::try_from(map.len()).ok()?)?;
    map.get(usize::try_from(place).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What libtdb says of the first bytes of 0, 1, 2, ...
    const BY_LENGTH: [u32; 26] = [
        0xdead_beef,
        0x8ba9_414b,
        0xdf0d_39c9,
        0x6b12_f277,
        0xe4cf_1d42,
        0x1d48_33cc,
        0x5229_ee9e,
        0x5895_11d8,
        0xd4cc_b93c,
        0xeca5_1474,
        0x610f_c1e3,
        0x2ca6_817a,
        0x5e4a_a593,
        0xbc9d_6816,
        0x9609_e9d3,
        0x63a6_e503,
        0x5e84_eafc,
        0x8c35_32cb,
        0xd732_003d,
        0x74ab_ad21,
        0x94b6_59b5,
        0x8709_c37b,
        0x3190_cf5d,
        0xa5ff_3c58,
        0x9c0a_dd53,
        0x3a88_2244,
    ];

    #[test]
    fn every_length_up_to_two_blocks_and_more_is_hashed_as_libtdb_does() {
        let bytes: Vec<u8> = (0..26).collect();
        for (len, expected) in BY_LENGTH.iter().enumerate() {
            assert_eq!(hash(&bytes[..len]), *expected, "{len} bytes");
        }
    }

    #[test]
    fn databases_have_the_ids_that_every_cluster_knows_them_by() {
        for (name, id) in [
            ("locking.tdb", 0x7a19_d84d),
            ("brlock.tdb", 0x4e66_c2b2),
            ("g_lock.tdb", 0x4d2a_432b),
            ("secrets.tdb", 0x7132_c184),
            ("registry.tdb", 0x6cf2_837d),
            ("ctdb.tdb", 0x6645_c6c4),
            ("smbXsrv_open_global.tdb", 0x66f7_1b8c),
        ] {
            assert_eq!(DbId::of_name(name), DbId(id), "{name}");
        }
    }

    #[test]
    fn the_lmaster_is_the_place_of_the_hash_in_the_map_and_an_empty_map_has_none() {
        let map = [Pnn(4), Pnn(7), Pnn(9)];
        for len in 0..26_u8 {
            let key: Vec<u8> = (0..len).collect();
            let place = BY_LENGTH[usize::from(len)] % 3;
            assert_eq!(lmaster(&map, &key), Some(map[usize::try_from(place).unwrap()]));
        }
        assert_eq!(lmaster(&[], b"key"), None);
    }
}
