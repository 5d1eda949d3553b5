//! Shapes: how unlike two sets of corresponding points are, whatever their places, sizes and turns.

mod procrustes;

pub use procrustes::{ProcrustesDisparity, ShapesInput};

/// The parts that the metrics of this family are made of.
///
/// You need them to write a metric of your own in this family, or to be generic over its metrics.
///
/// [`Disparity`](parts::Disparity) is implemented by the reductions, and says what they keep of the samples.
pub mod parts {
    pub use super::procrustes::{Disparities, Disparity, KeepDisparity};
}

pub(crate) use parts::*;

crate::combinator::resample! { update_selected: [R: Disparity] ProcrustesDisparity<R>; }
