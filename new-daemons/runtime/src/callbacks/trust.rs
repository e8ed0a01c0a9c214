//! Which programs a callback may run: those that nobody can change but root, the daemon's own user and the user as whom
//! they are run.
//!
//! Looks at each directory on the way, both as the path is written and where it leads; it changes nothing. Whoever may
//! change the program between the look and the start is somebody who was trusted.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Why a program is not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Distrust {
    /// there is no such program
    #[error("there is no {}", _0.display())]
    Missing(PathBuf),
    /// the system does not let us look
    #[error("{}: {_1}", _0.display())]
    System(PathBuf, String),
    /// it is not a file
    #[error("{} is no file", _0.display())]
    NoFile(PathBuf),
    /// its owner may not execute it
    #[error("{} is not executable", _0.display())]
    NotExecutable(PathBuf),
    /// it belongs to somebody else
    #[error("{} belongs to user {_1}", _0.display())]
    Owner(PathBuf, u32),
    /// others may write to it
    #[error("{} is writable by others (mode {_1:o})", _0.display())]
    Writable(PathBuf, u32),
    /// there is no such user
    #[error("there is no user {_0}")]
    NoUser(String),
    /// only root can run programs as somebody else
    #[error("only root can run it as {_0}")]
    NotRoot(String),
}

/// Looks at a program and at the way to it. `others` are the users besides root who are trusted.
pub(super) fn look(program: &Path, others: &[u32]) -> Result<(), Distrust> {
    let system = |path: &Path, error: &std::io::Error| match error.kind() {
        ErrorKind::NotFound => Distrust::Missing(path.to_owned()),
        _ => Distrust::System(path.to_owned(), error.to_string()),
    };
    let real = fs::canonicalize(program).map_err(|error| system(program, &error))?;
    let ways = program.ancestors().skip(1).chain(real.ancestors().skip(1));
    for directory in ways.filter(|directory| !directory.as_os_str().is_empty()) {
        let meta = fs::metadata(directory).map_err(|error| system(directory, &error))?;
        judge(directory, &meta, others)?;
    }
    let meta = fs::metadata(&real).map_err(|error| system(&real, &error))?;
    if !meta.is_file() {
        return Err(Distrust::NoFile(real));
    }
    judge(&real, &meta, others)?;
    if meta.mode() & 0o100 == 0 {
        return Err(Distrust::NotExecutable(real));
    }
    Ok(())
}

fn judge(path: &Path, meta: &Metadata, others: &[u32]) -> Result<(), Distrust> {
    let sticky = meta.is_dir() && meta.mode() & 0o1000 != 0;
    if meta.uid() != 0 && !others.contains(&meta.uid()) {
        Err(Distrust::Owner(path.to_owned(), meta.uid()))
    } else if meta.mode() & 0o022 != 0 && !sticky {
        Err(Distrust::Writable(path.to_owned(), meta.mode() & 0o7777))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;

    #[test]
    fn a_program_that_others_can_change_is_refused_whatever_the_way_to_it() {
        let own = nix::unistd::geteuid().as_raw();
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let (inner, program) = (dir.join("inner"), dir.join("inner/program"));
        fs::create_dir(&inner).unwrap();
        mode(&inner, 0o755);
        let look = |path: &Path| look(path, &[own]);
        assert_eq!(look(&program), Err(Distrust::Missing(program.clone())));
        fs::write(&program, "#!/bin/sh\n").unwrap();
        mode(&program, 0o644);
        assert_eq!(look(&program), Err(Distrust::NotExecutable(program.clone())));
        mode(&program, 0o755);
        assert_eq!(look(&program), Ok(()));
        assert_eq!(look(&inner), Err(Distrust::NoFile(inner.clone())));
        for bad in [0o775, 0o757] {
            mode(&program, bad);
            assert_eq!(look(&program), Err(Distrust::Writable(program.clone(), bad)));
        }
        mode(&program, 0o755);
        mode(&inner, 0o777);
        assert_eq!(look(&program), Err(Distrust::Writable(inner.clone(), 0o777)));
        let link = dir.join("link");
        symlink(&program, &link).unwrap();
        assert_eq!(look(&link), Err(Distrust::Writable(inner.clone(), 0o777)), "where it leads counts");
        mode(&inner, 0o1777);
        assert_eq!(look(&link), Ok(()), "in a sticky directory only the owner can replace it");
        mode(&inner, 0o755);
        let open = dir.join("open");
        fs::create_dir(&open).unwrap();
        mode(&open, 0o777);
        let link = open.join("link");
        symlink(&program, &link).unwrap();
        assert_eq!(look(&link), Err(Distrust::Writable(open, 0o777)), "the way as it is written counts");
        if own == 0 {
            chown(&program, Some(65_534), None).unwrap();
            assert_eq!(look(&program), Err(Distrust::Owner(program.clone(), 65_534)));
            assert_eq!(super::look(&program, &[65_534]), Ok(()), "who runs it may own it");
        }
    }
}
