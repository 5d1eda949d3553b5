//! Classification: metrics of predicted classes, labels and their scores.
//!
//! Most are functions of counts. [`Score`]s are quotients of the four counts of a class:
//! [`Accuracy`], [`Precision`], [`Recall`], [`Specificity`], [`NegativePredictiveValue`], [`F1`],
//! [`FBeta`], [`HammingDistance`], [`JaccardIndex`]. [`StatScores`] are the counts themselves;
//! [`ConfusionMatrix`], [`CohenKappa`], [`MatthewsCorrCoef`] and [`ExactMatch`] combine them in other
//! ways, and [`GroupStatRates`] and [`Fairness`] compare them between groups.
//!
//! Others are functions of the scores of each class against the rest, at all thresholds ([`Ranked`]): the curves
//! [`Roc`] and [`PrecisionRecallCurve`], the areas [`Auroc`], [`AveragePrecision`] and [`LogAuc`], and single points:
//! [`Eer`], [`RecallAtFixedPrecision`], [`PrecisionAtFixedRecall`], [`SensitivityAtSpecificity`],
//! [`SpecificityAtSensitivity`].
//!
//! The rest are sums over elements: [`CalibrationError`], [`HingeLoss`], [`NormalizedEntropy`], [`CoverageError`],
//! [`LabelRankingAveragePrecision`], [`LabelRankingLoss`].
//!
//! The task is a type, made by `binary()`, `multiclass(classes)` or `multilabel(labels)`; so is the
//! average, and with it the value: an `f64`, or a vector [per class](PerClass).
//! [`ClassificationInput`] says which tensors go in.

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
pub use average::{Average, Macro, Micro, PerClass, Scoring, Weighted};
pub use calibration_error::*;
pub use cohen_kappa::*;
pub use confusion_matrix::*;
pub use curve::*;
pub use exact_match::*;
pub use f1::*;
pub use fairness::*;
pub use fbeta::*;
pub use formula::{Formula, Score};
pub use hamming::*;
pub use hinge_loss::*;
pub use input::ClassificationInput;
pub use interval::{Proportion, Wilson};
pub use jaccard::*;
pub use matthews::*;
pub use negative_predictive_value::*;
pub use normalized_entropy::*;
pub use precision::*;
pub use ranking::*;
pub use recall::*;
pub use specificity::*;
pub use stat_scores::*;
pub use tally::{Global, Pairs, PerClassPooling, Pooling, Samplewise, Tally};
pub use task::{
    Binary, ClassCounts, CountTensor, Counted, Multiclass, Multilabel, Options, ScoredTask, Table,
    Task, Threshold, Thresholded,
};

crate::combinator::resample! { update_weighed:
    [T: ScoredTask, R: Resolution] OneVsRest<T, R>;
    [T: ConfidentTask] Reliability<T>;
    [T: Task] ExactMatch<T>;
}
