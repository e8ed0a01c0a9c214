//! `wire!`: the one place that turns a list of members into a struct, its decoder, its encoder and its layout.
//!
//! A struct has members, and may end in `counted` parts: their 32-bit lengths follow the members in order, then come
//! the parts themselves. That is how every open struct of CTDB looks. A struct with an open end has no padding behind
//! it (C sends `offsetof` plus the data), any other is padded to its alignment (C sends `sizeof`).

macro_rules! wire {
    (
        $(#[$meta:meta])*
        $name:ident { $( $(#[$fmeta:meta])* $field:ident : $ty:ty ),* $(,)? }
        $( counted { $( $(#[$tmeta:meta])* $tail:ident : $tty:ty ),+ $(,)? } )?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $( $(#[$fmeta])* pub $field: $ty, )*
            $( $( $(#[$tmeta])* pub $tail: $tty, )+ )?
        }

        impl $name {
            const OPEN: bool = !<[&str]>::is_empty(&[ $( $( stringify!($tail) ),+ )? ]);

            /// Where each member starts, in bytes from the start of the struct, and its size. An open end has size 0.
            #[cfg(test)]
            pub(crate) fn layout(abi: $crate::Abi) -> Vec<(&'static str, usize, usize)> {
                let mut at = 0;
                let mut members = Vec::new();
                $(
                    at = $crate::abi::round_up(at, <$ty as $crate::Wire>::align(abi));
                    members.push((stringify!($field), at, <$ty as $crate::Wire>::min_len(abi)));
                    at += <$ty as $crate::Wire>::min_len(abi);
                )*
                $(
                    $(
                        at = $crate::abi::round_up(at, 4);
                        members.push((concat!(stringify!($tail), " count"), at, 4));
                        at += 4;
                    )+
                    $(
                        at = $crate::abi::round_up(at, <$tty as $crate::Counted>::item_align(abi));
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
                [
                    1,
                    $( <$ty as $crate::Wire>::align(abi), )*
                    $( $( 4, <$tty as $crate::Counted>::item_align(abi), )+ )?
                ]
                .into_iter()
                .fold(1, usize::max)
            }

            fn min_len(abi: $crate::Abi) -> usize {
                let mut at = 0;
                $(
                    at = $crate::abi::round_up(at, <$ty as $crate::Wire>::align(abi))
                        + <$ty as $crate::Wire>::min_len(abi);
                )*
                $( $(
                    let _ = stringify!($tail);
                    at = $crate::abi::round_up(at, 4) + 4;
                )+ )?
                if Self::OPEN { at } else { $crate::abi::round_up(at, Self::align(abi)) }
            }

            fn get(reader: &mut $crate::Reader) -> Result<Self, $crate::Error> {
                reader.align_to(Self::align(reader.abi()))?;
                $(
                    let $field = <$ty as $crate::Wire>::get(reader)
                        .map_err(|e| e.within(stringify!($field)))?;
                )*
                $(
                    $(
                        let $tail = <u32 as $crate::Wire>::get(reader)
                            .map_err(|e| e.within("len").within(stringify!($tail)))?;
                    )+
                    $(
                        let $tail = <$tty as $crate::Counted>::get_items(reader, $tail)
                            .map_err(|e| e.within(stringify!($tail)))?;
                    )+
                )?
                if !Self::OPEN {
                    reader.align_to(Self::align(reader.abi()))?;
                }
                Ok(Self { $( $field, )* $( $( $tail, )+ )? })
            }

            fn put(&self, writer: &mut $crate::Writer) {
                writer.align_to(Self::align(writer.abi()));
                $( $crate::Wire::put(&self.$field, writer); )*
                $(
                    $( writer.count($crate::Counted::count(&self.$tail)); )+
                    $( $crate::Counted::put_items(&self.$tail, writer); )+
                )?
                if !Self::OPEN {
                    writer.align_to(Self::align(writer.abi()));
                }
            }
        }
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

            fn get(reader: &mut $crate::Reader) -> Result<Self, $crate::Error> {
                <$ty as $crate::Wire>::get(reader).map($from)
            }

            fn put(&self, writer: &mut $crate::Writer) {
                let $value = self;
                $crate::Wire::put(&$to, writer);
            }
        }
    };
}

pub(crate) use {wire, wire_as, wire_number};
