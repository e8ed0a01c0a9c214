//! Which files of a directory are scripts, and in which order they run.
//!
//! The truth about names is `script_filter` and `event_script_chmod` (EVT-11).

use crate::input::Entry;
use crate::limits::{NAME, SCRIPTS};
use crate::outcome::Errno;
use crate::word::Word;

const SUFFIX: &[u8] = b".script";

/// A script of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// Its name, without `.script`.
    pub(crate) name: Word,
    pub(crate) enabled: bool,
}

/// Whether a file of this name is a script.
#[must_use]
pub fn is_script(file: &[u8]) -> bool {
    script_name(file).is_some()
}

/// The name of a script, if a file of this name is one: two digits, a dot, anything, `.script`.
fn script_name(file: &[u8]) -> Option<&[u8]> {
    let name = file.strip_suffix(SUFFIX)?;
    match name {
        [a, b, b'.', ..] if a.is_ascii_digit() && b.is_ascii_digit() => Some(name),
        _ => None,
    }
}

/// The scripts of a directory, in the order of their files' names.
pub(crate) fn choose(mut entries: Vec<Entry>) -> Result<Vec<Script>, Errno> {
    // By the names of the files: `10.a-b.script` comes before `10.a.script`.
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let script = |entry: Entry| {
        let name = script_name(entry.name.as_bytes())?;
        Some(Script { name: Word::from(name), enabled: entry.enabled })
    };
    let scripts: Vec<Script> = entries.into_iter().filter_map(script).collect();
    if scripts.len() > SCRIPTS {
        return Err(Errno::TOOBIG);
    }
    Ok(scripts)
}

/// The file of a script that somebody names, with or without `.script`.
pub(crate) fn file(script: &Word) -> Result<Word, Errno> {
    let bytes = script.as_bytes();
    let whole = if bytes.len() > SUFFIX.len() && bytes.ends_with(SUFFIX) {
        bytes.to_vec()
    } else {
        [bytes, SUFFIX].concat()
    };
    if whole.len() > NAME {
        return Err(Errno::NAMETOOLONG);
    }
    // No file of a directory has such a name.
    if bytes.contains(&b'/') {
        return Err(Errno::NOENT);
    }
    Ok(Word::from(whole.as_slice()))
}

/// Whether a component may have this name: it is that of a directory.
pub(crate) fn component(name: &Word) -> Result<(), Errno> {
    match name.as_bytes() {
        bytes if bytes.len() > NAME => Err(Errno::NAMETOOLONG),
        b"" | b"." | b".." => Err(Errno::NOENT),
        bytes if bytes.contains(&b'/') => Err(Errno::NOENT),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evt_11_scripts_are_files_with_two_digits_a_name_and_the_suffix_sorted_by_name() {
        let files = [
            "50.samba.script",
            "10.a.script",
            "10.a-b.script",
            "10.a.b.script",
            "10.a.script~",
            ".10.x.script.swp",
            "README",
            "1.x.script",
            "100.x.script",
            "05.system.script.rpmsave",
            "aa.x.script",
            "06.nfs.script",
            "10-x.script",
        ];
        let entries = files.map(|name| Entry { name: name.into(), enabled: true });
        let names: Vec<String> = choose(entries.into()).unwrap().iter().map(|s| s.name.to_string()).collect();
        assert_eq!(names, ["06.nfs", "10.a-b", "10.a.b", "10.a", "50.samba"]);
    }

    #[test]
    fn a_directory_with_too_many_scripts_is_refused_and_not_run_in_part() {
        let entries =
            (0..=SCRIPTS).map(|n| Entry { name: format!("10.{n}.script").as_str().into(), enabled: true });
        assert_eq!(choose(entries.collect()), Err(Errno::TOOBIG));
    }

    #[test]
    fn names_cannot_lead_out_of_the_directory() {
        for name in ["", ".", "..", "a/b", "../legacy"] {
            assert_eq!(component(&name.into()), Err(Errno::NOENT), "{name}");
        }
        assert_eq!(component(&"legacy".into()), Ok(()));
        assert_eq!(file(&"50.x".into()).unwrap(), "50.x.script".into());
        assert_eq!(file(&"50.x.script".into()).unwrap(), "50.x.script".into());
        assert_eq!(file(&"../../50.x".into()), Err(Errno::NOENT));
        assert_eq!(file(&"x".repeat(300).as_str().into()), Err(Errno::NAMETOOLONG));
    }
}
