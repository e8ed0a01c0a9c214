//! What the command line does on this machine itself, without asking a daemon: packets, ports, helper programs, paths.

pub(crate) mod helper;
pub(crate) mod paths;
pub(crate) mod ports;
pub(crate) mod tickle;
