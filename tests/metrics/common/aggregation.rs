//! The metrics of `tests/golden/regression.json` that aggregate numbers, and those of torcheval.

use burn::tensor::{Device, Tensor};
use burn_metrics::{
    aggregation::*,
    regression::{parts::*, *},
    state::Sums,
};
use serde_json::Value as Json;

use super::{Array, Batch, Case, Input, Options, Visitor};

/// Shows the metric of a case to a visitor, if it is one of these.
pub fn with_metric(case: &Case, visitor: &mut impl Visitor) -> bool {
    let nan = nan(&case.options);
    match (case.task.as_str(), case.metric.as_str()) {
        ("aggregation", "sum") => visitor.visit(SumMetric::new().nan(nan)),
        ("aggregation", "mean") => visitor.visit(MeanMetric::new().nan(nan)),
        ("aggregation", "min") => visitor.visit(MinMetric::new().nan(nan)),
        ("aggregation", "max") => visitor.visit(MaxMetric::new().nan(nan)),
        ("aggregation", "cat") => visitor.visit(CatMetric::new().nan(nan)),
        ("torcheval", "wasserstein_1d") => visitor.visit(Wasserstein1d::new()),
        ("torcheval", "weighted_calibration") => tasks(case, WeightedCalibration::new(), visitor),
        ("torcheval", "click_through_rate") => tasks(case, ClickThroughRate::new(), visitor),
        _ => return false,
    }
    true
}

fn tasks<F>(case: &Case, metric: Regression<F>, visitor: &mut impl Visitor)
where
    F: PairFormula<Statistic = F> + PairStatistic<Part = Sums>,
    F::Input: Batch,
{
    match case.options.number("num_tasks") {
        Some(1.0) => visitor.visit(metric),
        _ => visitor.visit(metric.per_output()),
    }
}

/// By default as in the reference, which warns.
pub fn nan(options: &Options) -> NanPolicy {
    match options.other.get("nan_strategy") {
        None => NanPolicy::Ignore,
        Some(Json::String(text)) if text == "ignore" => NanPolicy::Ignore,
        Some(Json::String(text)) if text == "disable" => NanPolicy::Keep,
        Some(Json::Number(by)) => NanPolicy::Replace(by.as_f64().expect("a number")),
        Some(other) => panic!("no policy {other}"),
    }
}

impl Batch for AggregationInput {
    fn of(input: &Input, device: &Device, weighted: bool) -> Self {
        let weights = input.weights.as_ref().filter(|_| weighted);
        match (input.preds.shape.len(), weights) {
            (1, None) => input.preds.floats::<1>(device).into(),
            (2, None) => input.preds.floats::<2>(device).into(),
            (1, Some(weights)) => {
                (input.preds.floats::<1>(device), weights.floats::<1>(device)).into()
            }
            (2, Some(weights)) => {
                (input.preds.floats::<2>(device), weights.floats::<2>(device)).into()
            }
            (rank, _) => panic!("no conversion of rank {rank}"),
        }
    }
}

/// Columns of the rows of the reference.
fn columns(array: &Array, device: &Device) -> Tensor<2> {
    let numbers = Array {
        float: array.float.clone().or_else(|| {
            let ints = array.int.iter().flatten();
            Some(ints.map(|n| *n as f64).collect())
        }),
        ..array.clone()
    };
    numbers.floats::<2>(device).transpose()
}

impl Batch for ClickInput {
    fn of(input: &Input, device: &Device, weighted: bool) -> Self {
        let weights = input.weights.as_ref().filter(|_| weighted);
        match (input.preds.shape.len(), weights) {
            (1, None) => input.preds.ints::<1>(device).into(),
            (1, Some(weights)) => {
                (input.preds.ints::<1>(device), weights.floats::<1>(device)).into()
            }
            (_, None) => columns(&input.preds, device).into(),
            (_, Some(weights)) => (columns(&input.preds, device), columns(weights, device)).into(),
        }
    }
}

impl Batch for CalibrationInput {
    fn of(input: &Input, device: &Device, weighted: bool) -> Self {
        let (preds, target) = (&input.preds, &input.target);
        let weights = input.weights.as_ref().filter(|_| weighted);
        let one = || (preds.floats::<1>(device), target.ints::<1>(device));
        let several = || (columns(preds, device), columns(target, device));
        match (preds.shape.len(), weights) {
            (1, None) => one().into(),
            (1, Some(weights)) => (one().0, one().1, weights.floats::<1>(device)).into(),
            (_, None) => several().into(),
            (_, Some(weights)) => (several().0, several().1, columns(weights, device)).into(),
        }
    }
}

impl Batch for SamplesInput {
    fn of(input: &Input, device: &Device, weighted: bool) -> Self {
        let numbers = |array: &Array| array.floats::<1>(device);
        let (x, y) = (numbers(&input.preds), numbers(&input.target));
        match (&input.weights, &input.target_weights) {
            (Some(of_x), Some(of_y)) if weighted => ((x, numbers(of_x)), (y, numbers(of_y))).into(),
            _ => (x, y).into(),
        }
    }
}
