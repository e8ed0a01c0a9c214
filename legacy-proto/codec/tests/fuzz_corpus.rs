//! The fuzz targets over their corpus, without a fuzzer: every seed, every seed changed in many fixed ways, and inputs
//! made from nothing.
//!
//! HOST-51. The functions and the seeds are those of `legacy-proto/fuzz`. An input that a fuzzer found to break something is put
//! into the corpus under a name that says what it broke, and is tried here ever after.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../../fuzz/harness.rs"]
mod harness;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use harness::TARGETS;

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
}

fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut found: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap())
        })
        .collect();
    found.sort();
    found
}

fn tried(target: &str, run: fn(&[u8]), what: &str, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| run(input))).is_err() {
        panic!("{target}, {what}: {input:02x?}");
    }
}

/// Words that lengths and counts are replaced by.
const WORDS: [u32; 8] = [0, 1, 7, 16, 0x4000_0001, 0x7FFF_FFFF, 0xFFFF_FFF0, 0xFFFF_FFFF];

fn changed(seed: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut input = seed.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(input.len());
        match numbers.below(5) {
            0 => input.truncate(at),
            1 if at < input.len() => input[at] ^= 1 << numbers.below(8),
            2 if at + 4 <= input.len() => {
                let word = WORDS[numbers.below(WORDS.len())];
                let word = if numbers.below(2) == 0 { word.to_le_bytes() } else { word.to_be_bytes() };
                input[at..at + 4].copy_from_slice(&word);
            }
            3 => input.extend_from_slice(&seed[at.min(seed.len())..]),
            _ if !input.is_empty() => input[0] = u8::try_from(numbers.below(3)).unwrap(),
            _ => {}
        }
    }
    input
}

#[test]
fn every_seed_of_the_corpus_keeps_what_must_hold() {
    for (target, run) in TARGETS {
        let seeds = seeds(target);
        assert!(seeds.len() >= 3, "{target} has no seeds");
        for (name, seed) in seeds {
            for machine in 0..3 {
                let mut input = seed.clone();
                if let Some(first) = input.first_mut() {
                    *first = machine;
                }
                tried(target, *run, &name, &input);
            }
            for cut in 0..seed.len().min(256) {
                tried(target, *run, &name, &seed[..cut]);
            }
        }
    }
}

#[test]
fn every_seed_changed_in_many_ways_keeps_what_must_hold() {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for (target, run) in TARGETS {
        for (name, seed) in seeds(target) {
            for _ in 0..400 {
                let input = changed(&seed, &mut numbers);
                tried(target, *run, &name, &input);
            }
        }
    }
}

#[test]
fn inputs_made_from_nothing_keep_what_must_hold() {
    let mut numbers = Numbers(42);
    for (target, run) in TARGETS {
        for _ in 0..3000 {
            let len = numbers.below(160);
            let small = numbers.below(2) == 0;
            let input: Vec<u8> = (0..len)
                .map(|_| {
                    let byte = u8::try_from(numbers.below(256)).unwrap();
                    if small && numbers.below(4) != 0 { byte % 3 } else { byte }
                })
                .collect();
            tried(target, *run, "made from nothing", &input);
        }
    }
    for opcode in harness::opcodes() {
        for _ in 0..200 {
            let tail: Vec<u8> =
                (0..numbers.below(80)).map(|_| u8::try_from(numbers.below(4)).unwrap()).collect();
            let machine = u8::try_from(numbers.below(3)).unwrap();
            let request = [&[machine, opcode][..], &tail].concat();
            tried("control_request", harness::control_request, "made from nothing", &request);
            let reply = [&[machine, opcode, 0][..], &tail].concat();
            tried("control_reply", harness::control_reply, "made from nothing", &reply);
        }
    }
}
