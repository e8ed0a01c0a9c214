//! Laws of the datagrams: what is written is read again, each cut is noticed, any bytes are read without a panic.

use super::*;
use crate::address::{Address, Node};
use crate::failure::{Failure, Undelivered};
use proptest::prelude::*;

fn daemon() -> Daemon {
    Daemon { name: "ip".parse().unwrap(), instance: 3 }
}

fn samples(data: &Bytes) -> (Vec<ToTunnel>, Vec<ToDaemon>) {
    let total = u32::try_from(data.len()).unwrap();
    let fragment = Fragment { total, offset: 0, data: data.clone() };
    let to = Address { node: Node(2), daemon: daemon() };
    let lost = Undelivered { reason: Failure::NodeUnreachable, in_doubt: true };
    (
        vec![
            ToTunnel::Register { incarnation: 9 },
            ToTunnel::Deregister,
            ToTunnel::Send { token: 7, to, fragment: fragment.clone() },
        ],
        vec![
            ToDaemon::Registered { incarnation: 9, boot: 8, node: None, attached: false },
            ToDaemon::Refused { incarnation: 9, reason: Failure::TooManyDaemons },
            ToDaemon::Deliver { from: to, message: 5, fragment: fragment.clone() },
            ToDaemon::Accepted { token: 1, upto: 2 },
            ToDaemon::Completed { token: 1, result: Ok(()) },
            ToDaemon::Completed { token: 1, result: Err(lost) },
            ToDaemon::Alive,
            ToDaemon::Forgotten,
            ToDaemon::Link { node: Some(Node(0)), attached: true },
            ToDaemon::Direct { from: daemon(), message: 6, fragment },
            ToDaemon::Passed { from: daemon(), len: 1 << 24 },
        ],
    )
}

fn read<F: Frame>(bytes: Bytes) -> Result<Vec<F>, XdrError> {
    let (_, mut r) = open(bytes)?;
    let mut all = Vec::new();
    while !r.is_empty() {
        all.push(F::take(&mut r)?);
    }
    Ok(all)
}

proptest! {
    #[test]
    fn datagrams_survive_the_wire(data in proptest::collection::vec(any::<u8>(), 0..9000)) {
        let (up, down) = samples(&Bytes::from(data));
        prop_assert_eq!(read::<ToTunnel>(encode(daemon(), &up).into_bytes()).unwrap(), up);
        prop_assert_eq!(read::<ToDaemon>(encode(daemon(), &down).into_bytes()).unwrap(), down);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(mut data in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..200) {
        let _ = read::<ToTunnel>(Bytes::from(data.clone()));
        let (up, down) = samples(&Bytes::from_static(b"abc"));
        for good in [encode(daemon(), &up), encode(daemon(), &down)] {
            let mut bytes = good.into_bytes().to_vec();
            let n = bytes.len();
            bytes[at % n] = data.pop().unwrap_or(0xff);
            let _ = read::<ToTunnel>(Bytes::from(bytes.clone()));
            let _ = read::<ToDaemon>(Bytes::from(bytes));
        }
    }
}

#[test]
fn every_cut_inside_a_frame_is_noticed() {
    let (_, down) = samples(&Bytes::from_static(b"abcde"));
    for frame in down {
        let whole = encode(daemon(), std::slice::from_ref(&frame)).into_bytes();
        let head = encode::<ToDaemon>(daemon(), &[]).len();
        for cut in (0..whole.len()).filter(|cut| *cut != head) {
            assert!(read::<ToDaemon>(whole.slice(..cut)).is_err(), "{frame:?} cut at {cut}");
        }
    }
}

#[test]
fn pieces_outside_their_message_are_refused() {
    for (total, offset, len) in [(4, 2, 3), (4, u32::MAX, 2), (17 << 20, 0, 1), (4, 0, 0)] {
        let mut g = GatherWriter::default();
        Fragment { total, offset, data: Bytes::from(vec![0; len]) }.emit(&mut g);
        let mut r = Reader::new(g.finish().into_bytes());
        assert!(Fragment::take(&mut r).is_err(), "{total} {offset} {len}");
    }
}

#[test]
fn only_a_datagram_that_says_nothing_else_brings_a_file_of_bounded_length() {
    let passed = |len| ToDaemon::Passed { from: daemon(), len };
    let len_of = |frames: &[ToDaemon]| passed_len(&encode(daemon(), frames).into_bytes());
    assert_eq!(len_of(&[passed(70_000)]), Some(70_000));
    assert_eq!(len_of(&[passed((16 << 20) + 1)]), None);
    assert_eq!(len_of(&[passed(70_000), ToDaemon::Alive]), None);
    assert_eq!(len_of(&[ToDaemon::Alive]), None);
    assert_eq!(passed_len(&Bytes::from_static(b"garbage")), None);
}
