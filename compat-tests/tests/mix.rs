//! Nodes by letters, with another C than Debian's.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use compat_tests::{Cluster, OTHER_C, Tool};

/// The part that runs with another environment: where the other C is.
const HERE: &str = "COMPAT_TESTS_MIX";

/// Programs that say who they are and then become Debian's.
fn other_c(dir: &Path) {
    for (place, tool) in [("sbin", Tool::Ctdbd), ("bin", Tool::Ctdb)] {
        let real = tool.path().unwrap();
        let path = dir.join(place).join(real.file_name().unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\nWHICH_C=other exec {} \"$@\"\n", real.display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn again(test: &str, dir: &Path) -> String {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(OTHER_C, dir).env(HERE, "1");
    let output = compat_tests::run(command, Duration::from_secs(120)).unwrap();
    assert_eq!(output.code, Some(0), "{output:?}");
    output.stdout
}

#[test]
fn another_c_comes_from_the_directory_that_the_environment_names() {
    if std::env::var_os(HERE).is_some() {
        let cluster = Cluster::mix("CC").unwrap().start().unwrap();
        let pid = cluster.node(1).pid().unwrap();
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap();
        let words = String::from_utf8_lossy(&environment).into_owned();
        assert!(words.split('\0').any(|word| word == "WHICH_C=other"), "{words}");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    other_c(dir.path());
    again("mix::another_c_comes_from_the_directory_that_the_environment_names", dir.path());
}

#[test]
fn a_directory_without_a_ctdbd_is_named_and_not_replaced_by_debians() {
    if let Some(dir) = std::env::var_os(OTHER_C).filter(|_| std::env::var_os(HERE).is_some()) {
        let told = Cluster::mix("C").unwrap().start().unwrap_err().to_string();
        let dir = dir.to_string_lossy();
        assert_eq!(told, format!("there is no ctdbd in {dir}, which {OTHER_C} names"));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    again("mix::a_directory_without_a_ctdbd_is_named_and_not_replaced_by_debians", dir.path());
}
