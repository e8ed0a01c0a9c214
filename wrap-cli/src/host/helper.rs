//! Running a helper program of CTDB to its end: with a time limit, and no more output than a limit.
//!
//! A helper that is late is ended together with what it started. What it prints is text of somebody else's making.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

/// Bytes that a helper may print; such lists have one line a node.
const LIMIT: usize = 1 << 20;

/// How a helper ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// None when a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Why a helper has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HelperError {
    /// It cannot be started, or its output cannot be read.
    #[error(transparent)]
    System(#[from] io::Error),
    /// It is too slow.
    #[error("it did not end in time")]
    Late,
    /// It prints without end.
    #[error("it printed more than {LIMIT} bytes")]
    Endless,
}

/// Runs a helper. It asks the daemon at `socket`, if it asks one.
pub(crate) async fn run(
    program: &Path,
    args: &[&OsStr],
    socket: &Path,
    limit: Duration,
) -> Result<Ended, HelperError> {
    let mut command = Command::new(program);
    command.args(args).env("CTDB_SOCKET", socket).process_group(0).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    // The group's number is that of its first process, which nobody waits for before the end of this function.
    let group = child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ending = async {
        let (stdout, stderr) = tokio::try_join!(bounded(stdout), bounded(stderr))?;
        let status = child.wait().await?;
        Ok(Ended { status: status.code(), stdout, stderr })
    };
    let ended = timeout(limit, ending).await.unwrap_or(Err(HelperError::Late));
    if ended.is_err()
        && let Some(group) = group
    {
        // It may have ended just now.
        let _gone = killpg(group, Signal::SIGKILL);
    }
    ended
}

async fn bounded(stream: Option<impl AsyncRead + Unpin>) -> Result<String, HelperError> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let limit = u64::try_from(LIMIT).unwrap_or(u64::MAX).saturating_add(1);
        stream.take(limit).read_to_end(&mut bytes).await?;
    }
    if bytes.len() > LIMIT {
        Err(HelperError::Endless)
    } else {
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    async fn shell(script: &str, limit: Duration) -> Result<Ended, HelperError> {
        let args = [OsStr::new("-c"), OsStr::new(script)];
        run(Path::new("/bin/sh"), &args, Path::new("/nowhere"), limit).await
    }

    #[tokio::test]
    async fn output_and_status_come_back() {
        let ended = shell("echo $CTDB_SOCKET; echo bad >&2; exit 3", Duration::from_secs(20)).await.unwrap();
        assert_eq!((ended.status, &*ended.stdout, &*ended.stderr), (Some(3), "/nowhere\n", "bad\n"));
        let error = run(Path::new("/nowhere/helper"), &[], Path::new("/"), Duration::from_secs(1)).await;
        assert!(matches!(error, Err(HelperError::System(_))), "{error:?}");
    }

    #[tokio::test]
    async fn a_helper_that_hangs_or_prints_without_end_is_ended_with_all_that_it_started() {
        let start = Instant::now();
        // The child of the helper keeps its output open.
        let hung = shell("sleep 300 & sleep 300", Duration::from_millis(300)).await;
        assert!(matches!(hung, Err(HelperError::Late)), "{hung:?}");
        let endless = shell("yes", Duration::from_secs(60)).await;
        assert!(matches!(endless, Err(HelperError::Endless)), "{endless:?}");
        assert!(start.elapsed() < Duration::from_secs(50), "{:?}", start.elapsed());
    }
}
