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

/// The parts that the metrics of this family are made of: statistics, formulas and the traits of their options.
///
/// They appear in the signatures of the metrics. Most programs need none of them; a metric of your own can share the
/// statistics, and a function that is generic over metrics of this family needs the traits.
///
/// A [`Reduce`] says what is kept of numbers and what comes out; [`Gather`] is the
/// statistic that feeds it.
pub mod parts {
    pub use super::aggregator::{Gather, Reduce};
    pub use super::cat::CatOf;
    pub use super::extremum::{MaxOf, MinOf};
    pub use super::host::{Bad, HostBatch, Real};
    pub use super::mean::MeanOf;
    pub use super::sum::SumOf;
}

pub(crate) use parts::*;
