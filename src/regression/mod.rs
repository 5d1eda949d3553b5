//! Regression: metrics of predicted numbers.

mod click_through_rate;
mod formula;
mod input;
mod mean_absolute_error;
mod mean_squared_error;
mod outputs;
mod statistics;
mod tasks;
mod wasserstein;
mod weighted_calibration;

pub use click_through_rate::*;
pub use formula::{PairFormula, Regression};
pub use input::RegressionInput;
pub use mean_absolute_error::*;
pub use mean_squared_error::*;
pub use outputs::{OutputAverage, PerOutput, Pooled, UniformAverage, VarianceWeighted};
pub use statistics::{PairMoments, PairStatistic, PairSums};
pub use wasserstein::*;
pub use weighted_calibration::*;
