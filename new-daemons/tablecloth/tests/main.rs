//! The executable under its names, and under none of them.

#![allow(clippy::unwrap_used)] // Helpers, which clippy does not see as tests.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tablecloth");
const NAMES: [&str; 5] = ["ctdb", "ctdbctl", "ctdb-eventd", "ctdb-serviced", "ctdb-tunneld"];
const LIST: &str = "ctdb, ctdbctl, ctdb-eventd, ctdb-serviced, ctdb-tunneld";

fn ask(program: &Path, words: &[&str]) -> Output {
    Command::new(program).args(words).env_clear().stdin(Stdio::null()).output().unwrap()
}

fn own(words: &[&str]) -> Output {
    ask(Path::new(PROGRAM), words)
}

/// A directory with a link for each name.
fn linked() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let made = own(&["links", dir.path().to_str().unwrap()]);
    assert!(made.status.success(), "{made:?}");
    dir
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_program_says_the_same_by_its_link_and_by_its_name_as_a_word() {
    let dir = linked();
    for name in NAMES {
        for word in ["--help", "--version", "--no-such-option"] {
            let (link, by_word) = (ask(&dir.path().join(name), &[word]), own(&[name, word]));
            assert_eq!(link, by_word, "{name} {word}");
            assert!(!(link.stdout.is_empty() && link.stderr.is_empty()), "{name} {word}");
        }
        let help = text(&ask(&dir.path().join(name), &["--help"]).stdout);
        // The C tool does not name itself.
        let usage = if name == "ctdb" { "Usage: [OPTION...]".to_owned() } else { format!("Usage: {name}") };
        assert!(help.contains(&usage), "{name}: {help}");
    }
}

#[test]
fn links_are_all_names_or_those_that_are_wanted_and_replace_links_but_no_files() {
    let dir = linked();
    let mut found: Vec<String> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    let mut names = NAMES.map(str::to_owned);
    names.sort();
    assert_eq!(found, names);
    let path = dir.path().to_str().unwrap();
    assert!(own(&["links", path]).status.success(), "once more");

    let one = dir.path().join("one");
    assert!(own(&["links", one.to_str().unwrap(), "ctdbctl"]).status.success());
    assert_eq!(fs::read_dir(&one).unwrap().count(), 1);
    assert!(ask(&one.join("ctdbctl"), &["--version"]).status.success());

    fs::remove_file(one.join("ctdbctl")).unwrap();
    fs::write(one.join("ctdbctl"), "of somebody else").unwrap();
    let refused = own(&["links", one.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("one/ctdbctl: "), "{refused:?}");
    assert_eq!(fs::read_to_string(one.join("ctdbctl")).unwrap(), "of somebody else");
}

#[test]
fn a_name_that_is_none_gets_one_line_with_those_that_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("ctdb-dbd");
    symlink(PROGRAM, &link).unwrap();
    let line = format!("tablecloth: no program is called ctdb-dbd; there are: {LIST}\n");
    let somewhere = dir.path().to_str().unwrap();
    for output in [ask(&link, &["--help"]), own(&["ctdb-dbd"]), own(&["links", somewhere, "ctdb-dbd"])] {
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), line.clone()));
        assert_eq!(text(&output.stdout), "");
    }
}

#[test]
fn every_daemon_that_has_a_name_on_the_bus_is_in_the_executable() {
    for daemon in protocol::daemons::ALL {
        assert!(NAMES.contains(&daemon.program), "{}", daemon.program);
    }
}

#[test]
fn the_makefile_the_resource_agent_and_the_units_name_the_daemons_of_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let daemons = protocol::daemons::ALL;
    let mut programs = daemons.map(|daemon| daemon.program);
    programs.sort_unstable();
    assert!(read("Makefile").contains(&format!("\nDAEMONS := {}\n", programs.join(" "))));
    let agent = read("new-daemons/daemons/share/ocf/daemon");
    let sections = daemons.map(|daemon| daemon.section());
    assert!(agent.contains(&format!("    {}) ;;\n", sections.join(" | "))), "what it takes for a daemon");
    let nouns: Vec<&str> = agent.lines().filter(|line| line.contains(") echo ")).map(str::trim).collect();
    let mut wanted: Vec<String> =
        daemons.map(|daemon| format!("{}) echo {} ;;", daemon.section(), daemon.noun())).into();
    wanted.push(r#"*) echo "$OCF_RESKEY_daemon" ;;"#.to_owned());
    assert_eq!(nouns, wanted);
    for daemon in daemons {
        let unit = format!("systemd/{}.service", daemon.program);
        let places = [format!("new-daemons/daemons/{unit}"), format!("tunnel-proxy/daemon/{unit}")];
        let unit = places.iter().find_map(|path| fs::read_to_string(root.join(path)).ok()).expect(&unit);
        let starts = format!("ExecStart=/usr/sbin/{}", daemon.program);
        assert!(unit.lines().any(|line| line.split(' ').next() == Some(&starts)), "{unit}");
    }
}

#[test]
fn without_a_name_it_lists_them() {
    for words in [&[][..], &["--help"]] {
        let help = own(words);
        assert!(help.status.success());
        let names: Vec<String> = text(&help.stdout)
            .lines()
            .skip_while(|line| *line != "Names:")
            .skip(1)
            .map(|line| line.split_whitespace().next().unwrap().to_owned())
            .collect();
        assert_eq!(names, NAMES);
    }
}

/// A daemon that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_process_bears_the_name_of_its_program_however_it_was_started() {
    let dir = linked();
    let link = dir.path().join("ctdb-tunneld");
    for (program, words) in [(link.as_path(), &[][..]), (Path::new(PROGRAM), &["ctdb-tunneld"])] {
        let mut command = Command::new(program);
        command.args(words).env_clear().stdin(Stdio::null()).stderr(Stdio::null());
        command.args(["--log-location", "stderr", "--config-dir"]).arg(dir.path());
        command
            .arg("--run-dir")
            .arg(dir.path().join("bus"))
            .arg("--ctdb-socket")
            .arg(dir.path().join("nobody"));
        let mut child = Running(command.spawn().unwrap());
        let comm = format!("/proc/{}/comm", child.0.id());
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let seen = fs::read_to_string(&comm).unwrap();
            if seen == "ctdb-tunneld\n" {
                break;
            }
            assert!(child.0.try_wait().unwrap().is_none(), "it ended");
            assert!(Instant::now() < deadline, "still called {seen}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
