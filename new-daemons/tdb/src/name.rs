//! Names of databases: they become names of files, so they must stay inside their directory.
//!
//! ctdbd does not look at them; whoever takes a name from outside does. Nothing is opened here.

use crate::error::Error;

/// Refuses a name that would lead out of the directory of databases, or that C would cut.
pub fn check_name(name: &[u8]) -> Result<(), Error> {
    let bad = name.is_empty() || name.iter().any(|b| matches!(b, b'/' | 0)) || matches!(name, b"." | b"..");
    if bad { Err(Error::Name(String::from_utf8_lossy(name).replace('\0', "\\0"))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_slash_or_a_nul_is_refused() {
        for name in [&b"../../etc/passwd"[..], b"/etc/passwd", b"a/b", b"a\0b", b"", b".", b".."] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        for name in [&b"locking.tdb"[..], b"..a", b"a b", b"\xFF"] {
            assert!(check_name(name).is_ok(), "{name:?}");
        }
        let text = check_name(b"a\0b").unwrap_err().to_string();
        assert_eq!(text, "'a\\0b' cannot be the name of a database");
    }
}
