//! `views!`: the borrowed twin of a struct of `wire!`, for bodies that have numbers in front and counted parts behind them.
//!
//! The places are written down here, where `wire!` finds them by the rules of C. That both agree is tested for each field.

macro_rules! views {
    ($(
        $(#[$meta:meta])*
        $name:ident of $table:ident = $op:literal, $head:expr => {
            $( $field:ident : $ty:ty = $at:expr, )*
        } counted { $( $part:ident = $count_at:expr ),+ $(,)? } $( optional { $opt:ident : $oty:ty } )? ;
    )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'a> {
            $(
                #[doc = concat!("As in [`crate::", stringify!($table), "`].")]
                pub $field: $ty,
            )*
            $(
                #[doc = concat!("As in [`crate::", stringify!($table), "`]; a slice of the packet.")]
                pub $part: &'a [u8],
            )+
            $(
                #[doc = concat!("As in [`crate::", stringify!($table), "`].")]
                pub $opt: Option<$oty>,
            )?
        }

        impl<'a> $name<'a> {
            /// The number in the header.
            pub const OPERATION: u32 = $op;

            /// What stands behind the header; nothing when the lengths inside say more than there is (HOST-20).
            #[inline]
            #[must_use]
            pub fn read(body: &'a [u8]) -> Option<Self> {
                let (head, rest) = body.split_first_chunk::<{ $head }>()?;
                $(
                    let len = usize::try_from(<u32 as $crate::view::Cell>::load(head, $count_at)).ok()?;
                    let ($part, rest) = rest.split_at_checked(len)?;
                )+
                let _ = rest;
                Some(Self {
                    $( $field: <$ty as $crate::view::Cell>::load(head, $at), )*
                    $( $part, )+
                    $( $opt: rest.first_chunk::<4>().map(|bytes| <$oty as $crate::view::Cell>::load(bytes, 0)), )?
                })
            }
        }

        impl $crate::view::Put for $name<'_> {
            fn put(&self, header: &$crate::Header, out: &mut $crate::view::Out) -> Result<(), $crate::Error> {
                const HEAD: usize = $crate::HEADER_LEN + $head;
                let mut head = [0; HEAD];
                $( <$ty as $crate::view::Cell>::store(self.$field, &mut head, $crate::HEADER_LEN + $at); )*
                $( $crate::view::out::count(self.$part, &mut head, $crate::HEADER_LEN + $count_at)?; )+
                #[allow(unused_mut)]
                let mut tail: &[u8] = &[];
                $(
                    let mut flags = [0; 4];
                    if let Some(value) = self.$opt {
                        <$oty as $crate::view::Cell>::store(value, &mut flags, 0);
                        tail = &flags;
                    }
                )?
                out.packet(header, $op, head, &[$( self.$part, )+ tail])
            }
        }

        impl<'a> From<&'a $crate::$table> for $name<'a> {
            fn from(of: &'a $crate::$table) -> Self {
                Self {
                    $( $field: of.$field, )*
                    $( $part: &of.$part, )+
                    $( $opt: of.$opt, )?
                }
            }
        }

        #[cfg(test)]
        impl $name<'_> {
            /// Where each number stands, for a test that compares it with the table.
            pub(crate) const PLACES: &'static [(&'static str, usize)] = &[
                $( (stringify!($field), $at), )*
                $( (concat!(stringify!($part), " count"), $count_at), )+
            ];
        }
    )+ };
}

pub(crate) use views;
