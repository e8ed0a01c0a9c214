//! An answer as text. Each form is one file; no form asks a daemon or changes a value.

pub(crate) mod capture;
pub(crate) mod json;
pub(crate) mod table;
pub(crate) mod tree;
