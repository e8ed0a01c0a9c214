//! Answers as text.

pub(crate) mod capture;
mod color;
pub(crate) mod json;
pub(crate) mod status;
pub(crate) mod table;
pub(crate) mod tree;
pub(crate) mod tunnel;

use std::borrow::Cow;

/// Text for people, with colours where they are wanted.
pub(crate) fn shade(text: &str, color: bool) -> Cow<'_, str> {
    if color { color::paint(text).into() } else { text.into() }
}
