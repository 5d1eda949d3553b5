//! Shapes: how unlike two sets of corresponding points are, whatever their places, sizes and turns.

mod procrustes;

pub use procrustes::*;
