//! The whole way from a file to decoded packets, and the account of what was lost on it.
//!
//! Reads a file once, in memory; keeps no file open and writes nothing. Packets come out by time. Whatever cannot be
//! decoded is kept as bytes with its error: a capture shows what was sent, right or wrong.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use legacy_codec::{Abi, Packet};
use pcap_parser::Linktype;

use crate::carried::Unread;
use crate::events::EventPacket;
use crate::exported::{self, Exported, Kind};
use crate::file::{Record, Records};
use crate::frames::Frames;
use crate::link::segment;
use crate::tcp::{Event, Stream};
use crate::{Error, Origin, Timestamp};

/// What to look for in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// TCP port of the nodes.
    pub port: u16,
    /// Machine type of the nodes; `None`: 64-bit, with the byte order of each connection.
    pub abi: Option<Abi>,
}

impl Default for Options {
    fn default() -> Self {
        Self { port: 4379, abi: None }
    }
}

/// One packet as it was sent.
#[derive(Clone, Debug)]
pub struct Captured {
    /// When its last byte was captured.
    pub time: Timestamp,
    /// Who sent it.
    pub src: SocketAddr,
    /// Who was to receive it.
    pub dst: SocketAddr,
    /// Where it was seen. Packets of a socket have addresses that stand for their ends.
    pub origin: Origin,
    /// Machine type it was decoded for.
    pub abi: Abi,
    /// What it says.
    pub packet: Result<Packet, legacy_codec::Error>,
    /// Its bytes, header and padding included.
    pub raw: Bytes,
}

/// What a reading met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records in the file.
    pub records: usize,
    /// TCP segments of the port, and exported packets.
    pub segments: usize,
    /// Whole packets.
    pub packets: usize,
    /// Whole packets that could not be decoded.
    pub undecodable: usize,
    /// Places where bytes of a stream are missing, a start in mid-stream included.
    pub gaps: usize,
    /// Bytes of streams and exported packets that belong to no whole packet.
    pub lost_bytes: usize,
    /// Whether the file ends inside a record, or cannot be read to its end.
    pub damaged: bool,
}

/// The packets of one capture file.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    /// All whole packets, by time.
    pub packets: Vec<Captured>,
    /// Packets of the event daemon's socket, by time.
    pub events: Vec<EventPacket>,
    /// What was met.
    pub counts: Counts,
    /// Records that may hold packets and were not read, and how many.
    pub unread: BTreeMap<Unread, usize>,
}

impl Capture {
    /// Reads a pcap or pcapng file with the usual options.
    pub fn read(file: &[u8]) -> Result<Self, Error> {
        Self::read_with(file, Options::default())
    }

    /// Reads a pcap or pcapng file.
    pub fn read_with(file: &[u8], options: Options) -> Result<Self, Error> {
        let mut capture = Self::default();
        let mut streams = BTreeMap::<(SocketAddr, SocketAddr), Direction>::new();
        let mut records = Records::open(file)?;
        for record in records.by_ref() {
            capture.counts.records += 1;
            if record.link == Linktype(exported::LINK_TYPE.into()) {
                capture.exported(&record, options.abi);
                continue;
            }
            let segment = match segment(record.link, record.data) {
                Ok(Some(segment)) => segment,
                Ok(None) => continue,
                Err(unread) => {
                    capture.unread(unread);
                    continue;
                }
            };
            if segment.src.port() != options.port && segment.dst.port() != options.port {
                continue;
            }
            capture.counts.segments += 1;
            let ends = (segment.src, segment.dst);
            let direction = streams.entry(ends).or_insert_with(|| Direction::new(options.abi));
            direction.stream.segment(record.time, segment.seq, segment.syn, segment.payload);
            direction.drain(ends, &mut capture);
        }
        capture.counts.damaged = records.damaged();
        for (ends, mut direction) in streams {
            direction.stream.flush();
            direction.drain(ends, &mut capture);
            capture.counts.lost_bytes += direction.frames.lost();
        }
        capture.packets.sort_by_key(|packet| packet.time);
        capture.events.sort_by_key(|event| event.time);
        Ok(capture)
    }

    /// When the first packet was seen, on whichever socket or connection.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        let packet = self.packets.first().map(|packet| packet.time);
        packet.into_iter().chain(self.events.first().map(|event| event.time)).min().unwrap_or_default()
    }

    fn unread(&mut self, unread: Unread) {
        *self.unread.entry(unread).or_default() += 1;
    }

    /// Takes a record that is one packet already.
    fn exported(&mut self, record: &Record<'_>, abi: Option<Abi>) {
        let Some(Exported { kind, src, dst, data }) = exported::parse(record.data) else {
            return self.unread(Unread::Exported);
        };
        self.counts.segments += 1;
        if kind == Kind::Events {
            let (origin, raw) = (Origin::from_comment(record.comment), Bytes::copy_from_slice(data));
            match EventPacket::new(record.time, (src, dst), origin, abi, raw) {
                Some(event) => {
                    self.counts.packets += 1;
                    self.counts.undecodable += usize::from(event.content.is_err());
                    self.events.push(event);
                }
                None => self.counts.lost_bytes += data.len(),
            }
            return;
        }
        let Some(abi) = Abi::detect(data).map(|detected| abi.unwrap_or(detected)) else {
            self.counts.lost_bytes += data.len();
            return;
        };
        let origin = match Origin::from_comment(record.comment) {
            // One client's packets share what is said about it.
            origin if self.packets.last().is_some_and(|last| last.origin == origin) => {
                self.packets.last().map_or(origin, |last| last.origin.clone())
            }
            origin => origin,
        };
        self.take(record.time, (src, dst), origin, abi, Bytes::copy_from_slice(data));
    }

    fn take(
        &mut self,
        time: Timestamp,
        (src, dst): (SocketAddr, SocketAddr),
        origin: Origin,
        abi: Abi,
        raw: Bytes,
    ) {
        let packet = Packet::decode(&raw, abi);
        self.counts.packets += 1;
        self.counts.undecodable += usize::from(packet.is_err());
        self.packets.push(Captured { time, src, dst, origin, abi, packet, raw });
    }
}

/// One direction of one pair of ports.
struct Direction {
    stream: Stream,
    frames: Frames,
}

impl Direction {
    fn new(abi: Option<Abi>) -> Self {
        Self { stream: Stream::default(), frames: Frames::new(abi) }
    }

    fn drain(&mut self, ends: (SocketAddr, SocketAddr), capture: &mut Capture) {
        for event in self.stream.take_events() {
            match event {
                Event::Start => self.frames.interrupt(),
                Event::Gap => {
                    capture.counts.gaps += 1;
                    self.frames.interrupt();
                }
                Event::Data(time, bytes) => {
                    for (abi, raw) in self.frames.push(bytes) {
                        capture.take(time, ends, Origin::Tcp, abi, raw);
                    }
                }
            }
        }
    }
}
