//! The files of the configuration on this machine: found, read within bounds, and what a check asks about the machine.
//!
//! `ctdb.conf`, then `conf.d/*.conf` by their names. What they mean is the crate `config`'s business; nothing is written
//! here.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use config::{Host, Role, Sources};
use thiserror::Error;

/// Files of conf.d: more are refused.
pub const MOST_FILES: usize = 256;

/// Bytes of one file: more are refused.
pub const MOST_BYTES: u64 = 1 << 20;

/// Why a file cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// The system says so.
    #[error("{path}: {error}")]
    System {
        /// The file or directory.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
    /// Bytes that are no text.
    #[error("{0}: it is not all text in UTF-8")]
    NotText(PathBuf),
    /// More than [`MOST_BYTES`].
    #[error("{0}: it is longer than 1 MiB")]
    TooLong(PathBuf),
    /// More than [`MOST_FILES`].
    #[error("{0}: there are more than 256 files")]
    TooMany(PathBuf),
}

/// The directory of the configuration: `CTDB_BASE` in ctdb's test mode (`CTDB_TEST_MODE` set), else `/etc/ctdb`.
#[must_use]
pub fn directory() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    match (variable("CTDB_TEST_MODE"), variable("CTDB_BASE")) {
        (Some(_), Some(base)) => base.into(),
        _ => "/etc/ctdb".into(),
    }
}

/// The directory of the OCF resource agents and of what they share: `OCF_ROOT`, else `/usr/lib/ocf`.
#[must_use]
pub fn ocf_root() -> PathBuf {
    let given = std::env::var_os("OCF_ROOT").filter(|value| !value.is_empty());
    given.map_or_else(|| "/usr/lib/ocf".into(), PathBuf::from)
}

/// The text of a file; none when there is none.
pub fn text(path: &Path) -> Result<Option<String>, Unreadable> {
    let system = |error| Unreadable::System { path: path.to_owned(), error };
    // A pipe would wait for somebody to write.
    match fs::metadata(path) {
        Ok(meta) if !meta.is_file() => return Err(system(io::Error::other("it is no file"))),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(system)?,
    };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)).map_err(system)?;
    if u64::try_from(bytes.len()).is_ok_and(|len| len > MOST_BYTES) {
        return Err(Unreadable::TooLong(path.to_owned()));
    }
    String::from_utf8(bytes).map(Some).map_err(|_| Unreadable::NotText(path.to_owned()))
}

/// The names of the files in conf.d that count, in their order: those that end in `.conf` and do not begin with a dot.
pub fn parts(directory: &Path) -> Result<Vec<String>, Unreadable> {
    let path = directory.join("conf.d");
    let system = |error| Unreadable::System { path: path.clone(), error };
    let entries = match fs::read_dir(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(system)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(system)?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".conf") && !name.starts_with('.') {
            names.push(name);
        }
        if names.len() > MOST_FILES {
            return Err(Unreadable::TooMany(path));
        }
    }
    names.sort();
    Ok(names)
}

/// All files, by their names below the directory. One that is not there is left out.
pub fn read(directory: &Path) -> Result<Sources, Unreadable> {
    let mut sources = Sources::default();
    if let Some(text) = text(&directory.join("ctdb.conf"))? {
        sources.add("ctdb.conf", Role::Main, &text);
    }
    for name in parts(directory)? {
        let name = format!("conf.d/{name}");
        if let Some(text) = text(&directory.join(&name))? {
            sources.add(name, Role::Part, &text);
        }
    }
    Ok(sources)
}

/// This machine, for whoever checks without looking.
#[derive(Clone, Debug)]
pub struct Here {
    /// The directory of the configuration.
    pub directory: PathBuf,
    /// The minor version of the Samba 4 that is to read it; none when it is not known.
    pub samba: Option<u16>,
}

fn can_run(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o100 != 0)
}

impl Host for Here {
    fn has_directory(&self, path: &str) -> bool {
        Path::new(path).is_dir()
    }

    fn has_script(&self, name: &str) -> bool {
        can_run(&self.directory.join(name))
    }

    fn can_run(&self, path: &str) -> bool {
        // An absolute path stays what it is.
        can_run(&self.directory.join("callbacks").join(path))
    }

    fn has_component(&self, name: &str) -> bool {
        self.directory.join("events").join(name).is_dir()
    }

    fn has_agent(&self, provider: &str, kind: &str) -> bool {
        can_run(&ocf_root().join("resource.d").join(provider).join(kind))
    }

    fn runs_scripts(&self, component: &str) -> bool {
        files(&self.directory.join("events").join(component)).any(|path| is_script(&path) && can_run(&path))
    }

    fn read_options(&self, of: &BTreeSet<String>) -> BTreeSet<String> {
        let components = files(&self.directory.join("events")).chain([INSTALLED.into()]);
        let scripts = components.flat_map(|component| files(&component)).filter(|path| is_script(path));
        // What scripts share stands beside the configuration.
        let shared = files(&self.directory)
            .filter(|path| path.is_file() && path.extension().is_none_or(|end| end == "sh"));
        let mut read = BTreeSet::new();
        for text in scripts.chain(shared).filter_map(|path| text(&path).ok().flatten()) {
            read.extend(words(&text).filter(|word| of.contains(*word)).map(str::to_owned));
            if read.len() == of.len() {
                break;
            }
        }
        read
    }

    fn topics(&self) -> Vec<&'static str> {
        let services = protocol::services::ALL.iter();
        services.flat_map(|service| service.events.iter().map(|event| event.topic)).collect()
    }

    fn version(&self) -> Option<u16> {
        self.samba
    }
}

/// Where the event scripts of C's packages are, from which they are enabled.
const INSTALLED: &str = "/usr/share/ctdb/events/legacy";

/// What is in a directory, up to as many as anybody has.
fn files(directory: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    entries.take(1000).map(|entry| entry.path())
}

/// Whether a file has the name of an event script: two digits, a dot, anything, `.script`.
fn is_script(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().as_bytes();
    matches!(name, [a, b, b'.', ..] if a.is_ascii_digit() && b.is_ascii_digit()) && name.ends_with(b".script")
}

/// What may be names in a text, each whole.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_runs_scripts_when_one_of_them_can_be_executed() {
        let dir = tempfile::tempdir().unwrap();
        let here = Here { directory: dir.path().to_owned(), samba: None };
        let component = dir.path().join("events/lic");
        fs::create_dir_all(&component).unwrap();
        assert!(!here.runs_scripts("lic") && !here.runs_scripts("none"), "an empty one runs nothing");
        let (own, linked) = (dir.path().join("own"), component.join("50.lic.script"));
        fs::write(&own, "#!/bin/sh\necho \"$CTDB_LIC_KEY\"\n").unwrap();
        std::os::unix::fs::symlink(&own, &linked).unwrap();
        assert!(!here.runs_scripts("lic"), "it was disabled where the link leads to");
        fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(here.runs_scripts("lic"));
        let asked: BTreeSet<String> = ["CTDB_LIC_KEY", "CTDB_LIC"].map(str::to_owned).into();
        assert_eq!(here.read_options(&asked), BTreeSet::from(["CTDB_LIC_KEY".to_owned()]));
        fs::rename(&linked, component.join("lic.sh")).unwrap();
        assert!(!here.runs_scripts("lic"), "no name of a script");
    }

    #[test]
    fn files_are_read_in_the_order_of_their_names_and_others_are_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap().names().count(), 0);
        fs::create_dir(dir.path().join("conf.d")).unwrap();
        for name in [
            "ctdb.conf",
            "conf.d/20-b.conf",
            "conf.d/10-a.conf",
            "conf.d/x.conf~",
            "conf.d/.x.conf",
            "conf.d/README",
        ] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let sources = read(dir.path()).unwrap();
        assert_eq!(
            sources.names().collect::<Vec<_>>(),
            ["ctdb.conf", "conf.d/10-a.conf", "conf.d/20-b.conf"]
        );
    }

    #[test]
    fn a_file_that_is_too_long_no_text_or_a_pipe_is_refused_without_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ctdb.conf");
        let told = || read(dir.path()).unwrap_err().to_string();
        fs::write(&path, vec![b'#'; 1 << 20]).unwrap();
        assert!(read(dir.path()).is_ok());
        fs::write(&path, vec![b'#'; (1 << 20) + 1]).unwrap();
        assert!(told().ends_with("longer than 1 MiB"), "{}", told());
        fs::write(&path, [0xff]).unwrap();
        assert!(told().ends_with("UTF-8"), "{}", told());
        fs::remove_file(&path).unwrap();
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(told().ends_with("it is no file"), "{}", told());
    }

    #[test]
    fn so_many_files_as_no_person_writes_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("conf.d")).unwrap();
        for number in 0..=MOST_FILES {
            assert!(read(dir.path()).is_ok());
            fs::write(dir.path().join(format!("conf.d/{number}.conf")), "").unwrap();
        }
        assert!(matches!(read(dir.path()), Err(Unreadable::TooMany(_))));
    }
}
