//! What the tunneld is beside the tunnel: its frame, its place among the daemons, its door, its programs. The tunnel itself
//! runs in a thread of its own (`carrier`).

use std::future::poll_fn;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use bus_sockets::{Files, Receiver, TUNNEL_SOCKET};
use reactor::Mailer;
use runtime::callbacks::{Callbacks, from_settings};
use runtime::frame::{Asked, Frame};
use runtime::http::{Door, Limits, Places};
use tracing::{info, warn};
use tunnel_core::{Event, Tunnel};

use crate::carrier::{Carrier, Wish};
use crate::station;

/// The status while there is no ctdbd.
const LOOKING: &str = "looking for ctdbd";

pub(crate) struct Shell {
    frame: Frame,
    carrier: Mailer<Wish>,
    /// Said on the command line, which the configuration does not change.
    peer_timeout: Option<Duration>,
    station: runtime::Station,
    callbacks: Callbacks,
}

/// What the programs of callbacks have to end, when the daemon does: less than the frame gives it.
const CALLBACKS_END: Duration = Duration::from_secs(8);

impl Shell {
    /// Runs until it is to stop.
    pub(crate) async fn run(
        tunnel: Tunnel,
        mut frame: Frame,
        peer_timeout: Option<Duration>,
        socket: PathBuf,
        dir: PathBuf,
        (limits, places): (Limits, Option<Places>),
    ) -> anyhow::Result<()> {
        let path = dir.join(TUNNEL_SOCKET);
        let receiver = match frame.sockets().datagram(&path) {
            Some(given) => Receiver::adopt(path.clone(), given, Files::Refuse),
            None => Receiver::bind(path.clone(), Files::Refuse),
        };
        let receiver = receiver.with_context(|| format!("cannot listen at {}", path.display()))?;
        let (carrier, (mailer, mut events)) = Carrier::new(tunnel, receiver, socket.clone(), dir.clone())?;
        let station = station::open(&dir, &mailer)?;
        let callbacks = Callbacks::start(station.daemon().to_string(), frame.directory());
        let rows = from_settings(frame.settings())
            .map_err(|mistake| anyhow!("{}", config::Remark::from(mistake)))?;
        callbacks.configure(rows);
        station.run_callbacks(callbacks.clone());
        let open = places.map(|places| Door::open(station.clone(), &places, limits, frame.sockets()));
        let _door = open.transpose()?;
        tokio::spawn(station.clone().serve());
        if let Some(left) = frame.sockets().left() {
            warn!("sockets were handed over that nobody here needs: {left}");
        }
        info!(bus = %path.display(), ctdbd = %socket.display(), "started");
        let thread = std::thread::Builder::new().name("tunnel".to_owned()).spawn(move || carrier.run())?;
        let mut shell = Self { frame, carrier: mailer, peer_timeout, station, callbacks };
        shell.frame.ready(LOOKING);
        loop {
            tokio::select! {
                asked = poll_fn(|cx| shell.frame.poll(cx)) => match asked {
                    Asked::Stop => break,
                    Asked::Reloaded(_) => shell.reloaded(),
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
        shell.callbacks.stop(CALLBACKS_END).await;
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
            Ok(said) => self.wish(Wish::PeerTimeout(self.peer_timeout.unwrap_or(said.peer_timeout))),
            Err(error) => warn!(%error, "the section was judged good before"),
        }
        match from_settings(self.frame.settings()) {
            Ok(rows) => self.callbacks.configure(rows),
            Err(mistake) => {
                warn!(error = %config::Remark::from(mistake), "the sections were judged good before")
            }
        }
    }

    fn event(&self, event: &Event) {
        if let Event::Attached(node) = event {
            self.callbacks.set_node(Some(node.0));
        }
        station::tell(&self.station, event);
        match event {
            Event::Attached(node) => self.frame.status(&format!("attached to ctdbd as node {node}")),
            Event::Lost(_) => self.frame.status(LOOKING),
            _ => {}
        }
    }
}
