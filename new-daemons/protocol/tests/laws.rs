//! What holds for every type of every `.x` file, and for every construct of the language.
//!
//! Values are made by the generator's own reading of the definitions (`protocol_generator::sample`), which shares no
//! code with the types. `tests/spec/all.x` has each construct once; it is compiled in here and nowhere else.

use std::path::Path;
use std::sync::OnceLock;

use bytes::Bytes;
use proptest::prelude::*;
use protocol::catalog::{self, Type};
use protocol::xdr::{DEPTH_MAX, Xdr, XdrError};
use protocol_generator::ast::Schema;
use protocol_generator::project;
use protocol_generator::sample::sample;

use crate::fuzz_corpus::harness::all::{self, AllByHalf, AllChain, AllKept, AllOpen, AllWord};

/// The definitions of a folder and the types that were generated from them.
struct Set {
    schema: Schema,
    types: Vec<Type>,
}

fn sets() -> &'static [Set; 2] {
    static SETS: OnceLock<[Set; 2]> = OnceLock::new();
    SETS.get_or_init(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let read = |folder: &str| project::load_folder(&here.join(folder)).unwrap_or_else(|e| panic!("{e}"));
        [
            Set { schema: read("spec"), types: catalog::types().copied().collect() },
            Set { schema: read("tests/spec"), types: all::TYPES.to_vec() },
        ]
    })
}

fn each(mut run: impl FnMut(&Schema, &Type)) {
    for set in sets() {
        set.types.iter().for_each(|t| run(&set.schema, t));
    }
}

fn made(schema: &Schema, t: &Type, choices: &[u8]) -> (Bytes, serde_json::Value) {
    let made = sample(schema, t.name, choices).unwrap();
    (made.bytes.into(), made.json)
}

#[test]
fn every_definition_has_a_row_in_the_catalog() {
    for set in sets() {
        let items = set.schema.files.iter().flat_map(|f| &f.items).filter(|i| i.is_type());
        let mut defined: Vec<&str> = items.map(|i| i.name.as_str()).collect();
        let mut rows: Vec<&str> = set.types.iter().map(|t| t.name).collect();
        defined.sort_unstable();
        rows.sort_unstable();
        assert_eq!(defined, rows);
        assert!(!rows.is_empty());
    }
    assert_eq!(catalog::find("tc_hello").map(|t| t.name), Some("tc_hello"));
}

#[test]
fn the_smallest_value_of_each_type_is_as_small_as_it_says_or_larger() {
    each(|schema, t| {
        let (bytes, _) = made(schema, t, &[]);
        assert!(bytes.len() >= t.min_len && t.min_len >= 4, "{}", t.name);
        for len in 0..t.min_len {
            assert!(t.again(&Bytes::from(vec![0; len])).is_err(), "{} of {len} bytes", t.name);
        }
    });
}

#[test]
fn the_json_of_every_type_has_a_schema() {
    each(|_, t| {
        let mut generator = schemars::SchemaGenerator::default();
        let schema = t.schema(&mut generator);
        assert!(schema.as_object().is_some_and(|object| !object.is_empty()), "{}", t.name);
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_is_written_again_byte_by_byte(choices in proptest::collection::vec(any::<u8>(), 0..400)) {
        each(|schema, t| {
            let (bytes, json) = made(schema, t, &choices);
            let again = t.again(&bytes).unwrap_or_else(|e| panic!("{}: {e}: {json}", t.name));
            assert_eq!(again.bytes, bytes, "{}", t.name);
            assert_eq!(again.encoded_len, bytes.len(), "{}", t.name);
            assert!(bytes.len() >= t.min_len, "{}", t.name);
        });
    }

    #[test]
    fn json_says_what_the_bytes_say_and_gives_the_bytes_again(choices in proptest::collection::vec(any::<u8>(), 0..400)) {
        each(|schema, t| {
            let (bytes, json) = made(schema, t, &choices);
            assert_eq!(t.to_json(&bytes).unwrap(), json, "{}", t.name);
            assert_eq!(t.from_json(&json).unwrap(), bytes, "{}: {json}", t.name);
        });
    }

    #[test]
    fn any_bytes_are_read_without_a_panic_and_what_is_read_can_be_written(
        choices in proptest::collection::vec(any::<u8>(), 0..100),
        at in any::<usize>(), byte in any::<u8>(), noise in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        each(|schema, t| {
            let mut bytes = made(schema, t, &choices).0.to_vec();
            let len = bytes.len();
            bytes[at % len] = byte;
            for bytes in [bytes, noise.clone()] {
                let bytes = Bytes::from(bytes);
                match t.again(&bytes) {
                    Ok(again) => assert_eq!(again.bytes, bytes, "{}", t.name),
                    // Whatever was read is within all bounds, so writing it cannot be what failed.
                    Err(e) => assert!(decode_error(t, &bytes) == e, "{}: {e}", t.name),
                }
            }
        });
    }
}

/// The error of reading alone.
fn decode_error(t: &Type, bytes: &Bytes) -> XdrError {
    match t.to_json(bytes) {
        Err(catalog::CatalogError::Xdr(e)) => e,
        other => panic!("{}: read as {other:?}, but not written again", t.name),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn every_strict_prefix_is_refused_and_so_is_what_follows(choices in proptest::collection::vec(any::<u8>(), 0..200)) {
        each(|schema, t| {
            let (bytes, _) = made(schema, t, &choices);
            for cut in 0..bytes.len() {
                assert!(t.again(&bytes.slice(..cut)).is_err(), "{} cut at {cut}", t.name);
            }
            let longer: Bytes = [&bytes[..], &[0; 4]].concat().into();
            assert_eq!(t.again(&longer), Err(XdrError::Trailing { left: 4 }), "{}", t.name);
        });
    }
}

#[test]
fn a_value_that_holds_itself_is_read_and_written_to_a_depth_and_no_further() {
    let chain = |len: u8| {
        let mut chain: Option<Box<AllChain>> = None;
        for item in 0..len {
            chain = Some(Box::new(AllChain { item: item.into(), next: chain }));
        }
        *chain.unwrap()
    };
    let deepest = chain(DEPTH_MAX).to_bytes().unwrap();
    assert_eq!(AllChain::from_bytes(&deepest).unwrap(), chain(DEPTH_MAX));
    assert_eq!(chain(DEPTH_MAX + 1).to_bytes(), Err(XdrError::Depth { what: "AllChain" }));
    let deeper: Bytes = [&[0, 0, 0, 9, 0, 0, 0, 1], &deepest[..]].concat().into();
    assert_eq!(AllChain::from_bytes(&deeper), Err(XdrError::Depth { what: "AllChain" }));
}

#[test]
fn an_old_reader_steps_over_an_arm_it_does_not_know_and_passes_it_on() {
    let new: Bytes = [&77_i32.to_be_bytes()[..], &[0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]].concat().into();
    let read = AllOpen::from_bytes(&new).unwrap();
    let rest = Bytes::from_static(&[1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(read, AllOpen::Other { word: AllWord::Unknown(77), rest });
    assert_eq!(read.to_bytes().unwrap(), new);
}

#[test]
fn an_unknown_arm_may_not_have_the_number_of_a_known_one() {
    let sly = AllKept::Other { word: AllWord::Zero };
    assert_eq!(sly.to_bytes(), Err(XdrError::Value { what: "AllKept.word", value: 0 }));
    let sly = AllKept::Other { word: AllWord::Unknown(0) };
    assert!(sly.to_bytes().is_err());
    assert!(AllByHalf::Other { yes: true }.to_bytes().is_err());
    assert!(AllByHalf::Other { yes: false }.to_bytes().is_ok());
}

#[test]
fn an_enum_is_its_word_in_json_and_a_number_without_one() {
    let json = |value: AllWord| serde_json::to_string(&value).unwrap();
    assert_eq!(json(AllWord::TwoWords), "\"two_words\"");
    assert_eq!(json(AllWord::Unknown(-3)), "-3");
    assert_eq!(serde_json::from_str::<AllWord>("2").unwrap(), AllWord::TwoWords);
    let error = serde_json::from_str::<AllWord>("\"three\"").unwrap_err().to_string();
    assert!(error.contains("\"three\" is no known word"), "{error}");
    assert_eq!(AllWord::TwoWords.to_string(), "two_words");
}
