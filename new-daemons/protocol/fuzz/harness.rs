//! One function for each target: takes any bytes, and checks what must hold for all of them.
//!
//! Nothing may panic, loop for ever or take memory that the bytes do not account for. The fuzz targets call these
//! functions, and so does the ordinary test of protocol that goes over the corpus.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use bytes::Bytes;
use protocol::catalog::{self, Type};
use protocol_generator::ast::Schema;

#[allow(dead_code, unreachable_pub)]
#[rustfmt::skip]
#[path = "../tests/generated/all.rs"]
pub(crate) mod all;

/// Takes any bytes.
type Target = fn(&[u8]);

/// Name and function of every target.
pub(crate) const TARGETS: &[(&str, Target)] = &[("messages", messages), ("definitions", definitions)];

fn written_again(of: &Type, bytes: &Bytes) -> bool {
    let Ok(again) = of.again(bytes) else { return false };
    assert_eq!(again.bytes, bytes, "{}", of.name);
    assert_eq!(again.encoded_len, bytes.len(), "{}", of.name);
    assert!(bytes.len() >= of.min_len, "{}", of.name);
    true
}

/// The bytes of a message, tried as every type: what is read is written again, and through JSON too.
pub(crate) fn messages(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    for of in catalog::types().filter(|of| written_again(of, &bytes)) {
        let json = of.to_json(&bytes).unwrap();
        assert_eq!(of.from_json(&json).unwrap(), bytes, "{}", of.name);
    }
    // Not through JSON: these have floating point numbers, and JSON knows no infinity.
    for of in all::TYPES {
        written_again(of, &bytes);
    }
}

/// The text of a `.x` file: it is read, or told in one line with a place in the text.
pub(crate) fn definitions(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Err(error) = protocol_generator::parse("fuzz.x", &text, &Schema::default()) {
        let line = error.to_string();
        assert!(line.starts_with("fuzz.x:") && !line.contains('\n'), "{line}");
    }
}
