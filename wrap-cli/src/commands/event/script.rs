//! `event script`: which scripts there are, and which are run. Works on the directories; no daemon is asked.
//!
//! A script that the package brings is run when a link to it stands among those of this node; a script of this node's own
//! is run when it can be executed. The facts are those of `event_command_script_list`, `..._enable` and `..._disable`.

use std::fs;
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::ArgValueCompleter;
use schemars::JsonSchema;
use serde::Serialize;

use super::name;
use crate::commands::Shown;
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::exit::Exit;
use crate::host::paths;
use crate::live;
use crate::render::table::table;

const SUFFIX: &str = ".script";
/// May be executed by anybody.
const EXECUTABLE: u32 = 0o111;

/// Whose scripts.
#[derive(Args, Clone, Debug)]
pub(crate) struct Component {
    /// Whose scripts
    #[arg(long, value_name = "NAME", default_value = "legacy", value_parser = name)]
    component: String,
}

/// One script.
#[derive(Args, Clone, Debug)]
pub(crate) struct ScriptArgs {
    /// Script, such as 50.samba
    #[arg(value_name = "SCRIPT", value_parser = script_name, add = ArgValueCompleter::new(live::scripts))]
    script: String,

    #[command(flatten)]
    whose: Component,
}

/// Two digits, a dot, a name (EVT-11); `.script` may stand behind it.
fn script_name(text: &str) -> Result<String, &'static str> {
    let bare = text.strip_suffix(SUFFIX).unwrap_or(text);
    if name(bare).is_err() || bare.len() < 4 || !is_script(&format!("{bare}{SUFFIX}")) {
        return Err("write two digits, a dot and a name, such as 50.samba");
    }
    Ok(bare.to_owned())
}

fn is_script(file: &str) -> bool {
    match file.as_bytes() {
        [a, b, b'.', ..] => {
            a.is_ascii_digit() && b.is_ascii_digit() && file.ends_with(SUFFIX) && file.len() >= 10
        }
        _ => false,
    }
}

/// The scripts of a component.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct List {
    pub(crate) component: String,
    pub(crate) scripts: Vec<Script>,
}

/// One script.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Script {
    pub(crate) name: String,
    /// Whether it is run.
    pub(crate) enabled: bool,
    /// Whether it is this node's own; otherwise the package brings it.
    pub(crate) local: bool,
}

impl Shown for List {
    fn table(&self) -> String {
        let rows = self.scripts.iter().map(|script| {
            let word = |yes, a: &str, b: &str| (if yes { a } else { b }).to_owned();
            vec![
                script.name.clone(),
                word(script.enabled, "enabled", "-"),
                word(script.local, "local", "package"),
            ]
        });
        table(&[("SCRIPT", false), ("STATE", false), ("ORIGIN", false)], rows)
    }
}

/// What was done to a script.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Changed {
    pub(crate) component: String,
    pub(crate) script: String,
    pub(crate) enabled: bool,
    /// Whether it was not so before.
    pub(crate) changed: bool,
    /// Scripts of other components that are links to the file, and so can be executed or not as it can.
    pub(crate) linked: Vec<String>,
}

impl Shown for Changed {
    fn table(&self) -> String {
        let state = if self.enabled { "enabled" } else { "disabled" };
        let mut text = format!("{} {}{state}\n", self.script, if self.changed { "" } else { "was already " });
        for link in &self.linked {
            text += &format!("{} is a link to it, and {state}, too\n", one_line(link));
        }
        text
    }
}

/// The two directories of a component.
struct Dirs {
    /// What is run.
    etc: PathBuf,
    /// What the package brings, by its real path: links name it so.
    data: PathBuf,
}

impl Dirs {
    fn of(component: &str) -> Self {
        let part = Path::new("events").join(component);
        let data = paths::data_dir().join(&part);
        Self { etc: paths::etc_dir().join(part), data: data.canonicalize().unwrap_or(data) }
    }

    fn list(&self) -> Result<Vec<Script>, Error> {
        let brought = if self.data.is_dir() { files(&self.data)? } else { Vec::new() };
        let mut present = files(&self.etc)?;
        let mut scripts = Vec::new();
        for file in brought {
            let linked = fs::read_link(self.etc.join(&file)).is_ok_and(|to| to == self.data.join(&file));
            if linked {
                present.retain(|own| *own != file);
            }
            scripts.push(Script { name: bare(&file), enabled: linked, local: false });
        }
        scripts.extend(present.into_iter().map(|file| {
            let executable = |meta: fs::Metadata| meta.permissions().mode() & 0o100 != 0;
            let enabled = fs::metadata(self.etc.join(&file)).is_ok_and(executable);
            Script { name: bare(&file), enabled, local: true }
        }));
        Ok(scripts)
    }

    /// Scripts of other components that lead to a plain file of this one.
    fn links_to(&self, script: &str) -> Vec<String> {
        let own = self.etc.join(format!("{script}{SUFFIX}"));
        let plain = fs::symlink_metadata(&own).is_ok_and(|meta| meta.is_file());
        let (Some(events), true, Ok(own)) = (self.etc.parent(), plain, own.canonicalize()) else {
            return Vec::new();
        };
        let entries =
            |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
        let leads = |path: &PathBuf| path.is_symlink() && path.canonicalize().is_ok_and(|to| to == own);
        let components = entries(events).filter(|dir| dir.file_name() != self.etc.file_name());
        let links = components.flat_map(|dir| entries(&dir).filter(leads).collect::<Vec<_>>());
        let name = |path: PathBuf| Some(path.strip_prefix(events).ok()?.to_string_lossy().into_owned());
        let mut names: Vec<_> = links.filter_map(name).map(|name| bare(&name)).collect();
        names.sort();
        names
    }

    /// Answers whether anything had to be changed.
    fn set(&self, script: &str, enable: bool) -> Result<bool, Error> {
        let file = format!("{script}{SUFFIX}");
        let (own, brought) = (self.etc.join(&file), self.data.join(&file));
        let failed = |error: io::Error| Error::file(&own, &error);
        let kind = match fs::symlink_metadata(&own) {
            Ok(meta) => Some(meta.file_type()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error::file(&own, &error)),
        };
        match (kind, enable) {
            (Some(kind), true) if kind.is_symlink() => Ok(false),
            (Some(kind), false) if kind.is_symlink() => fs::remove_file(&own).map(|()| true).map_err(failed),
            (Some(kind), _) if kind.is_file() => set_executable(&own, enable).map_err(failed),
            (Some(_), _) => Err(refused(&own, "neither a file nor a link; nothing was done")),
            (None, _) if !brought.exists() => Err(refused(&own, "there is no such script")),
            (None, true) => symlink(&brought, &own).map(|()| true).map_err(failed),
            (None, false) => Ok(false),
        }
    }
}

fn refused(path: &Path, message: &str) -> Error {
    Error::Local { what: path.into(), message: message.into(), code: "refused", exit: Exit::Refused }
}

fn set_executable(path: &Path, yes: bool) -> io::Result<bool> {
    // Not through a link that came in between.
    let file = fs::OpenOptions::new().read(true).custom_flags(nix::libc::O_NOFOLLOW).open(path)?;
    let mode = file.metadata()?.permissions().mode();
    let wanted = if yes { mode | EXECUTABLE } else { mode & !EXECUTABLE };
    if wanted != mode {
        file.set_permissions(fs::Permissions::from_mode(wanted))?;
    }
    Ok(wanted != mode)
}

/// The names of script files, sorted as they are run.
fn files(dir: &Path) -> Result<Vec<String>, Error> {
    let read = || -> io::Result<Vec<String>> {
        let names = fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        let names: Vec<Option<String>> = names.collect::<io::Result<_>>()?;
        Ok(names.into_iter().flatten().filter(|name| is_script(name)).collect())
    };
    let mut names = read().map_err(|error| Error::file(dir, &error))?;
    names.sort();
    Ok(names)
}

fn bare(file: &str) -> String {
    file.strip_suffix(SUFFIX).unwrap_or(file).to_owned()
}

/// The scripts of a component.
pub(crate) fn of(component: &str) -> Result<Vec<Script>, Error> {
    Dirs::of(component).list()
}

pub(crate) async fn list(_: &Context, whose: Component) -> Result<List, Error> {
    let scripts = of(&whose.component)?;
    Ok(List { component: whose.component, scripts })
}

pub(crate) async fn enable(_: &Context, wanted: ScriptArgs) -> Result<Changed, Error> {
    change(wanted, true)
}

pub(crate) async fn disable(_: &Context, wanted: ScriptArgs) -> Result<Changed, Error> {
    change(wanted, false)
}

fn change(wanted: ScriptArgs, enabled: bool) -> Result<Changed, Error> {
    let component = wanted.whose.component;
    let dirs = Dirs::of(&component);
    let changed = dirs.set(&wanted.script, enabled)?;
    let linked = if changed { dirs.links_to(&wanted.script) } else { Vec::new() };
    Ok(Changed { component, script: wanted.script, enabled, changed, linked })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evt_11_names_of_scripts_begin_with_two_digits() {
        for (name, good) in [
            ("50.samba", true),
            ("50.samba.script", true),
            ("5.samba", false),
            ("50samba", false),
            ("50.", false),
            ("../50.x", false),
        ] {
            assert_eq!(script_name(name).is_ok(), good, "{name}");
        }
        assert!(is_script("00.ctdb.script") && !is_script("00.ctdb.script~") && !is_script("README"));
    }

    #[test]
    fn scripts_are_enabled_by_a_link_or_by_being_executable() {
        let dir = tempfile::tempdir().unwrap();
        let dirs = Dirs { etc: dir.path().join("etc"), data: dir.path().join("data") };
        for (path, mode) in [("data/00.ctdb", 0o755), ("data/50.samba", 0o755), ("etc/60.own", 0o644)] {
            let path = dir.path().join(format!("{path}.script"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "#!/bin/sh\n").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::create_dir(dirs.etc.join("70.dir.script")).unwrap();
        let enabled = || -> Vec<String> {
            dirs.list()
                .unwrap()
                .into_iter()
                .filter(|s| s.enabled && s.name != "70.dir")
                .map(|s| s.name)
                .collect()
        };
        assert!(enabled().is_empty());
        for script in ["50.samba", "60.own"] {
            assert_eq!((dirs.set(script, true).unwrap(), dirs.set(script, true).unwrap()), (true, false));
        }
        assert_eq!(enabled(), ["50.samba", "60.own"]);
        assert!(dirs.list().unwrap().iter().all(|s| s.local == s.name.starts_with(['6', '7'])));
        for script in ["50.samba", "60.own", "00.ctdb"] {
            assert_eq!(dirs.set(script, false).unwrap(), script != "00.ctdb", "{script}");
            assert!(!dirs.set(script, false).unwrap());
        }
        assert!(enabled().is_empty());
        for script in ["99.none", "70.dir"] {
            let error = dirs.set(script, true).unwrap_err();
            assert_eq!(error.exit(), Exit::Refused, "{error}");
        }
    }

    #[test]
    fn links_of_other_components_to_a_plain_file_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let dirs = Dirs { etc: dir.path().join("events/legacy"), data: dir.path().join("data") };
        let own = dirs.etc.join("60.lic.script");
        for sub in ["legacy", "lic", "copied"] {
            fs::create_dir_all(dir.path().join("events").join(sub)).unwrap();
        }
        fs::write(&own, "#!/bin/sh\n").unwrap();
        assert_eq!(dirs.links_to("60.lic"), [""; 0]);
        fs::copy(&own, dir.path().join("events/copied/60.lic.script")).unwrap();
        symlink("../legacy/60.lic.script", dir.path().join("events/lic/60.lic.script")).unwrap();
        assert_eq!(dirs.links_to("60.lic"), ["lic/60.lic"]);
        let changed = Changed {
            component: "legacy".into(),
            script: "60.lic".into(),
            enabled: false,
            changed: true,
            linked: dirs.links_to("60.lic"),
        };
        assert_eq!(changed.table(), "60.lic disabled\nlic/60.lic is a link to it, and disabled, too\n");
    }
}
