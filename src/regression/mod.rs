//! Regression: metrics of predicted numbers.

mod input;

pub use input::RegressionInput;
