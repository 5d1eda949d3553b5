//! Regression.

use burn::tensor::{DType, Device, Tensor, TensorData};
use burn_metrics::{
    prelude::*,
    regression::{parts::*, *},
    state::Sums,
};

use super::{Devices, Domain, Expect, FromGolden, Subject, function, metric};
use crate::common::{
    Tolerance,
    golden::{Array, Case, Input},
};

/// A divergence with the options of a case, as a subject. The two types have the same methods, and no trait for them.
macro_rules! divergence {
    ($case:expr, $divergence:expr) => {{
        let mut divergence = $divergence;
        if $case.flag("log_prob") {
            divergence = divergence.log_prob();
        } else if $case.oddity == "unnormalized" {
            // As the reference does unasked.
            divergence = divergence.normalize();
        }
        match $case.text("reduction") {
            Some("none") => metric(divergence.per_sample()),
            Some("sum") => metric(divergence.sum()),
            _ => metric(divergence),
        }
    }};
}

pub static DOMAIN: Domain = Domain::new(
    "regression",
    &[
        ("mean_squared_error", |case| match rooted(case) {
            true => pooled(case, RootMeanSquaredError::new()),
            false => pooled(case, MeanSquaredError::new()),
        }),
        ("mean_absolute_error", |case| {
            pooled(case, MeanAbsoluteError::new())
        }),
        ("log_cosh_error", |case| pooled(case, LogCoshError::new())),
        ("mean_squared_log_error", |_| {
            metric(MeanSquaredLogError::new())
        }),
        ("mean_absolute_percentage_error", |_| {
            metric(MeanAbsolutePercentageError::new())
        }),
        ("symmetric_mean_absolute_percentage_error", |_| {
            metric(SymmetricMeanAbsolutePercentageError::new())
        }),
        ("weighted_mean_absolute_percentage_error", |_| {
            metric(WeightedMeanAbsolutePercentageError::new())
        }),
        ("minkowski_distance", |case| {
            metric(MinkowskiDistance::new(
                case.number("p").expect("an exponent"),
            ))
        }),
        ("tweedie_deviance_score", |case| {
            metric(TweedieDevianceScore::new(
                case.number("power").unwrap_or(0.0),
            ))
        }),
        ("normalized_root_mean_squared_error", |case| {
            let by = match case.text("normalization") {
                Some("range") => Normalization::Range,
                Some("std") => Normalization::Std,
                Some("l2") => Normalization::L2,
                _ => Normalization::Mean,
            };
            pooled(case, NormalizedRootMeanSquaredError::new().by(by))
        }),
        ("relative_squared_error", |case| {
            // Ours is the mean over outputs, however many there are.
            case.option("num_outputs");
            match rooted(case) {
                true => metric(RootRelativeSquaredError::new()),
                false => metric(RelativeSquaredError::new()),
            }
        }),
        ("r2_score", |case| {
            let regressors = case.count("adjusted").unwrap_or(0) as u64;
            averaged(case, R2Score::new().adjusted(regressors))
        }),
        ("explained_variance", |case| {
            averaged(case, ExplainedVariance::new())
        }),
        ("pearson_corrcoef", |case| {
            case.option("num_outputs");
            metric(PearsonCorrCoef::new().per_output())
        }),
        ("concordance_corrcoef", |case| {
            case.option("num_outputs");
            let concordance = ConcordanceCorrCoef::new().per_output();
            match case.flag("weighted") || case.oddity == "concordance-constant" {
                true => metric(concordance.population()),
                false => metric(concordance),
            }
        }),
        ("spearman_corrcoef", |case| {
            case.option("num_outputs");
            metric(SpearmanCorrCoef::new().per_output())
        }),
        ("kendall_rank_corrcoef", kendall),
        ("cosine_similarity", |case| match case.text("reduction") {
            Some("none") => metric(CosineSimilarity::new().per_sample()),
            Some("mean") => metric(CosineSimilarity::new()),
            _ => metric(CosineSimilarity::new().sum()),
        }),
        ("kl_divergence", |case| {
            divergence!(case, KLDivergence::new())
        }),
        ("js_divergence", |case| {
            divergence!(case, JensenShannonDivergence::new())
        }),
        ("continuous_ranked_probability_score", |_| {
            metric(ContinuousRankedProbabilityScore::new())
        }),
        ("critical_success_index", |case| {
            let threshold = case.number("threshold").expect("a threshold");
            match case.count("keep_sequence_dim") {
                Some(0) => metric(CriticalSuccessIndex::new(threshold).per_sample()),
                Some(_) => metric(CriticalSuccessIndex::new(threshold).per_output()),
                None => metric(CriticalSuccessIndex::new(threshold)),
            }
        }),
        ("wasserstein_1d", |_| metric(Wasserstein1d::new())),
        ("weighted_calibration", |case| {
            tasks(case, WeightedCalibration::new())
        }),
        ("click_through_rate", |case| {
            tasks(case, ClickThroughRate::new())
        }),
        ("stream_moments", |_| function(stream_moments)),
        ("stream_scores", |_| function(stream_scores)),
    ],
)
.expect(expect)
.tolerance(|case, device| match case.metric.as_str() {
    "stream_scores" => Tolerance {
        relative: 1e-6,
        least: 0.0,
    },
    // Vulkan computes `x^3` as `exp2(3 log2(x))` in single precision, whose specified error is `3 + 2 |3 log2(x)|` units
    // in the last place: 5e-6 for the largest numbers here.
    "tweedie_deviance_score" if device == "wgpu" => Tolerance::new(5e-6),
    _ => Tolerance::new(1e-6),
})
.devices(|case| match case.metric.as_str() {
    "wasserstein_1d" | "weighted_calibration" | "click_through_rate" => Devices::All,
    // Those furthest from zero are enough elsewhere.
    "stream_moments" | "stream_scores" if case.number("seed") == Some(1.0) => Devices::All,
    "stream_moments" | "stream_scores" => Devices::FlexOnly,
    _ => Devices::Sampled,
});

#[test]
fn cases() {
    DOMAIN.check();
}

fn expect(case: &Case) -> Expect {
    let regressors = case.number("adjusted").unwrap_or(0.0);
    match (case.metric.as_str(), case.oddity.as_str()) {
        (_, "log-of-negative") => Expect::Undefined,
        // Ours normalizes probabilities if asked to, but not logarithms.
        (_, "unnormalized") if case.flag("log_prob") => Expect::Undefined,
        // Ours has the reference's convention, and Lin's as an option.
        (_, "concordance-unbiased") => Expect::reference(case),
        // The reference gives the plain score then.
        ("r2_score", _) if regressors > 0.0 && regressors + 2.0 > case.samples() as f64 => {
            Expect::Ours
        }
        // An error of ours; the formula gives 0.
        ("concordance_corrcoef" | "explained_variance", _) if case.samples() == 1 => Expect::Ours,
        // Dimensions between the first and the last.
        ("critical_success_index", _)
            if case.count("keep_sequence_dim").is_some_and(|dim| dim > 0)
                && case.input.preds().rank() > 2 =>
        {
            Expect::Ours
        }
        _ => Expect::right(case),
    }
}

/// Whether the root of a squared error is meant.
fn rooted(case: &Case) -> bool {
    case.option("squared")
        .is_some_and(|squared| squared == false)
}

/// A metric whose outputs are pooled, or kept apart if the case has several.
fn pooled<F>(case: &Case, of: Regression<F>) -> Box<dyn Subject>
where
    F: PairFormula,
    F::Statistic: Statistic<Input = RegressionInput>,
{
    match case.count("num_outputs") {
        Some(n) if n > 1 => metric(of.per_output()),
        _ => metric(of),
    }
}

fn averaged<F>(case: &Case, of: Regression<F, UniformAverage>) -> Box<dyn Subject>
where
    F: PairFormula<Statistic = PairMoments>,
{
    match case.text("multioutput") {
        Some("raw_values") => metric(of.per_output()),
        Some("variance_weighted") => metric(of.average(VarianceWeighted)),
        _ => metric(of),
    }
}

fn tasks<F>(case: &Case, of: Regression<F>) -> Box<dyn Subject>
where
    F: PairFormula<Statistic = F> + PairStatistic<Part = Sums>,
    F::Input: FromGolden,
{
    match case.count("num_tasks") {
        Some(1) => metric(of),
        _ => metric(of.per_output()),
    }
}

fn kendall(case: &Case) -> Box<dyn Subject> {
    case.option("num_outputs");
    let kendall = KendallRankCorrCoef::new().variant(match case.text("variant") {
        Some("a") => Variant::A,
        Some("c") => Variant::C,
        _ => Variant::B,
    });
    let alternative = match case.text("alternative") {
        Some("less") => Alternative::Less,
        Some("greater") => Alternative::Greater,
        _ => Alternative::TwoSided,
    };
    if !case.flag("t_test") {
        return metric(kendall.per_output());
    }
    // All correlations, then all p-values.
    metric(kendall.test(alternative).per_output().map(|outputs| {
        let correlations = outputs.iter().map(|output| output.correlation);
        let p_values = outputs.iter().map(|output| output.p_value);
        correlations.chain(p_values).collect::<Vec<_>>()
    }))
}

/// A golden stream of numbers far from zero: predictions and targets.
fn stream(case: &Case, device: &Device) -> (Tensor<1>, Tensor<1>) {
    let number = |name| case.number(name).expect("an option");
    let (mean, n) = (number("mean"), number("n") as usize);
    let double = case.text("dtype") == Some("float64");
    let mut x = number("seed") as u64;
    // A generator that any language can repeat: see tests/golden/regression.py.
    let mut uniform = || {
        let u = x as f64 / 4294967296.0;
        x = (x * 1664525 + 1013904223) % 4294967296;
        u
    };
    let stored = |x: f64| if double { x } else { f64::from(x as f32) };
    let pair = |_| {
        let target = stored(mean + (uniform() - 0.5) * 12f64.sqrt());
        (stored(target + (uniform() - 0.5)), target)
    };
    let (preds, target): (Vec<f64>, Vec<f64>) = (0..n).map(pair).unzip();
    let dtype = if double { DType::F64 } else { DType::F32 };
    let tensor = |numbers| Tensor::from_data(TensorData::new(numbers, [n]), (device, dtype));
    (tensor(preds), tensor(target))
}

/// Means and variances of a stream, in one update.
fn stream_moments(case: &Case, device: &Device) -> Result<Vec<f64>> {
    let mut moments = MeanSquaredError::new().accumulator();
    moments.update(stream(case, device))?;
    moments.compute()?;
    let part = &moments.state().total().parts("")?[0];
    Ok(vec![
        part.preds.mean,
        part.target.mean,
        part.preds.squares / part.weight,
        part.target.squares / part.weight,
    ])
}

/// Scores of a stream that share its moments, in batches of unequal size.
fn stream_scores(case: &Case, device: &Device) -> Result<Vec<f64>> {
    let mut all = Collection::new()
        .with_named("mse", MeanSquaredError::new())
        .with_named("r2", R2Score::new())
        .with_named("pearson", PearsonCorrCoef::new())
        .with_named("explained_variance", ExplainedVariance::new())
        .with_named("concordance", ConcordanceCorrCoef::new().population());
    assert_eq!(all.states(), 1);
    let (preds, target) = stream(case, device);
    let n = preds.dims()[0];
    for (from, to) in [(0, 1), (1, 300_000), (300_000, n)] {
        let part = |numbers: &Tensor<1>| numbers.clone().narrow(0, from, to - from);
        all.update((part(&preds), part(&target)))?;
    }
    let values = all.compute()?;
    let number = |name: &str| values.number(name).expect("a number");
    Ok(all.members().map(|(name, _)| number(name)).collect())
}

impl FromGolden for RegressionInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        fn pair<T>(preds: T, target: T, weights: Option<Tensor<1>>) -> RegressionInput
        where
            (T, T): Into<RegressionInput>,
            (T, T, Tensor<1>): Into<RegressionInput>,
        {
            match weights {
                Some(weights) => (preds, target, weights).into(),
                None => (preds, target).into(),
            }
        }
        let (p, t) = (input.preds(), input.target());
        let weights = input.find("weights").map(|weights| weights.floats(device));
        match p.rank() {
            1 => pair(p.floats::<1>(device), t.floats::<1>(device), weights),
            2 => pair(p.floats::<2>(device), t.floats::<2>(device), weights),
            3 => pair(p.floats::<3>(device), t.floats::<3>(device), weights),
            4 => pair(p.floats::<4>(device), t.floats::<4>(device), weights),
            rank => panic!("no conversion for rank {rank}"),
        }
    }
}

impl FromGolden for EnsembleInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let members = input.preds().floats::<2>(device);
        (members, input.target().floats::<1>(device)).into()
    }
}

/// Columns of the rows of the reference.
fn columns(array: &Array, device: &Device) -> Tensor<2> {
    array.floats::<2>(device).transpose()
}

impl FromGolden for ClickInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let clicks = input.preds();
        match (clicks.rank(), input.find("weights")) {
            (1, None) => clicks.ints::<1>(device).into(),
            (1, Some(weights)) => (clicks.ints::<1>(device), weights.floats::<1>(device)).into(),
            (_, None) => columns(clicks, device).into(),
            (_, Some(weights)) => (columns(clicks, device), columns(weights, device)).into(),
        }
    }
}

impl FromGolden for CalibrationInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let (preds, target) = (input.preds(), input.target());
        let weights = input.find("weights");
        let one = || (preds.floats::<1>(device), target.ints::<1>(device));
        let several = || (columns(preds, device), columns(target, device));
        match (preds.rank(), weights) {
            (1, None) => one().into(),
            (1, Some(weights)) => (one().0, one().1, weights.floats::<1>(device)).into(),
            (_, None) => several().into(),
            (_, Some(weights)) => (several().0, several().1, columns(weights, device)).into(),
        }
    }
}

impl FromGolden for SamplesInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let numbers = |array: &Array| array.floats::<1>(device);
        let (x, y) = (numbers(input.preds()), numbers(input.target()));
        match (input.find("weights"), input.find("target_weights")) {
            (Some(of_x), Some(of_y)) => ((x, numbers(of_x)), (y, numbers(of_y))).into(),
            _ => (x, y).into(),
        }
    }
}
