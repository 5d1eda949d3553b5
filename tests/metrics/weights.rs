//! Weights mean the same everywhere: bad ones are faults, and if all are 0 there is no value.

use std::collections::BTreeSet;

use crate::{
    common::{devices, golden::Case},
    golden::{DOMAINS, FromGolden},
};
use burn::tensor::Device;
use burn_metrics::{Fault, InputOf, prelude::*};

/// Checks a metric with weights that have no meaning, and with weights of 0.
pub fn check<M: Metric>(metric: &M, case: &Case, device: &Device, name: &str)
where
    InputOf<M>: FromGolden,
{
    let batch = |others: f64, last: f64| {
        InputOf::<M>::from_golden(&case.input.with_weights(others, last), device)
    };
    for bad in [-1.0, f64::INFINITY, f64::NAN] {
        // How NaN is treated is an option of aggregations, of weights as well.
        if bad.is_nan() && metric.name().starts_with("Mean") && case.metric == "mean" {
            continue;
        }
        let mut accumulator = metric.accumulator();
        let error = match accumulator.update(batch(1.0, bad)) {
            Err(error) => error,
            Ok(()) => match accumulator.compute() {
                Err(error) => error,
                Ok(value) => panic!("{name}: {value:?} with a weight of {bad}: {case}"),
            },
        };
        let weights = error.faults().get(Fault::Weight);
        assert!(weights > 0, "{name}: {error} with {bad}: {case}");
    }
    match metric.evaluate(batch(0.0, 0.0)) {
        Err(error) => assert!(error.is_undefined(), "{name}: {error}: {case}"),
        Ok(value) => assert!(
            keeps_zeros(case),
            "{name}: {value:?} with weights of 0: {case}"
        ),
    }
}

/// Whether weights of 0 leave a value: a count of nothing, or one value per sample.
fn keeps_zeros(case: &Case) -> bool {
    case.samplewise()
        || matches!(
            case.metric.as_str(),
            "stat_scores" | "confusion_matrix" | "sum"
        )
}

#[test]
fn bad_weights_are_faults_and_weights_of_zero_leave_no_value() {
    for (name, device) in devices() {
        let (mut metrics, mut seen) = (BTreeSet::new(), BTreeSet::new());
        for domain in DOMAINS {
            // One case of each configuration.
            let weighted = domain
                .cases()
                .iter()
                .filter(|case| case.input.is_weighted());
            for case in weighted.filter(|case| seen.insert(case.configuration())) {
                if let Some(subject) = domain.subject(case) {
                    subject.weigh(case, &device, name);
                    metrics.insert(&case.metric);
                }
            }
        }
        assert!(
            metrics.len() > 45,
            "only {} metrics have weights",
            metrics.len()
        );
    }
}
