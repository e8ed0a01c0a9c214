//! Receives datagrams.
//!
//! The first turn takes one; while the turns are answered in full, each takes twice as many as the one before. So a lone
//! datagram costs one plain call, and a queue that has filled up meanwhile few: where no files may come, one call for all.
//! Where datagrams come one by one, turn after turn, asking for a second each time would be half of all calls: what was asked
//! for in vain is asked for again only after some that came alone.
//! Where they may, each datagram has a call of its own, because only then is it known which files the kernel has handed out
//! when not all of them found room.

use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

use bytes::{Bytes, BytesMut};
use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{SCM_RIGHTS, SOL_SOCKET, cmsghdr};
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, UnixCredentials, recvmmsg, recvmsg,
};

use crate::buffers::Buffers;

/// Datagrams that one call takes at most.
const BATCH: usize = 16;

/// Buffers that are used again when they are free.
const KEPT: usize = 20;

/// The most files that the kernel lets a datagram bring (`SCM_MAX_FD`).
const FILES_MAX: usize = 253;

/// Whether files may come with a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// They are handed out, however many came.
    Take,
    /// The kernel keeps them back, and marks the datagram as cut.
    Refuse,
}

/// The process that has sent a datagram, as the kernel says. Needs `SO_PASSCRED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Its process.
    pub pid: i32,
    /// Its user.
    pub uid: u32,
}

/// What came.
#[derive(Debug)]
pub struct Datagram {
    /// Its bytes, as far as they fitted.
    pub bytes: Bytes,
    /// Who has sent it.
    pub sender: Option<Sender>,
    /// What came with it. Whatever nobody takes is closed.
    pub files: Vec<OwnedFd>,
    /// It had more bytes, or brought more, than there was room for.
    pub cut: bool,
}

/// What a turn has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing: the kernel has said so.
    Nothing,
    /// A lone one was asked for and came. Whether there is more says the next wait.
    Unknown,
    /// As many came as were asked for, so there may well be more.
    More,
}

/// Receives from one socket.
#[derive(Debug)]
pub struct Inlet {
    rights: Rights,
    buffers: Buffers,
    /// Memory to receive into, as much as was needed so far.
    memory: Vec<BytesMut>,
    /// What comes beside a datagram. Behind the sender all is zero, except while files are taken out.
    control: Vec<u8>,
    batch: Batch,
}

/// Datagrams to ask for in the next turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Batch {
    size: usize,
    /// Turns for one alone before two are asked for.
    alone: u32,
    /// How many of them there were the last time that the second was asked for in vain.
    patience: u32,
}

impl Batch {
    const FIRST: Self = Self { size: 1, alone: 0, patience: 0 };

    /// A queue that fills up is noticed after so many turns at the latest.
    const PATIENCE: u32 = 8;

    /// After a turn that brought so many.
    fn after(self, came: usize) -> Self {
        match self {
            Self { size: 1, alone: 1.., .. } => Self { alone: self.alone - 1, ..self },
            _ if came == self.size => {
                let patience = if self.size > 1 { 0 } else { self.patience };
                Self { size: (self.size * 2).min(BATCH), alone: 0, patience }
            }
            Self { size: 2, .. } if came == 1 => {
                let patience = (self.patience * 2).clamp(1, Self::PATIENCE);
                Self { size: 1, alone: patience, patience }
            }
            _ => Self { size: 1, alone: 0, ..self },
        }
    }
}

impl Inlet {
    /// For datagrams of at most `largest` bytes.
    #[must_use]
    pub fn new(largest: usize, rights: Rights) -> Self {
        let control = match rights {
            // Room for all that may come: what does not fit would stay open, and nobody would know.
            Rights::Take => cmsg_space!(UnixCredentials, [RawFd; FILES_MAX]),
            Rights::Refuse => cmsg_space!(UnixCredentials),
        };
        Self {
            rights,
            buffers: Buffers::new(largest, largest / 2, KEPT),
            memory: Vec::new(),
            control: vec![0; control.capacity()],
            batch: Batch::FIRST,
        }
    }

    /// Adds what there is to `into`, as much as one turn takes.
    pub fn receive(&mut self, socket: impl AsFd, into: &mut Vec<Datagram>) -> io::Result<Rest> {
        let fd = socket.as_fd().as_raw_fd();
        let (asked, before) = (self.batch.size, into.len());
        let got = match self.rights {
            Rights::Refuse if asked > 1 => again(|| self.several(fd, asked, into)),
            _ => (0..asked).try_for_each(|_| again(|| self.one(fd, into))),
        };
        let came = into.len() - before;
        let full = came == asked;
        self.batch = self.batch.after(came);
        match got {
            Ok(()) if full && asked > 1 => Ok(Rest::More),
            Ok(()) if full => Ok(Rest::Unknown),
            Ok(()) | Err(Errno::EAGAIN) => Ok(Rest::Nothing),
            Err(error) => Err(error.into()),
        }
    }

    fn one(&mut self, fd: RawFd, into: &mut Vec<Datagram>) -> Result<(), Errno> {
        if self.memory.is_empty() {
            self.memory.push(self.buffers.get());
        }
        let Some(memory) = self.memory.first_mut() else { return Ok(()) };
        let mut arrived = {
            let mut pieces = [IoSliceMut::new(memory)];
            Arrived::of(&recvmsg::<()>(fd, &mut pieces, Some(&mut self.control), FLAGS)?)
        };
        if arrived.unsaid && self.rights == Rights::Take {
            arrived.files = rights_in(&self.control);
        }
        if !arrived.files.is_empty() {
            self.control.fill(0);
        }
        into.push(arrived.with(|len| self.buffers.take(memory, len)));
        Ok(())
    }

    fn several(&mut self, fd: RawFd, count: usize, into: &mut Vec<Datagram>) -> Result<(), Errno> {
        while self.memory.len() < count {
            self.memory.push(self.buffers.get());
        }
        // Made anew each time: these headers do not remember how much room they had.
        let mut headers =
            MultiHeaders::<()>::preallocate(count, Some(Vec::with_capacity(self.control.len())));
        let arrived: Vec<_> = {
            let mut pieces: Vec<_> =
                self.memory.iter_mut().take(count).map(|memory| [IoSliceMut::new(memory)]).collect();
            recvmmsg(fd, &mut headers, &mut pieces, FLAGS, None)?
                .map(|message| Arrived::of(&message))
                .collect()
        };
        for (arrived, memory) in arrived.into_iter().zip(&mut self.memory) {
            into.push(arrived.with(|len| self.buffers.take(memory, len)));
        }
        Ok(())
    }
}

const FLAGS: MsgFlags = MsgFlags::MSG_DONTWAIT.union(MsgFlags::MSG_CMSG_CLOEXEC);

/// What a call says of a datagram, without its bytes.
struct Arrived {
    len: usize,
    sender: Option<Sender>,
    files: Vec<OwnedFd>,
    cut: bool,
    /// Not all that came beside it found room, and `nix` says nothing of the rest.
    unsaid: bool,
}

impl Arrived {
    fn of(message: &RecvMsg<'_, '_, ()>) -> Self {
        let unsaid = message.flags.contains(MsgFlags::MSG_CTRUNC);
        let cut = unsaid || message.flags.contains(MsgFlags::MSG_TRUNC);
        let mut arrived = Self { len: message.bytes, sender: None, files: Vec::new(), cut, unsaid };
        for control in message.cmsgs().into_iter().flatten() {
            match control {
                ControlMessageOwned::ScmCredentials(who) => {
                    arrived.sender = Some(Sender { pid: who.pid(), uid: who.uid() });
                }
                ControlMessageOwned::ScmRights(files) => arrived.files.extend(files.into_iter().map(own)),
                _ => {}
            }
        }
        arrived
    }

    fn with(self, take: impl FnOnce(usize) -> Bytes) -> Datagram {
        let Self { len, sender, files, cut, unsaid: _ } = self;
        Datagram { bytes: take(len), sender, files, cut }
    }
}

fn again<R>(mut call: impl FnMut() -> Result<R, Errno>) -> Result<R, Errno> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            other => return other,
        }
    }
}

/// The files that the kernel has handed out although not all found room: as many as this process may still open.
fn rights_in(mut control: &[u8]) -> Vec<OwnedFd> {
    let mut files = Vec::new();
    let number = |bytes: &[u8]| bytes.first_chunk().map(|bytes| i32::from_ne_bytes(*bytes));
    while let Some(len) = control.first_chunk().map(|bytes| usize::from_ne_bytes(*bytes))
        && let Some(message) = control.get(..len)
        && let Some(data) = message.get(size_of::<cmsghdr>()..)
    {
        let kind = &message[size_of::<usize>()..];
        if number(kind) == Some(SOL_SOCKET) && number(&kind[4..]) == Some(SCM_RIGHTS) {
            files.extend(data.chunks_exact(size_of::<RawFd>()).filter_map(number).map(own));
        }
        control = control.get(len.next_multiple_of(size_of::<usize>())..).unwrap_or(&[]);
    }
    files
}

/// Takes over what the kernel has just put into this process.
#[allow(unsafe_code)]
fn own(fd: RawFd) -> OwnedFd {
    // SAFETY: the number is one that the kernel has just written beside a datagram: it has made this descriptor for this
    // process, nobody else was told of it, and each is taken over once.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is asked for, turn after turn, where so many come at most.
    fn asked(turns: &[usize]) -> Vec<usize> {
        let mut batch = Batch::FIRST;
        let turn = |most: &usize| {
            let size = batch.size;
            batch = batch.after(size.min(*most));
            size
        };
        turns.iter().map(turn).collect()
    }

    #[test]
    fn a_queue_that_has_filled_up_is_taken_in_batches_that_double() {
        assert_eq!(asked(&[99; 7]), [1, 2, 4, 8, 16, 16, 16]);
        assert_eq!(asked(&[99, 99, 3, 99, 99]), [1, 2, 4, 1, 2]);
    }

    #[test]
    fn where_they_come_one_by_one_a_second_is_asked_for_ever_more_rarely_but_never_forgotten() {
        let all = asked(&[1; 200]);
        let twos: Vec<usize> = (0..200).filter(|at| all[*at] == 2).collect();
        assert_eq!(twos[..4], [1, 4, 8, 14]);
        assert!(twos.windows(2).all(|pair| pair[1] - pair[0] <= 10), "{twos:?}");
        let mut turns = vec![1; 100];
        turns.extend([99; 14]);
        let all = asked(&turns);
        assert_eq!(all.last(), Some(&BATCH), "{all:?}");
    }
}
