//! Detection: what the golden cases do not show.

mod errors;
mod inputs;
mod names;
mod overlaps;
