//! Every recording in `data/` must be decoded, and what was decoded must encode to the bytes that were recorded.
//!
//! Bytes that C leaves undefined (padding) are not compared. A control or message is compared to its last byte where
//! the tables have a row for it, and up to its payload where they have none.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use captures::{Capture, Captured};
use legacy_codec::{
    Abi, ControlReply, ControlRequest, Encoded, Error, Message, Operation, Packet, ReplyControl, ReqControl,
    ReqId, Wire,
};

fn recordings() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("data")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "pcap" || ext == "pcapng") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> Capture {
    Capture::read(&std::fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The payload of a reply with its padding known, for the replies that are structs with padding.
fn padded(reply: &ControlReply, abi: Abi) -> Option<Encoded> {
    match reply {
        ControlReply::GetNodeMap(map) => Some(map.encode(abi).unwrap()),
        ControlReply::GetIfaces(list) => Some(list.encode(abi).unwrap()),
        _ => None,
    }
}

#[derive(Debug, Default)]
struct Tally {
    packets: usize,
    controls: usize,
    replies: usize,
    messages: usize,
    without_row: BTreeMap<u32, usize>,
}

/// Goes over a recording in order; remembers requests, because a reply does not say what it answers.
#[derive(Default)]
struct Checker {
    asked: BTreeMap<(IpAddr, IpAddr, ReqId), u32>,
    tally: Tally,
}

impl Checker {
    fn check(&mut self, captured: &Captured) {
        let packet = captured.packet.as_ref().unwrap();
        assert!(
            packet.encode(captured.abi).unwrap().matches(&captured.raw),
            "{packet:?} encodes to other bytes"
        );
        self.tally.packets += 1;
        let abi = captured.abi;
        match &packet.body {
            Operation::ReqControl(request) => self.request(captured, packet, request),
            Operation::ReplyControl(reply) => self.reply(captured.dst, captured.src, packet, reply, abi),
            Operation::ReqMessage(message) => {
                match Message::decode(message.srvid, &message.data, abi).unwrap() {
                    Message::Unknown { .. } => {}
                    known => {
                        assert_eq!(known.encode(abi).unwrap(), (message.srvid, message.data.clone()));
                        self.tally.messages += 1;
                    }
                }
            }
            _ => {}
        }
    }

    fn request(&mut self, captured: &Captured, packet: &Packet, request: &ReqControl) {
        self.asked.insert((captured.src.ip(), captured.dst.ip(), packet.header.reqid), request.opcode);
        match ControlRequest::decode(request, captured.abi).unwrap() {
            ControlRequest::Unknown { opcode, .. } => *self.tally.without_row.entry(opcode).or_default() += 1,
            known => {
                let again = known.encode(captured.abi).unwrap();
                assert_eq!(
                    (again.opcode, again.srvid, &again.data),
                    (request.opcode, request.srvid, &request.data)
                );
                self.tally.controls += 1;
            }
        }
    }

    fn reply(
        &mut self,
        asker: SocketAddr,
        answerer: SocketAddr,
        packet: &Packet,
        reply: &ReplyControl,
        abi: Abi,
    ) {
        let Some(opcode) = self.asked.remove(&(asker.ip(), answerer.ip(), packet.header.reqid)) else {
            return;
        };
        match ControlReply::decode(opcode, reply, abi).unwrap() {
            ControlReply::Unknown { .. } => {}
            known => {
                let again = known.encode(abi).unwrap();
                assert_eq!(again.status, reply.status);
                match padded(&known, abi) {
                    Some(data) => assert!(data.matches(&reply.data), "{known:?} encodes to other bytes"),
                    None => assert_eq!(again.data, reply.data),
                }
                self.tally.replies += 1;
            }
        }
    }
}

#[test]
fn every_packet_of_the_corpus_decodes_and_encodes_to_the_same_bytes() {
    let recordings = recordings();
    assert!(!recordings.is_empty(), "captures/data holds no recording");
    for path in recordings {
        let capture = read(&path);
        let mut checker = Checker::default();
        for captured in &capture.packets {
            if let Err(e) = &captured.packet {
                panic!("{}: {e} in {:02x?}", path.display(), captured.raw);
            }
            checker.check(captured);
        }
        let Checker { tally, .. } = checker;
        println!("{}: {:?}\n  {tally:?}", path.display(), capture.counts);
        assert!(tally.packets > 0, "{}: no packet", path.display());
        assert!(
            tally.controls + tally.replies + tally.messages > 0,
            "{}: nothing the tables know",
            path.display()
        );
    }
}

#[test]
fn a_recording_of_a_whole_run_loses_nothing() {
    let capture = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/startup-4.17.12.pcap"));
    assert_eq!((capture.counts.gaps, capture.counts.lost_bytes, capture.counts.damaged), (0, 0, false));
}

#[test]
fn host_05_a_control_whose_data_is_cut_short_is_kept_as_bytes_with_its_error() {
    let recordings = recordings();
    let capture = read(recordings.first().unwrap());
    let control = capture
        .packets
        .iter()
        .find(
            |c| matches!(&c.packet, Ok(Packet { body: Operation::ReqControl(r), .. }) if !r.data.is_empty()),
        )
        .unwrap();
    let mut lying = control.raw.to_vec();
    lying[56..60].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(Packet::decode(&Bytes::from(lying), control.abi), Err(Error::Short { .. })));
}
