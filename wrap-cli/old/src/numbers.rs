//! Numbers in words, read as the C library reads them.
//!
//! A number may have blanks before it, a sign, a base of its own (`0x`, `0`) and anything behind it; what of that is an
//! error depends on who asks. Sources: `strtoul` of glibc, `smb_strtoul`, `atoi`, `debug_level_parse`.

/// `EINVAL`.
pub(crate) const EINVAL: i32 = 22;
/// `ERANGE`.
pub(crate) const ERANGE: i32 = 34;

/// What `strtoull` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// Without its sign.
    magnitude: u64,
    negative: bool,
    overflow: bool,
    /// Bytes that belong to the number, those before it included; 0 when there is none.
    used: usize,
}

fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn digit(byte: u8, base: u32) -> Option<u64> {
    char::from(byte).to_digit(base).map(u64::from)
}

/// Reads a number; base 0 means that the number says it itself.
pub(crate) fn parse(text: &[u8], base: u32) -> Parsed {
    let blanks = text.iter().take_while(|byte| is_space(byte)).count();
    let mut at = blanks;
    let negative = text.get(at) == Some(&b'-');
    if matches!(text.get(at), Some(b'-' | b'+')) {
        at += 1;
    }
    let hex = text.get(at) == Some(&b'0')
        && matches!(text.get(at + 1), Some(b'x' | b'X'))
        && text.get(at + 2).is_some_and(u8::is_ascii_hexdigit);
    let base = match base {
        0 | 16 if hex => {
            at += 2;
            16
        }
        0 if text.get(at) == Some(&b'0') => 8,
        0 => 10,
        base => base,
    };
    let digits = text.iter().skip(at).map_while(|byte| digit(*byte, base));
    let (mut magnitude, mut overflow, mut count) = (0_u64, false, 0);
    for digit in digits {
        count += 1;
        match magnitude.checked_mul(u64::from(base)).and_then(|n| n.checked_add(digit)) {
            Some(n) => magnitude = n,
            None => overflow = true,
        }
    }
    if overflow {
        magnitude = u64::MAX;
    }
    Parsed { magnitude, negative, overflow, used: if count == 0 { 0 } else { at + count } }
}

/// `smb_strtoul` with `SMB_STR_STANDARD`: a number first, whatever follows; no minus. The error is an errno.
pub(crate) fn unsigned(text: &[u8], base: u32) -> Result<u64, i32> {
    let parsed = parse(text, base);
    if parsed.overflow {
        return Err(ERANGE);
    }
    if parsed.used == 0 || parsed.negative {
        return Err(EINVAL);
    }
    Ok(parsed.magnitude)
}

/// `smb_strtoul` with `SMB_STR_FULL_STR_CONV`: a number and nothing behind it.
pub(crate) fn unsigned_alone(text: &[u8], base: u32) -> Result<u64, i32> {
    let number = unsigned(text, base)?;
    if parse(text, base).used == text.len() { Ok(number) } else { Err(EINVAL) }
}

/// `strtoll` with base 0 over the whole word; saturates. `None` when something else is in the word.
pub(crate) fn signed_alone(text: &[u8]) -> Option<i64> {
    let parsed = parse(text, 0);
    if parsed.used != text.len() {
        return None;
    }
    let magnitude = i128::from(parsed.magnitude);
    let value = if parsed.negative { -magnitude } else { magnitude };
    Some(i64::try_from(value).unwrap_or(if parsed.negative { i64::MIN } else { i64::MAX }))
}

/// The lower 32 bits: what C keeps when it stores a long number in a short field.
pub(crate) fn low32(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default()
}

/// `atoi`: what there is of a number, 0 when there is none.
pub(crate) fn atoi(text: &[u8]) -> i32 {
    low32(atol(text).cast_unsigned()).cast_signed()
}

/// `atol`.
pub(crate) fn atol(text: &[u8]) -> i64 {
    let parsed = parse(text, 10);
    let value = i128::from(parsed.magnitude) * if parsed.negative { -1 } else { 1 };
    i64::try_from(value).unwrap_or(if parsed.negative { i64::MIN } else { i64::MAX })
}

const LEVELS: [&str; 11] =
    ["ERROR", "WARNING", "WARNING", "NOTICE", "NOTICE", "INFO", "INFO", "INFO", "INFO", "INFO", "DEBUG"];

/// A level of logging by its number or the beginning of its name.
pub(crate) fn debug_level(text: &[u8]) -> Option<i32> {
    if text.first().is_some_and(u8::is_ascii_digit) {
        let level = atoi(text);
        return usize::try_from(level).ok().filter(|level| *level < LEVELS.len()).map(|_| level);
    }
    let starts =
        |name: &&str| name.as_bytes().get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
    LEVELS.iter().position(starts).and_then(|level| i32::try_from(level).ok())
}

/// The name of a level of logging.
pub(crate) fn debug_level_name(level: i32) -> &'static str {
    usize::try_from(level).ok().and_then(|level| LEVELS.get(level)).copied().unwrap_or("UNKNOWN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_c_library_reads_them() {
        for (text, base, value, used) in [
            (" 12x", 0, 12, 3),
            ("0x1Fg", 0, 31, 4),
            ("0xzz", 0, 0, 1),
            ("010", 0, 8, 3),
            ("010", 10, 10, 3),
            ("08", 0, 0, 1),
            ("0x", 16, 0, 1),
            ("x", 0, 0, 0),
            ("", 0, 0, 0),
            ("+7", 10, 7, 2),
            ("18446744073709551616", 10, u64::MAX, 20),
        ] {
            let parsed = parse(text.as_bytes(), base);
            assert_eq!((parsed.magnitude, parsed.used), (value, used), "{text:?}");
        }
        assert_eq!(unsigned(b"-1", 0), Err(EINVAL));
        assert_eq!(unsigned(b"99999999999999999999", 0), Err(ERANGE));
        assert_eq!(unsigned(b"3-", 0), Ok(3));
        assert_eq!(unsigned_alone(b"80 ", 10), Err(EINVAL));
        assert_eq!(unsigned_alone(b" 80", 10), Ok(80));
    }

    #[test]
    fn atoi_wraps_and_takes_what_there_is() {
        assert_eq!((atoi(b"abc"), atoi(b"-5x"), atoi(b"4294967297")), (0, -5, 1));
        assert_eq!(atol(b"-9223372036854775809"), i64::MIN);
    }

    #[test]
    fn a_whole_word_may_be_empty_and_saturates() {
        assert_eq!(signed_alone(b""), Some(0));
        assert_eq!(signed_alone(b" -3"), Some(-3));
        assert_eq!(signed_alone(b"3 "), None);
        assert_eq!(signed_alone(b"99999999999999999999"), Some(i64::MAX));
    }

    #[test]
    fn levels_have_numbers_and_abbreviations() {
        assert_eq!(debug_level(b"w"), Some(1));
        assert_eq!(debug_level(b""), Some(0));
        assert_eq!(debug_level(b"10"), Some(10));
        assert_eq!((debug_level(b"11"), debug_level(b"infos"), debug_level(b"-1")), (None, None, None));
        assert_eq!((debug_level_name(6), debug_level_name(99)), ("INFO", "UNKNOWN"));
    }
}
