//! Who does what on a node, and so which back end is asked: the only place that decides it.
//!
//! A command asks its [`Context`] for the function that it needs, and gets what answers for it. A function that a new daemon
//! can have belongs to the new daemon of the node where it is on the bus; all else is ctdbd's.

use std::rc::Rc;

use bus::Node;
use protocol::interface::Service;
use protocol::services::event;

use super::databases::Records;
use super::{Addresses, Events, Nodes, Tunables, Whole, legacy, native};
use crate::app::note;
use crate::context::Context;
use crate::error::Error;
use crate::host::paths;

/// Whom a function of a node belongs to.
enum Owner {
    /// A daemon of C, on this node.
    Legacy,
    /// The new daemon of a node.
    Native(Node),
}

impl Context {
    /// The owner of a function that a new daemon can have, on the node that `-n` names. No daemon of C answers for it on
    /// another node than its own.
    async fn owner(&self, service: &Service) -> Result<Owner, Error> {
        let node = native::node(self).await?;
        let is_legacy = node == Node::LOCAL && !native::is_here(&self.settings.run_dir, service);
        Ok(if is_legacy { Owner::Legacy } else { Owner::Native(node) })
    }

    /// The cluster as a whole.
    pub(crate) async fn cluster(&self) -> Result<Rc<dyn Whole>, Error> {
        Ok(Rc::new(self.ctdbd().await?))
    }

    /// Its nodes, one by one.
    pub(crate) async fn nodes(&self) -> Result<Rc<dyn Nodes>, Error> {
        Ok(Rc::new(self.ctdbd().await?))
    }

    /// The settings of its running daemons.
    pub(crate) async fn tunables(&self) -> Result<Rc<dyn Tunables>, Error> {
        Ok(Rc::new(self.ctdbd().await?))
    }

    /// Its public addresses.
    pub(crate) async fn addresses(&self) -> Result<Rc<dyn Addresses>, Error> {
        Ok(Rc::new(self.ctdbd().await?))
    }

    /// Its databases and their records.
    pub(crate) async fn databases(&self) -> Result<Rc<dyn Records>, Error> {
        Ok(Rc::new(self.ctdbd().await?))
    }

    /// The events of the node that `-n` names, or of this one.
    pub(crate) async fn events(&self) -> Result<Rc<dyn Events>, Error> {
        let settings = &self.settings;
        match self.owner(&event::SERVICE).await? {
            Owner::Legacy => {
                let socket = paths::eventd_socket(&settings.socket);
                note(settings, format_args!("the event daemon at {} is asked", socket.display()));
                Ok(Rc::new(legacy::eventd::Eventd::at(&socket, settings.timeout)))
            }
            Owner::Native(node) => {
                let whose = if node == Node::LOCAL { "this node".to_owned() } else { format!("node {node}") };
                let bus = settings.run_dir.display();
                note(settings, format_args!("ctdb-eventd of {whose} is asked on the bus in {bus}"));
                Ok(Rc::new(native::Eventd::of(node, self)?))
            }
        }
    }
}
