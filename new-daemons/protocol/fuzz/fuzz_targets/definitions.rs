//! Fuzzes `harness::definitions`; what it checks and how its input looks is said there.
//!
//! Holds no check of its own: the ordinary tests run the same function over the corpus.
#![no_main]

#[path = "../harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::definitions(data));
