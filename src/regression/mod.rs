//! Regression: metrics of predicted numbers.
//!
//! Most metrics are type aliases of one of three types, whose methods are the options of the metric. A [`Regression`]
//! compares predictions with targets, a [`RankCorrelation`] compares their ranks, and a
//! [`SampleMetric`](crate::measure::SampleMetric) computes one number per row. [`RegressionInput`] describes the
//! tensors that they take.
//!
//! Besides the metrics, this module has
//!
//! * the averages over outputs: [`Pooled`], [`UniformAverage`], [`VarianceWeighted`] and [`PerOutput`];
//! * further options: [`Normalization`], and the [`Variant`] and [`Alternative`] of Kendall's correlation;
//! * the inputs of metrics that take something other than predictions and targets;
//! * differentiable functions that measure the rows of tensors: [`cosine_similarity`], [`kl_divergence`],
//!   [`jensen_shannon_divergence`] and [`continuous_ranked_probability_score`];
//! * the [`parts`] that the metrics are made of, which most programs do not need.

#[cfg(feature = "catalog")]
mod catalog;
mod click_through_rate;
mod concordance_corrcoef;
mod continuous_ranked_probability_score;
mod cosine_similarity;
mod critical_success_index;
mod distributions;
mod explained_variance;
mod formula;
mod input;
mod jensen_shannon_divergence;
mod kendall_rank_corrcoef;
mod kl_divergence;
mod log_cosh_error;
mod mean_absolute_error;
mod mean_absolute_percentage_error;
mod mean_squared_error;
mod mean_squared_log_error;
mod minkowski_distance;
mod normalized_root_mean_squared_error;
mod outputs;
mod pearson_corrcoef;
mod r2_score;
mod ranks;
mod relative_squared_error;
mod spearman_corrcoef;
mod statistics;
mod symmetric_mean_absolute_percentage_error;
mod tasks;
mod tweedie_deviance_score;
mod wasserstein;
mod weighted_calibration;
mod weighted_mean_absolute_percentage_error;

pub use click_through_rate::{ClickInput, ClickThroughRate};
pub use concordance_corrcoef::ConcordanceCorrCoef;
pub use continuous_ranked_probability_score::{
    ContinuousRankedProbabilityScore, EnsembleInput, continuous_ranked_probability_score,
};
pub use cosine_similarity::{CosineSimilarity, cosine_similarity};
pub use critical_success_index::CriticalSuccessIndex;
pub use explained_variance::ExplainedVariance;
pub use formula::Regression;
pub use input::RegressionInput;
pub use jensen_shannon_divergence::{JensenShannonDivergence, jensen_shannon_divergence};
pub use kendall_rank_corrcoef::{
    Alternative, KendallRankCorrCoef, KendallTest, TestedCorrelation, Variant,
};
pub use kl_divergence::{KLDivergence, kl_divergence};
pub use log_cosh_error::LogCoshError;
pub use mean_absolute_error::MeanAbsoluteError;
pub use mean_absolute_percentage_error::MeanAbsolutePercentageError;
pub use mean_squared_error::{MeanSquaredError, RootMeanSquaredError};
pub use mean_squared_log_error::MeanSquaredLogError;
pub use minkowski_distance::MinkowskiDistance;
pub use normalized_root_mean_squared_error::{Normalization, NormalizedRootMeanSquaredError};
pub use outputs::{OutputAverage, PerOutput, Pooled, UniformAverage, VarianceWeighted};
pub use pearson_corrcoef::PearsonCorrCoef;
pub use r2_score::R2Score;
pub use ranks::RankCorrelation;
pub use relative_squared_error::{RelativeSquaredError, RootRelativeSquaredError};
pub use spearman_corrcoef::SpearmanCorrCoef;
pub use symmetric_mean_absolute_percentage_error::SymmetricMeanAbsolutePercentageError;
pub use tweedie_deviance_score::TweedieDevianceScore;
pub use wasserstein::{SamplesInput, Wasserstein1d};
pub use weighted_calibration::{CalibrationInput, WeightedCalibration};
pub use weighted_mean_absolute_percentage_error::WeightedMeanAbsolutePercentageError;

/// The parts that the metrics of this family are made of: statistics, formulas and the traits of their options.
/// The parts that the metrics of this family are made of: statistics, formulas and the traits of their options.
///
/// They appear in the signatures of the metrics, and most programs need none of them. A metric of your own can share
/// the statistics, and a function that is generic over metrics of this family needs the traits.
///
/// Most metrics keep [`PairMoments`] or [`PairSums`] of the pairs of a prediction and a target. A [`PairFormula`] turns
/// them into the value of a [`Regression`] metric, and a [`RankFormula`] turns ranks into the value of a
/// [`RankCorrelation`]. Metrics that reduce one number per sample are made of a [`Measure`](crate::measure::Measure).
pub mod parts {
    pub use super::click_through_rate::ClickShare;
    pub use super::concordance_corrcoef::Concordance;
    pub use super::continuous_ranked_probability_score::RankedProbability;
    pub use super::cosine_similarity::Cosine;
    pub use super::critical_success_index::{CriticalSuccess, SampleSuccess};
    pub use super::explained_variance::Explained;
    pub use super::formula::PairFormula;
    pub use super::jensen_shannon_divergence::JensenShannon;
    pub use super::kendall_rank_corrcoef::{Kendall, TestedKendall};
    pub use super::kl_divergence::KullbackLeibler;
    pub use super::log_cosh_error::LogCosh;
    pub use super::mean_absolute_error::AbsoluteError;
    pub use super::mean_absolute_percentage_error::AbsolutePercentageError;
    pub use super::mean_squared_error::{RootSquaredError, SquaredError};
    pub use super::mean_squared_log_error::SquaredLogError;
    pub use super::minkowski_distance::Minkowski;
    pub use super::normalized_root_mean_squared_error::NormalizedError;
    pub use super::pearson_corrcoef::Pearson;
    pub use super::r2_score::Determination;
    pub use super::ranks::{AllPairs, RankAverage, RankFormula, RankedPairs};
    pub use super::relative_squared_error::{RelativeError, RootRelativeError};
    pub use super::spearman_corrcoef::Spearman;
    pub use super::statistics::{PairMoments, PairStatistic, PairSums};
    pub use super::symmetric_mean_absolute_percentage_error::SymmetricPercentageError;
    pub use super::tweedie_deviance_score::Tweedie;
    pub use super::wasserstein::{AllSamples, Sample};
    pub use super::weighted_calibration::CalibrationRatio;
    pub use super::weighted_mean_absolute_percentage_error::WeightedPercentageError;
}

pub(crate) use parts::*;

crate::combinator::resample! { update_weighed:
    [] PairMoments;
    [] PairSums;
}

crate::combinator::resample! { update_selected:
    [] AllPairs;
    [] ClickShare;
    [] CalibrationRatio;
}
