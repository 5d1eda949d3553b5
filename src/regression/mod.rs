//! Regression: metrics of predicted numbers.

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

pub use click_through_rate::*;
pub use concordance_corrcoef::*;
pub use continuous_ranked_probability_score::*;
pub use cosine_similarity::*;
pub use critical_success_index::*;
pub use explained_variance::*;
pub use formula::{PairFormula, Regression};
pub use input::RegressionInput;
pub use jensen_shannon_divergence::*;
pub use kendall_rank_corrcoef::*;
pub use kl_divergence::*;
pub use log_cosh_error::*;
pub use mean_absolute_error::*;
pub use mean_absolute_percentage_error::*;
pub use mean_squared_error::*;
pub use mean_squared_log_error::*;
pub use minkowski_distance::*;
pub use normalized_root_mean_squared_error::*;
pub use outputs::{OutputAverage, PerOutput, Pooled, UniformAverage, VarianceWeighted};
pub use pearson_corrcoef::*;
pub use r2_score::*;
pub use ranks::{AllPairs, RankAverage, RankCorrelation, RankFormula, RankedPairs};
pub use relative_squared_error::*;
pub use spearman_corrcoef::*;
pub use statistics::{PairMoments, PairStatistic, PairSums};
pub use symmetric_mean_absolute_percentage_error::*;
pub use tweedie_deviance_score::*;
pub use wasserstein::*;
pub use weighted_calibration::*;
pub use weighted_mean_absolute_percentage_error::*;

crate::combinator::resample! { update_weighed:
    [] PairMoments;
    [] PairSums;
}

crate::combinator::resample! { update_selected:
    [] AllPairs;
    [] ClickShare;
    [] CalibrationRatio;
}
