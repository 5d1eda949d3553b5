#![doc = include_str!("../README.md")]
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod accumulator;
#[cfg(feature = "catalog")]
mod catalog;
mod collection;
mod error;
mod metric;
mod reduction;
mod saved;
mod statistic;
mod tracker;
mod value;

pub mod aggregation;
pub mod classification;
pub mod clustering;
pub mod combinator;
pub mod distributed;
pub mod nominal;
pub mod ops;
pub mod pairwise;
pub mod regression;
#[cfg(feature = "shape")]
pub mod shape;
pub mod state;
#[cfg(feature = "train")]
pub mod train;

pub use accumulator::Accumulator;
#[cfg(feature = "catalog")]
pub use catalog::{Catalog, Description};
pub use collection::{Collection, Info, Values};
pub use combinator::{MetricExt, Running};
pub use error::{Faults, MetricError, Result};
pub use metric::{Bounds, Direction, InputOf, Meta, Metric, StateOf, Total};
pub use reduction::{MeanOfSamples, PerSample, SumOfSamples};
pub use saved::Accumulate;
pub use state::State;
pub use statistic::Statistic;
pub use tracker::{Best, Tracker};
pub use value::Value;

/// What most programs use: the frame and the metrics.
pub mod prelude {
    pub use crate::aggregation::*;
    pub use crate::classification::*;
    pub use crate::clustering::*;
    pub use crate::nominal::*;
    pub use crate::regression::*;
    #[cfg(feature = "shape")]
    pub use crate::shape::*;
    pub use crate::{
        Accumulate, Accumulator, Bounds, Collection, Direction, MeanOfSamples, Meta, Metric,
        MetricError, MetricExt, PerSample, Result, State, Statistic, SumOfSamples, Tracker, Value,
        Values,
    };
}
