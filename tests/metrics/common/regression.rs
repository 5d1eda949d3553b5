//! The metrics of `tests/golden/regression.json`.

use burn::tensor::Device;
use burn_metrics::{
    prelude::*,
    regression::{
        Regression,
        parts::{PairFormula, PairMoments},
    },
};

use super::{Batch, Case, Input, Visitor};

impl Batch for RegressionInput {
    fn of(input: &Input, device: &Device, weighted: bool) -> Self {
        let weights = input.weights.as_ref().filter(|_| weighted);
        macro_rules! pair {
            ($D:literal) => {{
                let preds = input.preds.floats::<$D>(device);
                let target = input.target.floats::<$D>(device);
                match weights {
                    Some(weights) => (preds, target, weights.floats::<1>(device)).into(),
                    None => (preds, target).into(),
                }
            }};
        }
        match input.preds.shape.len() {
            1 => pair!(1),
            2 => pair!(2),
            3 => pair!(3),
            4 => pair!(4),
            rank => panic!("no conversion for rank {rank}"),
        }
    }
}

impl Batch for EnsembleInput {
    fn of(input: &Input, device: &Device, _weighted: bool) -> Self {
        let members = input.preds.floats::<2>(device);
        (members, input.target.floats::<1>(device)).into()
    }
}

/// Shows the metric of a case to a visitor.
pub fn with_metric(case: &Case, visitor: &mut impl Visitor) {
    let options = &case.options;
    let number = |name: &str| options.number(name).expect("an option");
    match case.metric.as_str() {
        "mean_squared_error" if options.squared == Some(false) => {
            pooled(case, RootMeanSquaredError::new(), visitor)
        }
        "mean_squared_error" => pooled(case, MeanSquaredError::new(), visitor),
        "mean_absolute_error" => pooled(case, MeanAbsoluteError::new(), visitor),
        "log_cosh_error" => pooled(case, LogCoshError::new(), visitor),
        "mean_squared_log_error" => visitor.visit(MeanSquaredLogError::new()),
        "mean_absolute_percentage_error" => visitor.visit(MeanAbsolutePercentageError::new()),
        "symmetric_mean_absolute_percentage_error" => {
            visitor.visit(SymmetricMeanAbsolutePercentageError::new())
        }
        "weighted_mean_absolute_percentage_error" => {
            visitor.visit(WeightedMeanAbsolutePercentageError::new())
        }
        "minkowski_distance" => visitor.visit(MinkowskiDistance::new(number("p"))),
        "tweedie_deviance_score" => {
            let power = options.number("power").unwrap_or(0.0);
            visitor.visit(TweedieDevianceScore::new(power));
        }
        "normalized_root_mean_squared_error" => {
            let by = match options.text("normalization") {
                Some("range") => Normalization::Range,
                Some("std") => Normalization::Std,
                Some("l2") => Normalization::L2,
                _ => Normalization::Mean,
            };
            pooled(case, NormalizedRootMeanSquaredError::new().by(by), visitor);
        }
        "relative_squared_error" if options.squared == Some(false) => {
            visitor.visit(RootRelativeSquaredError::new());
        }
        "relative_squared_error" => visitor.visit(RelativeSquaredError::new()),
        "r2_score" => {
            let regressors = options.number("adjusted").unwrap_or(0.0) as u64;
            averaged(case, R2Score::new().adjusted(regressors), visitor);
        }
        "explained_variance" => averaged(case, ExplainedVariance::new(), visitor),
        "pearson_corrcoef" => visitor.visit(PearsonCorrCoef::new().per_output()),
        "concordance_corrcoef" => {
            let metric = ConcordanceCorrCoef::new().per_output();
            match options.weighted || case.oddity.as_deref() == Some("concordance-constant") {
                true => visitor.visit(metric.population()),
                false => visitor.visit(metric),
            }
        }
        "spearman_corrcoef" => visitor.visit(SpearmanCorrCoef::new().per_output()),
        "kendall_rank_corrcoef" => kendall(case, visitor),
        "cosine_similarity" => {
            let metric = CosineSimilarity::new();
            match options.text("reduction") {
                Some("none") => visitor.visit(metric.per_sample()),
                Some("mean") => visitor.visit(metric),
                _ => visitor.visit(metric.sum()),
            }
        }
        "kl_divergence" | "js_divergence" => divergence(case, visitor),
        "continuous_ranked_probability_score" => {
            visitor.visit(ContinuousRankedProbabilityScore::new());
        }
        "critical_success_index" => {
            let threshold = options.threshold.expect("a threshold");
            match options.number("keep_sequence_dim") {
                Some(0.0) => visitor.visit(CriticalSuccessIndexPerSample::new(threshold)),
                Some(_) => visitor.visit(CriticalSuccessIndex::new(threshold).per_output()),
                None => visitor.visit(CriticalSuccessIndex::new(threshold)),
            }
        }
        other => panic!("no metric {other} of regression"),
    }
}

/// A metric whose outputs are pooled, or kept apart if the case has several.
fn pooled<F>(case: &Case, metric: Regression<F>, visitor: &mut impl Visitor)
where
    F: PairFormula,
    F::Statistic: Statistic<Input = RegressionInput>,
{
    match case.options.number("num_outputs") {
        Some(n) if n > 1.0 => visitor.visit(metric.per_output()),
        _ => visitor.visit(metric),
    }
}

fn averaged<F>(case: &Case, metric: Regression<F, UniformAverage>, visitor: &mut impl Visitor)
where
    F: PairFormula<Statistic = PairMoments>,
{
    match case.options.text("multioutput") {
        Some("raw_values") => visitor.visit(metric.per_output()),
        Some("variance_weighted") => visitor.visit(metric.average(VarianceWeighted)),
        _ => visitor.visit(metric),
    }
}

fn kendall(case: &Case, visitor: &mut impl Visitor) {
    let options = &case.options;
    let metric = KendallRankCorrCoef::new().variant(match options.text("variant") {
        Some("a") => Variant::A,
        Some("c") => Variant::C,
        _ => Variant::B,
    });
    let alternative = match options.text("alternative") {
        Some("less") => Alternative::Less,
        Some("greater") => Alternative::Greater,
        _ => Alternative::TwoSided,
    };
    match options.flag("t_test") {
        Some(true) => visitor.visit(metric.test(alternative).per_output()),
        _ => visitor.visit(metric.per_output()),
    }
}

fn divergence(case: &Case, visitor: &mut impl Visitor) {
    macro_rules! reduced {
        ($metric:expr) => {{
            let mut metric = $metric;
            if case.options.flag("log_prob") == Some(true) {
                metric = metric.log_prob();
            } else if case.oddity.as_deref() == Some("unnormalized") {
                // As the reference does unasked.
                metric = metric.normalize();
            }
            match case.options.text("reduction") {
                Some("none") => visitor.visit(metric.per_sample()),
                Some("sum") => visitor.visit(metric.sum()),
                _ => visitor.visit(metric),
            }
        }};
    }
    match case.metric.as_str() {
        "kl_divergence" => reduced!(KLDivergence::new()),
        _ => reduced!(JensenShannonDivergence::new()),
    }
}
