//! Curves: the predictions of a classifier at each threshold, and the values computed from them.

mod classes;
mod one_vs_rest;
mod partition;
mod points;
mod ranked;
mod sample;
mod scores;
mod split_scores;
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
pub use delong::DeLong;
pub use eer::*;
pub use fixed::*;
pub use log_auc::*;
pub use one_vs_rest::{Binned, Exact};
pub use precision_recall::*;
pub use ranked::{MacroOfAll, Ranked};
pub use roc::*;
pub use thresholds::Thresholds;

pub(super) mod parts {
    pub use super::column::Column;
    pub use super::one_vs_rest::{BinnedCurves, OneVsRest, Resolution};
    pub use super::points::{Curves, Point, Points};
    pub use super::ranked::{CurveAverage, CurveFormula, MacroFormula};
    pub use super::scores::{AllCurves, AllScores, ScoredBatch, ScoresTotal};
}

use parts::*;
