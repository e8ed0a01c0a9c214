//! `wire!`: the one place that turns a list of members into a struct, its decoder, its encoder and its layout.
//!
//! A struct has members, and may end in `counted` parts: their 32-bit lengths follow the members in order, then come
//! the parts themselves. That is how every open struct of CTDB looks. Behind them may stand one `optional` member, there
//! when enough bytes are, or a `rest` that takes all bytes. A struct with an open end has no padding behind it (C sends
//! `offsetof` plus the data), any other is padded to its alignment (C sends `sizeof`). A `packed` struct is one that C
//! writes member by member: each starts where the one before ended.

macro_rules! wire {
    (
        $(#[$meta:meta])*
        $name:ident $($packed:ident)? { $( $(#[$fmeta:meta])* $field:ident : $ty:ty ),* $(,)? }
        $( counted { $( $(#[$tmeta:meta])* $tail:ident : $tty:ty ),+ $(,)? } )?
        $( optional { $(#[$ometa:meta])* $opt:ident : $oty:ty $(,)? } )?
        $( rest { $(#[$rmeta:meta])* $rest:ident $(,)? } )?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $( $(#[$fmeta])* pub $field: $ty, )*
            $( $( $(#[$tmeta])* pub $tail: $tty, )+ )?
            $( $(#[$ometa])* pub $opt: Option<$oty>, )?
            $( $(#[$rmeta])* pub $rest: bytes::Bytes, )?
        }

        impl $name {
            const PACKED: bool = !<[&str]>::is_empty(&[ $( stringify!($packed) )? ]);
            const OPEN: bool = !<[&str]>::is_empty(&[
                $( $( stringify!($tail), )+ )?
                $( stringify!($opt), )?
                $( stringify!($rest), )?
            ]);

            fn place(at: usize, align: usize) -> usize {
                if Self::PACKED { at } else { $crate::abi::round_up(at, align) }
            }

            /// What C's `sizeof` says: an open end counts as an array of one byte.
            #[allow(dead_code)]
            pub(crate) fn size_in_c(abi: $crate::Abi) -> usize {
                let open = usize::from(!<[&str]>::is_empty(&[ $( $( stringify!($tail) ),+ )? ]));
                Self::place(<Self as $crate::Wire>::min_len(abi) + open, <Self as $crate::Wire>::align(abi))
            }

            /// Where each member starts, in bytes from the start of the struct, and its size. An open end has size 0.
            #[cfg(test)]
            #[allow(dead_code, unused_mut, unused_variables)]
            pub(crate) fn layout(abi: $crate::Abi) -> Vec<(&'static str, usize, usize)> {
                let mut at = 0;
                let mut members = Vec::new();
                $(
                    at = Self::place(at, <$ty as $crate::Wire>::align(abi));
                    members.push((stringify!($field), at, <$ty as $crate::Wire>::min_len(abi)));
                    at += <$ty as $crate::Wire>::min_len(abi);
                )*
                $(
                    $(
                        at = Self::place(at, 4);
                        members.push((concat!(stringify!($tail), " count"), at, 4));
                        at += 4;
                    )+
                    $(
                        at = Self::place(at, <$tty as $crate::Counted>::item_align(abi));
                        members.push((stringify!($tail), at, 0));
                    )+
                )?
                let _ = at;
                members
            }
        }

        impl $crate::Wire for $name {
            const NAME: &'static str = stringify!($name);

            fn align(abi: $crate::Abi) -> usize {
                if Self::PACKED {
                    return 1;
                }
                let _ = abi;
                [
                    1,
                    $( <$ty as $crate::Wire>::align(abi), )*
                    $( $( 4, <$tty as $crate::Counted>::item_align(abi), )+ )?
                ]
                .into_iter()
                .fold(1, usize::max)
            }

            fn min_len(abi: $crate::Abi) -> usize {
                let at = 0;
                $(
                    let at = Self::place(at, <$ty as $crate::Wire>::align(abi))
                        + <$ty as $crate::Wire>::min_len(abi);
                )*
                $( $(
                    let _ = stringify!($tail);
                    let at = Self::place(at, 4) + 4;
                )+ )?
                if Self::OPEN { at } else { Self::place(at, Self::align(abi)) }
            }

            fn get(reader: &mut $crate::Reader) -> Result<Self, $crate::Error> {
                reader.align_to(Self::align(reader.abi()))?;
                let base = reader.base();
                $(
                    if Self::PACKED {
                        reader.rebase();
                    }
                    let $field = <$ty as $crate::Wire>::get(reader)
                        .map_err(|e| e.within(stringify!($field)))?;
                )*
                $(
                    $(
                        if Self::PACKED {
                            reader.rebase();
                        }
                        let $tail = <u32 as $crate::Wire>::get(reader)
                            .map_err(|e| e.within("len").within(stringify!($tail)))?;
                    )+
                    $(
                        if Self::PACKED {
                            reader.rebase();
                        }
                        let $tail = <$tty as $crate::Counted>::get_items(reader, $tail)
                            .map_err(|e| e.within(stringify!($tail)))?;
                    )+
                )?
                $(
                    let $opt = if reader.left() < <$oty as $crate::Wire>::min_len(reader.abi()) {
                        None
                    } else {
                        reader.rebase();
                        Some(<$oty as $crate::Wire>::get(reader).map_err(|e| e.within(stringify!($opt)))?)
                    };
                )?
                $( let $rest = reader.take_rest(); )?
                reader.set_base(base);
                if !Self::OPEN {
                    reader.align_to(Self::align(reader.abi()))?;
                }
                Ok(Self { $( $field, )* $( $( $tail, )+ )? $( $opt, )? $( $rest, )? })
            }

            fn put(&self, writer: &mut $crate::Writer) {
                writer.align_to(Self::align(writer.abi()));
                let base = writer.base();
                $(
                    if Self::PACKED {
                        writer.rebase();
                    }
                    $crate::Wire::put(&self.$field, writer);
                )*
                $(
                    $(
                        if Self::PACKED {
                            writer.rebase();
                        }
                        writer.count($crate::Counted::count(&self.$tail));
                    )+
                    $(
                        if Self::PACKED {
                            writer.rebase();
                        }
                        $crate::Counted::put_items(&self.$tail, writer);
                    )+
                )?
                $(
                    if let Some(value) = &self.$opt {
                        writer.rebase();
                        $crate::Wire::put(value, writer);
                    }
                )?
                $( writer.slice(&self.$rest); )?
                writer.set_base(base);
                if !Self::OPEN {
                    writer.align_to(Self::align(writer.abi()));
                }
            }
        }

        impl $crate::Describe for $name {
            fn describe(&self, abi: $crate::Abi) -> $crate::Value {
                let _ = abi;
                $crate::Value::Struct(vec![
                    $( (stringify!($field), $crate::describe::describe!(&self.$field, abi)), )*
                    $( $( (stringify!($tail), $crate::describe::describe!(&self.$tail, abi)), )+ )?
                    $( (stringify!($opt), $crate::describe::describe!(&self.$opt, abi)), )?
                    $( (stringify!($rest), $crate::describe::describe!(&self.$rest, abi)), )?
                ])
            }
        }

        impl $crate::LaidOut for $name {
            const LAYOUT: $crate::Layout = $crate::Layout::Struct(&$crate::StructLayout {
                name: stringify!($name),
                packed: Self::PACKED,
                members: &[ $( $crate::macros::member!($field, $ty), )* ],
                counted: &[ $( $( $crate::macros::member!($tail, $tty), )+ )? ],
                optional: &[ $( $crate::macros::member!($opt, $oty) )? ],
                rest: &[ $( $crate::macros::member!($rest, bytes::Bytes) )? ],
            });
        }
    };
}

/// The layout of a member.
macro_rules! member {
    ($name:ident, $ty:ty) => {
        $crate::Member { name: stringify!($name), layout: <$ty as $crate::LaidOut>::LAYOUT }
    };
}

/// A number with a meaning: newtype, conversions and its place on the wire.
macro_rules! wire_number {
    ($( $(#[$meta:meta])* $name:ident($ty:ty) )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $ty);

        impl From<$ty> for $name {
            fn from(value: $ty) -> Self {
                Self(value)
            }
        }

        wire_as!($name as $ty, |n| n.0, $name);
    )+ };
}

/// Sends one type as another.
macro_rules! wire_as {
    ($name:ident as $ty:ty, |$value:ident| $to:expr, $from:expr) => {
        impl $crate::Wire for $name {
            const NAME: &'static str = stringify!($name);

            fn align(abi: $crate::Abi) -> usize {
                <$ty as $crate::Wire>::align(abi)
            }

            fn min_len(abi: $crate::Abi) -> usize {
                <$ty as $crate::Wire>::min_len(abi)
            }

            #[inline]
            fn get(reader: &mut $crate::Reader) -> Result<Self, $crate::Error> {
                <$ty as $crate::Wire>::get(reader).map($from)
            }

            #[inline]
            fn put(&self, writer: &mut $crate::Writer) {
                let $value = self;
                $crate::Wire::put(&$to, writer);
            }
        }

        impl $crate::Describe for $name {
            fn describe(&self, abi: $crate::Abi) -> $crate::Value {
                let $value = self;
                let number = $crate::describe::describe!(&$to, abi);
                $crate::Value::named(&number, $crate::describe::name_of!(self))
            }
        }

        impl $crate::LaidOut for $name {
            const LAYOUT: $crate::Layout =
                $crate::Layout::Named(stringify!($name), &<$ty as $crate::LaidOut>::LAYOUT);
        }
    };
}

/// A number that is written in a row, or what stands for none.
macro_rules! version {
    (or $default:expr) => {
        $default
    };
    ($minor:literal or $default:expr) => {
        $minor
    };
    (some) => {
        None
    };
    (some $minor:literal) => {
        Some($minor)
    };
}

pub(crate) use {member, version, wire, wire_as, wire_number};
