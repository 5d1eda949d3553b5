#![doc = include_str!("../README.md")]
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod accumulator;
mod collection;
mod error;
mod metric;
mod statistic;
mod value;

pub mod aggregation;
pub mod classification;
pub mod combinator;
pub mod ops;
pub mod pairwise;
pub mod regression;
pub mod state;
#[cfg(feature = "train")]
pub mod train;

pub use accumulator::Accumulator;
pub use collection::{Collection, Info, Values};
pub use combinator::{MetricExt, Running};
pub use error::{Faults, MetricError, Result};
pub use metric::{Bounds, Direction, InputOf, Metric, StateOf, Total};
pub use state::State;
pub use statistic::Statistic;
pub use value::Value;

/// What most programs use: the frame and the metrics.
pub mod prelude {
    pub use crate::aggregation::*;
    pub use crate::classification::*;
    pub use crate::regression::*;
    pub use crate::{
        Accumulator, Bounds, Collection, Direction, Metric, MetricError, MetricExt, Result, State,
        Statistic, Value, Values,
    };
}
