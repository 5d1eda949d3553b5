//! Metrics that are built from other metrics, such as running values, bootstrap replicates and arithmetic.
//!
//! The methods of [`MetricExt`] create them.

mod arithmetic;
mod bootstrap;
mod classwise;
mod extension;
mod map;
mod min_max;
mod multi_output;
mod named;
mod running;
mod with_input;
mod zip;

pub use arithmetic::{Combined, Expr, Shifted};
pub(crate) use arithmetic::{arithmetic, combined, shifted};
pub use bootstrap::{
    Bootstrap, Bootstrapped, Draw, NoOutcomes, Outcomes, Replicates, Resample, Resampled, Samples,
    Sampling, Weighed, update_selected, update_weighed,
};
pub(crate) use bootstrap::{drawn_by, resample, resample_by_table};
pub use classwise::{ByClass, Classwise};
pub use extension::MetricExt;
pub use map::Map;
pub use min_max::{Extremes, MinMax};
pub use multi_output::{EachOutput, MultiOutput, OutputsOf};
pub use named::Named;
pub use running::{LastBatches, Running, Window};
pub use with_input::{NumberPairs, PreparedInput, WithInput};
pub use zip::Zip;
