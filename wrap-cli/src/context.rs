//! What a command has at hand: its settings, and the connections that commands of one run share.
//!
//! A connection is made when the first command wants it and is kept for the next, so that a batch of commands has one. A
//! connection that broke is made anew for the next command.

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::ops::Deref;
use std::path::PathBuf;
use std::rc::Rc;

use runtime::Bus;

use crate::args::Settings;
use crate::backend::legacy::{Legacy, Link};
use crate::backend::native;
use crate::error::Error;
use crate::nodes::{Item, NodeList};

/// Connections of one run of the program.
#[derive(Default)]
pub(crate) struct Connections {
    ctdbd: RefCell<Option<(PathBuf, Rc<Link>)>>,
    bus: RefCell<Option<(PathBuf, Bus)>>,
}

/// The surroundings of one command.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) settings: Rc<Settings>,
    /// Whether standard input is a list of commands, or a prompt.
    pub(crate) takes_commands: bool,
    connections: Rc<Connections>,
}

impl Deref for Context {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}

impl Context {
    /// For a command with these settings.
    pub(crate) fn new(settings: Settings, connections: &Rc<Connections>, takes_commands: bool) -> Self {
        Self { settings: Rc::new(settings), takes_commands, connections: Rc::clone(connections) }
    }

    /// The cluster as the local ctdbd tells it.
    pub(crate) async fn ctdbd(&self) -> Result<Legacy, Error> {
        let kept = self.connections.ctdbd.borrow().clone();
        if let Some((socket, link)) = kept
            && socket == self.settings.socket
            && link.is_still_up().await
        {
            return Ok(Legacy::over(link, self.settings.timeout));
        }
        let link = Rc::new(Link::connect(&self.settings).await?);
        *self.connections.ctdbd.borrow_mut() = Some((self.settings.socket.clone(), Rc::clone(&link)));
        Ok(Legacy::over(link, self.settings.timeout))
    }

    /// The bus of this node.
    pub(crate) fn bus(&self) -> Result<Bus, Error> {
        let kept = self.connections.bus.borrow().clone();
        if let Some((dir, bus)) = kept
            && dir == self.settings.run_dir
            && dir.is_dir()
        {
            return Ok(bus);
        }
        let bus = native::join(&self.settings)?;
        *self.connections.bus.borrow_mut() = Some((self.settings.run_dir.clone(), bus.clone()));
        Ok(bus)
    }

    /// The nodes that a command is about, in words.
    pub(crate) fn whom(&self) -> String {
        match &self.settings.nodes {
            None => "this node".into(),
            Some(NodeList::All) => "all nodes".into(),
            Some(list) => format!("node {list}"),
        }
    }

    /// For the same command at one node.
    pub(crate) fn at(&self, pnn: u32) -> Self {
        let mut settings = Settings::clone(&self.settings);
        settings.nodes = Some(NodeList::Items(vec![Item::Range(pnn, pnn)]));
        Self { settings: Rc::new(settings), ..self.clone() }
    }

    /// Lets the person at the terminal decide about something that cannot be undone. Elsewhere `--yes` decides.
    pub(crate) fn confirm(&self, what: &str) -> Result<(), Error> {
        if self.settings.yes {
            return Ok(());
        }
        let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if !terminal {
            return Err(Error::NeedsYes { what: what.into() });
        }
        let mut line = String::new();
        let asked = write!(std::io::stderr(), "{what} Type 'yes' to go on: ")
            .and_then(|()| std::io::stderr().flush());
        let read = asked.and_then(|()| std::io::stdin().read_line(&mut line));
        if read.is_ok() && line.trim() == "yes" { Ok(()) } else { Err(Error::NotConfirmed) }
    }
}
