//! Damaged packets: the dissector says so where the decoder does, shows the rest alike, and never fails itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use captures::session::{Entry, Session};
use captures::{Capture, DAEMON, Origin, Timestamp, write};
use legacy_codec::{MessageRow, Operation};

use super::compare::compare;
use super::made::on_a_socket;
use super::program::with_dissector;
use super::{read, recordings, temporary};

/// One packet and where it went.
type Sent = (SocketAddr, SocketAddr, Vec<u8>);

/// The shortest packet of each kind in the corpus, a reply with its request before it.
fn kinds() -> Vec<Vec<Sent>> {
    let mut kinds = BTreeMap::<String, Vec<Sent>>::new();
    for path in recordings() {
        let capture = Capture::read(&on_a_socket(&read(&path), None)).unwrap();
        let session = Session::new(&capture);
        let sent = |entry: &Entry<'_>| (entry.captured.src, entry.captured.dst, entry.captured.raw.to_vec());
        for entry in &session.entries {
            let request = session.request_of(entry).map(&sent);
            let sequence: Vec<_> = request.into_iter().chain([sent(entry)]).collect();
            let kind = kind(entry);
            let bytes = |sequence: &[Sent]| sequence.last().map_or(0, |last| last.2.len());
            // Replies that hold something are worth more than empty ones.
            let worth = |sequence: &[Sent]| match bytes(sequence) {
                len @ 65..=400 => 1000 - len,
                _ => 0,
            };
            match kinds.get(&kind) {
                Some(known) if worth(known) >= worth(&sequence) => {}
                _ => drop(kinds.insert(kind, sequence)),
            }
        }
    }
    kinds.into_values().collect()
}

/// What tells packets of one layout from others.
fn kind(entry: &Entry<'_>) -> String {
    let name = match entry.captured.packet.as_ref().map(|packet| &packet.body) {
        Ok(Operation::ReqMessage(message)) => {
            MessageRow::find(message.srvid).map_or_else(String::new, |row| row.c_name.into())
        }
        _ => entry.name(),
    };
    format!("{} {name}", entry.operation())
}

/// A file of sequences, the last packet of each damaged.
struct Damaged {
    file: Vec<u8>,
    time: u64,
}

impl Damaged {
    fn new() -> Self {
        Self { file: write::section("test"), time: 1_700_000_000_000_000_000 }
    }

    fn add(&mut self, sequence: &[Sent], damage: impl Fn(&mut Vec<u8>)) {
        for (i, (src, dst, packet)) in sequence.iter().enumerate() {
            let mut packet = packet.clone();
            if i + 1 == sequence.len() {
                damage(&mut packet);
            }
            self.time += 1000;
            let origin = Origin::socket("/s", None);
            let time = Timestamp::from_nanos(self.time);
            self.file.extend(write::record(time, *src, *dst, &origin, &packet).unwrap());
        }
    }

    fn check(&self) {
        let (_folder, path) = temporary("damaged.pcapng", &self.file);
        let compared = compare(&path, None, &[]);
        println!("{compared:?}");
        assert!(compared.malformed > 100 && compared.packets > compared.malformed, "{compared:?}");
    }
}

#[test]
fn host_05_packets_cut_at_any_word_are_shown_as_malformed_where_they_are() {
    let mut damaged = Damaged::new();
    for sequence in kinds() {
        let len = sequence.last().unwrap().2.len();
        for cut in (32..len.min(200)).step_by(4) {
            // Once the header knows of the cut, once it does not.
            damaged.add(&sequence, |packet| packet.truncate(cut));
            damaged.add(&sequence, |packet| {
                packet.truncate(cut);
                packet[..4].copy_from_slice(&u32::try_from(cut).unwrap().to_le_bytes());
            });
        }
    }
    damaged.check();
}

#[test]
fn host_06_lengths_and_counts_that_lie_are_shown_as_malformed_where_they_do() {
    let mut damaged = Damaged::new();
    for sequence in kinds() {
        let len = sequence.last().unwrap().2.len();
        for at in (32..len.saturating_sub(3).min(140)).step_by(4) {
            for value in [u32::MAX, 0x8000_0000, 0xFFFF_FFF0, 0, 17] {
                damaged.add(&sequence, |packet| packet[at..at + 4].copy_from_slice(&value.to_le_bytes()));
            }
        }
    }
    damaged.check();
}

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }
}

#[test]
fn streams_with_changed_bytes_cost_no_error_of_the_dissector() {
    let path = recordings().into_iter().find(|path| path.ends_with("startup-4.17.12.pcap")).unwrap();
    let whole = std::fs::read(path).unwrap();
    let mut numbers = Numbers(1);
    for round in 0..4 {
        let mut file = whole.clone();
        // The header of the file stays; every record, with its own header, is a target.
        for _ in 0..file.len() / (100 << round) {
            let at = 24 + numbers.below(file.len() - 24);
            if !at.is_multiple_of(7) {
                file[at] = u8::try_from(numbers.below(256)).unwrap();
            }
        }
        let mut good = whole[..24].to_vec();
        good.extend(records_with_bytes_of(&whole, &file));
        let (_folder, path) = temporary("changed.pcap", &good);
        for args in [&["-V"][..], &["-V", "-2"], &["-T", "json"]] {
            assert!(!with_dissector(&path, args).text.is_empty());
        }
    }
}

#[test]
fn tags_of_exported_packets_with_changed_bytes_cost_no_error_of_the_dissector() {
    let path = recordings().into_iter().find(|path| path.ends_with("startup-4.17.12.pcap")).unwrap();
    let (mut file, mut numbers) = (write::section("test"), Numbers(3));
    for captured in &read(&path).packets {
        let (src, origin) = (write::client_address(1), Origin::socket("/s", None));
        let mut record = write::record(captured.time, src, DAEMON, &origin, &captured.raw).unwrap();
        // The tags stand behind 28 bytes of the block.
        for _ in 0..numbers.below(4) {
            record[28 + numbers.below(60)] = u8::try_from(numbers.below(40)).unwrap();
        }
        file.extend(record);
    }
    let (_folder, path) = temporary("tags.pcapng", &file);
    for args in [&["-V"][..], &["-2", "-V"]] {
        assert!(with_dissector(&path, args).text.contains("GET_NODEMAP"));
    }
}

/// The records of a pcap file with the contents of another: their own headers and those of IP and TCP stay.
fn records_with_bytes_of(whole: &[u8], changed: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 24;
    while let Some(head) = whole.get(at..at + 16) {
        let len = usize::try_from(u32::from_le_bytes(head[8..12].try_into().unwrap())).unwrap();
        let kept = 66.min(len);
        out.extend_from_slice(&whole[at..at + 16 + kept]);
        out.extend_from_slice(&changed[at + 16 + kept..at + 16 + len]);
        at += 16 + len;
    }
    out
}

#[test]
fn bytes_that_are_no_packet_are_shown_as_such_on_a_socket_too() {
    let mut file = write::section("test");
    let mut numbers = Numbers(2);
    for i in 0..300_u32 {
        let junk: Vec<_> =
            (0..numbers.below(200)).map(|_| u8::try_from(numbers.below(256)).unwrap()).collect();
        let time = Timestamp::from_nanos(1_700_000_000_000_000_000 + u64::from(i));
        file.extend(write::record(time, write::client_address(i), DAEMON, &Origin::Tcp, &junk).unwrap());
    }
    let (_folder, path) = temporary("junk.pcapng", &file);
    let compared = compare(&path, None, &[]);
    assert!(compared.packets == 0 && compared.pieces > 250, "{compared:?}");
}
