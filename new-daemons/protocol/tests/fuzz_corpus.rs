//! The fuzz targets over their corpus, without a fuzzer: every seed, and every seed changed in many fixed ways.
//!
//! The functions and the seeds are those of `new-daemons/protocol/fuzz`. An input that a fuzzer found to break something
//! is put into the corpus under a name that says what it broke, and is tried here ever after.

#[path = "../fuzz/harness.rs"]
pub(crate) mod harness;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use protocol::catalog;

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[3]
    }
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = here().join("fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn changed(seed: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut input = seed.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(input.len());
        match numbers.below(5) {
            0 => input.truncate(at),
            1 => input.insert(at, numbers.byte()),
            2 if at + 4 <= input.len() => {
                let words: [u32; 6] = [0, 1, 7, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF];
                input[at..at + 4].copy_from_slice(&words[numbers.below(words.len())].to_be_bytes());
            }
            3 => input.extend_from_slice(&seed[..at.min(seed.len())]),
            _ if at < input.len() => input[at] ^= 1 << numbers.below(8),
            _ => {}
        }
    }
    input
}

#[test]
fn every_seed_and_every_change_of_one_is_stood() {
    let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
    for (target, run) in harness::TARGETS {
        let seeds = seeds(target);
        assert!(!seeds.is_empty(), "{target}");
        for (path, seed) in seeds {
            for round in 0..200 {
                let input = if round == 0 { seed.clone() } else { changed(&seed, &mut numbers) };
                let broke = catch_unwind(AssertUnwindSafe(|| run(&input))).is_err();
                assert!(!broke, "{target}, {} changed: {input:02x?}", path.display());
            }
        }
    }
}

#[test]
fn every_type_has_a_seed_that_is_one_of_its_values() {
    for of in catalog::types() {
        let path = here().join("fuzz/corpus/messages").join(of.name);
        let seed = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        of.again(&seed.into()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
}
