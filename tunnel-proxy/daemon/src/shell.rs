//! What the tunneld is beside the tunnel: its frame, its place among the daemons, its door, its programs. The tunnel itself
//! runs in a thread of its own (`carrier`).

use std::future::poll_fn;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bus_sockets::{Files, Receiver, TUNNEL_SOCKET};
use reactor::Mailer;
use runtime::frame::{Asked, Frame};
use runtime::presence::{Presence, Where};
use tracing::{info, warn};
use tunnel_core::{Event, Tunnel, messages};

use crate::carrier::{Carrier, Wish};
use crate::{key, station};

/// Under this word the tunneld says at `/health` that there is no ctdbd.
const CTDBD: &str = "ctdbd";

/// ... and while its key cannot be read.
const KEY: &str = "cluster key";

/// The status while there is no ctdbd.
const LOOKING: &str = "looking for ctdbd";

pub(crate) struct Shell {
    frame: Frame,
    carrier: Mailer<Wish>,
    /// Said on the command line, which the configuration does not change.
    peer_timeout: Option<Duration>,
    presence: Presence,
}

impl Shell {
    /// Runs until it is to stop.
    pub(crate) async fn run(
        tunnel: Tunnel,
        mut frame: Frame,
        peer_timeout: Option<Duration>,
        socket: PathBuf,
        dir: PathBuf,
        listen: Option<SocketAddr>,
    ) -> anyhow::Result<()> {
        let path = dir.join(TUNNEL_SOCKET);
        let receiver = match frame.sockets().datagram(&path) {
            Some(given) => Receiver::adopt(path.clone(), given, Files::Refuse),
            None => Receiver::bind(path.clone(), Files::Refuse),
        };
        let receiver = receiver.with_context(|| format!("cannot listen at {}", path.display()))?;
        let (carrier, (mailer, mut events)) = Carrier::new(tunnel, receiver, socket.clone(), dir.clone())?;
        let face = station::face(&mailer);
        let presence = Presence::join(&mut frame, (dir, listen), face, Where::Here).await?;
        presence.ill(CTDBD, Some("it was not reached yet".to_owned()));
        info!(bus = %path.display(), ctdbd = %socket.display(), "started");
        let thread = std::thread::Builder::new().name("tunnel".to_owned()).spawn(move || carrier.run())?;
        let mut shell = Self { frame, carrier: mailer, peer_timeout, presence };
        shell.frame.ready(LOOKING);
        loop {
            tokio::select! {
                asked = poll_fn(|cx| shell.frame.poll(cx)) => match asked {
                    Asked::Stop => break,
                    Asked::Reloaded(_) => shell.reloaded(),
                    Asked::Refused(why) => shell.presence.refused(Some(why)),
                },
                event = events.recv() => match event {
                    Some(event) => shell.event(&event),
                    None => bail!("the tunnel has ended by itself"),
                },
            }
        }
        shell.wish(Wish::Stop);
        while let Some(event) = events.recv().await {
            shell.event(&event);
        }
        if thread.join().is_err() {
            bail!("the tunnel did not end well");
        }
        shell.presence.stop().await;
        info!("stopped");
        Ok(())
    }

    fn wish(&self, wish: Wish) {
        if self.carrier.send(wish).is_err() {
            warn!("the tunnel does not listen");
        }
    }

    fn reloaded(&mut self) {
        match self.frame.section::<config::Tunneld>() {
            Ok(said) => {
                self.wish(Wish::PeerTimeout(self.peer_timeout.unwrap_or(said.peer_timeout)));
                match key::keys(&said) {
                    Ok(keys) => {
                        self.wish(Wish::Keys(keys));
                        self.presence.ill(KEY, None);
                    }
                    Err(why) => {
                        warn!(%why, "the keys stay as they were");
                        self.presence.ill(KEY, Some(why.to_string()));
                    }
                }
            }
            Err(error) => warn!(%error, "the section was judged good before"),
        }
        self.presence.reload(&self.frame);
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Attached(node) => {
                self.presence.set_node(node.0);
                self.presence.ill(CTDBD, None);
                self.frame.status(&format!("attached to ctdbd as node {node}"));
            }
            Event::Lost(reason) => {
                self.presence.ill(CTDBD, Some(reason.clone()));
                self.frame.status(LOOKING);
            }
            _ => {}
        }
        if let Some(event) = messages::announce(event) {
            self.presence.tell(event);
        }
    }
}
