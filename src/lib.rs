#![doc = include_str!("../README.md")]
#![warn(missing_docs, missing_debug_implementations)]
#![forbid(unsafe_code)]

mod accumulator;
#[cfg(feature = "catalog")]
mod catalog;
mod collection;
mod encoding;
mod error;
mod fault;
mod interval;
mod metric;
mod nan;
mod saved;
mod sealed;
mod statistic;
mod tracker;
mod value;

pub mod aggregation;
pub mod classification;
pub mod clustering;
pub mod combinator;
#[cfg(feature = "detection")]
pub mod detection;
pub mod distributed;
pub mod guide;
pub mod image;
pub mod measure;
pub mod nominal;
pub mod ops;
pub mod pairwise;
pub mod prelude;
pub mod regression;
pub mod retrieval;
pub mod segmentation;
#[cfg(feature = "shape")]
pub mod shape;
pub mod state;
#[cfg(feature = "text")]
pub mod text;
#[cfg(feature = "train")]
pub mod train;

pub use accumulator::Accumulator;
#[cfg(feature = "catalog")]
pub use catalog::{Catalog, Description};
pub use collection::{Collection, Info, Values};
pub use combinator::{MetricExt, Running};
pub use error::{MetricError, Result};
pub use fault::{BadValues, ExpectedLabels, Fault, Faults, LabelExample};
pub use interval::Interval;
pub use measure::{
    MaxOfSamples, MeanOfSamples, MedianOfSamples, MinOfSamples, PerSample, SumOfSamples,
};
pub use metric::{Bounds, Direction, InputOf, Meta, Metric, StateOf, Total};
pub use nan::NanStrategy;
pub use saved::Accumulate;
pub use state::State;
pub use statistic::Statistic;
pub use tracker::{Best, Tracker};
pub use value::Value;
