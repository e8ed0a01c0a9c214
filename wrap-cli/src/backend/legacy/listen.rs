//! Messages for whoever waits for them: a connection has one queue of events, commands may listen to several srvids.
//!
//! A task of its own empties the queue and passes each message on to those that listen to its srvid. Who does not keep up
//! loses the oldest; what is waited for here is repeated by its sender or asked for again.

use std::sync::Arc;

use legacy_client::{Client, Event, Message};
use legacy_codec::SrvId;
use tokio::sync::broadcast::{self, error::RecvError};

use super::Legacy;
use crate::error::Failure;

/// Messages that wait for a listener that is busy.
const WAITING: usize = 256;

/// Everybody who listens on one connection.
pub(crate) struct Listeners {
    events: broadcast::Sender<Arc<Event>>,
}

impl Listeners {
    /// Takes over the queue of a connection.
    pub(super) fn start(client: Client) -> Self {
        let (events, _) = broadcast::channel(WAITING);
        let out = events.clone();
        tokio::spawn(async move {
            while let Some(event) = client.next_event().await {
                // Nobody may be listening just now.
                let _nobody = out.send(Arc::new(event));
            }
        });
        Self { events }
    }
}

/// Somebody who listens to one srvid.
pub(crate) struct Listening {
    client: Client,
    srvid: SrvId,
    events: broadcast::Receiver<Arc<Event>>,
}

impl Legacy {
    /// Listens to a srvid from now on.
    pub(super) async fn listen(&self, srvid: SrvId) -> Result<Listening, Failure> {
        let events = self.link.listeners.events.subscribe();
        self.link.client.subscribe(srvid).await.map_err(|e| self.failure(e))?;
        Ok(Listening { client: self.link.client.clone(), srvid, events })
    }
}

impl Listening {
    /// The next message.
    pub(super) async fn next(&mut self) -> Result<Message, Failure> {
        loop {
            match self.events.recv().await {
                Ok(event) => match &*event {
                    Event::Message(message) if message.srvid == self.srvid => return Ok(message.clone()),
                    Event::Down { reason } => return Err(Failure::Lost(reason.to_string())),
                    _ => {}
                },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Err(Failure::Lost("the connection has ended".into())),
            }
        }
    }

    /// Listens no more.
    pub(super) async fn end(self) {
        self.client.unsubscribe(self.srvid).await;
    }
}
