//! The arguments of an event: judged by their number and their bytes before anything is made of them.

use crate::limits::{ARGUMENTS, ARGUMENTS_MAX};
use crate::outcome::Errno;
use crate::word::Word;

/// Whether so many arguments of such lengths are taken.
pub(crate) fn judge(lengths: impl Iterator<Item = usize>) -> Result<(), Errno> {
    let (mut count, mut bytes) = (0_usize, 0_usize);
    for len in lengths {
        count += 1;
        bytes = bytes.saturating_add(len).saturating_add(1);
        if count > ARGUMENTS_MAX || bytes > ARGUMENTS {
            return Err(Errno::TOOBIG);
        }
    }
    Ok(())
}

/// The arguments in a text, which blanks part as C parts them. One that is longer than all arguments may be is refused unseen.
pub fn split(text: &[u8]) -> Result<Vec<Word>, Errno> {
    if text.len() > ARGUMENTS {
        return Err(Errno::TOOBIG);
    }
    let words = || text.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    judge(words().map(<[u8]>::len))?;
    Ok(words().map(Word::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parted_at_blanks() {
        let words = |text: &str| split(text.as_bytes()).unwrap();
        assert_eq!(words("  eth0 10.0.0.1  24 "), ["eth0", "10.0.0.1", "24"].map(Word::from));
        assert_eq!(words(""), []);
    }

    #[test]
    fn too_many_and_too_long_ones_are_refused() {
        assert_eq!(split("a ".repeat(520_000).as_bytes()), Err(Errno::TOOBIG));
        assert_eq!(split("a ".repeat(ARGUMENTS_MAX + 1).as_bytes()), Err(Errno::TOOBIG));
        assert_eq!(split("a ".repeat(ARGUMENTS_MAX).as_bytes()).unwrap().len(), ARGUMENTS_MAX);
        assert_eq!(split("a".repeat(ARGUMENTS).as_bytes()), Err(Errno::TOOBIG));
        assert_eq!(split("a".repeat(ARGUMENTS - 1).as_bytes()).unwrap().len(), 1);
    }

    #[test]
    fn what_is_too_much_is_not_read_to_its_end() {
        assert_eq!(judge(std::iter::repeat(1)), Err(Errno::TOOBIG));
    }
}
