//! Shapes: how unlike two sets of corresponding points are, whatever their places, sizes and turns.

mod procrustes;

pub use procrustes::*;

crate::combinator::resample_by_places! { [R: Disparity] ProcrustesDisparity<R>; }
