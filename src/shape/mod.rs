//! Shapes: how unlike two sets of corresponding points are, whatever their places, sizes and turns.

mod procrustes;

pub use procrustes::*;

crate::combinator::resample! { update_selected: [R: Disparity] ProcrustesDisparity<R>; }
