//! Weights mean the same everywhere: bad ones are faults, and if all are 0 there is no value.

use std::collections::BTreeSet;

use crate::common::{Batch, Case, GOLDEN, Input, Visitor, devices, with_metric};
use burn::tensor::Device;
use burn_metrics::{Fault, InputOf, prelude::*};

/// One golden case with weights of each metric, task, and way to keep or average values.
fn weighted_cases() -> impl Iterator<Item = &'static Case> {
    let mut seen = BTreeSet::new();
    let all = GOLDEN.cases.iter().filter(|case| case.options.weighted);
    all.filter(move |case| {
        let options = &case.options;
        let binned = options.thresholds.is_some();
        let kind = (
            &case.metric,
            &case.task,
            &options.average,
            &options.multidim,
            binned,
        );
        seen.insert(format!("{kind:?}"))
    })
}

struct Weigh<'a> {
    case: &'a Case,
    device: &'a Device,
    name: &'a str,
}

impl Weigh<'_> {
    /// The case with other weights, of which the last is `last`.
    fn with_weights(&self, others: f64, last: f64) -> Input {
        let mut input = GOLDEN.inputs[&self.case.input].clone();
        for weights in [&mut input.weights, &mut input.target_weights] {
            let Some(weights) = weights.as_mut().and_then(|array| array.float.as_mut()) else {
                continue;
            };
            weights.fill(others);
            if let Some(weight) = weights.last_mut() {
                *weight = last;
            }
        }
        input
    }
}

impl Visitor for Weigh<'_> {
    fn visit<M: Metric>(&mut self, metric: M)
    where
        InputOf<M>: Batch,
    {
        let (name, case) = (self.name, self.case);
        for bad in [-1.0, f64::INFINITY, f64::NAN] {
            // How NaN is treated is an option of aggregations, of weights as well.
            if bad.is_nan() && case.task == "aggregation" {
                continue;
            }
            let batch = InputOf::<M>::of(&self.with_weights(1.0, bad), self.device, true);
            let mut accumulator = metric.accumulator();
            let error = match accumulator.update(batch) {
                Err(error) => error,
                Ok(()) => match accumulator.compute() {
                    Err(error) => error,
                    Ok(value) => panic!("{name}: {value:?} with a weight of {bad}: {case:?}"),
                },
            };
            let found = error.faults();
            assert!(
                found.get(Fault::Weight) > 0,
                "{name}: {error} with {bad}: {case:?}"
            );
        }
        let batch = InputOf::<M>::of(&self.with_weights(0.0, 0.0), self.device, true);
        match metric.evaluate(batch) {
            Err(error) => assert!(error.is_undefined(), "{name}: {error}: {case:?}"),
            Ok(value) => assert!(
                keeps_zeros(case),
                "{name}: {value:?} with weights of 0: {case:?}"
            ),
        }
    }
}

/// Whether weights of 0 leave a value: a count of nothing, or one value per sample.
fn keeps_zeros(case: &Case) -> bool {
    let samplewise = case.options.multidim.as_deref() == Some("samplewise");
    let counts = matches!(
        case.metric.as_str(),
        "stat_scores" | "confusion_matrix" | "sum"
    );
    samplewise || counts
}

#[test]
fn bad_weights_are_faults_and_weights_of_zero_leave_no_value() {
    for (name, device) in devices() {
        let mut metrics = BTreeSet::new();
        for case in weighted_cases() {
            with_metric(
                case,
                &mut Weigh {
                    case,
                    device: &device,
                    name,
                },
            );
            metrics.insert(&case.metric);
        }
        assert!(
            metrics.len() > 45,
            "only {} metrics have weights",
            metrics.len()
        );
    }
}
