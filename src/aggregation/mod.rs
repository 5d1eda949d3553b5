//! Aggregation of plain numbers: sums, means, extrema and lists, of losses or of anything else.

mod aggregator;
mod cat;
mod extremum;
mod host;
mod input;
mod mean;
mod running;
mod sum;

pub use aggregator::{Aggregator, NanPolicy};
pub use cat::CatMetric;
pub use extremum::{MaxMetric, MinMetric};
pub use input::AggregationInput;
pub use mean::MeanMetric;
pub use running::{RunningMean, RunningSum};
pub use sum::SumMetric;

/// The parts that the metrics of this family are made of.
///
/// You need them to write a metric of your own in this family, or to be generic over its metrics.
///
/// A [`Reduce`](parts::Reduce) says what is kept of numbers and what comes out; [`Gather`](parts::Gather) is the
/// statistic that feeds it.
pub mod parts {
    pub use super::aggregator::{Gather, Reduce};
    pub use super::cat::CatOf;
    pub use super::extremum::{MaxOf, MinOf};
    pub use super::host::{Numbers, Real};
    pub use super::mean::MeanOf;
    pub use super::sum::SumOf;
}

pub(crate) use parts::*;
