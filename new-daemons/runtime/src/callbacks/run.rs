//! One run of a callback's program: looked at, started, fed, waited for, ended when it is asked to.
//!
//! Looking and starting happen in a thread of their own: a file system that hangs or a slow list of users must not hold up
//! the daemon. What a program leaves running when it ends by itself is left alone; when it is stopped, all of its process
//! group ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use callback::{Ending, OUTPUT_MAX, RunId, Start};
use nix::unistd::{User, geteuid};
use tokio::sync::oneshot;

use super::Place;
use super::trust::{Distrust, look};
use crate::process::{How, Output, Program, Running};

/// What a process group has between being asked to end and being killed.
const GRACE: Duration = Duration::from_secs(5);

/// The end of a run.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) run: RunId,
    pub(super) ending: Ending,
    pub(super) output: Output,
}

impl Finished {
    pub(super) fn not_started(run: RunId, why: String) -> Self {
        Self { run, ending: Ending::NotStarted(why), output: Output::default() }
    }
}

/// A program that may be started.
struct Trusted {
    path: PathBuf,
    user: Option<User>,
}

/// Looks at a program: `path` is absolute, or a name in the directory of callbacks.
fn trusted(directory: &Path, path: &Path, user: Option<&str>) -> Result<Trusted, Distrust> {
    let own = geteuid();
    let user = match user {
        None => None,
        Some(name) => {
            let no_user = || Distrust::NoUser(name.to_owned());
            let user = User::from_name(name).ok().flatten().ok_or_else(no_user)?;
            if user.uid == own {
                None
            } else if own.is_root() {
                Some(user)
            } else {
                return Err(Distrust::NotRoot(name.to_owned()));
            }
        }
    };
    let path = directory.join(path);
    let runs_as = user.as_ref().map_or(own, |user| user.uid);
    look(&path, &[own.as_raw(), runs_as.as_raw()])?;
    Ok(Trusted { path, user })
}

/// The same for whoever only wants to know.
pub(super) fn check(directory: &Path, path: &Path, user: Option<&str>) -> Result<(), Distrust> {
    trusted(directory, path, user).map(|_| ())
}

fn start(place: &Place, start: &Start) -> Result<Running, String> {
    let trusted =
        trusted(&place.directory, &start.program, start.user.as_deref()).map_err(|why| why.to_string())?;
    let mut program = Program::new(trusted.path)
        .args(&start.arguments)
        .env("CTDB_CALLBACK", &start.callback)
        .env("CTDB_CALLBACK_DAEMON", &place.daemon)
        .env("CTDB_CALLBACK_ATTEMPT", start.attempt.to_string())
        .stdin(start.json(&place.daemon, place.node()))
        .output_limit(OUTPUT_MAX);
    if let Some(base) = place.directory.parent() {
        program = program.env("CTDB_BASE", base);
    }
    program = program.without_private();
    if let Some(user) = trusted.user {
        program = program
            .user(user.uid.as_raw(), user.gid.as_raw())
            .env("USER", &user.name)
            .env("LOGNAME", &user.name)
            .env("HOME", &user.dir);
    }
    program.start().map_err(|error| error.to_string())
}

/// Runs a program to its end, which comes sooner when somebody stops it.
pub(super) async fn run(place: Arc<Place>, what: Box<Start>, mut stop: oneshot::Receiver<()>) -> Finished {
    let run = what.run;
    let started = tokio::task::spawn_blocking(move || start(&place, &what)).await;
    let mut running = match started {
        Ok(Ok(running)) => running,
        Ok(Err(why)) => return Finished::not_started(run, why),
        Err(_) => return Finished::not_started(run, "the daemon ends".into()),
    };
    let ended = tokio::select! {
        ended = running.wait() => Some(ended),
        // An error would be a driver that is gone; then this is gone with it.
        _ = &mut stop => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => running.terminate(GRACE).await,
    };
    let ending = match ended.how {
        How::Exit(status) => Ending::Exit(status),
        How::Signal(signal) => Ending::Signal(signal),
    };
    Finished { run, ending, output: ended.output }
}
