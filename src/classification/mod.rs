//! Classification metrics for predicted classes, predicted labels and their scores.
//!
//! Most metrics are functions of counts. A [`Score`] is a quotient of the four counts of a class: [`Accuracy`],
//! [`Precision`], [`Recall`], [`Specificity`], [`NegativePredictiveValue`], [`F1`], [`FBeta`], [`HammingDistance`],
//! [`JaccardIndex`]. [`StatScores`] returns the counts themselves. [`ConfusionMatrix`], [`CohenKappa`],
//! [`MatthewsCorrCoef`] and [`ExactMatch`] combine counts in other ways, and [`GroupStatRates`] and [`Fairness`]
//! compare them between groups.
//!
//! The [`Ranked`] metrics are functions of the scores of each class against the rest, at all thresholds. They are the
//! curves [`Roc`] and [`PrecisionRecallCurve`], the areas [`Auroc`], [`AveragePrecision`] and [`LogAuc`], and single
//! points of a curve: [`Eer`], [`RecallAtFixedPrecision`], [`PrecisionAtFixedRecall`], [`SensitivityAtSpecificity`],
//! [`SpecificityAtSensitivity`].
//!
//! The remaining metrics are computed from sums over elements: [`CalibrationError`], [`HingeLoss`],
//! [`NormalizedEntropy`], [`CoverageError`], [`LabelRankingAveragePrecision`], [`LabelRankingLoss`].
//!
//! The task is a type. The functions `binary()`, `multiclass(classes)` and `multilabel(labels)` of a metric choose it.
//! The average is a type as well, and it decides the type of the value: an `f64`, or a vector with one value
//! [per class](PerClass). [`ClassificationInput`] describes the tensors of a batch.
//!
//! Besides the metrics, this module contains
//!
//! * the tasks: [`Binary`], [`Multiclass`] and [`Multilabel`], with their [`Options`];
//! * the averages: [`Micro`], [`Macro`], [`Weighted`] and [`PerClass`];
//! * further options: [`Exact`], [`Binned`] and [`Thresholds`] of curves, the weights [`Unweighted`], [`Linear`] and
//!   [`Quadratic`] of disagreements, the margins [`CrammerSinger`] and [`OneVsAll`], [`Normalize`], and the [`Rule`] of
//!   [`auc`];
//! * values that are more than a number: [`ClassCounts`], [`Confusion`], [`RocCurve`], [`PrCurve`], [`AtThreshold`],
//!   [`Interval`], [`GroupRates`], [`Parity`] and [`Parities`];
//! * the names of the metrics in TorchMetrics, such as [`MulticlassF1Score`], as aliases;
//! * the [`parts`] from which the metrics are built, which most programs do not need.

mod average;
#[cfg(feature = "catalog")]
mod catalog;
mod curve;
mod elements;
mod formula;
mod input;
mod interval;
mod tally;
mod task;

mod accuracy;
mod calibration_error;
mod cohen_kappa;
mod confusion_matrix;
mod exact_match;
mod f1;
mod fairness;
mod fbeta;
mod hamming;
mod hinge_loss;
mod jaccard;
mod matthews;
mod negative_predictive_value;
mod normalized_entropy;
mod precision;
mod ranking;
mod recall;
mod specificity;
mod stat_scores;

pub use crate::Interval;
pub use accuracy::*;
pub use average::{Average, Macro, Micro, PerClass, Weighted};
pub use calibration_error::{BinaryCalibrationError, CalibrationError, MulticlassCalibrationError};
pub use cohen_kappa::{
    BinaryCohenKappa, CohenKappa, Linear, MulticlassCohenKappa, Quadratic, Unweighted,
};
pub use confusion_matrix::*;
pub use curve::*;
pub use exact_match::*;
pub use f1::*;
pub use fairness::{
    BinaryFairness, BinaryGroupStatRates, DemographicParity, EqualOpportunity, Fairness,
    GroupRates, GroupStatRates, GroupedInput, Parities, Parity,
};
pub use fbeta::*;
pub use formula::Score;
pub use hamming::*;
pub use hinge_loss::{BinaryHingeLoss, CrammerSinger, HingeLoss, MulticlassHingeLoss, OneVsAll};
pub use input::ClassificationInput;
pub use interval::Wilson;
pub use jaccard::*;
pub use matthews::*;
pub use negative_predictive_value::*;
pub use normalized_entropy::{BinaryNormalizedEntropy, NormalizedEntropy};
pub use precision::*;
pub use ranking::{
    CoverageError, LabelRankingAveragePrecision, LabelRankingLoss, MultilabelCoverageError,
    MultilabelRankingAveragePrecision, MultilabelRankingLoss,
};
pub use recall::*;
pub use specificity::*;
pub use stat_scores::{BinaryStatScores, MulticlassStatScores, MultilabelStatScores, StatScores};
pub use task::{Binary, ClassCounts, Multiclass, Multilabel, Options, Task};

/// The parts from which the metrics of this family are built: statistics, formulas and the traits of their options.
///
/// They appear in the signatures of the metrics, but most programs do not need them. Use them to write a metric that
/// shares these statistics, or a function that is generic over metrics of this family.
///
/// A [`Tally`] counts, and a [`Formula`] turns the counts of a class into a [`Score`]. [`OneVsRest`] keeps the scores
/// of each class against the rest, and a [`CurveFormula`] turns a curve into the value of a [`Ranked`] metric. The
/// options of the metrics are bounded by traits such as [`Pooling`], [`Resolution`] and [`Margin`].
pub mod parts {
    pub use super::average::{ClassScore, ClassScores};
    pub use super::calibration_error::{ConfidentTask, Reliability};
    pub use super::cohen_kappa::Disagreement;
    pub use super::curve::parts::*;
    pub use super::fairness::GroupCounts;
    pub use super::formula::Formula;
    pub use super::hinge_loss::{Hinge, Margin};
    pub use super::interval::Proportion;
    pub use super::normalized_entropy::CrossEntropy;
    pub use super::ranking::LabelRanks;
    pub use super::stat_scores::Combine;
    pub use super::tally::{Confused, Global, PerClassPooling, Pooling, Samplewise, Tally};
    pub use super::task::{CountTensor, Counted, Predicts, ScoredTask, Table, Thresholded};
}

pub(crate) use parts::*;

crate::combinator::resample! { update_weighed:
    [T: ScoredTask, R: Resolution] OneVsRest<T, R>;
    [T: ConfidentTask] Reliability<T>;
    [T: Task] ExactMatch<T>;
}
