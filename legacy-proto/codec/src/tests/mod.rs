//! Tests of the tables: laws over every type, layouts against a C compiler, bytes seen on real sockets.
//!
//! One list of types and one list of machine types serve all of them.

mod framing;
mod golden;
mod hostile;
mod laws;
mod layout;
mod names;

use crate::Abi;

/// The machine types every law is tried on.
pub(crate) const ABIS: [Abi; 3] = [Abi::LP64_LE, Abi::LP64_BE, Abi::I386];
