//! The mutexes in a file, taken as libtdb takes them (FRZ-17, FRZ-21).
//!
//! Behind the header stand a mutex for the whole file, a word that says whether the whole is locked, a mutex for the list of
//! free pieces and one for each chain. Who wants a chain takes its mutex, then looks at the word. Who wants the whole keeps
//! its mutex, sets the word, and takes each chain's mutex once, so that nobody is inside any more. All are robust: the
//! lock of a process that died goes to the next, who makes it consistent.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicI16, Ordering};

use super::layout::{HEADER, Header};
use super::{Stop, What};
use crate::ffi;

const MUTEX: usize = size_of::<libc::pthread_mutex_t>();
const WHOLE: usize = HEADER;
const WORD: usize = WHOLE + MUTEX;
/// The list of free pieces comes first, then the chains.
const FIRST: usize = (WORD + size_of::<i16>()).next_multiple_of(align_of::<libc::pthread_mutex_t>());

/// `F_UNLCK` and `F_WRLCK` as the word has them.
const FREE: i16 = 2;
const WRITER: i16 = 1;

/// A wait looks so often whether it was called off.
const SLICE_MS: i64 = 200;

/// The part of a file with its mutexes, mapped once more.
#[derive(Debug)]
pub(super) struct Area {
    start: NonNull<u8>,
    len: usize,
    chains: u32,
}

// SAFETY: the mapping stays where it is until it is dropped, and all of it that is used are mutexes, which are made for
// several threads, and an atomic word.
#[expect(unsafe_code, reason = "shares a mapping")]
unsafe impl Send for Area {}
// SAFETY: the same.
#[expect(unsafe_code, reason = "shares a mapping")]
unsafe impl Sync for Area {}

impl Area {
    /// Maps it; `None` when the header lies about its size.
    pub(super) fn map(file: &File, header: &Header) -> io::Result<Option<Self>> {
        let (Ok(len), Ok(chains)) = (usize::try_from(header.mutexes), usize::try_from(header.chains)) else {
            return Ok(None);
        };
        let needed = chains.checked_add(1).and_then(|all| all.checked_mul(MUTEX)?.checked_add(FIRST));
        let there = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        if needed.is_none_or(|needed| needed > len) || len > there {
            return Ok(None);
        }
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping of an open file, whose length was looked at; the kernel chooses the place.
        #[expect(unsafe_code, reason = "maps a file")]
        let start =
            unsafe { libc::mmap(std::ptr::null_mut(), len, access, libc::MAP_SHARED, file.as_raw_fd(), 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(NonNull::new(start.cast()).map(|start| Self { start, len, chains: header.chains }))
    }

    fn at(&self, offset: usize) -> *mut libc::pthread_mutex_t {
        debug_assert!(offset + MUTEX <= self.len);
        // SAFETY: each offset is one of the constants, or that of a chain whose number was compared with the number of
        // chains; `map` has seen that all of them lie inside.
        #[expect(unsafe_code, reason = "points into the mapping")]
        unsafe {
            self.start.as_ptr().add(offset).cast()
        }
    }

    fn of_chain(&self, chain: u32) -> io::Result<*mut libc::pthread_mutex_t> {
        let number = usize::try_from(chain).ok().filter(|_| chain < self.chains);
        let number = number.ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL))?;
        Ok(self.at(FIRST + (number + 1) * MUTEX))
    }

    fn word(&self) -> &AtomicI16 {
        // SAFETY: inside the mapping and aligned, since the mapping is and WORD is even; other processes use it as a number
        // of this size under a mutex, or read it.
        #[expect(unsafe_code, reason = "points into the mapping")]
        unsafe {
            AtomicI16::from_ptr(self.start.as_ptr().add(WORD).cast())
        }
    }

    /// Takes a lock. False: called off.
    pub(super) fn lock(&self, what: What, stop: &Stop) -> io::Result<bool> {
        match what {
            What::Freelist => wait(self.at(FIRST), stop).map(|got| got.is_some()),
            What::Chain(chain) => self.lock_chain(self.of_chain(chain)?, stop),
            What::Whole => self.lock_whole(stop),
            What::Transaction | What::Open => Ok(true),
        }
    }

    fn lock_chain(&self, mutex: *mut libc::pthread_mutex_t, stop: &Stop) -> io::Result<bool> {
        loop {
            if wait(mutex, stop)?.is_none() {
                return Ok(false);
            }
            if self.word().load(Ordering::Acquire) == FREE {
                return Ok(true);
            }
            // Somebody has the whole, and would wait for this chain: out of his way, until he is done.
            unlock(mutex);
            if !self.wait_whole(stop)? {
                return Ok(false);
            }
            unlock(self.at(WHOLE));
        }
    }

    /// The mutex of the whole. If its owner died, the word is what he left behind.
    fn wait_whole(&self, stop: &Stop) -> io::Result<bool> {
        let got = wait(self.at(WHOLE), stop)?;
        if got == Some(Owner::Died) {
            self.word().store(FREE, Ordering::Release);
        }
        Ok(got.is_some())
    }

    fn lock_whole(&self, stop: &Stop) -> io::Result<bool> {
        if !self.wait_whole(stop)? {
            return Ok(false);
        }
        self.word().store(WRITER, Ordering::Release);
        for chain in 0..self.chains {
            let mutex = self.of_chain(chain)?;
            match wait(mutex, stop) {
                Ok(Some(_)) => unlock(mutex),
                other => {
                    self.unlock_whole();
                    return other.map(|_| false);
                }
            }
        }
        Ok(true)
    }

    fn unlock_whole(&self) {
        self.word().store(FREE, Ordering::Release);
        unlock(self.at(WHOLE));
    }

    /// Gives a lock back, in the thread that took it.
    pub(super) fn unlock(&self, what: What) {
        match what {
            What::Freelist => unlock(self.at(FIRST)),
            What::Chain(chain) => self.of_chain(chain).into_iter().for_each(unlock),
            What::Whole => self.unlock_whole(),
            What::Transaction | What::Open => {}
        }
    }
}

impl Drop for Area {
    fn drop(&mut self) {
        // SAFETY: mapped by `map` with this length, and nobody points into it any more.
        #[expect(unsafe_code, reason = "ends a mapping")]
        unsafe {
            libc::munmap(self.start.as_ptr().cast(), self.len);
        }
    }
}

/// What became of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Left,
    Died,
}

/// Waits for a mutex; `None` when the wait was called off.
fn wait(mutex: *mut libc::pthread_mutex_t, stop: &Stop) -> io::Result<Option<Owner>> {
    // Most are free.
    // SAFETY: the pointer is to a mutex of a mapping that lives; libtdb has made it when it made the file.
    #[expect(unsafe_code, reason = "calls the system")]
    let mut status = unsafe { libc::pthread_mutex_trylock(mutex) };
    loop {
        match status {
            0 => return Ok(Some(Owner::Left)),
            libc::EOWNERDEAD => {
                // SAFETY: the same; this thread has it.
                #[expect(unsafe_code, reason = "calls the system")]
                match unsafe { ffi::pthread_mutex_consistent(mutex) } {
                    0 => return Ok(Some(Owner::Died)),
                    error => return Err(io::Error::from_raw_os_error(error)),
                }
            }
            libc::ETIMEDOUT | libc::EBUSY | libc::EINTR if stop.is_set() => return Ok(None),
            libc::ETIMEDOUT | libc::EBUSY | libc::EINTR => {}
            error => return Err(io::Error::from_raw_os_error(error)),
        }
        let until = deadline()?;
        // SAFETY: the same; the time outlives the call.
        #[expect(unsafe_code, reason = "calls the system")]
        let waited = unsafe { ffi::pthread_mutex_clocklock(mutex, libc::CLOCK_MONOTONIC, &raw const until) };
        status = waited;
    }
}

/// The end of the next slice of a wait. On the monotonic clock: the other one may be set.
fn deadline() -> io::Result<libc::timespec> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time outlives the call.
    #[expect(unsafe_code, reason = "calls the system")]
    let status = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    if status != 0 {
        return Err(io::Error::last_os_error());
    }
    time.tv_nsec += SLICE_MS * 1_000_000;
    if time.tv_nsec >= 1_000_000_000 {
        time.tv_sec += 1;
        time.tv_nsec -= 1_000_000_000;
    }
    Ok(time)
}

fn unlock(mutex: *mut libc::pthread_mutex_t) {
    // SAFETY: the pointer is to a mutex of a mapping that lives; this thread has it, or the call refuses.
    #[expect(unsafe_code, reason = "calls the system")]
    unsafe {
        libc::pthread_mutex_unlock(mutex);
    }
}
