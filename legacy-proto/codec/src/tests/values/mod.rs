//! One value for every row of the controls, with its bytes written out by hand for 64-bit little endian machines.
//!
//! The bytes are composed from numbers and explicit padding, never by the codec. A row without a value fails here, so a
//! new row brings its bytes with it.

mod addresses;
mod daemon;
mod databases;
mod recovery;

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::*;

/// Bytes put together one number after the other, little endian.
#[derive(Default)]
pub(crate) struct Hand(Vec<u8>);

pub(crate) fn hand() -> Hand {
    Hand::default()
}

impl Hand {
    pub(crate) fn u8(mut self, n: u8) -> Self {
        self.0.push(n);
        self
    }

    pub(crate) fn u16(mut self, n: u16) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }

    pub(crate) fn u32(mut self, n: u32) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }

    pub(crate) fn u32s(self, numbers: impl IntoIterator<Item = u32>) -> Self {
        numbers.into_iter().fold(self, Self::u32)
    }

    pub(crate) fn u64(mut self, n: u64) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }

    pub(crate) fn f64(mut self, n: f64) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }

    pub(crate) fn pad(mut self, len: usize) -> Self {
        self.0.resize(self.0.len() + len, 0);
        self
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.extend(text.bytes());
        self
    }

    /// `struct sockaddr_in` in its union.
    pub(crate) fn v4(self, last: u8, port: u16) -> Self {
        let mut own = self.u16(2);
        own.0.extend(port.to_be_bytes());
        own.0.extend([10, 0, 0, last]);
        own.pad(20)
    }

    pub(crate) fn bytes(self) -> Bytes {
        self.0.into()
    }
}

pub(crate) fn v4(last: u8, port: u16) -> SockAddr {
    std::net::SocketAddr::from(([10, 0, 0, last], port)).into()
}

/// A request with its fields, and its answer with its fields.
pub(crate) struct Sample {
    request: ControlRequest,
    srvid: u64,
    flags: u32,
    data: Bytes,
    reply: ControlReply,
    status: i32,
    answer: Bytes,
}

impl Sample {
    /// A request whose argument is in the data.
    pub(crate) fn new(request: ControlRequest, data: Hand, reply: ControlReply, answer: Hand) -> Self {
        Self { request, srvid: 0, flags: 0, data: data.bytes(), reply, status: 0, answer: answer.bytes() }
    }

    pub(crate) fn srvid(self, srvid: u64) -> Self {
        Self { srvid, ..self }
    }

    pub(crate) fn flags(self, flags: u32) -> Self {
        Self { flags, ..self }
    }

    pub(crate) fn status(self, status: i32) -> Self {
        Self { status, ..self }
    }
}

/// Controls with neither argument nor answer.
macro_rules! bare {
    ($($name:ident)+) => {
        vec![ $( crate::tests::values::Sample::new(
            ControlRequest::$name(()),
            crate::tests::values::hand(),
            ControlReply::$name(()),
            crate::tests::values::hand(),
        ) ),+ ]
    };
}

/// Controls with an argument of one kind and no answer: name, argument, bytes.
macro_rules! orders {
    ($($name:ident $arg:expr => $data:expr;)+) => {
        vec![ $( crate::tests::values::Sample::new(
            ControlRequest::$name($arg),
            $data,
            ControlReply::$name(()),
            crate::tests::values::hand(),
        ) ),+ ]
    };
}

pub(crate) use {bare, orders};

fn samples() -> Vec<Sample> {
    [addresses::samples(), daemon::samples(), databases::samples(), recovery::samples()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_live_row_of_the_controls_has_a_value() {
    let samples = samples();
    let tried: BTreeSet<_> = samples.iter().map(|s| s.request.opcode()).collect();
    for row in CONTROLS.iter().filter(|row| row.is_live()) {
        assert!(tried.contains(&row.opcode), "{} {} has no test value", row.opcode, row.c_name);
    }
}

#[test]
fn every_value_has_the_bytes_that_c_would_send() {
    for Sample { request, srvid, flags, data, reply, status, answer } in samples() {
        let body = request.encode(Abi::LP64_LE).unwrap();
        assert_eq!((body.srvid, body.flags.bits()), (SrvId(srvid), flags), "{request:?}");
        assert_eq!(body.data, data, "{request:?}");
        assert_eq!(ControlRequest::decode(&body, Abi::LP64_LE).unwrap(), request);
        assert!(request.matches(&body, Abi::LP64_LE).unwrap());

        let body = reply.encode(Abi::LP64_LE).unwrap();
        assert_eq!((body.status, &body.data), (status, &answer), "{reply:?}");
        assert_eq!(ControlReply::decode(request.opcode(), &body, Abi::LP64_LE).unwrap(), reply);
        assert!(reply.matches(&body, Abi::LP64_LE).unwrap());
        assert_eq!(reply.opcode(), request.opcode());
    }
}

#[test]
fn every_value_comes_back_on_every_machine() {
    for abi in super::ABIS {
        for sample in samples() {
            let body = sample.request.encode(abi).unwrap();
            assert_eq!(ControlRequest::decode(&body, abi).unwrap(), sample.request, "{abi:?}");
            let body = sample.reply.encode(abi).unwrap();
            assert_eq!(ControlReply::decode(sample.request.opcode(), &body, abi).unwrap(), sample.reply);
        }
    }
}

/// A cut argument is an error, except where less is a whole value too.
#[test]
fn every_value_that_was_cut_is_an_error_or_another_value() {
    for sample in samples() {
        let whole = sample.request.encode(Abi::LP64_LE).unwrap();
        for cut in 0..whole.data.len() {
            let body = ReqControl { data: whole.data.slice(..cut), ..whole.clone() };
            if let Ok(other) = ControlRequest::decode(&body, Abi::LP64_LE) {
                assert_ne!(other, sample.request);
                assert!(other.matches(&body, Abi::LP64_LE).unwrap());
            }
        }
        let whole = sample.reply.encode(Abi::LP64_LE).unwrap();
        for cut in 0..whole.data.len() {
            let body = ReplyControl { data: whole.data.slice(..cut), ..whole.clone() };
            if let Ok(other) = ControlReply::decode(sample.request.opcode(), &body, Abi::LP64_LE) {
                assert_ne!(other, sample.reply);
                assert!(other.matches(&body, Abi::LP64_LE).unwrap());
            }
        }
    }
}
