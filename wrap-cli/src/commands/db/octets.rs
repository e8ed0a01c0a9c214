//! Keys and data: bytes that are mostly text, on the command line and in answers.
//!
//! A word that begins with `0x` is digits, as for the C tool, unless words are to be taken as they are. In a table bytes
//! that do not print are written as `\` and two digits, as `ctdb catdb` does; JSON has the digits always and the text where
//! it is text.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use bytes::Bytes;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

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

/// Bytes in an answer.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Octets {
    /// The bytes as text, when they are text that prints; else null.
    pub(crate) text: Option<String>,
    /// The bytes as hexadecimal digits.
    pub(crate) hex: String,
    /// Number of bytes.
    pub(crate) size: usize,
    #[serde(skip)]
    bytes: Bytes,
}

impl From<Bytes> for Octets {
    fn from(bytes: Bytes) -> Self {
        let text = std::str::from_utf8(&bytes).ok().filter(|text| !text.chars().any(char::is_control));
        let hex = bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
            hex.extend(
                [byte >> 4, byte & 0xF].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('?')),
            );
            hex
        });
        Self { text: text.map(str::to_owned), hex, size: bytes.len(), bytes }
    }
}

impl Octets {
    /// For people.
    pub(super) fn shown(&self) -> String {
        match &self.text {
            Some(text) => text.clone(),
            None => escaped(&self.bytes),
        }
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
    fn bytes_that_do_not_print_are_shown_as_ctdb_shows_them() {
        let shown = |bytes: &'static [u8]| Octets::from(Bytes::from_static(bytes)).shown();
        assert_eq!(shown(b"plain text"), "plain text");
        assert_eq!(shown(b"key\0\"\\"), "key\\00\\22\\5C");
        assert_eq!(shown("\u{FC}".as_bytes()), "\u{FC}");
        assert_eq!(shown(b"\xFC"), "\\FC");
        let octets = Octets::from(Bytes::from_static(b"\x01\xAB"));
        assert_eq!((octets.text, octets.hex.as_str(), octets.size), (None, "01ab", 2));
    }
}
