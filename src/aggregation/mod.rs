//! Aggregation of plain numbers, such as losses: sums, means, extrema and lists.

mod aggregator;
mod cat;
mod extremum;
mod host;
mod input;
mod mean;
mod running;
mod sum;

pub use crate::NanStrategy;
pub use aggregator::Aggregator;
pub use cat::CatMetric;
pub use extremum::{MaxMetric, MinMetric};
pub use input::AggregationInput;
pub use mean::MeanMetric;
pub use running::{RunningMean, RunningSum};
pub use sum::SumMetric;

/// The parts that the metrics of this family are made of: statistics, formulas and the traits of their options.
///
/// They appear in the signatures of the metrics, and most programs need none of them. A metric of your own can share
/// the statistics, and a function that is generic over metrics of this family needs the traits.
///
/// A [`Reduce`] defines what is kept of the numbers and the value that is computed from it. [`Gather`] is the statistic
/// that passes numbers to it.
pub mod parts {
    pub use super::aggregator::{Gather, Reduce};
    pub use super::cat::CatOf;
    pub use super::extremum::{MaxOf, MinOf};
    pub use super::host::{Bad, HostBatch, Real};
    pub use super::mean::MeanOf;
    pub use super::sum::SumOf;
}

pub(crate) use parts::*;
