//! The units of systemd that come with the daemons, judged by systemd's own tool. It has no manager here: those of
//! ctdb-serviced and ctdb-eventd are started by a real one in the tests of `daemons`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use compat_tests::Tool;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The unit of the tunneld first.
const UNITS: [&str; 4] = [
    "tunnel-proxy/daemon/systemd/ctdb-tunneld.service",
    "tunnel-proxy/daemon/systemd/ctdb-tunneld.socket",
    "new-daemons/daemons/systemd/ctdb-eventd.service",
    "new-daemons/daemons/systemd/ctdb-serviced.service",
];

fn analyze(words: &[&str], files: &[PathBuf]) -> Output {
    let mut command = Command::new(Tool::SystemdAnalyze.path().unwrap());
    command.args(words).args(files).env("SYSTEMD_LOG_COLOR", "0").output().unwrap()
}

/// The units in a directory of the test, with a program that is there in place of the installed one.
fn copied(to: &Path) -> Vec<PathBuf> {
    let copy = |name: &str| {
        let from = Path::new(ROOT).join(name);
        let mut text = fs::read_to_string(&from).unwrap();
        for program in ["ctdb-tunneld", "ctdb-eventd", "ctdb-serviced"] {
            text = text.replace(&format!("/usr/sbin/{program}"), super::PROGRAM);
        }
        let path = to.join(from.file_name().unwrap());
        fs::write(&path, text).unwrap();
        path
    };
    UNITS.map(copy).to_vec()
}

#[test]
fn systemd_has_nothing_to_say_about_the_units() {
    let dir = tempfile::tempdir().unwrap();
    let files = copied(dir.path());
    let out = analyze(&["verify", "--man=no"], &files);
    assert!(out.status.success() && out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));

    // It would notice.
    let text = fs::read_to_string(&files[0]).unwrap();
    fs::write(&files[0], text.replace("ProtectHome=", "ProtectHom=")).unwrap();
    let out = analyze(&["verify", "--man=no"], &files);
    assert!(String::from_utf8_lossy(&out.stderr).contains("ProtectHom"));
}

#[test]
fn the_service_may_do_little_more_than_it_needs() {
    let dir = tempfile::tempdir().unwrap();
    let files = copied(dir.path());
    // Of 100; a unit that says nothing about it has 96.
    let out = analyze(&["--offline=true", "--threshold=20", "security"], &files[..1]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
}
