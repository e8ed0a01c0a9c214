//! How a type lies on the wire, as data: for programs in other languages that are generated from the tables.
//!
//! `wire!` and `wire_as!` give every type its layout from the same members that its decoder is made of; the few
//! hand-written types have theirs here. Sizes are those of the kind, not of a machine: how wide a `long` is and where a
//! member starts follows from the [`crate::Abi`] by the rules of [`crate::Wire`]. Nothing is decoded here.

use bytes::Bytes;

use crate::addr::SockAddr;
use crate::prim::{CLong, CName};
use crate::text::{Prefixed, Text};
use crate::types::{RecBuffer, Record};

/// How a type lies on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// No bytes.
    Nothing,
    /// An integer of this many bytes, aligned to its size.
    Number {
        /// 1, 2, 4 or 8.
        bytes: usize,
        /// Whether it may be negative.
        signed: bool,
    },
    /// A C `long` or, when not signed, a `size_t`.
    Long {
        /// Whether it may be negative.
        signed: bool,
    },
    /// An address in the sender's memory, which says nothing.
    Pointer,
    /// A `ctdb_sock_addr`.
    SockAddr,
    /// A text in an array of this many bytes.
    Name(usize),
    /// A text behind its length, or one that fills a payload.
    Text,
    /// Bytes behind their length, or all of a payload.
    Bytes,
    /// A payload that may be empty.
    Optional(&'static Self),
    /// Another type under a name that says what it means.
    Named(&'static str, &'static Self),
    /// That many of a type.
    Array(&'static Self, usize),
    /// As many of a type as the count says.
    List(&'static Self),
    /// A 32-bit length right before what it counts.
    Prefixed(&'static Self),
    /// Members one after another.
    Struct(&'static StructLayout),
    /// A [`Record`].
    Record,
    /// A [`RecBuffer`].
    RecBuffer,
    /// A struct whose `size_t` members say how many bytes of keys follow it, one key for each.
    Keyed(&'static str, &'static Self),
}

/// How a struct of `wire!` lies on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StructLayout {
    /// Name of the type.
    pub name: &'static str,
    /// Whether each member starts where the one before ended.
    pub packed: bool,
    /// Members of a fixed place.
    pub members: &'static [Member],
    /// Parts of the open end: their 32-bit lengths first, then they themselves.
    pub counted: &'static [Member],
    /// What follows when enough bytes are there, aligned to nothing; at most one.
    pub optional: &'static [Member],
    /// What takes all bytes that are left; at most one.
    pub rest: &'static [Member],
}

/// A member of a struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// How it lies on the wire.
    pub layout: Layout,
}

/// A type whose layout is known.
pub trait LaidOut {
    /// How it lies on the wire.
    const LAYOUT: Layout;
}

macro_rules! layouts {
    ($( $ty:ty = $layout:expr; )+) => { $(
        impl LaidOut for $ty {
            const LAYOUT: Layout = $layout;
        }
    )+ };
}

layouts! {
    () = Layout::Nothing;
    u8 = Layout::Number { bytes: 1, signed: false };
    u16 = Layout::Number { bytes: 2, signed: false };
    u32 = Layout::Number { bytes: 4, signed: false };
    i32 = Layout::Number { bytes: 4, signed: true };
    u64 = Layout::Number { bytes: 8, signed: false };
    CLong = Layout::Long { signed: true };
    SockAddr = Layout::SockAddr;
    Text = Layout::Text;
    Bytes = Layout::Bytes;
    Record = Layout::Record;
    RecBuffer = Layout::RecBuffer;
}

impl<const N: usize> LaidOut for CName<N> {
    const LAYOUT: Layout = Layout::Name(N);
}

impl<T: LaidOut, const N: usize> LaidOut for [T; N] {
    const LAYOUT: Layout = Layout::Array(&T::LAYOUT, N);
}

impl<T: LaidOut> LaidOut for Vec<T> {
    const LAYOUT: Layout = Layout::List(&T::LAYOUT);
}

impl<T: LaidOut> LaidOut for Option<T> {
    const LAYOUT: Layout = Layout::Optional(&T::LAYOUT);
}

impl<T: LaidOut> LaidOut for Prefixed<T> {
    const LAYOUT: Layout = Layout::Prefixed(&T::LAYOUT);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CONTROLS, DbStatistics, MESSAGES, NodeMap, OPERATIONS, PidSrvid, ReqControl, ReqDmaster};

    fn open(layout: Layout) -> &'static StructLayout {
        match layout {
            Layout::Struct(layout) => layout,
            other => panic!("{other:?} is no struct"),
        }
    }

    #[test]
    fn a_struct_says_its_members_in_the_order_of_the_wire() {
        let request = open(ReqControl::LAYOUT);
        let names: Vec<_> = request.members.iter().chain(request.counted).map(|member| member.name).collect();
        assert_eq!(names, ["opcode", "pad", "srvid", "client_id", "flags", "data"]);
        assert_eq!(request.members[2].layout, Layout::Named("SrvId", &u64::LAYOUT));
        assert_eq!(request.counted[0].layout, Layout::Bytes);
        assert!(!request.packed && open(PidSrvid::LAYOUT).packed);
        assert_eq!(open(ReqDmaster::LAYOUT).optional[0].name, "record_flags");
        let Layout::List(Layout::Struct(node)) = open(NodeMap::LAYOUT).counted[0].layout else {
            panic!("nodes are a list of structs")
        };
        assert_eq!(node.name, "NodeAndFlags");
        assert!(matches!(DbStatistics::LAYOUT, Layout::Keyed("DbStatistics", Layout::Struct(_))));
    }

    #[test]
    fn every_row_of_the_tables_has_the_layout_of_each_type_it_names() {
        for row in CONTROLS {
            assert_eq!(row.argument.len(), row.argument_layout.len(), "{}", row.c_name);
            assert_eq!(row.reply.is_some(), row.reply_layout.is_some(), "{}", row.c_name);
            assert_eq!(row.is_live(), row.reply_layout.is_some(), "{}", row.c_name);
            let parts =
                row.argument.iter().zip(row.argument_layout).chain(row.reply.iter().zip(&row.reply_layout));
            for ((_, name), layout) in parts {
                if let Layout::Struct(layout) = layout {
                    assert_eq!(*name, layout.name, "{}", row.c_name);
                }
                assert_eq!(*name == "()", *layout == Layout::Nothing, "{}", row.c_name);
            }
        }
        for row in OPERATIONS {
            assert_eq!(row.body, open(row.layout).name);
        }
        for row in MESSAGES {
            if let Layout::Struct(layout) = row.layout {
                assert_eq!(row.payload, layout.name);
            }
        }
    }
}
