//! Shapes: the dissimilarity of two sets of corresponding points, regardless of their position, size and rotation.

mod procrustes;

pub use procrustes::{ProcrustesDisparity, ShapesInput};

/// The parts that the metrics of this family are made of: statistics, formulas and the traits of their options.
///
/// They appear in the signatures of the metrics, and most programs need none of them. A metric of your own can share
/// the statistics, and a function that is generic over metrics of this family needs the traits.
pub mod parts {
    pub use super::procrustes::Procrustes;
}
