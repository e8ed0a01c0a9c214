//! Carries out what the event daemon's core asks for: directories are read, scripts run, modes change.
//!
//! Decides nothing. Results come back as the core's inputs. Dropping it kills what runs.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use event::{DIRECTORIES, Effect, Entry, Errno, How, Input, OUTPUT, Output, SCRIPTS, Token, Word, is_script};
use runtime::process::{self, Ended, Program, Running, StartError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What can be asked of a program that runs.
enum Command {
    Peek,
    End(Duration),
}

/// Runs scripts and the debug hook.
#[derive(Debug)]
pub struct Scripts {
    /// Has a directory for each component.
    directory: PathBuf,
    hook: Option<PathBuf>,
    /// Bytes of output that are kept.
    output: usize,
    /// `CTDB_BASE` of scripts, when it is not that of this process.
    base: Option<PathBuf>,
    /// Further variables.
    env: Vec<(&'static str, String)>,
    // Not bounded here: there is one program for each event that runs, and a few that hang. The core bounds both.
    results: UnboundedSender<Input>,
    running: BTreeMap<Token, UnboundedSender<Command>>,
}

fn errno(error: &io::Error) -> Errno {
    Errno(error.raw_os_error().unwrap_or(nix::libc::EIO))
}

fn os(word: &Word) -> &OsStr {
    OsStr::from_bytes(word.as_bytes())
}

impl Scripts {
    /// For the components that have directories in this one. Results go to `results`, in the order of what happened.
    #[must_use]
    pub fn new(directory: PathBuf, results: UnboundedSender<Input>) -> Self {
        Self {
            directory,
            hook: None,
            output: OUTPUT,
            base: None,
            env: Vec::new(),
            results,
            running: BTreeMap::new(),
        }
    }

    /// The same, with nothing running and another place for results. What ran is killed when the old one is dropped.
    #[must_use]
    pub fn anew(&self, results: UnboundedSender<Input>) -> Self {
        let (directory, hook, base) = (self.directory.clone(), self.hook.clone(), self.base.clone());
        let (output, env) = (self.output, self.env.clone());
        Self { directory, hook, output, base, env, results, running: BTreeMap::new() }
    }

    /// Whether there is a program that looks at scripts that hang.
    #[must_use]
    pub const fn has_hook(&self) -> bool {
        self.hook.is_some()
    }

    /// The program that looks at scripts that hang.
    pub fn set_hook(&mut self, hook: Option<PathBuf>) {
        self.hook = hook;
    }

    /// The directory in which scripts find what they share, for who is not started by ctdbd, which says it to all.
    pub fn set_base(&mut self, base: PathBuf) {
        self.base = Some(base);
    }

    /// A further variable of scripts.
    pub fn set_env(&mut self, name: &'static str, value: String) {
        self.env.push((name, value));
    }

    /// So much of what a script prints is kept, of scripts that are started from now on.
    pub fn set_output(&mut self, output: usize) {
        self.output = output;
    }

    /// Finds the directories of components.
    fn components(&self, token: Token) {
        self.tell(Input::Found(token, components(&self.directory).map_err(|error| errno(&error))));
    }

    /// Carries out an effect that concerns programs; gives back any other.
    pub fn carry_out(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::List { token, component } => self.list(token, &component),
            Effect::Start { token, component, script, args } => self.start(token, &component, &script, &args),
            Effect::Peek(token) => self.command(token, Command::Peek),
            Effect::Debug { token, pid, event } => self.debug(token, pid, &event),
            Effect::End { token, grace } => self.end(token, grace),
            Effect::Enable { token, component, file, on } => self.enable(token, &component, &file, on),
            Effect::Components(token) => self.components(token),
            other @ (Effect::Answer(..) | Effect::Log(..) | Effect::Publish(_)) => return Some(other),
        }
        None
    }

    fn tell(&self, input: Input) {
        // Nobody listens any more when the daemon ends.
        let _ = self.results.send(input);
    }

    /// Reads the directory of a component.
    fn list(&self, token: Token, component: &Word) {
        let entries = list(&self.directory.join(os(component))).map_err(|error| errno(&error));
        self.tell(Input::Listed(token, entries));
    }

    /// Starts a script.
    fn start(&mut self, token: Token, component: &Word, script: &Word, args: &[Word]) {
        let file = [script.as_bytes(), b".script"].concat();
        let path = self.directory.join(os(component)).join(OsString::from_vec(file));
        self.run(token, &Program::new(path).name(os(script)).args(args.iter().map(os)));
    }

    /// Starts the debug hook for a script that hangs.
    fn debug(&mut self, token: Token, pid: i32, event: &Word) {
        match self.hook.clone() {
            Some(hook) => {
                self.run(token, &Program::new(hook).args([OsStr::new(&pid.to_string()), os(event)]))
            }
            None => self.tell(Input::Ended(token, How::Gone, Output::default())),
        }
    }

    fn run(&mut self, token: Token, program: &Program) {
        self.running.retain(|_, commands| !commands.is_closed());
        let mut program = program.clone().output_limit(self.output);
        for (name, value) in &self.env {
            program = program.env(name, value);
        }
        if let Some(base) = &self.base {
            // Without ctdbd it is perhaps systemd that has started this daemon.
            program = program.env("CTDB_BASE", base).without_private();
        }
        match program.start() {
            Ok(running) => {
                let (commands, to) = unbounded_channel();
                self.running.insert(token, commands);
                self.tell(Input::Started(token, running.pid()));
                tokio::spawn(watch(token, running, to, self.results.clone()));
            }
            Err(error) => {
                let how = match error {
                    StartError::Missing => How::Gone,
                    error => How::NotStarted(Errno(error.errno())),
                };
                self.tell(Input::Ended(token, how, Output::default()));
            }
        }
    }

    fn command(&self, token: Token, command: Command) {
        // One that has ended needs no command: its end is on its way.
        if let Some(commands) = self.running.get(&token) {
            let _ = commands.send(command);
        }
    }

    /// Ends a program and its group.
    pub fn end(&self, token: Token, grace: Duration) {
        self.command(token, Command::End(grace));
    }

    /// Changes the mode of a script.
    fn enable(&self, token: Token, component: &Word, file: &Word, on: bool) {
        let changed = enable(&self.directory.join(os(component)), file, on);
        self.tell(Input::Enabled(token, changed));
    }
}

/// Stays with a program until it has ended.
async fn watch(
    token: Token,
    mut running: Running,
    mut commands: UnboundedReceiver<Command>,
    results: UnboundedSender<Input>,
) {
    // One that is given up is not collected: the debug hook and the last signals still need its process id.
    let mut given_up = false;
    let ended = loop {
        tokio::select! {
            ended = running.wait(), if !given_up => break ended,
            command = commands.recv() => match command {
                Some(Command::Peek) => {
                    given_up = true;
                    let _ = results.send(Input::Printed(token, running.take_output()));
                }
                Some(Command::End(grace)) => break running.terminate(grace).await,
                // The daemon ends.
                None => return,
            },
        }
    };
    commands.close();
    let Ended { how, output: printed } = ended;
    let how = match how {
        process::How::Exit(status) => How::Exit(status),
        process::How::Signal(signal) => How::Signal(signal),
    };
    let _ = results.send(Input::Ended(token, how, printed));
}

/// The directories in a directory; a link counts as what it leads to.
fn components(directory: &Path) -> io::Result<Vec<Word>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        if fs::metadata(directory.join(&name)).is_ok_and(|meta| meta.is_dir()) {
            names.push(Word::from(name.as_bytes()));
        }
        // The core refuses so many.
        if names.len() > DIRECTORIES {
            break;
        }
    }
    Ok(names)
}

/// The scripts of a directory, and whether their owner may execute them; a link counts as what it leads to.
fn list(directory: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        if !is_script(name.as_bytes()) {
            continue;
        }
        // One that is gone by now, or leads nowhere, cannot be executed.
        let meta = fs::metadata(directory.join(&name));
        let enabled = meta.is_ok_and(|meta| meta.permissions().mode() & 0o100 != 0);
        entries.push(Entry { name: Word::from(name.as_bytes()), enabled });
        // The core refuses it; it need not see all of them for that.
        if entries.len() > SCRIPTS {
            break;
        }
    }
    Ok(entries)
}

/// As `event_script_chmod` does it: not through a link.
fn enable(directory: &Path, file: &Word, on: bool) -> Result<(), Errno> {
    let path = directory.join(os(file));
    let listed = fs::symlink_metadata(&path).map_err(|error| errno(&error))?;
    if !is_script(file.as_bytes()) {
        return Err(Errno::INVAL);
    }
    let options = File::options().read(true).write(true).custom_flags(nix::libc::O_NONBLOCK).open(&path);
    let opened = options.map_err(|error| errno(&error))?;
    let meta = opened.metadata().map_err(|error| errno(&error))?;
    if (meta.dev(), meta.ino()) != (listed.dev(), listed.ino()) {
        return Err(Errno::INVAL);
    }
    let mode = meta.permissions().mode();
    let mode = if on { mode | 0o111 } else { mode & !0o111 };
    opened.set_permissions(fs::Permissions::from_mode(mode)).map_err(|error| errno(&error))
}
