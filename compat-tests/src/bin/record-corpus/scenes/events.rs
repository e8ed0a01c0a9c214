//! The event daemon: what ctdbd asks it from its start to its end, and `ctdb event` in between.
//!
//! A relay stands in front of the event daemon from the start on. What the C tool does by itself in the directory of the
//! scripts (list, enable, disable) never comes to the socket; the one command that the tool never sends comes from a
//! client here.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, ensure};
use bytes::Bytes;
use compat_tests::Builder;
use legacy_codec::event::{
    Answer, EventFrames, EventReply, EventRequest, Request, RunRequest, ScriptRequest, StatusRequest,
};
use legacy_codec::{Abi, DEFAULT_LIMIT, Prefixed, Text};

use super::Scene;
use super::addresses::given;
use crate::stage::{STEP, Stage};

pub(super) const EVENTS: Scene = Scene {
    name: "events",
    what: "events of a start, addresses, a recovery and an end; ctdb event with scripts that work, fail and hang",
    shows: &["RUN", "STATUS", "SCRIPT", "START_RECOVERY"],
    cluster,
    play: events,
};

/// Fails, or never ends, at events that ctdbd never asks for, so that the node is healthy.
const WORKS: &str = "#!/bin/sh\necho \"works: $*\"\n";
const FAILS: &str = "#!/bin/sh\n[ \"$1\" != failing ] || { echo 'no disk'; echo 'gives up' >&2; exit 3; }\n";
const HANGS: &str = "#!/bin/sh\n[ \"$1\" != hanging ] || { echo 'waits for ever'; sleep 600; }\n";

fn cluster(builder: Builder) -> Builder {
    builder
        .nodes(2)
        .record_events()
        .file("public_addresses", "10.99.0.1/24 lo\n10.99.0.2/24 lo\n")
        .file("events/legacy/00.works.script", WORKS)
        .file("events/legacy/20.fails.script", FAILS)
        .file("events/legacy/40.hangs.script", HANGS)
        .file("events/legacy/60.off.script", WORKS)
        .file("share/events/legacy/80.spare.script", WORKS)
}

fn events(stage: &Stage) -> anyhow::Result<()> {
    stage.wait_ctdb(0, "-X ip all", |text| given(text, 2))?;
    stage.ctdb(0, "event script disable legacy 60.off")?;
    let listed = stage.ctdb(0, "event script list legacy")?;
    ensure!(listed.contains("60.off"), "no script 60.off in {listed}");
    stage.ctdb(0, "event run 30 legacy quiet")?;
    stage.ctdb(0, "event run 30 legacy quiet with some arguments")?;
    stage.ctdb(0, "event status legacy quiet")?;
    fails(stage, "event run 30 legacy failing", "failed")?;
    fails(stage, "event status legacy failing", "no disk")?;
    fails(stage, "event run 1 legacy hanging", "timed out")?;
    fails(stage, "event status legacy hanging", "TIMEDOUT")?;
    fails(stage, "event status legacy never-run", "has never run")?;
    fails(stage, "event run 30 nobody quiet", "")?;
    stage.ctdb(0, "event script enable legacy 60.off")?;
    stage.ctdb(0, "event run 30 legacy quiet")?;
    stage.ctdb(0, "event status legacy monitor")?;
    by_hand(&stage.cluster.node(0).event_socket())?;
    stage.ctdb(0, "recover")?;
    stage.healthy()?;
    stage.cluster.node(0).shutdown()?;
    stage.cluster.node(1).wait_disconnected_of(0, STEP)?;
    stage.also_take(&stage.cluster.node(0).event_recording())
}

/// Runs the C tool, which has to fail and to say `why`.
fn fails(stage: &Stage, words: &str, why: &str) -> anyhow::Result<()> {
    let words: Vec<&str> = words.split_whitespace().collect();
    let output = stage.cluster.node(0).try_ctdb(&words)?;
    let said = format!("{}{}", output.stdout, output.stderr);
    ensure!(output.code != Some(0) && said.contains(why), "{words:?}: status {:?}, {said}", output.code);
    Ok(())
}

/// What the C tool never sends: scripts disabled and enabled by the daemon, a run that goes on behind a failure.
fn by_hand(socket: &Path) -> anyhow::Result<()> {
    let mut client = EventClient::connect(socket)?;
    let legacy = || Prefixed(Text::new("legacy"));
    let script = |name: &str, action| {
        Request::Script(ScriptRequest { component: legacy(), script: Prefixed(Text::new(name)), action })
    };
    let event = || Prefixed(Text::new("failing"));
    client.ask(script("60.off", 0), Some(0))?;
    let (args, timeout, flags) = (Prefixed(Text::new("on with it")), 30, 1);
    client
        .ask(Request::Run(RunRequest { component: legacy(), event: event(), args, timeout, flags }), None)?;
    let Answer::Status(status) =
        client.ask(Request::Status(StatusRequest { component: legacy(), event: event() }), Some(0))?
    else {
        anyhow::bail!("no status of a run that was just made")
    };
    ensure!(status.scripts.len() == 4 && status.summary != 0, "{status:?}");
    client.ask(script("60.off", 1), Some(0))?;
    client.ask(script("99.absent", 1), None)?;
    Ok(())
}

/// A client of the event daemon that waits for each answer.
struct EventClient {
    socket: UnixStream,
    frames: EventFrames,
    reqid: u32,
}

impl EventClient {
    fn connect(socket: &Path) -> anyhow::Result<Self> {
        let stream = UnixStream::connect(socket).with_context(|| socket.display().to_string())?;
        stream.set_read_timeout(Some(STEP))?;
        Ok(Self { socket: stream, frames: EventFrames::new(Abi::NATIVE, DEFAULT_LIMIT), reqid: 0 })
    }

    /// Asks, and returns the answer. `None` demands a failure.
    fn ask(&mut self, request: Request, result: Option<i32>) -> anyhow::Result<Answer> {
        self.reqid += 1;
        let (reqid, command) = (self.reqid, request.command());
        self.socket.write_all(&EventRequest { version: 0, reqid, request }.encode(Abi::NATIVE)?)?;
        let reply = EventReply::decode(&self.receive()?, Abi::NATIVE)?;
        ensure!((reply.reqid, reply.command) == (reqid, command), "{reply:?} answers something else");
        match result {
            Some(result) => ensure!(reply.result == result, "{command:?}: {reply:?}"),
            None => ensure!(reply.result != 0, "{command:?} went well: {reply:?}"),
        }
        Ok(reply.answer)
    }

    fn receive(&mut self) -> anyhow::Result<Bytes> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(frame) = self.frames.pop()? {
                return Ok(frame);
            }
            let len = self.socket.read(&mut buffer).context("no packet of the event daemon")?;
            ensure!(len > 0, "the event daemon closed the connection");
            self.frames.push(&buffer[..len]);
        }
    }
}
