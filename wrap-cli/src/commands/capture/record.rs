//! `capture record`: a relay between clients and the socket of ctdbd, or of its event daemon, that keeps every packet.
//!
//! Bytes are passed on as they come, whatever they are; only whole packets are kept, one record each, in order of
//! their last byte. A packet is in the file before it is passed on. The recording is whole after every packet and is
//! never put in place of a file that exists.

use std::fs::{File, OpenOptions, Permissions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use captures::write::{client_address, event_record, event_section, record as record_of, section};
use captures::{DAEMON, Origin, Timestamp};
use clap::{Args, ValueEnum};
use legacy_codec::event::EventFrames;
use legacy_codec::{Abi, DEFAULT_LIMIT, FrameBuf, Framing};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use crate::app::note;
use crate::args::Settings;
use crate::error::Error;

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;

/// Arguments of `capture record`.
#[derive(Args, Clone, Debug)]
#[command(after_help = HELP)]
pub(crate) struct RecordArgs {
    /// Socket to make for the clients: name it to them by CTDB_SOCKET
    #[arg(long, value_name = "SOCKET")]
    listen: PathBuf,

    /// Socket of the daemon [default: that of --socket; none for eventd]
    #[arg(long, value_name = "SOCKET")]
    connect: Option<PathBuf>,

    /// File to write: pcapng, opens in Wireshark
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Whose socket it is: ctdbd, or eventd for eventd.socket
    #[arg(long, value_name = "DAEMON", value_enum, default_value = "ctdbd")]
    protocol: Protocol,

    /// End when this many clients have come and gone [default: at SIGINT or SIGTERM]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    clients: Option<u32>,
}

/// Whose packets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Protocol {
    // Ordinary comments keep the help short. Packets with a header and padding.
    Ctdbd,
    // Packets of the event daemon, which have another header.
    Eventd,
}

/// What was kept.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Recorded {
    pub(crate) file: String,
    pub(crate) clients: u32,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    /// Bytes that were passed on and are in no packet.
    pub(crate) not_recorded: u64,
}

/// Relays until it is told to end.
pub(crate) async fn record(settings: &Settings, args: &RecordArgs) -> Result<Recorded, Error> {
    let to = match (&args.connect, args.protocol) {
        (Some(socket), _) => socket.clone(),
        (None, Protocol::Ctdbd) => settings.socket.clone(),
        (None, Protocol::Eventd) => {
            return Err(Error::Words(
                "--protocol eventd needs --connect: the event daemon's own socket".into(),
            ));
        }
    };
    let log = Log::create(&args.out, args.protocol)?;
    let listener = Listener::bind(&args.listen)?;
    note(settings, format_args!("clients of {} are passed on to {}", args.listen.display(), to.display()));
    let ended = |e| Error::file(&args.listen, &e);
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt()).map_err(ended)?, signal(SignalKind::terminate()).map_err(ended)?);
    let log = Arc::new(Mutex::new(log));
    let (mut clients, mut gone, mut relays) = (0, 0, JoinSet::new());
    while args.clients.is_none_or(|wanted| gone < wanted) {
        let room = args.clients.is_none_or(|wanted| clients < wanted);
        tokio::select! {
            accepted = listener.socket.accept(), if room => {
                let (client, _) = accepted.map_err(|e| Error::file(&args.listen, &e))?;
                relays.spawn(relay(client, to.clone(), log.clone(), args.protocol, clients));
                clients += 1;
            }
            Some(ended) = relays.join_next() => {
                gone += 1;
                if let Ok(Err(e)) = ended {
                    return Err(e);
                }
            }
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
        }
    }
    relays.shutdown().await;
    let log = log.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Recorded { clients, ..log.recorded.clone() })
}

/// A socket that is taken away with the program that made it.
struct Listener {
    socket: UnixListener,
    path: PathBuf,
}

impl Listener {
    fn bind(path: &Path) -> Result<Self, Error> {
        let socket = UnixListener::bind(path).map_err(|e| Error::file(path, &e))?;
        let listener = Self { socket, path: path.into() };
        // As ctdbd's own socket: for its user only.
        std::fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(|e| Error::file(path, &e))?;
        Ok(listener)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Somebody else may have taken it away already.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The file, and what is in it.
struct Log {
    file: File,
    path: PathBuf,
    protocol: Protocol,
    recorded: Recorded,
}

impl Log {
    fn create(path: &Path, protocol: Protocol) -> Result<Self, Error> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = file.map_err(|e| Error::file(path, &e))?;
        let section = match protocol {
            Protocol::Ctdbd => section,
            Protocol::Eventd => event_section,
        };
        let head = section(concat!("ctdbctl ", env!("CARGO_PKG_VERSION")));
        file.write_all(&head).map_err(|e| Error::file(path, &e))?;
        let recorded = Recorded { file: path.display().to_string(), ..Recorded::default() };
        Ok(Self { file, path: path.into(), protocol, recorded })
    }

    fn packet(&mut self, way: &Way, packet: &Bytes) -> Result<(), Error> {
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
        let time = Timestamp::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let write = match self.protocol {
            Protocol::Ctdbd => record_of,
            Protocol::Eventd => event_record,
        };
        let record = write(time, way.src, way.dst, &way.origin, packet)
            .map_err(|e| Error::NoCapture { path: self.path.clone(), message: e.to_string() })?;
        self.file.write_all(&record).map_err(|e| Error::file(&self.path, &e))?;
        self.recorded.packets += 1;
        self.recorded.bytes += u64::try_from(packet.len()).unwrap_or(u64::MAX);
        Ok(())
    }
}

/// One direction of one client.
struct Way {
    src: SocketAddr,
    dst: SocketAddr,
    origin: Origin,
    /// `None` once bytes came that are no packets.
    frames: Option<Frames>,
    log: Arc<Mutex<Log>>,
}

impl Way {
    fn new(
        src: SocketAddr,
        dst: SocketAddr,
        origin: Origin,
        log: Arc<Mutex<Log>>,
        protocol: Protocol,
    ) -> Self {
        let frames = Some(Frames::new(protocol));
        Self { src, dst, origin, frames, log }
    }

    /// Keeps the packets that are whole with these bytes.
    fn keep(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let log = self.log.clone();
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(frames) = &mut self.frames else {
            log.recorded.not_recorded += u64::try_from(bytes.len()).unwrap_or(0);
            return Ok(());
        };
        frames.push(bytes);
        let mut packets = Vec::new();
        let lost = loop {
            match frames.pop() {
                Ok(Some(packet)) => packets.push(packet),
                Ok(None) => break None,
                Err(Unframed { fatal: true }) => break Some(frames.len()),
                Err(Unframed { fatal: false }) => {}
            }
        };
        packets.iter().try_for_each(|packet| log.packet(self, packet))?;
        if let Some(lost) = lost {
            log.recorded.not_recorded += u64::try_from(lost).unwrap_or(0);
            self.frames = None;
        }
        Ok(())
    }
}

/// Bytes on their way to be packets.
enum Frames {
    Ctdbd(FrameBuf),
    Eventd(EventFrames),
}

/// Bytes that are no packet.
struct Unframed {
    /// Whether nothing behind them can be either.
    fatal: bool,
}

impl Frames {
    fn new(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Ctdbd => Self::Ctdbd(FrameBuf::new(Abi::NATIVE, Framing::Client, DEFAULT_LIMIT)),
            Protocol::Eventd => Self::Eventd(EventFrames::new(Abi::NATIVE, DEFAULT_LIMIT)),
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::Ctdbd(frames) => frames.push(Bytes::copy_from_slice(bytes)),
            Self::Eventd(frames) => frames.push(bytes),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Ctdbd(frames) => frames.len(),
            Self::Eventd(frames) => frames.len(),
        }
    }

    fn pop(&mut self) -> Result<Option<Bytes>, Unframed> {
        match self {
            Self::Ctdbd(frames) => frames.pop().map_err(|rejected| Unframed { fatal: rejected.fatal }),
            Self::Eventd(frames) => frames.pop().map_err(|_| Unframed { fatal: true }),
        }
    }
}

/// Serves one client until one of the two ends is gone. Only a file that cannot be written ends the recording.
async fn relay(
    client: UnixStream,
    to: PathBuf,
    log: Arc<Mutex<Log>>,
    protocol: Protocol,
    number: u32,
) -> Result<(), Error> {
    let pid = client.peer_cred().ok().and_then(|peer| peer.pid()).and_then(|pid| u32::try_from(pid).ok());
    let origin = Origin::socket(&to.display().to_string(), pid);
    // To the client this looks as a daemon that closes at once.
    let Ok(daemon) = UnixStream::connect(&to).await else { return Ok(()) };
    let address = client_address(number);
    let requests = Way::new(address, DAEMON, origin.clone(), log.clone(), protocol);
    let answers = Way::new(DAEMON, address, origin, log, protocol);
    let (from_client, to_client) = client.into_split();
    let (from_daemon, to_daemon) = daemon.into_split();
    let mut asking = std::pin::pin!(pump(from_client, to_daemon, requests));
    let mut answering = std::pin::pin!(pump(from_daemon, to_client, answers));
    tokio::select! {
        done = &mut answering => done,
        // What the daemon still has to say is passed on.
        done = &mut asking => match done {
            Ok(()) => answering.await,
            Err(e) => Err(e),
        },
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut way: Way) -> Result<(), Error> {
    let mut buffer = BytesMut::with_capacity(CHUNK);
    loop {
        buffer.clear();
        match from.read_buf(&mut buffer).await {
            Ok(1..) => way.keep(&buffer)?,
            // The other end learns it as its socket is shut down, or dropped.
            Ok(0) | Err(_) => break,
        }
        if to.write_all(&buffer).await.is_err() {
            break;
        }
    }
    let _gone = to.shutdown().await;
    Ok(())
}

/// What the help says below the arguments.
pub(crate) const HELP: &str = "\
Clients connect to the new socket instead of ctdbd's own:
  ctdbctl capture record --listen /tmp/relay --connect /run/ctdb/ctdbd.socket --out x.pcapng &
  CTDB_SOCKET=/tmp/relay ctdb status

ctdbd sees the process of this relay as the client, not the one behind it. What depends on the
process of a client goes wrong: PROCESS_EXISTS and CHECK_PID_SRVID know the relay only, so that
other nodes take the locks and records of a client behind it for abandoned. Never put it in front of smbd, winbindd or anything else that serves users.

The socket of the event daemon is recorded with --protocol eventd. No variable names another one to
its clients, so move eventd.socket aside, let the relay listen in its place and connect to it there,
and move it back afterwards. ctdbd itself connects once, when it starts.

Recordings hold record keys and contents: the file is readable by its owner only.";
