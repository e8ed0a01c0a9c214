//! Sockets of one process that speak with each other, and with strangers.

use std::future::poll_fn;
use std::io::IoSlice;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram as UnixSocket;
use std::path::Path;

use nix::sys::socket::{MsgFlags, UnixAddr, sendmsg};

use super::*;
use bus::datagram::DATAGRAM_MAX;
use bus::{Gather, GatherWriter};
use bytes::Bytes;

fn datagram(len: usize) -> Gather {
    let mut g = GatherWriter::default();
    g.opaque(&Bytes::from(vec![5; len]));
    g.finish()
}

/// Whether there was room.
fn send(sender: &mut Sender, datagram: Gather) -> bool {
    sender.push(datagram, None);
    let room = sender.flush().unwrap();
    if !room {
        sender.skip();
    }
    room
}

#[tokio::test]
async fn a_datagram_arrives_whole_and_a_full_queue_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.0");
    let mut receiver = Receiver::bind(path.clone(), Files::Refuse).unwrap();
    let mut sender = Sender::connect(&path).unwrap();
    assert!(send(&mut sender, datagram(65536)));
    receiver.readable().await.unwrap();
    assert_eq!(receiver.try_recv().unwrap().unwrap().datagram, datagram(65536).into_bytes());
    assert_eq!(receiver.try_recv().unwrap(), None);
    let mut sent = 0;
    while send(&mut sender, datagram(10)) {
        sent += 1;
        assert!(sent < 10_000);
    }
    receiver.readable().await.unwrap();
    while receiver.try_recv().unwrap().is_some() {
        sent -= 1;
    }
    assert_eq!(sent, 0);
    poll_fn(|cx| sender.poll_room(cx)).await;
    assert!(send(&mut sender, datagram(10)));
}

/// Reads until so many datagrams were refused, and gives back the others.
async fn read_until_refused(receiver: &mut Receiver, count: u64) -> Vec<Bytes> {
    let (mut all, mut refused) = (Vec::new(), 0);
    let reading = async {
        while refused < count {
            receiver.readable().await.unwrap();
            all.extend(std::iter::from_fn(|| receiver.try_recv().unwrap()).map(|a| a.datagram));
            refused += receiver.take_refused();
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), reading).await.unwrap();
    assert_eq!(refused, count);
    all
}

#[tokio::test]
async fn datagrams_that_are_too_long_or_bring_files_are_refused_and_the_next_one_is_heard() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.0");
    let mut receiver = Receiver::bind(path.clone(), Files::Refuse).unwrap();
    let sender = UnixSocket::unbound().unwrap();
    sender.connect(&path).unwrap();
    nix::sys::socket::setsockopt(&sender, nix::sys::socket::sockopt::SndBuf, &(1 << 20)).unwrap();
    let fd = sender.as_raw_fd();
    let open_files = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = open_files();
    for len in [DATAGRAM_MAX + 1, 2 * DATAGRAM_MAX] {
        let too_long = vec![1; len];
        sender.send(&too_long).unwrap();
    }
    let gifts = [nix::sys::socket::ControlMessage::ScmRights(&[fd, fd, fd])];
    let parts = [IoSlice::new(b"files")];
    sendmsg::<UnixAddr>(fd, &parts, &gifts, MsgFlags::empty(), None).unwrap();
    let largest = vec![2; DATAGRAM_MAX];
    sender.send(&largest).unwrap();
    assert_eq!(read_until_refused(&mut receiver, 3).await, [Bytes::from(largest)]);
    assert_eq!(open_files(), before, "no file was taken");
}

#[tokio::test]
async fn datagrams_of_another_user_are_refused() {
    use std::os::unix::process::CommandExt;
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: only root can be another user");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.0");
    let mut receiver = Receiver::bind(path.clone(), Files::Refuse).unwrap();
    let open = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
    let say = |user: u32, word: &str| {
        let mut logger = std::process::Command::new("logger");
        logger.arg("--socket").arg(&path).args(["--socket-errors=on", word]).uid(user).gid(user);
        logger.current_dir("/").status().unwrap().success()
    };
    assert!(!say(65_534, "locked out"), "the file's mode keeps strangers away");
    // Somebody opens the door: the kernel still says who comes in.
    open(dir.path(), 0o755).unwrap();
    open(&path, 0o666).unwrap();
    assert!(say(65_534, "stranger") && say(0, "friend") && say(65_534, "stranger"));
    let heard = read_until_refused(&mut receiver, 2).await;
    let text: Vec<_> = heard.iter().map(|bytes| String::from_utf8_lossy(bytes)).collect();
    assert!(matches!(&text[..], [one] if one.ends_with("friend")), "{text:?}");
}

#[tokio::test]
async fn a_receiver_whose_file_is_gone_listens_again_at_the_same_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.0");
    let mut receiver = Receiver::bind(path.clone(), Files::Refuse).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(!receiver.is_there() && Sender::connect(&path).is_err());
    receiver.bind_again().unwrap();
    assert!(receiver.is_there());
    assert!(send(&mut Sender::connect(&path).unwrap(), datagram(10)));
    receiver.readable().await.unwrap();
    assert_eq!(receiver.try_recv().unwrap().unwrap().datagram, datagram(10).into_bytes());
}

#[tokio::test]
async fn large_datagrams_are_kept_or_dropped_without_disturbing_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.0");
    let mut receiver = Receiver::bind(path.clone(), Files::Refuse).unwrap();
    let mut sender = Sender::connect(&path).unwrap();
    let datagram = |n: u8| {
        let mut g = GatherWriter::default();
        g.opaque(&Bytes::from(vec![n; if n % 5 == 4 { 10 } else { 40_000 + usize::from(n) }]));
        g.finish()
    };
    let mut kept = Vec::new();
    for n in 0..200 {
        assert!(send(&mut sender, datagram(n)));
        let got = poll_fn(|cx| receiver.poll_recv(cx)).await.unwrap().datagram;
        assert_eq!(got, datagram(n).into_bytes());
        if n % 3 == 0 {
            kept.push((n, got));
        }
        if kept.len() > 30 {
            kept.drain(..25);
        }
    }
    for (n, got) in kept {
        assert_eq!(got, datagram(n).into_bytes(), "{n} was written over");
    }
}

#[test]
fn a_directory_that_others_may_write_to_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let bus = dir.path().join("x/bus");
    prepare_directory(&bus).unwrap();
    prepare_directory(&bus).unwrap();
    std::fs::set_permissions(&bus, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(prepare_directory(&bus).unwrap_err().kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn what_is_sent_as_soon_as_there_is_a_socket_is_not_taken_for_a_strangers() {
    let dir = tempfile::tempdir().unwrap();
    for turn in 0..300 {
        let path = dir.path().join(format!("a.{turn}"));
        let to = path.clone();
        let sending = std::thread::spawn(move || {
            let socket = UnixSocket::unbound().unwrap();
            while socket.send_to(b"early", &to).is_err() {
                std::hint::spin_loop();
            }
        });
        let mut receiver = Receiver::bind(path, Files::Refuse).unwrap();
        sending.join().unwrap();
        let arriving = poll_fn(|cx| receiver.poll_recv(cx));
        let arrived = tokio::time::timeout(std::time::Duration::from_secs(5), arriving).await;
        let arrived = arrived.ok().map(|arrival| arrival.unwrap().datagram);
        assert_eq!((arrived.as_deref(), receiver.take_refused()), (Some(&b"early"[..]), 0), "turn {turn}");
    }
}
