//! `capture replay`: the clients of a recording once more, against a ctdbd that lives.
//!
//! What to send and how to compare is said by `captures::replay`; here are the sockets. An answer that does not come is
//! a difference. A recording of clients that changed something changes it again.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use captures::replay::{Replay, Step};
use clap::Args;
use legacy_codec::{Abi, DEFAULT_LIMIT, FrameBuf, Framing, Packet};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::FileArgs;
use super::diff::Place;
use crate::args::Settings;
use crate::error::{Error, seconds};
use crate::exit::Exit;

/// Between two times of asking for a state.
const PAUSE: Duration = Duration::from_millis(50);

/// Arguments of `capture replay`.
#[derive(Args, Clone, Debug)]
#[command(after_help = HELP)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    file: FileArgs,

    /// Send each request as soon as may be, not at its time in the recording
    #[arg(long)]
    fast: bool,
}

/// How the answers compare with the recorded ones.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Replayed {
    pub(crate) clients: usize,
    pub(crate) requests: usize,
    pub(crate) answers: usize,
    /// Answers that are the same in every part.
    pub(crate) same: usize,
    /// Answers that differ only where that is to be expected.
    pub(crate) explained: usize,
    /// Questions that had the recorded answer only when they were asked again.
    pub(crate) settled: usize,
    /// Messages of the recording: nobody asked for them, so they are not waited for.
    pub(crate) messages: usize,
    pub(crate) different: Vec<Other>,
    pub(crate) expected: Vec<Expected>,
    /// What of the recording could not be read, and so was not played.
    pub(crate) remarks: Vec<String>,
}

/// An answer that differs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Other {
    pub(crate) packet: usize,
    pub(crate) question: String,
    pub(crate) differences: Vec<Place>,
    /// Why there is no answer to compare.
    pub(crate) error: Option<String>,
}

/// Differences that have a reason, by reason.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Expected {
    pub(crate) why: String,
    pub(crate) places: usize,
}

impl Replayed {
    pub(crate) fn status(&self) -> Exit {
        if self.different.is_empty() { Exit::Done } else { Exit::No }
    }
}

/// Plays a recording.
pub(crate) async fn replay(settings: &Settings, args: &ReplayArgs) -> Result<Replayed, Error> {
    let capture = args.file.read()?;
    let replay = Replay::new(&capture);
    if !capture.events.is_empty() {
        let message = "packets of an event daemon are not replayed: what they ask runs scripts".into();
        return Err(Error::NoCapture { path: args.file.file.clone(), message });
    }
    if replay.clients == 0 {
        let unread: String = super::remarks(&capture).iter().map(|remark| format!(" ({remark})")).collect();
        let message = format!("no client's session in it{unread}; record one with 'ctdbctl capture record'");
        return Err(Error::NoCapture { path: args.file.file.clone(), message });
    }
    let mut played = Replayed {
        clients: replay.clients,
        messages: replay.messages,
        remarks: super::remarks(&capture),
        ..Replayed::default()
    };
    let mut reasons = BTreeMap::<&'static str, usize>::new();
    let mut clients = BTreeMap::<SocketAddr, Client>::new();
    let start = Instant::now();
    for (time, step) in &replay.steps {
        if !args.fast && matches!(step, Step::Open(_) | Step::Send(..)) {
            sleep_until(start + *time).await;
        }
        match step {
            Step::Open(client) => {
                clients.insert(*client, Client::connect(&settings.socket).await?);
            }
            Step::Send(client, packet) => {
                played.requests += 1;
                if let Some(client) = clients.get_mut(client) {
                    client.send(packet, settings.timeout).await;
                }
            }
            Step::Expect { client, reqid, recorded } => {
                let Some(client) = clients.get_mut(client) else { continue };
                let (answer, settled) = ask(client, &replay, *reqid, *recorded, settings.timeout).await;
                played.settled += usize::from(settled);
                played.judge(&replay, *recorded, answer, &mut reasons);
            }
            Step::Close(client) => {
                clients.remove(client);
            }
        }
    }
    played.expected =
        reasons.into_iter().map(|(why, places)| Expected { why: why.to_owned(), places }).collect();
    Ok(played)
}

/// Waits for an answer. A state that is not the recorded one is asked for again, as long as an answer may take; says
/// whether that helped.
async fn ask(
    client: &mut Client,
    replay: &Replay<'_>,
    reqid: u32,
    recorded: usize,
    patience: Duration,
) -> (Result<Bytes, String>, bool) {
    let end = Instant::now() + patience;
    let mut answer = client.answer(reqid, patience).await;
    let as_recorded = |answer: &Result<Bytes, String>| {
        let Ok(answer) = answer else { return true };
        replay.judge(recorded, answer).is_none_or(|verdict| verdict.unexplained().next().is_none())
    };
    let Some(request) = replay.settling(recorded) else { return (answer, false) };
    let mut again = false;
    while !as_recorded(&answer) && Instant::now() < end {
        again = true;
        sleep(PAUSE).await;
        client.send(request, patience).await;
        answer = client.answer(reqid, patience).await;
    }
    let settled = again && answer.is_ok() && as_recorded(&answer);
    (answer, settled)
}

impl Replayed {
    fn judge(
        &mut self,
        replay: &Replay<'_>,
        recorded: usize,
        answer: Result<Bytes, String>,
        reasons: &mut BTreeMap<&'static str, usize>,
    ) {
        let other = |differences, error| Other {
            packet: recorded,
            question: replay.question(recorded),
            differences,
            error,
        };
        let verdict = match answer {
            Ok(answer) => {
                self.answers += 1;
                replay.judge(recorded, &answer)
            }
            Err(e) => {
                self.different.push(other(Vec::new(), Some(e)));
                return;
            }
        };
        let Some(verdict) = verdict else { return };
        for why in verdict.differences.iter().filter_map(|difference| difference.expected) {
            *reasons.entry(why).or_default() += 1;
        }
        let unexplained: Vec<_> = verdict.unexplained().cloned().map(Place::from).collect();
        if !unexplained.is_empty() {
            self.different.push(other(unexplained, None));
        } else if verdict.differences.is_empty() {
            self.same += 1;
        } else {
            self.explained += 1;
        }
    }
}

/// One client's connection.
struct Client {
    stream: UnixStream,
    frames: FrameBuf,
    /// Answers that came before they were waited for.
    early: BTreeMap<u32, Bytes>,
    /// Why nothing more can be sent or heard.
    lost: Option<String>,
}

impl Client {
    async fn connect(socket: &Path) -> Result<Self, Error> {
        let stream = UnixStream::connect(socket).await.map_err(|e| Error::NoCtdbd {
            message: format!("{}: {e}; is ctdbd running, and is this its socket?", socket.display()),
            code: "no_ctdbd",
            exit: Exit::NoDaemon,
        })?;
        let frames = FrameBuf::new(Abi::NATIVE, Framing::Client, DEFAULT_LIMIT);
        Ok(Self { stream, frames, early: BTreeMap::new(), lost: None })
    }

    async fn send(&mut self, packet: &[u8], patience: Duration) {
        if self.lost.is_some() {
            return;
        }
        match timeout(patience, self.stream.write_all(packet)).await {
            Ok(Ok(())) => {}
            Ok(Err(e)) => self.lost = Some(format!("the connection was lost: {e}")),
            Err(_) => self.lost = Some(format!("the daemon takes no request within {}", seconds(patience))),
        }
    }

    async fn answer(&mut self, reqid: u32, patience: Duration) -> Result<Bytes, String> {
        let heard = timeout(patience, self.listen(reqid)).await;
        heard.unwrap_or_else(|_| Err(format!("no answer within {}", seconds(patience))))
    }

    async fn listen(&mut self, reqid: u32) -> Result<Bytes, String> {
        loop {
            while let Some(packet) = self.frames.pop().map_err(|e| e.to_string())? {
                let header = Packet::decode(&packet, Abi::NATIVE).map_err(|e| e.to_string())?;
                if is_answer(&header) {
                    self.early.insert(header.header.reqid.0, packet);
                }
            }
            if let Some(packet) = self.early.remove(&reqid) {
                return Ok(packet);
            }
            if let Some(lost) = &self.lost {
                return Err(lost.clone());
            }
            match self.stream.read_buf(self.frames.spare_mut()).await {
                Ok(1..) => {}
                Ok(0) => self.lost = Some("the daemon closed the connection".into()),
                Err(e) => self.lost = Some(format!("the connection was lost: {e}")),
            }
        }
    }
}

/// Whether somebody asked for it: everything but messages and packets in tunnels.
fn is_answer(packet: &Packet) -> bool {
    use legacy_codec::Operation;
    !matches!(packet.body, Operation::ReqMessage(_) | Operation::ReqTunnel(_))
}

/// What the help says below the arguments.
pub(crate) const HELP: &str = "\
Requests are sent as they were recorded: what changed something changes it again.
Differences in times, process ids, generations and the like are expected and only counted.
Recordings of the event daemon's socket are not replayed.";
