//! No ctdbd at all, or something at its socket that is none: the tunneld stays, says why, and tries again; the daemons of
//! the node talk to each other meanwhile.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bus::{Failure, Undelivered};

use crate::{Tunneld, assert_ways, until};

async fn assert_alone(tunneld: &Tunneld, why: &str) {
    assert_ways(tunneld).await;
    until("it says why", async || {
        let link = tunneld.status().await.ctdbd;
        assert_ne!(link.state, protocol::tunnel::LinkState::Attached);
        assert_eq!(link.attached, 0);
        if link.last_error.as_ref().is_some_and(|e| e.0.contains(why)) {
            Ok(())
        } else {
            Err(format!("{link:?}"))
        }
    })
    .await;
    let client = tunneld.client("client").await;
    let far = "1/far".parse().unwrap();
    let refused = Err(Undelivered { reason: Failure::NoCtdbd, in_doubt: false });
    assert_eq!(client.bus.send(far, "x".into()).await, refused);
}

#[tokio::test]
async fn without_a_ctdbd_the_daemons_of_a_node_talk_to_each_other() {
    let tunneld = Tunneld::start().await;
    assert_alone(&tunneld, "No such file").await;
    let socket = tunneld.dir.path().join("ctdbd.socket");
    drop(UnixListener::bind(&socket).unwrap());
    assert_alone(&tunneld, "refused").await;
}

#[tokio::test]
async fn a_ctdbd_socket_whose_path_is_too_long_is_said_and_not_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let long = dir.path().join("x".repeat(120));
    let tunneld = Tunneld::start_with(dir, &long).await;
    assert_alone(&tunneld, "SUN_LEN").await;
}

/// Treats each connection the same way, and counts them.
fn answer_all(listener: UnixListener, act: impl Fn(UnixStream) + Send + 'static) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::Relaxed);
            stream.into_iter().for_each(&act);
        }
    });
    count
}

async fn assert_survives(why: &str, act: impl Fn(UnixStream) + Send + 'static) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("ctdbd.socket");
    let tries = answer_all(UnixListener::bind(&socket).unwrap(), act);
    let tunneld = Tunneld::start_with(dir, &socket).await;
    assert_alone(&tunneld, why).await;
    until("it tries again", async || match tries.load(Ordering::Relaxed) {
        0..3 => Err("not yet".to_owned()),
        _ => Ok(()),
    })
    .await;
}

#[tokio::test]
async fn a_ctdbd_that_hangs_up_at_once_is_tried_again() {
    assert_survives("", drop).await;
}

#[tokio::test]
async fn a_ctdbd_that_hangs_up_in_the_middle_of_a_question_is_tried_again() {
    assert_survives("", |mut stream| drop(stream.read_exact(&mut [0; 5]))).await;
}

#[tokio::test]
async fn something_that_speaks_another_language_is_left_and_tried_again() {
    assert_survives("", |mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        // Until the other side has had enough.
        let _ = stream.read_to_end(&mut Vec::new());
    })
    .await;
}

#[tokio::test]
async fn a_ctdbd_that_announces_four_gigabytes_is_left_and_costs_nothing() {
    assert_survives("", |mut stream| {
        let _ = stream.write_all(&[0xff; 8]);
        let _ = stream.read_to_end(&mut Vec::new());
    })
    .await;
}
