//! Running `tshark` over a file, away from anybody's personal settings.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// What a run printed.
pub(crate) struct Output {
    /// To standard output.
    pub(crate) text: String,
    /// To standard error.
    pub(crate) complaints: String,
}

/// Runs it with the dissector that is shipped.
pub(crate) fn with_dissector(file: &Path, args: &[&str]) -> Output {
    let script = concat!("lua_script:", env!("CARGO_MANIFEST_DIR"), "/wireshark/ctdb.lua");
    let output = run(file, &[&["-X", script], args].concat());
    for text in [&output.text, &output.complaints] {
        if let Some(at) = text.find("Lua Error").or_else(|| text.find("Lua: ")) {
            let from = text[..at].rfind('\n').map_or(0, |line| line + 1);
            panic!("{}: {}", file.display(), text[from..].chars().take(600).collect::<String>());
        }
    }
    output
}

/// Runs it as Wireshark ships it.
pub(crate) fn run(file: &Path, args: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let ran = Command::new("tshark")
        .args(["-n", "-r"])
        .arg(file)
        .args(args)
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env("LC_ALL", "C.UTF-8")
        .output();
    let ran = match ran {
        Ok(ran) => ran,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            panic!("not installed: tshark; type: sudo apt-get install -y --no-install-recommends tshark")
        }
        Err(e) => panic!("tshark: {e}"),
    };
    let complaints = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "tshark {}: {}\n{complaints}", file.display(), ran.status);
    Output { text: String::from_utf8_lossy(&ran.stdout).into_owned(), complaints }
}
