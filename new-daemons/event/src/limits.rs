//! All bounds on what anybody can make the daemon keep, and all its times.

use std::time::Duration;

/// Bytes of the name of a component, an event or a script.
pub const NAME: usize = 255;
/// Bytes of all arguments of an event together.
pub(crate) const ARGUMENTS: usize = 256 << 10;
/// Arguments of an event: what each costs beside its text is much, where the text is little.
pub(crate) const ARGUMENTS_MAX: usize = 16 << 10;
/// The longest time limit that is taken from the bus.
pub(crate) const LIMIT: Duration = Duration::from_secs(24 * 3600);
/// Components that are known at the same time.
pub(crate) const COMPONENTS: usize = 64;
/// Directories of components. More are not listed.
pub const DIRECTORIES: usize = 1024;
/// Events that wait in a component.
pub const QUEUE: usize = 10_000;
/// Bytes of the events that wait in a component.
pub(crate) const QUEUE_BYTES: usize = 4 << 20;
/// What an argument that waits costs beside its text.
pub(crate) const ARGUMENT_COST: usize = 32;
/// Questions that wait for a look into a directory.
pub(crate) const LOOKS: usize = 256;
/// Scripts of a component. A directory with more is refused: to run a part of them would be worse.
pub const SCRIPTS: usize = 4096;

/// Bytes of output that are kept of one script: the last ones.
pub const OUTPUT: usize = 64 << 10;
/// Bytes of output that are kept of all scripts of one event; what comes after is cut to [`OUTPUT_CUT`] each.
pub(crate) const OUTPUT_OF_EVENT: usize = 512 << 10;
/// Bytes of output of a script beyond the limit of its event.
pub(crate) const OUTPUT_CUT: usize = 256;
/// Lines of a script's output that go to the log.
pub(crate) const LINES: usize = 1000;

/// Events of a component whose last run is remembered.
pub(crate) const EVENTS: usize = 64;
/// Bytes of all last runs of a component.
pub(crate) const LAST_RUNS: usize = 2 << 20;
/// Past runs of one script for one event, unless the driver wants more or fewer: as many that went well as that failed.
pub(crate) const RUNS: usize = 8;
/// Past runs of one script for one event, whatever the driver wants; and of one script in an answer.
pub(crate) const RUNS_MAX: usize = 1000;
/// Runs of one script for one event that failed not longer ago than [`FAILED_FOR`], if that is more.
pub(crate) const FAILED: usize = 100;
/// How long before the last failure another one is kept beside so many.
pub(crate) const FAILED_FOR: Duration = Duration::from_secs(24 * 3600);
/// Bytes of output that are kept of a past run: the last ones.
pub(crate) const PAST_OUTPUT: usize = 4 << 10;
/// Bytes of all past runs of a component.
pub(crate) const HISTORY: usize = 1 << 20;
/// What a run costs beside its texts.
pub(crate) const RUN_COST: usize = 128;

/// How long the debug hook may look at a script that hangs.
pub const DEBUG: Duration = Duration::from_secs(20);
/// How long a process group may take to end when it is asked to. With [`DEBUG`] and a limit of 30 s no script gets older
/// than twice its limit (EVT-26).
pub const GRACE: Duration = Duration::from_secs(5);
/// How long the driver may take to hand over what a hung script has printed.
pub const PEEK: Duration = Duration::from_secs(1);
/// How long the driver may take to read a directory, if the event's own time is over before.
pub(crate) const LISTING: Duration = Duration::from_secs(5);
