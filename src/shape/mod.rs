//! Shapes: how unlike two sets of corresponding points are, whatever their places, sizes and turns.

mod procrustes;

pub use procrustes::{ProcrustesDisparity, ShapesInput};

/// The parts that the metrics of this family are made of: statistics, formulas and the traits of their options.
///
/// They appear in the signatures of the metrics. Most programs need none of them; a metric of your own can share the
/// statistics, and a function that is generic over metrics of this family needs the traits.
pub mod parts {
    pub use super::procrustes::Procrustes;
}
