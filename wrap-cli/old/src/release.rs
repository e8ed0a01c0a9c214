//! The release of Samba whose words are spoken: that of the ctdbd that is installed, unless CTDB_SAMBA_VERSION names one.
//!
//! ctdbd tells nobody its version, but its text stands in the program, as a string of its own. So the program is looked
//! through, once in a run and only where releases differ, and nothing is started. Where no ctdbd is found the words are
//! those of [`DEFAULT`]. What later releases do in another way is listed here, each with the first that does.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The release that is spoken where none is installed.
const DEFAULT: &str = "4.17.12-Debian";
/// Names the release that is to be spoken.
pub(crate) const CHOICE: &str = "CTDB_SAMBA_VERSION";
/// Where ctdbd is, when it is not in PATH.
const PLACES: &[&str] = &["/usr/sbin", "/usr/local/sbin", "/usr/local/samba/sbin"];
/// Bytes of a program that are looked through.
const PROGRAM: u64 = 64 << 20;
/// Bytes of the longest version.
const LONGEST: usize = 64;

/// What a later release does in another way than 4.17.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Newer {
    /// Two words are spelt right.
    Spelling,
    /// `moveip` keeps takeover runs away, and has all nodes told.
    MovesTold,
    /// The nodes are read by `ctdb_read_nodes`, which speaks of node addresses.
    NodeAddress,
    /// `nodes list` of `ctdb.conf` says where the nodes are.
    NodesList,
    /// CTDB_SOCKET counts in test mode only.
    SocketInTests,
    /// `--json`, `pushrecord`, two flags of records; helpers are found without variables.
    Json,
}

impl Newer {
    /// The first minor version of Samba 4 that does so.
    const fn since(self) -> u32 {
        match self {
            Self::Spelling => 19,
            Self::MovesTold => 20,
            Self::NodeAddress => 21,
            Self::NodesList => 22,
            Self::SocketInTests => 24,
            Self::Json => 25,
        }
    }

    /// Whether the release that is spoken does so.
    pub(crate) fn is_spoken(self) -> bool {
        Release::spoken().does(self)
    }
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// As it is told.
    pub(crate) text: String,
    major: u32,
    minor: u32,
}

impl Release {
    /// A version and whatever is behind it: `4.17.12-Debian`, `4.25.0pre1-GIT-1a2b3c`; the third number may be missing.
    fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let number = |text: &str| if text.len() < 5 { text.parse().ok() } else { None };
        let (major, rest) = text.split_once('.')?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (minor, rest) = rest.split_at(end);
        let third = rest.strip_prefix('.').unwrap_or_default();
        // Four numbers are an address.
        let address = third.contains('.') && third.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
        let good = rest.is_empty() || (third.starts_with(|c: char| c.is_ascii_digit()) && !address);
        let (major, minor) = (number(major)?, number(minor)?);
        (good && major >= 4).then(|| Self { text: text.to_owned(), major, minor })
    }

    /// Whether all three numbers are there.
    fn is_whole(&self) -> bool {
        self.text.split('.').count() > 2
    }

    fn does(&self, newer: Newer) -> bool {
        (self.major, self.minor) >= (4, newer.since())
    }

    /// The release that is spoken.
    pub(crate) fn spoken() -> &'static Self {
        static SPOKEN: OnceLock<Release> = OnceLock::new();
        SPOKEN.get_or_init(|| {
            let named = chosen().ok().flatten();
            named.or_else(|| places().into_iter().find_map(|path| of_program(&path))).unwrap_or_else(default)
        })
    }
}

fn default() -> Release {
    Release { text: DEFAULT.to_owned(), major: 4, minor: 17 }
}

/// The release that the environment names; an error when what it names is none.
pub(crate) fn chosen() -> Result<Option<Release>, ()> {
    let Some(text) = std::env::var_os(CHOICE) else { return Ok(None) };
    text.to_str().and_then(Release::parse).map(Some).ok_or(())
}

/// Where ctdbd may be.
fn places() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let fixed = PLACES.iter().map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(fixed)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join("ctdbd"))
        .collect()
}

/// The version in a program. A file that is no program of Samba has none.
fn of_program(path: &Path) -> Option<Release> {
    // What is no file might be waited for.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(PROGRAM).read_to_end(&mut bytes).ok()?;
    version_in(&bytes)
}

/// The first string between two NULs that is a whole version.
fn version_in(program: &[u8]) -> Option<Release> {
    let strings = program.split(|byte| *byte == 0).skip(1);
    let short = strings.filter(|string| (5..=LONGEST).contains(&string.len()));
    let texts = short.filter_map(|string| std::str::from_utf8(string).ok());
    texts.filter_map(Release::parse).find(Release::is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(text: &str) -> Option<u32> {
        Release::parse(text).map(|release| release.minor)
    }

    #[test]
    fn versions_are_known_and_addresses_and_other_numbers_are_none() {
        for (text, want) in [
            ("4.17.12-Debian", Some(17)),
            ("4.25.0pre1-GIT-1a2b3c4d5e6", Some(25)),
            ("4.22.3", Some(22)),
            ("4.22", Some(22)),
            ("5.1.0", Some(1)),
            ("3.6.25", None),
            ("127.0.0.1", None),
            ("4.4.4.4", None),
            ("4.", None),
            ("4.x", None),
            ("4.17 x", None),
            ("4.17-x", None),
            ("4", None),
            ("", None),
        ] {
            assert_eq!(minor(text), want, "{text}");
        }
    }

    #[test]
    fn the_version_of_a_program_is_a_string_of_its_own() {
        let program =
            b"\x7fELF\x01\0GLIBC_4.2.5\0Version 4.18.0\x00127.0.0.1\0 4.1.0\x004.24.1-Other\x004.99.0\0";
        assert_eq!(version_in(program).unwrap().text, "4.24.1-Other");
        for none in [&b""[..], b"4.17.12", b"\x004.17\0", b"x4.17.12\0"] {
            assert_eq!(version_in(none), None, "{none:?}");
        }
    }

    #[test]
    fn what_is_no_file_is_no_program() {
        assert_eq!(of_program(Path::new("/dev/zero")), None);
        assert_eq!(of_program(Path::new("/nowhere/ctdbd")), None);
        assert!(places().iter().all(|path| path.is_absolute() && path.ends_with("ctdbd")));
    }

    #[test]
    fn what_is_newer_begins_with_its_release_and_stays() {
        let does = |text: &str| {
            let release = Release::parse(text).unwrap();
            let all = [
                Newer::Spelling,
                Newer::MovesTold,
                Newer::NodeAddress,
                Newer::NodesList,
                Newer::SocketInTests,
                Newer::Json,
            ];
            all.iter().filter(|newer| release.does(**newer)).count()
        };
        let counted: Vec<_> =
            ["4.17.12", "4.18.9", "4.19.0", "4.20.1", "4.21.0", "4.22.0", "4.24.5", "4.25.0", "5.0.0"]
                .map(does)
                .into();
        assert_eq!(counted, [0, 0, 1, 2, 3, 4, 5, 6, 6]);
        assert!(!default().does(Newer::Spelling));
        assert_eq!(Release::parse(DEFAULT), Some(default()));
    }
}
