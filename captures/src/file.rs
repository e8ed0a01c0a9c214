//! The container: records of a classic pcap or a pcapng file, in file order, each with its time and link type.
//!
//! Reads bytes that are in memory and never writes. A damaged record ends the reading; what came before it stays
//! valid. The formats are those of the IETF drafts draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng; the parsing
//! of blocks is pcap-parser's.

use std::borrow::Cow;

use pcap_parser::pcapng::{Block, OptionCode, PcapNGOption};
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Linktype, PcapBlockOwned, PcapHeader, PcapNGSlice};
use pcap_parser::{parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified, parse_pcap_header};

use crate::{Error, Timestamp};

/// One record of a capture file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) time: Timestamp,
    pub(crate) link: Linktype,
    pub(crate) data: &'a [u8],
    /// What was remarked about it; pcapng only.
    pub(crate) comment: Option<&'a str>,
}

/// The records of a file; ends at the first damage.
pub(crate) struct Records<'a> {
    format: Format<'a>,
    damaged: bool,
}

enum Format<'a> {
    Classic { header: PcapHeader, rest: &'a [u8] },
    Ng { blocks: PcapNGSlice<'a>, interfaces: Vec<Interface> },
}

/// What an interface description block says about the records that name it.
struct Interface {
    link: Linktype,
    ticks_per_second: Option<u64>,
    offset_seconds: i64,
}

impl<'a> Records<'a> {
    /// Recognises the format from the first bytes.
    pub(crate) fn open(file: &'a [u8]) -> Result<Self, Error> {
        let format = if let Ok(blocks) = PcapNGSlice::from_slice(file) {
            Format::Ng { blocks, interfaces: Vec::new() }
        } else if let Ok((rest, header)) = parse_pcap_header(file) {
            Format::Classic { header, rest }
        } else {
            return Err(packed(file).map_or(Error::NotACapture, Error::Packed));
        };
        Ok(Self { format, damaged: false })
    }

    /// Whether the reading ended before the end of the file.
    pub(crate) fn damaged(&self) -> bool {
        self.damaged
    }
}

/// How a file is packed that is no recording.
fn packed(file: &[u8]) -> Option<&'static str> {
    const MARKS: [(&[u8], &str); 4] =
        [(b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"\xfd7zXZ\0", "xz"), (b"BZh", "bzip2")];
    MARKS.iter().find(|(mark, _)| file.starts_with(mark)).map(|(_, name)| *name)
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        if self.damaged {
            return None;
        }
        let step = match &mut self.format {
            Format::Classic { header, rest } => classic_record(header, rest),
            Format::Ng { blocks, interfaces } => ng_record(blocks, interfaces),
        };
        match step {
            Step::Record(record) => Some(record),
            Step::End => None,
            Step::Damaged => {
                self.damaged = true;
                None
            }
        }
    }
}

enum Step<'a> {
    Record(Record<'a>),
    End,
    Damaged,
}

fn classic_record<'a>(header: &PcapHeader, rest: &mut &'a [u8]) -> Step<'a> {
    if rest.is_empty() {
        return Step::End;
    }
    let parsed = if header.is_modified_format() {
        parse_pcap_frame_modified(rest)
    } else if header.is_bigendian() {
        parse_pcap_frame_be(rest)
    } else {
        parse_pcap_frame(rest)
    };
    let Ok((after, block)) = parsed else { return Step::Damaged };
    *rest = after;
    let fraction = if header.is_nanosecond_precision() { 1 } else { 1000 };
    let time = Timestamp::from_nanos(
        u64::from(block.ts_sec)
            .saturating_mul(1_000_000_000)
            .saturating_add(u64::from(block.ts_usec).saturating_mul(fraction)),
    );
    Step::Record(Record { time, link: header.network, data: block.data, comment: None })
}

fn ng_record<'a>(blocks: &mut PcapNGSlice<'a>, interfaces: &mut Vec<Interface>) -> Step<'a> {
    for block in blocks {
        let Ok(PcapBlockOwned::NG(block)) = block else { return Step::Damaged };
        match block {
            Block::SectionHeader(_) => interfaces.clear(),
            Block::InterfaceDescription(idb) => interfaces.push(Interface {
                link: idb.linktype,
                ticks_per_second: ticks_per_second(idb.if_tsresol),
                offset_seconds: idb.if_tsoffset,
            }),
            Block::EnhancedPacket(epb) => {
                let Some(interface) = usize::try_from(epb.if_id).ok().and_then(|i| interfaces.get(i)) else {
                    return Step::Damaged;
                };
                let ticks = u64::from(epb.ts_high) << 32 | u64::from(epb.ts_low);
                let data = unpadded(epb.data, epb.caplen);
                let comment = comment(epb.options);
                return Step::Record(Record {
                    time: interface.time(ticks),
                    link: interface.link,
                    data,
                    comment,
                });
            }
            Block::SimplePacket(spb) => {
                let Some(interface) = interfaces.first() else { return Step::Damaged };
                let data = unpadded(spb.data, spb.orig_len());
                let record = Record { time: Timestamp::default(), link: interface.link, data, comment: None };
                return Step::Record(record);
            }
            _ => {}
        }
    }
    Step::End
}

/// The first remark among a record's options, when it is text.
fn comment(options: Vec<PcapNGOption<'_>>) -> Option<&str> {
    let option = options.into_iter().find(|option| option.code == OptionCode::Comment)?;
    let len = usize::from(option.len);
    match option.value {
        Cow::Borrowed(value) => std::str::from_utf8(value.get(..len)?).ok(),
        Cow::Owned(_) => None,
    }
}

fn unpadded(data: &[u8], len: u32) -> &[u8] {
    usize::try_from(len).ok().and_then(|len| data.get(..len)).unwrap_or(data)
}

/// The option `if_tsresol`: a negative power of ten, or with the top bit set of two. `None` when it fits no `u64`.
fn ticks_per_second(resolution: u8) -> Option<u64> {
    let exponent = u32::from(resolution & 0x7f);
    if resolution & 0x80 == 0 { 10_u64.checked_pow(exponent) } else { 1_u64.checked_shl(exponent) }
}

impl Interface {
    /// A count of ticks as a moment; zero when the file states a resolution that cannot be.
    fn time(&self, ticks: u64) -> Timestamp {
        let Some(per_second) = self.ticks_per_second else { return Timestamp::default() };
        let nanos = i128::from(ticks) * 1_000_000_000 / i128::from(per_second)
            + i128::from(self.offset_seconds) * 1_000_000_000;
        Timestamp::from_nanos(u64::try_from(nanos).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classic(big_endian: bool, nanos: bool, records: &[(u32, u32, &[u8])]) -> Vec<u8> {
        let word = |v: u32| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
        let mut out = Vec::new();
        out.extend(word(if nanos { 0xa1b2_3c4d } else { 0xa1b2_c3d4 }));
        out.extend(word(if big_endian { 0x0002_0004 } else { 0x0004_0002 }));
        for v in [0, 0, 65535, 1] {
            out.extend(word(v));
        }
        for (sec, fraction, data) in records {
            let len = u32::try_from(data.len()).unwrap();
            for v in [*sec, *fraction, len, len] {
                out.extend(word(v));
            }
            out.extend(*data);
        }
        out
    }

    fn ng_block(kind: u32, body: &[u8]) -> Vec<u8> {
        let mut padded = body.to_vec();
        padded.resize(body.len().next_multiple_of(4), 0);
        let len = u32::try_from(padded.len() + 12).unwrap();
        [&kind.to_le_bytes()[..], &len.to_le_bytes(), &padded, &len.to_le_bytes()].concat()
    }

    fn ng(resolution: u8, ticks: u64, data: &[u8]) -> Vec<u8> {
        let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
        let interface =
            [&[1, 0, 0, 0][..], &65535_u32.to_le_bytes(), &[9, 0, 1, 0, resolution, 0, 0, 0, 0, 0, 0, 0]]
                .concat();
        let len = u32::try_from(data.len()).unwrap().to_le_bytes();
        let (high, low) = (u32::try_from(ticks >> 32).unwrap(), u32::try_from(ticks & 0xffff_ffff).unwrap());
        let packet = [&[0; 4][..], &high.to_le_bytes(), &low.to_le_bytes(), &len, &len, data].concat();
        [ng_block(0x0a0d_0d0a, &section), ng_block(1, &interface), ng_block(6, &packet)].concat()
    }

    #[test]
    fn classic_files_of_both_byte_orders_and_both_resolutions_are_read() {
        for big_endian in [false, true] {
            for (nanos, expected) in [(false, 7_000_005_000), (true, 7_000_000_005)] {
                let file = classic(big_endian, nanos, &[(7, 5, b"abc"), (8, 0, b"")]);
                let records: Vec<_> = Records::open(&file).unwrap().collect();
                assert_eq!(records.len(), 2);
                assert_eq!(records[0].time.as_nanos(), expected);
                assert_eq!(records[0].link, Linktype::ETHERNET);
                assert_eq!(records[0].data, b"abc");
            }
        }
    }

    #[test]
    fn pcapng_records_lose_their_padding_and_keep_their_time() {
        for (resolution, ticks) in [(6, 3_000_001), (9, 3_000_001_000), (0x80, 3)] {
            let file = ng(resolution, ticks, b"hello");
            let records: Vec<_> = Records::open(&file).unwrap().collect();
            assert_eq!(records.len(), 1);
            assert_eq!(records[0].data, b"hello");
            assert_eq!(records[0].time.as_nanos() / 1_000_000, 3000, "resolution {resolution:#x}");
        }
    }

    #[test]
    fn a_file_that_was_cut_keeps_the_records_before_the_cut() {
        let file = classic(false, false, &[(1, 0, b"first"), (2, 0, b"second")]);
        let mut records = Records::open(&file[..file.len() - 1]).unwrap();
        assert_eq!(records.by_ref().count(), 1);
        assert!(records.damaged());
    }

    #[test]
    fn something_else_is_refused() {
        assert_eq!(Records::open(b"GET / HTTP/1.1\r\n").err(), Some(Error::NotACapture));
        assert_eq!(Records::open(b"").err(), Some(Error::NotACapture));
        let packed = Records::open(b"\x28\xb5\x2f\xfd....").err().map(|e| e.to_string());
        assert_eq!(packed.as_deref(), Some("packed with zstd; unpack it first"));
    }
}
