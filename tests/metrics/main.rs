//! The tests of this crate. One program for nearly all of them, because each one more links Burn anew.
//!
//! `cargo test golden` runs one file, `cargo test laws::` those of a module.

// Tests that need `flex` are left out without it, and their helpers are then unused.
#![cfg_attr(not(feature = "flex"), allow(dead_code, unused_imports))]

mod common;
#[cfg(all(feature = "train", feature = "flex"))]
mod training;
mod weights;

mod aggregation;
mod bootstrap;
mod clustering;
mod combinators;
mod curves;
mod damaged;
#[cfg(all(feature = "flex", feature = "detection"))]
mod detection;
mod edges;
#[cfg(all(feature = "catalog", feature = "flex"))]
mod generated;
mod golden;
mod kernels;
mod laws;
mod learner;
mod learner_regression;
mod measures;
mod names;
mod pairwise;
mod prelude;
mod regression;
#[cfg(feature = "flex")]
mod retrieval;
mod saved;
#[cfg(feature = "flex")]
mod segmentation;
mod states;
#[cfg(all(feature = "flex", feature = "text"))]
mod text;
