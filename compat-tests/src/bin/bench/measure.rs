//! What is measured: three ways of a message, four sizes, round trips and a flow in one direction, in turn.
//!
//! A cell is one way, one size, one kind. A round measures all three ways one after the other; a result is the list of
//! the rounds.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use bus::{Address, Daemon, Node};
use bytes::Bytes;
use compat_tests::Cluster;
use legacy_codec::SrvId;
use protocol::probe::{PROBE_NAME, ProbeBody, ProbeWhat};
use protocol::xdr::Xdr;

use crate::cpu;
use crate::daemon::BusEnd;
use crate::end::{ECHO, End, LAST, QUIT, SINK, serve};
use crate::plain::Plain;

/// Bytes of a message.
pub(crate) const SIZES: [usize; 4] = [8, 1 << 10, 64 << 10, 1 << 20];
/// How long round trips are repeated.
const ROUND_TRIPS: Duration = Duration::from_millis(250);
/// Bytes of a flow, at most, and messages, at most.
const FLOW: (usize, usize) = (48 << 20, 20_000);
const SRVIDS: [SrvId; 2] = [SrvId(0xBE4C_0000_0000_0000), SrvId(0xBE4C_0000_0000_0001)];

/// A way from node 0 to node 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Client, ctdbd, ctdbd, client.
    Plain,
    /// Daemon, tunneld, ctdbd, ctdbd, tunneld, daemon.
    Daemons,
    /// Daemon, tunneld, ctdbd, ctdbd, tunneld, which answers itself.
    Echo,
}

pub(crate) const WAYS: [Way; 3] = [Way::Plain, Way::Daemons, Way::Echo];

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Round trip: the median one. Flow: time per message.
    pub(crate) time: Duration,
    /// CPU time of both ctdbd for one message in one direction.
    pub(crate) ctdbd: Duration,
    /// The same for both tunnelds.
    pub(crate) tunneld: Duration,
}

/// All rounds of one size; the three ways of a round belong together.
pub(crate) struct Rows {
    pub(crate) size: usize,
    pub(crate) trips: Vec<[Sample; 3]>,
    /// Without [`Way::Echo`].
    pub(crate) flows: Vec<[Sample; 2]>,
}

/// Two nodes, and the clients on both.
pub(crate) struct Bench {
    // Dropped before the cluster, so that good-byes find somebody.
    plain: Plain,
    daemon: BusEnd,
    echo: BusEnd,
    servers: Vec<JoinHandle<anyhow::Result<()>>>,
    ctdbd: Vec<i32>,
    tunneld: Vec<i32>,
    _tunnelds: Vec<compat_tests::Daemon>,
    _cluster: Cluster,
}

fn named(name: &str) -> anyhow::Result<Daemon> {
    Ok(Daemon { name: name.parse()?, instance: 0 })
}

impl Bench {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let cluster = Cluster::builder().nodes(2).start()?;
        let tunnelds = (0..2).map(|pnn| cluster.start_tunneld(pnn)).collect::<Result<Vec<_>, _>>()?;
        for (node, tunneld) in cluster.nodes().iter().zip(&tunnelds) {
            tunneld.wait(Duration::from_secs(20), "the tunneld sees the other", || {
                let status = node.ctdbctl(&["tunnel", "status"]).map(|output| output.stdout);
                match status {
                    Ok(text) if text.contains(" up ") => Ok(()),
                    Ok(text) => Err(text),
                    Err(error) => Err(error.to_string()),
                }
            })?;
        }
        let (near, far) = (cluster.node(0), cluster.node(1));
        let name = named("bench")?;
        let to = |node, daemon| Address { node: Node(node), daemon };
        let mut far_plain = Plain::connect(&far.socket(), SRVIDS[1], (0, SRVIDS[0]))?;
        let mut far_daemon = BusEnd::connect(&far.bus_dir(), name, to(0, name))?;
        Ok(Self {
            plain: Plain::connect(&near.socket(), SRVIDS[0], (1, SRVIDS[1]))?,
            daemon: BusEnd::connect(&near.bus_dir(), name, to(1, name))?,
            echo: BusEnd::connect(&near.bus_dir(), named("bench-echo")?, to(1, named(PROBE_NAME)?))?,
            servers: vec![
                std::thread::spawn(move || serve(&mut far_plain)),
                std::thread::spawn(move || serve(&mut far_daemon)),
            ],
            ctdbd: cluster.nodes().iter().map(|node| node.pid()).collect::<Result<_, _>>()?,
            tunneld: tunnelds.iter().map(compat_tests::Daemon::pid).collect(),
            _tunnelds: tunnelds,
            _cluster: cluster,
        })
    }

    /// Measures everything.
    pub(crate) fn all(mut self, rounds: usize) -> anyhow::Result<Vec<Rows>> {
        let mut all = Vec::new();
        for size in SIZES {
            let mut rows = Rows { size, trips: Vec::new(), flows: Vec::new() };
            // The first round warms up and is not counted.
            for round in 0..=rounds {
                let [a, b, c] = WAYS.map(|way| self.trips(way, size));
                let [d, e] = [Way::Plain, Way::Daemons].map(|way| self.flow(way, size));
                let (trips, flows) = ([a?, b?, c?], [d?, e?]);
                if round > 0 {
                    rows.trips.push(trips);
                    rows.flows.push(flows);
                }
            }
            all.push(rows);
        }
        self.plain.send(Bytes::from_static(&[QUIT]))?;
        self.daemon.send(Bytes::from_static(&[QUIT]))?;
        for server in std::mem::take(&mut self.servers) {
            server.join().map_err(|_| anyhow::anyhow!("a far end panicked"))??;
        }
        Ok(all)
    }

    fn end(&mut self, way: Way) -> &mut dyn End {
        match way {
            Way::Plain => &mut self.plain,
            Way::Daemons => &mut self.daemon,
            Way::Echo => &mut self.echo,
        }
    }

    /// Runs `what`, which carries so many messages in one direction as it returns, and adds CPU times.
    fn sample(
        &mut self,
        way: Way,
        what: impl FnOnce(&mut Self) -> anyhow::Result<(Duration, u32)>,
    ) -> anyhow::Result<Sample> {
        let used = |pids: &[i32]| pids.iter().map(|pid| cpu::used(*pid)).sum::<anyhow::Result<Duration>>();
        let before = (used(&self.ctdbd)?, used(&self.tunneld)?);
        let (time, messages) = what(self)?;
        let each = |time: Duration| time / messages.max(1);
        let ctdbd = each(used(&self.ctdbd)?.saturating_sub(before.0));
        let tunneld = each(used(&self.tunneld)?.saturating_sub(before.1));
        // It has carried them, so a figure of nothing was measured elsewhere.
        ensure!(!matches!(way, Way::Daemons) || !tunneld.is_zero(), "the tunneld has not run");
        Ok(Sample { time, ctdbd, tunneld })
    }

    fn trips(&mut self, way: Way, size: usize) -> anyhow::Result<Sample> {
        let (body, answer) = question(way, size)?;
        self.sample(way, |bench| {
            let end = bench.end(way);
            let (start, mut times) = (Instant::now(), Vec::new());
            while start.elapsed() < ROUND_TRIPS {
                let sent = Instant::now();
                end.send(body.clone())?;
                let back = end.receive()?.with_context(|| format!("{way:?}, {size} bytes: no answer"))?;
                times.push(sent.elapsed());
                ensure!(back == answer, "{way:?}: other bytes came back");
            }
            times.sort_unstable();
            let median = times[times.len() / 2];
            Ok((median, 2 * u32::try_from(times.len())?))
        })
    }

    fn flow(&mut self, way: Way, size: usize) -> anyhow::Result<Sample> {
        let count = (FLOW.0 / size).min(FLOW.1);
        let body = filled(SINK, size);
        self.sample(way, |bench| {
            let end = bench.end(way);
            let start = Instant::now();
            for _ in 1..count {
                end.send(body.clone())?;
            }
            end.send(filled(LAST, size))?;
            let deadline = start + Duration::from_secs(60);
            let answer = loop {
                match end.receive()? {
                    Some(answer) => break answer,
                    None if Instant::now() < deadline => {}
                    None => bail!("{way:?}, {size} bytes: the flow did not end"),
                }
            };
            let time = start.elapsed();
            ensure!(*answer == u64::try_from(count)?.to_be_bytes(), "{way:?}: messages are missing");
            let count = u32::try_from(count)?;
            Ok((time / count, count))
        })
    }
}

fn filled(verb: u8, size: usize) -> Bytes {
    let mut body = vec![0x5a; size];
    body[0] = verb;
    Bytes::from(body)
}

fn question(way: Way, size: usize) -> anyhow::Result<(Bytes, Bytes)> {
    let data = filled(ECHO, size);
    Ok(match way {
        Way::Plain | Way::Daemons => (data.clone(), data),
        Way::Echo => {
            let body = |what| ProbeBody { id: 1, what }.to_bytes();
            (body(ProbeWhat::Echo(data.clone()))?, body(ProbeWhat::EchoAnswer(data))?)
        }
    })
}
