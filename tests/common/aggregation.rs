//! The metrics of `tests/golden/regression.json` that aggregate numbers.

use burn::tensor::Device;
use burn_metrics::aggregation::*;
use serde_json::Value as Json;

use super::{Batch, Case, Input, Options, Visitor};

/// Shows the metric of a case to a visitor, if it is one of these.
pub fn with_metric(case: &Case, visitor: &mut impl Visitor) -> bool {
    let nan = nan(&case.options);
    match (case.task.as_str(), case.metric.as_str()) {
        ("aggregation", "sum") => visitor.visit(SumMetric::new().nan(nan)),
        ("aggregation", "mean") => visitor.visit(MeanMetric::new().nan(nan)),
        ("aggregation", "min") => visitor.visit(MinMetric::new().nan(nan)),
        ("aggregation", "max") => visitor.visit(MaxMetric::new().nan(nan)),
        ("aggregation", "cat") => visitor.visit(CatMetric::new().nan(nan)),
        _ => return false,
    }
    true
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
