//! Running Debian's `ctdb` and ours on one node with the same words, and comparing all that can be seen.
//!
//! Ours is a link by the name `ctdb` to the program. A question is put to the C tool, to ours, and to the C tool again:
//! only when the C tool says the same twice is there something to compare, and it is asked until it does.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use compat_tests::{Node, Tool, product, wait_until};

use super::masks::Mask;

/// How long a cluster may take to say the same twice.
const CALM: Duration = Duration::from_secs(60);

/// Both tools.
pub(crate) struct Both {
    pub(crate) c: PathBuf,
    pub(crate) ours: PathBuf,
    _dir: tempfile::TempDir,
}

/// What can be seen of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Where and how a command is run.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) env: &'a [(&'a str, &'a str)],
    pub(crate) stdin: &'a str,
    pub(crate) mask: Mask,
}

impl Both {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ours = dir.path().join("ctdb");
        std::os::unix::fs::symlink(product("ctdbctl").unwrap(), &ours).unwrap();
        Self { c: Tool::Ctdb.path().unwrap(), ours, _dir: dir }
    }

    /// Runs one of the tools.
    pub(crate) fn run(&self, tool: &Path, words: &[&str], at: At<'_>) -> Seen {
        let mut command = Command::new(tool);
        for name in ["CTDB_TIMEOUT", "CTDB_SOCKET", "CTDB_BASE", "CTDB_TEST_MODE", "CTDB_TOOL_SETPGID"] {
            command.env_remove(name);
        }
        command.args(words).envs(at.env.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A tool that does not read has ended.
        let _gone = child.stdin.take().unwrap().write_all(at.stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        Seen {
            status: output.status.code(),
            out: at.mask.hide(&output.stdout),
            err: at.mask.hide(&output.stderr),
        }
    }

    /// Puts a question to both, once.
    #[track_caller]
    pub(crate) fn agree_at_once(&self, words: &[&str], at: At<'_>) -> Seen {
        let (theirs, ours) = (self.run(&self.c, words, at), self.run(&self.ours, words, at));
        assert_eq!(ours, theirs, "ctdb {words:?}: ours is left, Debian's is right");
        ours
    }

    /// Puts a question to both when the answer does not change.
    #[track_caller]
    pub(crate) fn agree(&self, words: &[&str], at: At<'_>) -> Seen {
        let mut seen = None;
        let look = || {
            let before = self.run(&self.c, words, at);
            let ours = self.run(&self.ours, words, at);
            if ours == before {
                seen = Some((ours, before));
                return Ok(());
            }
            let after = self.run(&self.c, words, at);
            if before == after {
                seen = Some((ours, after));
                return Ok(());
            }
            Err(format!("{before:?} and then {after:?}"))
        };
        wait_until(CALM, &format!("ctdb {words:?} says the same twice"), look).unwrap();
        let (ours, theirs) = seen.unwrap();
        assert_eq!(ours, theirs, "ctdb {words:?}: ours is left, Debian's is right");
        ours
    }
}

/// The environment in which a node is found.
pub(crate) fn env_of(node: &Node) -> [(&'static str, &str); 2] {
    [("CTDB_TEST_MODE", "yes"), ("CTDB_BASE", node.base().to_str().unwrap())]
}

impl Both {
    /// Puts a question to both on a node.
    #[track_caller]
    pub(crate) fn on(&self, node: &Node, words: &str, mask: Mask) -> Seen {
        let env = env_of(node);
        self.agree(&split(words), At { env: &env, stdin: "", mask })
    }

    /// Runs our tool alone.
    pub(crate) fn ours_on(&self, node: &Node, words: &str) -> Seen {
        let env = env_of(node);
        self.run(&self.ours, &split(words), At { env: &env, stdin: "", mask: Mask::Exact })
    }

    /// Runs the C tool alone.
    pub(crate) fn theirs_on(&self, node: &Node, words: &str) -> Seen {
        let env = env_of(node);
        self.run(&self.c, &split(words), At { env: &env, stdin: "", mask: Mask::Exact })
    }
}

/// Words with blanks between them; `''` is an empty one.
pub(crate) fn split(words: &str) -> Vec<&str> {
    words.split_ascii_whitespace().map(|word| if word == "''" { "" } else { word }).collect()
}

/// A directory that looks like a node's, without a daemon.
pub(crate) fn no_daemon(nodes: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("run")).unwrap();
    fs::write(dir.path().join("nodes"), nodes).unwrap();
    dir
}
