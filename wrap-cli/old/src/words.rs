//! Keys and values in words: text as it is, or bytes in hexadecimal digits behind `0x`.
//!
//! Also the lines of `ptrans`: a key and a value in quotes. Sources: `str_to_data`, `hex_to_data`, `ptrans_parse_string`,
//! `ptrans_get_key_value`.

use bytes::Bytes;

use crate::numbers::EINVAL;
use crate::output::err;
use crate::stop::{ONE, Stop};

/// Bytes of a line that are looked at together: `MAX_LINE_SIZE` without the NUL.
const LINE: usize = 1023;

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The bytes that the first `len` bytes of a word mean; says what is wrong with the word, up to its end.
fn data_of(word: &[u8], len: usize) -> Result<Bytes, Stop> {
    let Some(rest) = word.strip_prefix(b"0x") else {
        return Ok(Bytes::copy_from_slice(word.get(..len).unwrap_or(word)));
    };
    let len = len.saturating_sub(2);
    if len % 2 == 1 {
        err!("Key (", rest, ") contains odd number of hex digits\n");
        return Err(Stop::Failed(EINVAL));
    }
    let mut data = Vec::with_capacity(len / 2);
    for at in (0..len).step_by(2) {
        let digit = |at: usize| rest.get(at).copied().and_then(hex_digit);
        let Some((high, low)) = digit(at).zip(digit(at + 1)) else {
            err!("Invalid hex: ", rest.get(at..).unwrap_or_default(), "\n");
            return Err(Stop::Failed(EINVAL));
        };
        data.push(high << 4 | low);
    }
    Ok(data.into())
}

/// The bytes that a word means.
pub(crate) fn data(word: &[u8]) -> Result<Bytes, Stop> {
    data_of(word, word.len())
}

/// A word in quotes, and what stands behind it. `None` is an empty one.
fn quoted(text: &[u8]) -> Result<(Option<Bytes>, &[u8]), Stop> {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let Some(open) = text.get(blanks..).and_then(|rest| rest.strip_prefix(b"\"")) else {
        err!("Unsupported input format in ", text, "\n");
        return Err(ONE);
    };
    let Some(len) = open.iter().position(|byte| *byte == b'"') else {
        err!("Unmatched \" in input ", text, "\n");
        return Err(ONE);
    };
    let word = if len == 0 { None } else { Some(data_of(open, len)?) };
    Ok((word, open.get(len + 1..).unwrap_or_default()))
}

/// The key and the value of a line; says what is wrong, and `None` then, as for a key that is empty.
fn pair(line: &[u8]) -> Option<(Bytes, Bytes)> {
    let (key, rest) = quoted(line).ok()?;
    let key = key?;
    let (value, _) = quoted(rest).ok()?;
    Some((key, value.unwrap_or_default())).filter(|(key, _)| !key.is_empty())
}

/// The pairs of a text, line by line; a line that is too long is two.
pub(crate) fn pairs(text: &[u8]) -> Vec<(Bytes, Bytes)> {
    let lines = text.split_inclusive(|byte| *byte == b'\n').flat_map(|line| line.chunks(LINE));
    // C's strings end at a NUL.
    let lines = lines.map(|line| line.split(|byte| *byte == 0).next().unwrap_or_default());
    lines.filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_text_or_hexadecimal_digits() {
        assert_eq!(data(b"key").unwrap(), "key");
        assert_eq!(data(b"0x6b00ff").unwrap(), &[0x6b, 0, 0xff][..]);
        assert_eq!(data(b"0x").unwrap(), "");
        assert_eq!((data(b"0x123"), data(b"0xzz")), (Err(Stop::Failed(22)), Err(Stop::Failed(22))));
    }

    #[test]
    fn lines_have_a_key_and_a_value_in_quotes() {
        let text = b"\"a\" \"1\"\n \t\"0x62\"\"x\"\nnonsense\n\"a\n\"\" \"1\"\n\"e\" \"\"\n\"last\" \"line\"";
        let found: Vec<(String, String)> = pairs(text)
            .iter()
            .map(|(k, v)| (String::from_utf8_lossy(k).into(), String::from_utf8_lossy(v).into()))
            .collect();
        let want = [("a", "1"), ("b", "x"), ("e", ""), ("last", "line")];
        assert_eq!(found, want.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn a_line_that_is_too_long_is_cut() {
        let long = format!("\"k\" \"{}\"\n", "v".repeat(2000));
        assert!(pairs(long.as_bytes()).is_empty());
    }
}
