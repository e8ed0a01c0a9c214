//! The Unix datagram sockets of the bus.
//!
//! Each daemon has one socket to receive, in the bus directory under its own name, and one *connected* socket for each
//! peer it sends to: an unconnected sender on a full queue would spin, a connected one sleeps until there is room. Only
//! root and the user of the process itself are heard; the kernel says who sent.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::UnixDatagram as UnixSocket;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};

use bus::datagram::DATAGRAM_MAX;
use bus::{Daemon, Gather};
use bytes::{Bytes, BytesMut};
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, UnixAddr, recvmsg, sendmsg, setsockopt, sockopt::PassCred, sockopt::SndBuf,
};
use tokio::io::Interest;
use tokio::net::UnixDatagram;

use crate::socket_file::SocketFile;

/// The file name of the tunneld's socket in the bus directory.
pub const TUNNELD_SOCKET: &str = "tunneld";

/// Room for a few full datagrams on their way.
const SEND_BUFFER: usize = 4 * DATAGRAM_MAX;

/// A datagram of at least this size keeps the buffer that it came in; a smaller one is copied out of it.
const KEEP: usize = DATAGRAM_MAX / 2;

/// Buffers of kept datagrams that are used again when they are free: as many as a full window fills.
const LENT: usize = 20;

/// The socket at which a daemon is reached.
#[must_use]
pub fn socket_of(dir: &Path, daemon: Daemon) -> PathBuf {
    dir.join(format!("{}.{}", daemon.name, daemon.instance))
}

/// Makes the bus directory when it is missing, and refuses one that others could write to.
pub fn prepare_directory(dir: &Path) -> io::Result<()> {
    match std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    let meta = std::fs::metadata(dir)?;
    let me = nix::unistd::geteuid().as_raw();
    if !meta.is_dir() || (meta.uid() != me && meta.uid() != 0) || meta.mode() & 0o022 != 0 {
        let why = "must be a directory of this user or root that nobody else may write to";
        return Err(io::Error::new(ErrorKind::PermissionDenied, why));
    }
    Ok(())
}

fn nix_error(e: nix::Error) -> io::Error {
    io::Error::from_raw_os_error(e as i32)
}

/// The socket at which datagrams arrive. Its file is removed with it.
#[derive(Debug)]
pub struct Receiver {
    socket: UnixDatagram,
    file: SocketFile,
    /// One byte more than the largest datagram, to notice what is too long.
    buffer: BytesMut,
    /// Buffers with datagrams that somebody may still have.
    lent: VecDeque<Bytes>,
    /// The user of this process.
    me: u32,
    refused: u64,
}

impl Receiver {
    /// Listens at `path`. A socket that a dead process left there is replaced; a living one is an error (`AddrInUse`).
    pub fn bind(path: PathBuf) -> io::Result<Self> {
        let (socket, file) = SocketFile::bind(path)?;
        setsockopt(&socket, PassCred, &true).map_err(nix_error)?;
        let me = nix::unistd::geteuid().as_raw();
        let buffer = BytesMut::zeroed(DATAGRAM_MAX + 1);
        Ok(Self { socket, file, buffer, lent: VecDeque::new(), me, refused: 0 })
    }

    /// Whether the socket's file is still there, so that others can find it.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.file.is_there()
    }

    /// Listens again where the file is gone. What lies in the old socket must have been read.
    pub fn bind_again(&mut self) -> io::Result<()> {
        let refused = self.refused;
        *self = Self::bind(self.file.path().to_owned())?;
        self.refused = refused;
        Ok(())
    }

    /// Datagrams of other users, or too long, that were dropped since the last time this was asked.
    #[must_use]
    pub const fn take_refused(&mut self) -> u64 {
        std::mem::replace(&mut self.refused, 0)
    }

    /// Waits until there may be something to receive.
    pub async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// The next datagram.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        loop {
            ready!(self.socket.poll_recv_ready(cx))?;
            if let Some(datagram) = self.try_recv()? {
                return Poll::Ready(Ok(datagram));
            }
        }
    }

    /// The next datagram that is there, or `None`.
    pub fn try_recv(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            let fd = self.socket.as_raw_fd();
            let (buffer, me) = (&mut self.buffer, self.me);
            let got = self.socket.try_io(Interest::READABLE, || receive(fd, buffer, me));
            match got {
                Ok((len, true)) => return Ok(Some(self.take(len))),
                Ok((_, false)) => self.refused += 1,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

impl Receiver {
    /// The first `len` bytes of the buffer.
    fn take(&mut self, len: usize) -> Bytes {
        if len < KEEP {
            return Bytes::copy_from_slice(&self.buffer[..len]);
        }
        let next = self.free_buffer();
        let whole = std::mem::replace(&mut self.buffer, next).freeze();
        let datagram = whole.slice(..len);
        if self.lent.len() < LENT {
            self.lent.push_back(whole);
        }
        datagram
    }

    fn free_buffer(&mut self) -> BytesMut {
        match self.lent.pop_front().map(Bytes::try_into_mut) {
            Some(Ok(free)) => return free,
            Some(Err(kept)) => self.lent.push_back(kept),
            None => {}
        }
        BytesMut::zeroed(DATAGRAM_MAX + 1)
    }
}

/// Receives one datagram: its length, and whether it is to be heard.
fn receive(fd: i32, buffer: &mut [u8], me: u32) -> io::Result<(usize, bool)> {
    let mut control = nix::cmsg_space!(nix::sys::socket::UnixCredentials);
    let mut parts = [IoSliceMut::new(buffer)];
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_CMSG_CLOEXEC;
    let got = recvmsg::<UnixAddr>(fd, &mut parts, Some(&mut control), flags).map_err(nix_error)?;
    // Whoever sends more beside the datagram than fits here, such as files, does not belong here.
    let friend = got.cmsgs().is_ok_and(|mut all| {
        all.any(|c| match c {
            ControlMessageOwned::ScmCredentials(who) => who.uid() == 0 || who.uid() == me,
            _ => false,
        })
    });
    Ok((got.bytes, friend && got.bytes <= DATAGRAM_MAX))
}

/// A connected socket that sends to one peer.
///
/// It is watched only since it was full: otherwise each datagram that the peer takes would wake this process for nothing.
#[derive(Debug)]
pub struct Sender {
    socket: UnixSocket,
    /// The same socket, watched for room.
    room: Option<UnixDatagram>,
}

impl Sender {
    /// Connects to the socket at `path`.
    pub fn connect(path: &Path) -> io::Result<Self> {
        let socket = UnixSocket::unbound()?;
        socket.connect(path)?;
        socket.set_nonblocking(true)?;
        setsockopt(&socket, SndBuf, &SEND_BUFFER).map_err(nix_error)?;
        Ok(Self { socket, room: None })
    }

    /// Whether room is watched: since a [`Sender::try_send`] that found none.
    #[must_use]
    pub const fn is_watched(&self) -> bool {
        self.room.is_some()
    }

    /// Ready when there may be room, while that is watched.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(room) = &self.room else { return Poll::Pending };
        // An error shows at the next attempt to send.
        let _ = ready!(room.poll_send_ready(cx));
        Poll::Ready(())
    }

    /// Room is of no interest for now.
    pub fn unwatch(&mut self) {
        self.room = None;
    }

    /// Waits until there may be room.
    pub async fn room(&self) {
        poll_fn(|cx| self.poll_room(cx)).await;
    }

    /// Sends when there is room; false when there is none: then room is watched. Any error means that the peer is not
    /// there.
    pub fn try_send(&mut self, datagram: &Gather) -> io::Result<bool> {
        let parts: Vec<_> = datagram.parts().iter().map(|p| IoSlice::new(p)).collect();
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        let fd = self.socket.as_raw_fd();
        let send = || sendmsg::<UnixAddr>(fd, &parts, &[], flags, None).map_err(nix_error);
        let sent = match &self.room {
            Some(room) => room.try_io(Interest::WRITABLE, send),
            None => send(),
        };
        match sent {
            Ok(_) => Ok(true),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                if self.room.is_none() {
                    self.room = Some(UnixDatagram::from_std(self.socket.try_clone()?)?);
                }
                Ok(false)
            }
            Err(e) => Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use bus::GatherWriter;

    fn datagram(len: usize) -> Gather {
        let mut g = GatherWriter::default();
        g.opaque(&Bytes::from(vec![5; len]));
        g.finish()
    }

    #[tokio::test]
    async fn a_datagram_arrives_whole_and_a_full_queue_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.0");
        let mut receiver = Receiver::bind(path.clone()).unwrap();
        let mut sender = Sender::connect(&path).unwrap();
        assert!(sender.try_send(&datagram(65536)).unwrap());
        receiver.readable().await.unwrap();
        assert_eq!(receiver.try_recv().unwrap().unwrap(), datagram(65536).into_bytes());
        assert_eq!(receiver.try_recv().unwrap(), None);
        let mut sent = 0;
        while sender.try_send(&datagram(10)).unwrap() {
            sent += 1;
            assert!(sent < 10_000);
        }
        receiver.readable().await.unwrap();
        while receiver.try_recv().unwrap().is_some() {
            sent -= 1;
        }
        assert_eq!(sent, 0);
        sender.room().await;
        assert!(sender.try_send(&datagram(10)).unwrap());
    }

    /// Reads until so many datagrams were refused, and gives back the others.
    async fn read_until_refused(receiver: &mut Receiver, count: u64) -> Vec<Bytes> {
        let (mut all, mut refused) = (Vec::new(), 0);
        let reading = async {
            while refused < count {
                receiver.readable().await.unwrap();
                all.extend(std::iter::from_fn(|| receiver.try_recv().unwrap()));
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
        let mut receiver = Receiver::bind(path.clone()).unwrap();
        let sender = Sender::connect(&path).unwrap();
        let fd = sender.socket.as_raw_fd();
        let open_files = || std::fs::read_dir("/proc/self/fd").unwrap().count();
        let before = open_files();
        for len in [DATAGRAM_MAX + 1, 2 * DATAGRAM_MAX] {
            let too_long = vec![1; len];
            sender.socket.send(&too_long).unwrap();
        }
        let gifts = [nix::sys::socket::ControlMessage::ScmRights(&[fd, fd, fd])];
        let parts = [IoSlice::new(b"files")];
        sendmsg::<UnixAddr>(fd, &parts, &gifts, MsgFlags::empty(), None).unwrap();
        let largest = vec![2; DATAGRAM_MAX];
        sender.socket.send(&largest).unwrap();
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
        let mut receiver = Receiver::bind(path.clone()).unwrap();
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
        let mut receiver = Receiver::bind(path.clone()).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(!receiver.is_there() && Sender::connect(&path).is_err());
        receiver.bind_again().unwrap();
        assert!(receiver.is_there());
        assert!(Sender::connect(&path).unwrap().try_send(&datagram(10)).unwrap());
        receiver.readable().await.unwrap();
        assert_eq!(receiver.try_recv().unwrap().unwrap(), datagram(10).into_bytes());
    }

    #[tokio::test]
    async fn large_datagrams_are_kept_or_dropped_without_disturbing_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.0");
        let mut receiver = Receiver::bind(path.clone()).unwrap();
        let mut sender = Sender::connect(&path).unwrap();
        let datagram = |n: u8| {
            let mut g = GatherWriter::default();
            g.opaque(&Bytes::from(vec![n; if n % 5 == 4 { 10 } else { 40_000 + usize::from(n) }]));
            g.finish()
        };
        let mut kept = Vec::new();
        for n in 0..200 {
            assert!(sender.try_send(&datagram(n)).unwrap());
            let got = poll_fn(|cx| receiver.poll_recv(cx)).await.unwrap();
            assert_eq!(got, datagram(n).into_bytes());
            if n % 3 == 0 {
                kept.push((n, got));
            }
            if kept.len() > 30 {
                kept.drain(..25);
            }
            assert!(receiver.lent.len() <= LENT);
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
}
