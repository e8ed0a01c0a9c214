//! The types of every `.x` file. Written by xdr-gen; docs/protocol.md says how to add a file.
//!
//! Holds no code of its own; the truth is in `spec`.

#[rustfmt::skip]
pub mod bus;
#[rustfmt::skip]
pub mod callback;
#[rustfmt::skip]
pub mod common;
#[rustfmt::skip]
pub mod event;
#[rustfmt::skip]
pub mod frames;
#[rustfmt::skip]
pub mod probe;
#[rustfmt::skip]
pub mod service;
#[rustfmt::skip]
pub mod tunnel;

/// Every module with its types.
#[rustfmt::skip]
pub const MODULES: &[(&str, &[protocol::catalog::Type])] = &[
    ("bus", bus::TYPES),
    ("callback", callback::TYPES),
    ("common", common::TYPES),
    ("event", event::TYPES),
    ("frames", frames::TYPES),
    ("probe", probe::TYPES),
    ("service", service::TYPES),
    ("tunnel", tunnel::TYPES),
];
