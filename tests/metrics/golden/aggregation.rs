//! Sums, means and extremes of numbers, over all updates or the last ones.

use burn::tensor::Device;
use burn_metrics::{InputOf, aggregation::*, prelude::*};
use serde_json::Value as Json;

use super::{Devices, Domain, Expect, FromGolden, Subject, function, metric};
use crate::common::golden::{Case, Input};

pub static DOMAIN: Domain = Domain::new(
    "aggregation",
    &[
        ("sum", |case| {
            metric(SumMetric::new().nan_strategy(nan(case)))
        }),
        ("mean", |case| {
            metric(MeanMetric::new().nan_strategy(nan(case)))
        }),
        ("min", |case| {
            metric(MinMetric::new().nan_strategy(nan(case)))
        }),
        ("max", |case| {
            metric(MaxMetric::new().nan_strategy(nan(case)))
        }),
        ("cat", |case| {
            metric(CatMetric::new().nan_strategy(nan(case)))
        }),
        ("running_sum", |case| {
            running(case, SumMetric::new().nan_strategy(nan(case)))
        }),
        ("running_mean", |case| {
            running(case, MeanMetric::new().nan_strategy(nan(case)))
        }),
    ],
)
.expect(|case| match nothing_left(case) {
    true => Expect::Undefined,
    false => Expect::right(case),
})
.devices(|_| Devices::All);

#[test]
fn cases() {
    DOMAIN.check();
}

/// Whether all numbers are left out, so that we have no value.
fn nothing_left(case: &Case) -> bool {
    let ignoring = matches!(nan(case), NanStrategy::Ignore);
    ignoring && case.input_name() == "values_all_nan"
}

/// What becomes of NaN: by default it is ignored, as in the reference, which warns.
fn nan(case: &Case) -> NanStrategy {
    match case.option("nan_strategy") {
        None => NanStrategy::Ignore,
        Some(Json::String(text)) if text == "ignore" => NanStrategy::Ignore,
        Some(Json::String(text)) if text == "disable" => NanStrategy::Keep,
        Some(Json::Number(by)) => NanStrategy::Replace(by.as_f64().expect("a number")),
        Some(other) => panic!("no policy {other}"),
    }
}

/// A metric over the last updates.
fn running<M>(case: &Case, metric: M) -> Box<dyn Subject>
where
    M: Metric<Value = f64> + 'static,
    M::Statistic: 'static,
    InputOf<M>: FromGolden,
{
    let window = case.count("window").expect("a window");
    function(move |case, device| {
        let mut accumulator = metric.clone().running(window).accumulator();
        let mut at = 0;
        for length in case.numbers("batches").expect("lengths of batches") {
            let to = at + length as usize;
            let part = case.input.part(at, to);
            accumulator.update(InputOf::<M>::from_golden(&part, device))?;
            at = to;
        }
        accumulator.compute().map(|value| vec![value])
    })
}

impl FromGolden for AggregationInput {
    fn from_golden(input: &Input, device: &Device) -> Self {
        let values = input.preds();
        match (values.rank(), input.find("weights")) {
            (1, None) => values.floats::<1>(device).into(),
            (2, None) => values.floats::<2>(device).into(),
            (1, Some(weights)) => (values.floats::<1>(device), weights.floats::<1>(device)).into(),
            (2, Some(weights)) => (values.floats::<2>(device), weights.floats::<2>(device)).into(),
            (rank, _) => panic!("no conversion of rank {rank}"),
        }
    }
}
