//! Messages, slow readers on both sides, garbage and restarts of ctdbd over a real socket.
//!
//! A fence (one call and its answer) shows that everything written before it has been handled.

use crate::fake::{Ctdbd, PNN, Peer, reconnecting, within};
use bytes::Bytes;
use legacy_client::{Client, Event, Message, Options, SendError};
use legacy_codec::*;

const ID: SrvId = SrvId::TUNNEL_NEW_PROTOCOL;

/// Waits for the client to have said something on the socket and for ctdbd to have answered: all before is handled.
async fn fence(client: &Client, peer: &mut Peer) {
    let (answer, ()) = tokio::join!(client.call::<Ping>(Dest::CURRENT_NODE, ()), async {
        let (reqid, _) = peer.next_control().await;
        peer.reply(reqid, 1, b"", b"").await;
    });
    assert_eq!(answer, Ok(1));
}

async fn subscribe(client: &Client, peer: &mut Peer) {
    let (result, ()) = tokio::join!(client.subscribe(ID), peer.accept_registration(ID));
    result.unwrap();
}

#[tokio::test]
async fn messages_of_all_sizes_pass_in_both_directions_in_order() {
    let ctdbd = Ctdbd::new();
    let (client, mut peer) = ctdbd.attached(Options::default()).await;
    subscribe(&client, &mut peer).await;
    let lens = [0, 1, 7, 8, 1000, 1024, 65_536, 70_001, 1 << 20, 16 << 20, 3];
    let data = |len: usize| Bytes::from((0_u8..251).cycle().take(len).collect::<Vec<_>>());
    let sender = client.clone();
    let (_, ()) = tokio::join!(
        async {
            for len in lens {
                sender.send(Dest::CONNECTED, ID, data(len)).await.unwrap();
            }
        },
        async {
            for len in lens {
                let (dest, message) = peer.next_message().await;
                assert_eq!(dest, Dest::CONNECTED);
                assert!(message == ReqMessage { srvid: ID, data: data(len) }, "{len}");
            }
        }
    );
    tokio::join!(
        async {
            for len in lens {
                peer.message(ID, data(len)).await;
            }
        },
        async {
            for len in lens {
                let message = within(client.next_message()).await.unwrap();
                assert!(message == Message { srvid: ID, data: data(len) }, "{len}");
            }
        }
    );
    assert_eq!(client.messages_lost(), 0);
}

#[tokio::test]
async fn a_program_that_fetches_nothing_never_stops_ctdbd_and_learns_what_it_missed_cli_06() {
    let ctdbd = Ctdbd::new();
    let options = Options { inbox_events: 10, ..Options::default() };
    let (client, mut peer) = ctdbd.attached(options).await;
    subscribe(&client, &mut peer).await;
    for n in 0..5000_u32 {
        peer.message(ID, Bytes::from([&n.to_ne_bytes()[..], &[0; 4096]].concat())).await;
    }
    fence(&client, &mut peer).await;
    assert_eq!(client.messages_lost(), 4990);
    assert_eq!(client.next_event().await, Some(Event::Lost(4990)));
    for n in 4990..5000_u32 {
        let message = within(client.next_message()).await.unwrap();
        assert_eq!(message.data[..4], n.to_ne_bytes());
    }
}

#[tokio::test]
async fn a_ctdbd_that_does_not_read_is_felt_by_the_sender_and_costs_bounded_memory() {
    let ctdbd = Ctdbd::new();
    let (client, mut peer) = ctdbd.attached(Options::default()).await;
    let piece = Bytes::from(vec![1; 64 << 10]);
    let (mut sent, mut full_in_a_row) = (0_usize, 0);
    while full_in_a_row < 1000 {
        match client.try_send(Pnn(0), ID, piece.clone()) {
            Ok(()) => (sent, full_in_a_row) = (sent + 1, 0),
            Err(error) => {
                assert_eq!(error, SendError::Full);
                full_in_a_row += 1;
                tokio::task::yield_now().await;
            }
        }
        assert!(sent * piece.len() < 20 << 20, "nothing holds the sender back");
    }
    for _ in 0..sent {
        assert_eq!(peer.next_message().await.1.data.len(), piece.len());
    }
    fence(&client, &mut peer).await;
}

#[tokio::test]
async fn a_handle_dropped_while_ctdbd_does_not_read_does_not_keep_the_connection_for_ever() {
    let ctdbd = Ctdbd::new();
    let (client, mut peer) = ctdbd.attached(Options::default()).await;
    let piece = Bytes::from(vec![1; 1 << 20]);
    while tokio::time::timeout(std::time::Duration::from_millis(50), client.send(Pnn(0), ID, piece.clone()))
        .await
        .is_ok()
    {}
    let state = client.state();
    drop(client);
    // The background task ends without a byte being read, then the stream ends in the middle of a packet.
    let mut state = state;
    within(async { while state.changed().await.is_ok() {} }).await;
    while peer.next().await.is_some() {}
}

#[tokio::test]
async fn a_restarted_ctdbd_is_found_again_with_all_subscriptions() {
    let ctdbd = Ctdbd::new();
    let (client, mut peer) = ctdbd.attached(reconnecting()).await;
    subscribe(&client, &mut peer).await;
    assert_eq!(client.next_event().await, Some(Event::Up { pnn: PNN }));

    let Ctdbd { listener, path, dir: _dir } = ctdbd;
    let (answer, ()) = tokio::join!(client.call::<Ping>(Dest::CURRENT_NODE, ()), async {
        peer.next_control().await;
        drop((listener, peer));
    });
    assert!(answer.unwrap_err().is_disconnected());
    assert!(matches!(within(client.next_event()).await, Some(Event::Down { .. })));
    assert_eq!(client.send(Pnn(0), ID, Bytes::new()).await, Err(SendError::NotConnected));

    std::fs::remove_file(&path).unwrap();
    let ctdbd = Ctdbd { listener: tokio::net::UnixListener::bind(&path).unwrap(), path, dir: _dir };
    let mut peer = ctdbd.accept().await;
    peer.answer_attach().await;
    assert!(!client.is_up(), "not before the subscription is in force");
    peer.accept_registration(ID).await;
    assert_eq!(within(client.next_event()).await, Some(Event::Up { pnn: PNN }));
    peer.message(ID, Bytes::from_static(b"again")).await;
    assert_eq!(within(client.next_message()).await.unwrap().data, "again");
    assert_eq!((client.counters().attached, client.counters().lost), (2, 1));
}

#[tokio::test]
async fn a_client_may_start_before_ctdbd() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ctdbd.socket");
    let client = Client::start(&path, reconnecting());
    assert_eq!(client.pnn(), None);
    let mut state = client.state();
    let subscribed = within(client.subscribe(ID)).await;
    assert_eq!(subscribed, Ok(()), "a promise for the time when it is up");
    let ctdbd = Ctdbd { listener: tokio::net::UnixListener::bind(&path).unwrap(), path, dir };
    let mut peer = ctdbd.accept().await;
    peer.answer_attach().await;
    peer.accept_registration(ID).await;
    within(state.wait_for(|s| s.up)).await.unwrap();
    assert_eq!(client.pnn(), Some(PNN));
}

#[tokio::test]
async fn a_bad_packet_is_dropped_and_the_connection_stays_cli_03() {
    let ctdbd = Ctdbd::new();
    let (client, mut peer) = ctdbd.attached(Options::default()).await;
    subscribe(&client, &mut peer).await;
    let bad = |length: u32, magic: u32, op: u32| {
        let mut bytes: Vec<u8> =
            [length, magic, 1, 0, op, 0, 0, 0].iter().flat_map(|w| w.to_ne_bytes()).collect();
        bytes.resize(length.try_into().unwrap(), 0xEE);
        bytes
    };
    peer.raw(&bad(40, 0x1234, 5)).await;
    peer.raw(&bad(64, MAGIC, 5)).await;
    peer.raw(&bad(48, MAGIC, 8)).await;
    peer.raw(&bad(48, MAGIC, 3)).await;
    peer.raw(&bad(20, MAGIC, 5)).await;
    // HOST-48.
    peer.raw(&bad(48, MAGIC, 4711)).await;
    fence(&client, &mut peer).await;
    peer.message(ID, Bytes::from_static(b"good")).await;
    assert_eq!(within(client.next_message()).await.unwrap().data, "good");
    assert_eq!(client.counters().lost, 0);
}

#[tokio::test]
async fn a_stream_that_makes_no_sense_is_left_and_connected_anew_host_40() {
    let ctdbd = Ctdbd::new();
    let (client, mut peer) = ctdbd.attached(reconnecting()).await;
    for garbage in [&[0; 64][..], &[0xFF; 64], b"HTTP/1.1 400 Bad Request\r\n\r\n"] {
        peer.raw(garbage).await;
        let mut next = ctdbd.accept().await;
        assert_eq!(peer.next().await, None);
        next.answer_attach().await;
        within(client.state().wait_for(|s| s.up)).await.unwrap();
        peer = next;
    }
    fence(&client, &mut peer).await;
}

#[tokio::test]
async fn a_message_that_ctdbd_could_not_take_is_refused() {
    let ctdbd = Ctdbd::new();
    let (client, _peer) = ctdbd.attached(Options { max_packet: 1024, ..Options::default() }).await;
    assert_eq!(client.send(Pnn(0), ID, vec![0; 1024].into()).await, Err(SendError::TooLarge(1024)));
    assert_eq!(client.send(Pnn(0), ID, vec![0; 960].into()).await, Ok(()));
}
