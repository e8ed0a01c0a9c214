//! `ip` against a ctdbd made of answers: what is sent, and what becomes of answers that are none.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use crate::support::{Answer, Fake, healthy};
use legacy_codec::{
    Abi, Connection, ControlReply, ControlRequest, Payload, Pnn, PublicIp, PublicIpList, SockAddr,
};

fn public(text: &str, pnn: u32) -> PublicIp {
    PublicIp { pnn: Pnn(pnn), addr: text.parse::<SocketAddr>().unwrap().into() }
}

fn list(ips: Vec<PublicIp>) -> Answer {
    Answer::Reply(ControlReply::GetPublicIps(PublicIpList { ips }))
}

#[test]
fn ip_09_put_together_each_node_is_believed_about_itself() {
    let fake = Fake::start(|dest, request| match request {
        // Node 2 believes wrong things about the first address, and is alone with the third.
        ControlRequest::GetPublicIps(_) if dest.0 == 2 => {
            list(vec![public("10.1.0.1:0", 1), public("10.1.0.2:0", 2), public("10.1.0.3:0", 2)])
        }
        ControlRequest::GetPublicIps(_) => {
            list(vec![public("10.1.0.2:0", u32::MAX), public("10.1.0.1:0", 0)])
        }
        _ => healthy(dest, request),
    });
    let run = fake.run("ip list -n all");
    assert_eq!(run.stdout, "ADDRESS   NODE\n10.1.0.1     0\n10.1.0.2     2\n10.1.0.3     2\n", "{run:?}");
    let alone = fake.run("ip list");
    assert_eq!(alone.stdout, "ADDRESS   NODE\n10.1.0.1     0\n10.1.0.2     -\n", "{alone:?}");
}

#[test]
fn ip_23_the_public_address_goes_where_ctdbd_looks_for_it() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sent);
    let fake = Fake::start(move |dest, request| match request {
        ControlRequest::GetPublicIps(_) => list(vec![public("10.1.0.1:0", 0), public("[fd00::1]:0", 0)]),
        ControlRequest::TcpAddDelayedUpdate(Connection { src, dst }) => {
            seen.lock().unwrap().push((*src, *dst));
            Answer::Reply(ControlReply::TcpAddDelayedUpdate(()))
        }
        _ => healthy(dest, request),
    });
    for words in ["10.1.0.1:445 192.0.2.7:987", "192.0.2.7:987 10.1.0.1:445", "[fd00::1]:445 [fd00::9]:1"] {
        let run = fake.run(&format!("ip connection add {words}"));
        assert_eq!(run.status, 0, "{run:?}");
    }
    let end = |text: &str| SockAddr::from(text.parse::<SocketAddr>().unwrap());
    let v4 = (end("192.0.2.7:987"), end("10.1.0.1:445"));
    assert_eq!(*sent.lock().unwrap(), [v4, v4, (end("[fd00::9]:1"), end("[fd00::1]:445"))]);
    fake.run("ip connection add 10.9.9.9:1 10.9.9.8:2").assert_refused_row("10.9.9.8 is no public address");
}

#[test]
fn host_13_lists_that_claim_millions_of_addresses_are_malformed() {
    for count in [1_u32, 0x0010_0000, u32::MAX] {
        let fake = Fake::start(move |dest, request| match request {
            ControlRequest::GetPublicIps(_) => {
                Answer::Raw { status: 0, data: count.to_ne_bytes().to_vec(), error: Vec::new() }
            }
            _ => healthy(dest, request),
        });
        let run = fake.run("ip list -o json");
        assert_eq!(run.status, 5, "{run:?}");
        assert!(run.stdout.contains("\"malformed_answer\""), "{run:?}");
    }
}

#[test]
fn an_address_of_a_family_that_nobody_knows_is_malformed() {
    let fake = Fake::start(|dest, request| match request {
        ControlRequest::GetPublicIps(_) => {
            let odd = PublicIp { pnn: Pnn(0), addr: SockAddr::Other { family: 99, data: [7; 26] } };
            let data = PublicIpList { ips: vec![odd] }.to_payload(Abi::NATIVE).unwrap().bytes.to_vec();
            Answer::Raw { status: 0, data, error: Vec::new() }
        }
        _ => healthy(dest, request),
    });
    let run = fake.run("ip list");
    assert!(run.status == 5 && run.stdout.contains("a family that is not known"), "{run:?}");
}

impl crate::support::Run {
    /// Fails unless the only node refused, in its row.
    #[track_caller]
    fn assert_refused_row(&self, part: &str) {
        assert!(self.status == 5 && self.stdout.contains(part), "{self:?}");
    }
}
