//! All options, one row each, section by section.
//!
//! A section that a new daemon reads is a struct whose fields are its options; [`Section`] reads it whole. The sections of
//! C alone are plain rows.

mod daemons;
mod legacy;
mod services;

use crate::schema::Setting;
use crate::settings::{Mistake, Scope};

pub use daemons::{Callback, Event, Http, Logging, Tunnel};
pub use services::{Service, Serviced};

/// A section as a new daemon reads it.
pub trait Section: Sized {
    /// Its name; of several with names of their own the first word.
    const NAME: &'static str;
    /// Its options.
    const ROWS: &'static [Setting];

    /// Reads all of it; what is not said has its default.
    fn read(scope: &Scope<'_>) -> Result<Self, Mistake>;
}

/// All options.
pub(crate) const OPTIONS: &[&[Setting]] = &[
    Logging::ROWS,
    legacy::CLUSTER,
    legacy::DATABASE,
    Event::ROWS,
    legacy::FAILOVER,
    legacy::LEGACY,
    Tunnel::ROWS,
    Http::ROWS,
    Callback::ROWS,
    Serviced::ROWS,
    Service::ROWS,
];

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

        impl $crate::table::Section for $name {
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
