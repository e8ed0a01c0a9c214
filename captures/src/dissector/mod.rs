//! A dissector for Wireshark, in Lua: made from the tables of the codec, so that it knows what the codec knows.
//!
//! Owns the text of `wireshark/ctdb.lua`. `tables.rs` writes the tables as Lua; the `.lua` files beside it are the engine
//! that walks over packets by them and knows no struct. Makes text and writes no file: the test `dissector` compares it
//! with the file that is shipped, and writes that file when `UPDATE=1` is set. The truth is in `legacy-codec`.

mod meaning;
mod tables;

use legacy_codec::{Layout, StructLayout};

const HEAD: &str = "\
-- Wireshark dissector for CTDB, the protocol between the nodes of a Samba cluster and on ctdbd's socket.
-- Generated from the tables of legacy-codec; changes belong there, or in captures/src/dissector.
-- SPDX-License-Identifier: GPL-3.0-or-later

";

/// The dissector as it is shipped.
#[must_use]
pub fn lua() -> String {
    let parts = [
        HEAD,
        &tables::lua(),
        include_str!("fields.lua"),
        "\n",
        include_str!("walk.lua"),
        "\n",
        include_str!("packet.lua"),
        "\n",
        include_str!("event.lua"),
        "\n",
        include_str!("stream.lua"),
    ];
    parts.concat()
}

/// What the fields of a struct's members begin with: `ctdbx.node_map`; those of the header are short.
#[must_use]
pub fn struct_field(layout: &StructLayout) -> String {
    match layout.name {
        "RawHeader" => "ctdbx".into(),
        name => format!("ctdbx.{}", tables::snake(name)),
    }
}

/// The field of a payload that is one value: `ctdbx.payload.db_id`.
#[must_use]
pub fn payload_field(layout: &Layout) -> String {
    format!("ctdbx.payload.{}", tables::payload_name(layout))
}
