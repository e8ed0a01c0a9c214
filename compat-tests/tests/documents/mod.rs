//! The documents against the sources: rules that are cited exist, rules that are due are shown by a test, and what a page names
//! is there.
//!
//! Nothing is run here and no daemon is needed. The pages are those in `docs` and beside the sources; a mistake in one of
//! them fails with its file and line.

mod paths;
mod rules;
mod tree;
