//! The encoding of numbers: readable in text formats, compact in binary formats.

pub(crate) mod number;
pub(crate) mod packed;
