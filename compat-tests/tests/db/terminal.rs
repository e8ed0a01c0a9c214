//! Long work on a database before somebody's eyes: `script` is the terminal.

use std::fmt::Write as _;
use std::process::Command;

use compat_tests::{Node, product, run};

use super::{SOON, cluster, ctl};

/// What a terminal shows of a command, with all that comes and goes on it.
fn screen(node: &Node, words: &str) -> String {
    let program = product("ctdbctl").unwrap();
    let line = format!("{} --socket {} {words}", program.display(), node.socket().display());
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).env("TERM", "xterm");
    run(command, SOON).unwrap().ok().unwrap()
}

#[test]
fn a_backup_and_its_return_show_how_far_they_are_at_a_terminal_and_leave_one_line() {
    let cluster = cluster();
    let node = cluster.node(0);
    let lines = (0..3000).fold(String::new(), |mut text, n| {
        writeln!(text, "\"key{n}\" \"value{n}\"").unwrap();
        text
    });
    let [file, backup] = ["lines", "backup"].map(|name| cluster.dir().join(name));
    std::fs::write(&file, lines).unwrap();
    let backup = backup.display().to_string();
    ctl(node, &["db", "attach", "p.tdb", "persistent"]);
    ctl(node, &["db", "key", "batch", "p.tdb", file.to_str().unwrap()]);
    for (words, steps, end) in [
        (format!("db backup p.tdb {backup}"), &["writing the file"][..], "p.tdb backed up to"),
        (
            format!("db restore {backup} --yes"),
            &["locking on all nodes", "sending records", "keeping the records"],
            "p.tdb restored from",
        ),
        ("db wipe p.tdb --yes".to_owned(), &["removing the records"], "p.tdb wiped"),
    ] {
        let seen = screen(node, &words);
        for step in steps {
            assert!(seen.contains(step), "no '{step}' on the screen: {seen:?}");
        }
        let (bars, line) = seen.rsplit_once(end).unwrap_or_else(|| panic!("no '{end}': {seen:?}"));
        assert!(bars.ends_with("\x1b[2K") || bars.ends_with('\r'), "the bar is wiped before: {bars:?}");
        assert_eq!(line.lines().count(), 1, "{line:?}");
        // Nothing of that where nobody looks.
        let quiet = node.ctdbctl(&words.split(' ').collect::<Vec<_>>()).unwrap();
        assert_eq!((quiet.stdout.lines().count(), quiet.stderr.as_str()), (1, ""), "{quiet:?}");
    }
}
