//! Where the project's own programs are: beside the running test in cargo's target directory.
//!
//! A program that is missing, or older than a source file in its dep-info, is built first. Cargo's own lock keeps
//! several test processes from building the same thing at once.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use crate::error::{Error, Result, io_at};

/// The package of the one executable, and its file.
const EXECUTABLE: &str = "tablecloth";

/// The directory of the running profile, for example `target/debug`.
fn profile_dir() -> Result<PathBuf> {
    let exe = env::current_exe().map_err(io_at("path of the running program"))?;
    let dir = exe.parent().unwrap_or(Path::new("."));
    Ok(if dir.ends_with("deps") { dir.parent().unwrap_or(dir) } else { dir }.to_owned())
}

/// Cargo's target directory of the running program.
///
/// # Errors
/// [`Error::Io`] when the running program's path cannot be read.
pub fn target_dir() -> Result<PathBuf> {
    let profile = profile_dir()?;
    Ok(profile.parent().unwrap_or(&profile).to_owned())
}

/// The path of the program `name` of the package `package`, built when it is missing or stale.
///
/// # Errors
/// [`Error::Build`] with cargo's complaints when it does not build.
pub fn binary(package: &str, name: &str) -> Result<PathBuf> {
    let profile = profile_dir()?;
    let path = profile.join(name);
    if is_fresh(&path) {
        return Ok(path);
    }
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--package", package, "--bin", name, "--target-dir"]);
    cargo.arg(target_dir()?);
    match profile.file_name().and_then(|name| name.to_str()) {
        None | Some("debug") => {}
        Some(other) => {
            cargo.args(["--profile", other]);
        }
    }
    cargo.current_dir(workspace()).stdin(Stdio::null());
    let out = cargo.output().map_err(io_at("cargo build"))?;
    if out.status.success() && path.is_file() {
        return Ok(path);
    }
    let command = format!("cargo build --package {package} --bin {name}");
    Err(Error::Build { path, command, output: String::from_utf8_lossy(&out.stderr).into_owned() })
}

/// A program of the product by its name: a link to the one executable, which is built when it is missing or stale.
///
/// # Errors
/// [`Error::Build`] when it does not build, or has no program of that name.
pub fn product(name: &str) -> Result<PathBuf> {
    let executable = binary(EXECUTABLE, EXECUTABLE)?;
    let links = executable.with_file_name("programs");
    let path = links.join(name);
    if path.exists() {
        return Ok(path);
    }
    let out = Command::new(&executable).arg("links").arg(&links).stdin(Stdio::null()).output();
    let out = out.map_err(io_at("links to the executable"))?;
    if out.status.success() && path.exists() {
        return Ok(path);
    }
    let command = format!("{} links {}", executable.display(), links.display());
    Err(Error::Build { path, command, output: String::from_utf8_lossy(&out.stderr).into_owned() })
}

/// The root of the workspace that this crate was built from.
pub(crate) fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Whether the program is there and no source named in its dep-info is newer.
fn is_fresh(path: &Path) -> bool {
    let Some(built) = modified(path) else { return false };
    let Ok(deps) = fs::read_to_string(path.with_extension("d")) else { return false };
    sources(&deps).all(|source| modified(Path::new(&source)).is_some_and(|changed| changed <= built))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// The paths after the colon of `program: source source`; a blank inside a path is written `\ `.
fn sources(deps: &str) -> impl Iterator<Item = String> {
    let list = deps.lines().next().and_then(|line| line.split_once(": ")).map_or("", |(_, list)| list);
    let unescaped = list.replace("\\ ", "\0");
    unescaped
        .split(' ')
        .filter(|s| !s.is_empty())
        .map(|s| s.replace('\0', " "))
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_in_dep_info_may_contain_blanks() {
        let list: Vec<String> = sources("/t/debug/x: /a/b\\ c.rs /d.rs\n").collect();
        assert_eq!(list, ["/a/b c.rs", "/d.rs"]);
    }

    #[test]
    fn a_program_older_than_a_source_is_not_fresh() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("prog"), "").unwrap();
        assert!(!is_fresh(&at("prog")), "without dep-info nothing is known");
        fs::write(at("src.rs"), "").unwrap();
        fs::write(at("prog.d"), format!("{}: {}\n", at("prog").display(), at("src.rs").display())).unwrap();
        let old = SystemTime::UNIX_EPOCH;
        fs::File::open(at("src.rs")).unwrap().set_modified(old).unwrap();
        assert!(is_fresh(&at("prog")));
        fs::File::open(at("prog")).unwrap().set_modified(old).unwrap();
        fs::File::open(at("src.rs")).unwrap().set_modified(SystemTime::now()).unwrap();
        assert!(!is_fresh(&at("prog")));
        fs::remove_file(at("src.rs")).unwrap();
        assert!(!is_fresh(&at("prog")), "a source that is gone");
    }
}
