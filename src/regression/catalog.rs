use super::*;
use crate::Catalog;

/// The regression metrics by name, such as `r2_score`. Some also exist per output, such as `r2_score_per_output`.
impl Default for Catalog<RegressionInput> {
    fn default() -> Self {
        Self::new()
            .with("mean_squared_error", MeanSquaredError::new())
            .with(
                "mean_squared_error_per_output",
                MeanSquaredError::new().per_output(),
            )
            .with("root_mean_squared_error", RootMeanSquaredError::new())
            .with(
                "root_mean_squared_error_per_output",
                RootMeanSquaredError::new().per_output(),
            )
            .with("mean_absolute_error", MeanAbsoluteError::new())
            .with(
                "mean_absolute_error_per_output",
                MeanAbsoluteError::new().per_output(),
            )
            .with("mean_squared_log_error", MeanSquaredLogError::new())
            .with(
                "mean_absolute_percentage_error",
                MeanAbsolutePercentageError::new(),
            )
            .with(
                "symmetric_mean_absolute_percentage_error",
                SymmetricMeanAbsolutePercentageError::new(),
            )
            .with(
                "weighted_mean_absolute_percentage_error",
                WeightedMeanAbsolutePercentageError::new(),
            )
            .with("log_cosh_error", LogCoshError::new())
            .with("minkowski_distance", MinkowskiDistance::new(2.0))
            .with(
                "normalized_root_mean_squared_error",
                NormalizedRootMeanSquaredError::new(),
            )
            .with("relative_squared_error", RelativeSquaredError::new())
            .with(
                "root_relative_squared_error",
                RootRelativeSquaredError::new(),
            )
            .with("r2_score", R2Score::new())
            .with("r2_score_per_output", R2Score::new().per_output())
            .with("explained_variance", ExplainedVariance::new())
            .with(
                "explained_variance_per_output",
                ExplainedVariance::new().per_output(),
            )
            .with("pearson_corrcoef", PearsonCorrCoef::new())
            .with(
                "pearson_corrcoef_per_output",
                PearsonCorrCoef::new().per_output(),
            )
            .with("spearman_corrcoef", SpearmanCorrCoef::new())
            .with("kendall_rank_corrcoef", KendallRankCorrCoef::new())
            .with("concordance_corrcoef", ConcordanceCorrCoef::new())
            .with("tweedie_deviance_score", TweedieDevianceScore::new(0.0))
            .with("critical_success_index", CriticalSuccessIndex::new(0.5))
            .with("cosine_similarity", CosineSimilarity::new())
            .with("kl_divergence", KLDivergence::new())
            .with("js_divergence", JensenShannonDivergence::new())
    }
}
