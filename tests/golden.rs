//! Every golden case gives the number of the reference.

mod common;

use burn_metrics::{Statistic, classification::ClassificationInput, prelude::*};
use common::{Case, GOLDEN, Visitor, close, devices, numbers, with_metric};

/// Cases in which we differ from the reference on purpose: see the docs of the metric.
const DIFFERENT: [&str; 3] = [
    "jaccard-no-weight",
    "jaccard-multilabel-ignore",
    "stat-scores-samplewise-weighted",
];

/// Evaluates a case in one batch.
struct Evaluate<'a> {
    case: &'a Case,
    batch: ClassificationInput,
    failure: Option<String>,
}

impl Visitor for Evaluate<'_> {
    fn visit<M>(&mut self, metric: M)
    where
        M: Metric + 'static,
        M::Statistic: Statistic<Input = ClassificationInput> + 'static,
    {
        let expected = self.case.expected();
        match metric.evaluate(self.batch.clone()) {
            Ok(value) if close(&numbers(&value), &expected, 1e-6) => {}
            Ok(value) => {
                self.failure = Some(format!("{:?} instead of {expected:?}", numbers(&value)));
            }
            Err(error) => self.failure = Some(format!("{error} instead of {expected:?}")),
        }
    }
}

fn check(cases: impl Iterator<Item = &'static Case>, device: &burn::tensor::Device) -> usize {
    let (mut passed, mut failures) = (0, Vec::new());
    for case in cases {
        if case
            .oddity
            .as_deref()
            .is_some_and(|o| DIFFERENT.contains(&o))
        {
            continue;
        }
        let mut evaluate = Evaluate {
            case,
            batch: case.batch(device),
            failure: None,
        };
        with_metric(case, &mut evaluate);
        match evaluate.failure {
            None => passed += 1,
            Some(failure) => failures.push(format!("{failure}\n  of {case:?}")),
        }
    }
    let shown = failures.iter().take(20).cloned().collect::<Vec<_>>();
    assert!(
        failures.is_empty(),
        "{} of {} cases are wrong:\n{}",
        failures.len(),
        failures.len() + passed,
        shown.join("\n")
    );
    passed
}

#[cfg(feature = "flex")]
#[test]
fn all_cases_on_flex() {
    let passed = check(GOLDEN.cases.iter(), &burn::tensor::Device::flex());
    assert!(passed > 6700, "only {passed} cases were checked");
}

#[test]
fn a_sample_of_cases_on_every_device() {
    for (name, device) in devices() {
        // A prime stride visits all metrics, tasks and options.
        let passed = check(GOLDEN.cases.iter().step_by(17), &device);
        assert!(passed > 380, "only {passed} cases were checked on {name}");
    }
}
