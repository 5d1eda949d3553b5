//! Curves: what a classifier predicts at each threshold, and what is read off that.

mod one_vs_rest;
mod points;
mod ranked;
mod sides;
mod thresholds;

mod area;
mod auroc;
mod average_precision;
mod column;
mod delong;
mod eer;
mod fixed;
mod interpolation;
mod log_auc;
mod precision_recall;
mod roc;

pub use area::{Rule, auc};
pub use auroc::*;
pub use average_precision::*;
pub use column::Column;
pub use delong::DeLong;
pub use eer::*;
pub use fixed::*;
pub use log_auc::*;
pub use one_vs_rest::{AllCurves, Binned, BinnedCurves, Curves, Exact, OneVsRest, Resolution};
pub use points::{Point, Points};
pub use precision_recall::*;
pub use ranked::{CurveAverage, CurveFormula, MacroFormula, Ranked};
pub use roc::*;
pub use sides::{AllScores, ScoredBatch, SidesTotal};
pub use thresholds::Thresholds;
