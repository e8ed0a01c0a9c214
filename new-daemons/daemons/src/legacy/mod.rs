//! What is here because of C's CTDB alone: where its programs find their files, the log as they write it, and the socket of
//! its event daemon with the bytes on it. When C is gone, so is this.

pub(crate) mod clients;
pub(crate) mod events;
pub(crate) mod log;
pub(crate) mod paths;
