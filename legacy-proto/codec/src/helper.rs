//! What a helper process tells its parent on the pipe it was started with, before or instead of anything else.
//!
//! Four dialects: the event daemon writes a number when it listens, the takeover and recovery helpers write their result,
//! the lock helper one byte, the cluster mutex helper one character on its standard output. A pipe that closes early is a
//! failure in all of them. Starting, watching and ending processes is not done here. Source: `eventd_startup_handler`,
//! `helper_handler` of `ctdb_recoverd.c`, `ctdb_lock_handler`, `cluster_mutex_handler`.

use crate::abi::{Abi, Endian};

/// Why a pipe did not bring what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HelperError {
    /// The pipe was closed before anything came.
    #[error("the helper closed its pipe without an answer")]
    Closed,
    /// Part of a number came.
    #[error("the helper wrote {0} bytes, 4 were expected")]
    Partial(usize),
}

/// Bytes of a result.
pub const RESULT_LEN: usize = 4;

/// The number that the event, takeover and recovery helpers write: 0 is good, anything else an error of the system.
///
/// `bytes` are those that one read gave: C reads once and takes a part of a number for a failure.
pub fn read_result(bytes: &[u8], abi: Abi) -> Result<i32, HelperError> {
    let word = bytes.first_chunk::<RESULT_LEN>();
    match (word, abi.endian()) {
        (Some(word), Endian::Little) => Ok(i32::from_le_bytes(*word)),
        (Some(word), Endian::Big) => Ok(i32::from_be_bytes(*word)),
        (None, _) if bytes.is_empty() => Err(HelperError::Closed),
        (None, _) => Err(HelperError::Partial(bytes.len())),
    }
}

/// The bytes of such a number.
#[must_use]
pub fn write_result(result: i32, abi: Abi) -> [u8; RESULT_LEN] {
    match abi.endian() {
        Endian::Little => result.to_le_bytes(),
        Endian::Big => result.to_be_bytes(),
    }
}

/// What the lock helper writes: one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockResult {
    /// 0: it holds the lock until it is ended.
    Locked,
    /// Anything else: it does not.
    Failed(u8),
}

impl LockResult {
    /// From the bytes of one read.
    pub fn read(bytes: &[u8]) -> Result<Self, HelperError> {
        match bytes.first() {
            Some(0) => Ok(Self::Locked),
            Some(other) => Ok(Self::Failed(*other)),
            None => Err(HelperError::Closed),
        }
    }

    /// The byte.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Locked => 0,
            Self::Failed(byte) => byte,
        }
    }
}

/// What the cluster mutex helper writes: one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MutexStatus {
    /// `0`: it holds the lock until it ends.
    Held,
    /// `1`: somebody else holds it.
    Contention,
    /// `2`: it took too long. The parent makes this up itself; a helper may write it as well.
    Timeout,
    /// `3`, or any other character: it failed.
    Error(u8),
}

impl MutexStatus {
    /// From the bytes of one read.
    pub fn read(bytes: &[u8]) -> Result<Self, HelperError> {
        match bytes.first() {
            Some(b'0') => Ok(Self::Held),
            Some(b'1') => Ok(Self::Contention),
            Some(b'2') => Ok(Self::Timeout),
            Some(other) => Ok(Self::Error(*other)),
            None => Err(HelperError::Closed),
        }
    }

    /// The character.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Held => b'0',
            Self::Contention => b'1',
            Self::Timeout => b'2',
            Self::Error(byte) => byte,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_four_bytes_of_the_machine() {
        assert_eq!(read_result(&[0; 4], Abi::NATIVE), Ok(0));
        assert_eq!(read_result(&[5, 0, 0, 0], Abi::LP64_LE), Ok(5));
        assert_eq!(read_result(&[0, 0, 0, 5], Abi::LP64_BE), Ok(5));
        for abi in [Abi::LP64_LE, Abi::LP64_BE, Abi::I386] {
            assert_eq!(read_result(&write_result(-22, abi), abi), Ok(-22));
        }
    }

    #[test]
    fn a_pipe_that_closes_early_is_a_failure_in_every_dialect() {
        assert_eq!(read_result(&[], Abi::NATIVE), Err(HelperError::Closed));
        assert_eq!(read_result(&[0; 3], Abi::NATIVE), Err(HelperError::Partial(3)));
        assert_eq!(LockResult::read(&[]), Err(HelperError::Closed));
        assert_eq!(MutexStatus::read(&[]), Err(HelperError::Closed));
    }

    #[test]
    fn every_byte_means_something_and_comes_back_as_it_was() {
        for byte in 0..=255 {
            assert_eq!(LockResult::read(&[byte]).unwrap().byte(), byte);
            assert_eq!(MutexStatus::read(&[byte]).unwrap().byte(), byte);
        }
        assert_eq!(LockResult::read(&[0, 9]), Ok(LockResult::Locked));
        assert_eq!(MutexStatus::read(b"1"), Ok(MutexStatus::Contention));
        assert_eq!(MutexStatus::read(b"x"), Ok(MutexStatus::Error(b'x')));
    }
}
