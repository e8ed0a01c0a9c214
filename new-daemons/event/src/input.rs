//! What goes into the machine and what comes out of it.

use std::sync::Arc;
use std::time::Duration;

use machine::{Level, Output, RequestId, Time};

use crate::history::{PastRun, Report, ScriptRun};
use crate::outcome::Errno;
use crate::word::Word;

/// Who asks: a connection, a peer on a bus. Means nothing here but that two of them differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(pub u64);

/// Pairs the result of an effect with the effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token(pub u64);

/// What can be asked of the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Run the scripts of an event.
    Run {
        /// Whose scripts.
        component: Word,
        /// The event: their first argument.
        event: Word,
        /// Their other arguments.
        args: Vec<Word>,
        /// For all scripts together, from now on.
        limit: Duration,
        /// Go on behind a script that fails.
        all: bool,
    },
    /// How an event went the last time.
    Status {
        /// Whose scripts.
        component: Word,
        /// The event.
        event: Word,
    },
    /// The past runs of scripts.
    History {
        /// Whose scripts.
        component: Word,
        /// One of them, or all.
        script: Option<Word>,
    },
    /// The scripts of a component.
    Scripts {
        /// The component that has them.
        component: Word,
    },
    /// All components, and what each does.
    Components,
    /// Make a script executable, or not.
    Enable {
        /// Whose script.
        component: Word,
        /// The script, with or without `.script`.
        script: Word,
        /// Executable?
        on: bool,
    },
}

/// What came of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunResult {
    /// All scripts went well.
    Ok,
    /// A script failed.
    Failed,
    /// Time was over.
    TimedOut,
    /// Another event came first.
    Cancelled,
    /// It was not run at all.
    Error(Errno),
}

impl RunResult {
    /// In a word, as on the bus.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Error(_) => "not_run",
        }
    }
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To [`Request::Run`], with what is known of its scripts.
    Run(RunResult, Option<Ended>),
    /// To [`Request::Status`].
    Status(Result<Report, Errno>),
    /// To [`Request::History`]: by script, oldest run first.
    History(Result<Vec<(Word, Vec<PastRun>)>, Errno>),
    /// To [`Request::Scripts`]: in the order in which they run, without `.script`.
    Scripts(Result<Vec<Entry>, Errno>),
    /// To [`Request::Components`]: by name.
    Components(Result<Vec<ComponentState>, Errno>),
    /// To [`Request::Enable`].
    Enable(Result<(), Errno>),
}

/// An event that has begun, and has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its number among the runs of this daemon.
    pub run: u64,
    /// How its scripts went, when its directory could be read and nothing cancelled it.
    pub report: Option<Arc<Report>>,
}

/// A component, and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentState {
    /// Its name.
    pub name: Word,
    /// The event that runs.
    pub running: Option<Word>,
    /// Events that wait.
    pub waiting: usize,
}

/// A file in a directory of scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: Word,
    /// Whether its owner may execute it.
    pub enabled: bool,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By itself, with this status.
    Exit(u8),
    /// By a signal.
    Signal(i32),
    /// It was not there any more.
    Gone,
    /// It could not be started; a missing interpreter is [`Errno::NOENT`].
    NotStarted(Errno),
}

/// What the driver tells the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Somebody asks.
    Request {
        /// For the answer.
        id: RequestId,
        /// The client that asks.
        origin: Origin,
        /// The question, or the event that is to be run.
        request: Request,
    },
    /// Somebody waits for no answer any more. What has not begun for him will not.
    Gone(Origin),
    /// Result of [`Effect::List`].
    Listed(Token, Result<Vec<Entry>, Errno>),
    /// A program of [`Effect::Start`] or [`Effect::Debug`] runs, with this process id.
    Started(Token, i32),
    /// Result of [`Effect::Peek`].
    Printed(Token, Output),
    /// A program ended, or could not be started.
    Ended(Token, How, Output),
    /// Result of [`Effect::Enable`].
    Enabled(Token, Result<(), Errno>),
    /// Result of [`Effect::Components`].
    Found(Token, Result<Vec<Word>, Errno>),
    /// So many runs of each script are kept from now on.
    Keep(usize),
    /// There is a debug hook from now on, or there is none.
    Hook(bool),
}

/// What others may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Number of the event among the runs of this daemon.
    pub run: u64,
    /// Whose scripts.
    pub component: Word,
    /// The event.
    pub event: Word,
    /// Its arguments.
    pub args: Arc<[Word]>,
    /// When it began to run.
    pub began: Time,
    /// What there is to be known.
    pub what: What,
}

/// What happens to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It begins to run.
    Began,
    /// A script of it ended, or was given up.
    Script(ScriptRun),
    /// A script of it takes too long.
    Hung {
        /// Its name, without `.script`.
        script: Word,
        /// Its process id, once it is known.
        pid: Option<i32>,
        /// When it was started.
        began: Time,
    },
    /// It ended, or was cancelled.
    Ended {
        /// What came of it.
        result: RunResult,
        /// The script that failed or took too long.
        culprit: Option<Word>,
        /// How its scripts went.
        report: Option<Arc<Report>>,
    },
}

/// What the driver has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read the directory of a component; [`Input::Listed`] follows.
    List {
        /// For the result.
        token: Token,
        /// Whose scripts.
        component: Word,
    },
    /// Start a script in a process group of its own; [`Input::Started`] follows, and [`Input::Ended`].
    Start {
        /// For the results.
        token: Token,
        /// Whose script.
        component: Word,
        /// Its name, without `.script`.
        script: Word,
        /// Its arguments, the event first.
        args: Vec<Word>,
    },
    /// Hand over what a script has printed, which is given up: [`Input::Printed`] follows. It is not to be collected before
    /// [`Effect::End`], so that its process id stays its own.
    Peek(Token),
    /// Run the debug hook for a script that hangs; the same inputs follow as for a script.
    Debug {
        /// For the results.
        token: Token,
        /// Process id of the script.
        pid: i32,
        /// The event.
        event: Word,
    },
    /// End a program and its process group: ask it to, and kill it after the grace. [`Input::Ended`] follows.
    End {
        /// That of its start.
        token: Token,
        /// Zero: kill it at once.
        grace: Duration,
    },
    /// Change the mode of a script; [`Input::Enabled`] follows.
    Enable {
        /// For the result.
        token: Token,
        /// Whose script.
        component: Word,
        /// Its file name.
        file: Word,
        /// Executable?
        on: bool,
    },
    /// Find the directories of components; [`Input::Found`] follows.
    Components(Token),
    /// Answer a request.
    Answer(RequestId, Answer),
    /// Write a line to the log.
    Log(Level, String),
    /// Tell whoever wants to know.
    Publish(Notice),
}
