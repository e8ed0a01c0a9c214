//! Reading and writing streams.

use std::io::{ErrorKind, Write as _};
use std::os::unix::net::UnixStream;

use bytes::Bytes;
use reactor::stream::{Read, Reader, Writer};
use reactor::{Interest, Token};

use crate::{PATIENCE, now, wait_for, watching};

#[test]
fn many_pieces_of_all_sizes_come_in_order_through_a_socket_that_is_full_most_of_the_time() {
    let (near, far) = UnixStream::pair().unwrap();
    let piece = |n: u32| {
        let len = usize::try_from(n * n * 7 % 90_001).unwrap();
        Bytes::from_iter((0..=250).cycle().take(len))
    };
    let (mut writer, mut reader) = (Writer::default(), Reader::new(64 << 10));
    let (mut sent, mut came) = (Vec::new(), Vec::new());
    for n in 0..300 {
        sent.extend_from_slice(&piece(n));
        writer.push(piece(n));
    }
    assert_eq!(writer.len(), sent.len());
    let mut reactor = watching(&near, Interest::Both);
    reactor.add(&far, Token(8), Interest::Read).unwrap();
    let mut held = Vec::new();
    while came.len() < sent.len() {
        reactor.wait(Some(PATIENCE)).unwrap();
        let written = writer.write(&near).unwrap();
        if writer.is_empty() && written > 0 {
            reactor.change(&near, Token(7), Interest::Read).unwrap();
        }
        while let Read::Bytes(bytes) = reader.read(&far).unwrap() {
            came.extend_from_slice(&bytes);
            // What somebody keeps is not written over.
            held.push((came.len(), bytes));
        }
    }
    assert!(came == sent && writer.is_empty());
    for (end, bytes) in held {
        assert!(bytes == sent[end - bytes.len()..end], "what was kept has changed");
    }
}

#[test]
fn a_peer_that_never_reads_holds_up_nobody_and_room_is_told_when_it_does() {
    let (near, far) = UnixStream::pair().unwrap();
    let mut writer = Writer::default();
    (0..100).for_each(|_| writer.push(Bytes::from(vec![1; 100_000])));
    let written = writer.write(&near).unwrap();
    assert!(written > 0 && written < 10_000_000);
    assert_eq!(writer.len(), 10_000_000 - written);
    assert_eq!(writer.write(&near).unwrap(), 0);
    let mut reactor = watching(&near, Interest::Write);
    assert_eq!(now(&mut reactor), []);
    let mut reader = Reader::new(1 << 20);
    while reader.read(&far).unwrap() != Read::Nothing {}
    assert!(wait_for(&mut reactor, Token(7)).writable);
    assert!(writer.write(&near).unwrap() > 0);
}

#[test]
fn a_read_that_fills_its_room_says_that_there_may_be_more() {
    let (near, mut far) = UnixStream::pair().unwrap();
    let mut reader = Reader::new(4);
    assert_eq!(reader.read(&near).unwrap(), Read::Nothing);
    far.write_all(b"abcdef").unwrap();
    assert_eq!((reader.read(&near).unwrap(), reader.has_more()), (Read::Bytes(Bytes::from("abcd")), true));
    assert_eq!((reader.read(&near).unwrap(), reader.has_more()), (Read::Bytes(Bytes::from("ef")), false));
    drop(far);
    assert_eq!((reader.read(&near).unwrap(), reader.has_more()), (Read::End, false));
}

#[test]
fn a_peer_that_is_gone_is_an_error_of_the_writer_and_no_signal() {
    let (near, far) = UnixStream::pair().unwrap();
    drop(far);
    let mut writer = Writer::default();
    assert_eq!(writer.write(&near).unwrap(), 0);
    writer.push(Bytes::from("lost"));
    assert_eq!(writer.write(&near).unwrap_err().kind(), ErrorKind::BrokenPipe);
    writer.clear();
    assert!(writer.is_empty() && writer.write(&near).is_ok());
}
