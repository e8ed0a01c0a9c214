//! Keys and data: bytes that are mostly text, on the command line and in answers.
//!
//! A word that begins with `0x` is digits, as for the C tool, unless words are to be taken as they are. In a table bytes
//! that do not print are written as `\` and two digits, as `ctdb catdb` does; JSON has the digits always and the text where
//! it is text.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;

use bytes::Bytes;
use clap::Args;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::error::Error;

/// How keys and data are written on the command line.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Literal {
    /// Take keys and data as they are written, also those that begin with 0x
    #[arg(long)]
    literal: bool,
}

impl Literal {
    /// The bytes that a word stands for.
    pub(super) fn bytes(self, word: &OsString) -> Result<Bytes, Error> {
        let bytes = word.clone().into_vec();
        if self.literal {
            return Ok(bytes.into());
        }
        parse(&bytes).ok_or_else(|| {
            let word = word.to_string_lossy();
            Error::Words(format!("'{word}' is no even number of hexadecimal digits; see --literal"))
        })
    }
}

/// Bytes of a word: of its digits behind `0x`, else its own.
pub(super) fn parse(word: &[u8]) -> Option<Bytes> {
    let Some(digits) = word.strip_prefix(b"0x") else { return Some(Bytes::copy_from_slice(word)) };
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// Bytes in an answer. Their text and their digits are made when they are written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Octets(Bytes);

/// The same as JSON.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Octets", description = "Bytes in an answer.")]
struct Shape<'a> {
    /// The bytes as text, when they are text that prints; else null.
    text: Option<&'a str>,
    /// The bytes as hexadecimal digits.
    hex: Digits<'a>,
    /// Number of bytes.
    size: usize,
}

/// Bytes that are written as digits.
#[derive(JsonSchema)]
#[schemars(transparent)]
struct Digits<'a>(#[schemars(with = "String")] &'a [u8]);

impl Serialize for Digits<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Digits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shape { text: self.text(), hex: Digits(&self.0), size: self.0.len() }.serialize(serializer)
    }
}

impl JsonSchema for Octets {
    fn schema_name() -> Cow<'static, str> {
        Shape::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Shape::json_schema(generator)
    }
}

impl From<Bytes> for Octets {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl Octets {
    /// The bytes as text, when they are text that prints.
    fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok().filter(|text| !text.chars().any(char::is_control))
    }

    /// For people.
    pub(super) fn shown(&self) -> String {
        self.text().map_or_else(|| escaped(&self.0), str::to_owned)
    }

    /// For a table: the first bytes, and how many there are when there are more.
    pub(super) fn brief(&self, most: usize) -> String {
        if self.0.len() <= most {
            return self.shown();
        }
        let first = match self.text() {
            Some(text) => self.0.slice(..text.floor_char_boundary(most)),
            None => self.0.slice(..most),
        };
        format!("{}... ({} bytes)", Self(first).shown(), self.0.len())
    }
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        if matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\') {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("\\{byte:02X}"));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_digits_is_bytes_and_any_other_is_itself() {
        assert_eq!(parse(b"0x00fF10").unwrap(), &b"\x00\xFF\x10"[..]);
        assert_eq!(parse(b"0x").unwrap(), &b""[..]);
        assert_eq!(parse(b"key 0x10").unwrap(), &b"key 0x10"[..]);
        assert_eq!(parse(b"\xFF").unwrap(), &b"\xFF"[..]);
        for bad in [&b"0x1"[..], b"0xzz", b"0x+1", b"0x 1", b"0x\xC3\xBC"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn words_are_taken_as_they_are_when_that_is_wanted() {
        let bytes = |literal, word: &str| Literal { literal }.bytes(&word.into());
        assert_eq!(bytes(true, "0x1").unwrap(), &b"0x1"[..]);
        let error = bytes(false, "0x1").unwrap_err().to_string();
        assert_eq!(error, "'0x1' is no even number of hexadecimal digits; see --literal");
    }

    #[test]
    fn a_table_shows_the_first_bytes_and_says_how_many_there_are() {
        let brief = |bytes: &'static [u8]| Octets::from(Bytes::from_static(bytes)).brief(4);
        assert_eq!(brief(b"four"), "four");
        assert_eq!(brief(b"fives"), "five... (5 bytes)");
        assert_eq!(brief("abc\u{FC}".as_bytes()), "abc... (5 bytes)");
        assert_eq!(brief(b"\x01\x02\x03\x04\x05"), "\\01\\02\\03\\04... (5 bytes)");
    }

    #[test]
    fn bytes_that_do_not_print_are_shown_as_ctdb_shows_them() {
        let shown = |bytes: &'static [u8]| Octets::from(Bytes::from_static(bytes)).shown();
        assert_eq!(shown(b"plain text"), "plain text");
        assert_eq!(shown(b"key\0\"\\"), "key\\00\\22\\5C");
        assert_eq!(shown("\u{FC}".as_bytes()), "\u{FC}");
        assert_eq!(shown(b"\xFC"), "\\FC");
        let json =
            |bytes: &'static [u8]| serde_json::to_value(Octets::from(Bytes::from_static(bytes))).unwrap();
        assert_eq!(json(b"\x01\xAB"), serde_json::json!({ "text": null, "hex": "01ab", "size": 2 }));
        assert_eq!(json(b"a"), serde_json::json!({ "text": "a", "hex": "61", "size": 1 }));
    }
}
