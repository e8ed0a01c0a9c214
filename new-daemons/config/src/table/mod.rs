//! All options, one row each, section by section.
//!
//! A section that a new daemon reads is a struct whose fields are its options; [`Section`] reads it whole. The sections of
//! C alone are plain rows.

mod daemons;
pub(crate) mod legacy;
mod services;

pub use daemons::{Callback, Event, Eventd, Http, Logging, Tunneld};
pub use services::{Service, Serviced};

macro_rules! optional {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}
pub(crate) use optional;

/// Declares a section: a struct, and a row for each field.
macro_rules! section {
    (
        $( #[doc = $about:literal] )+
        $name:ident [$section:literal, named $named:literal] {
            $(
                $( #[doc = $doc:literal] )+
                $field:ident: $type:ty = $option:literal, $value:expr, $default:expr, $change:ident, $readers:ident
                    $(, ours $ours:expr)?;
            )+
        }
    ) => {
        $( #[doc = $about] )+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $( $( #[doc = $doc] )+ pub $field: $type, )+
        }

        impl $crate::settings::Section for $name {
            const NAME: &'static str = $section;
            const ROWS: &'static [$crate::schema::Setting] = &[ $( $crate::schema::Setting {
                section: $section,
                named: $named,
                name: $option,
                value: $value,
                default: $default,
                ours: $crate::table::optional!($($ours)?),
                readers: $crate::schema::Readers::$readers,
                change: $crate::schema::Change::$change,
                since: None,
                instead: None,
                doc: concat!($( $doc ),+),
            }, )+ ];

            fn read(
                scope: &$crate::settings::Scope<'_>,
            ) -> Result<Self, $crate::settings::Mistake> {
                Ok(Self { $( $field: scope.take($option)?, )+ })
            }
        }
    };
}
pub(crate) use section;
