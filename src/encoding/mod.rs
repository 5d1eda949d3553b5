//! How numbers are written: readable in formats for people, compact in binary ones.

pub(crate) mod number;
pub(crate) mod packed;
