//! Every golden case gives the number of the reference.

use crate::common::{Batch, Case, GOLDEN, Visitor, close, devices, flatten, numbers, with_metric};
use burn::tensor::{Device, FloatDType};
use burn_metrics::{InputOf, prelude::*};

/// Whether we differ from the reference on purpose, or it has no number: see the docs of the metric.
fn different(case: &Case) -> bool {
    const UNDEFINED_CLASSES: [&str; 4] =
        ["absent-class", "absent-label", "full-label", "single-class"];
    let oddity = case.oddity.as_deref().unwrap_or_default();
    match case.metric.as_str() {
        "jaccard" => matches!(oddity, "jaccard-no-weight" | "jaccard-multilabel-ignore"),
        "stat_scores" => oddity == "stat-scores-samplewise-weighted",
        // Zeros of classes that have no curve.
        "auroc" if case.options.average.as_deref() == Some("weighted") => {
            case.defined_classes(true).contains(&false)
        }
        "logauc"
            if matches!(case.options.average.as_deref(), Some("macro" | "weighted"))
                && case.defined_classes(true).contains(&false) =>
        {
            true
        }
        // The reference sorts equal rates as it happens, and lets an infinite area into the mean.
        "logauc" => {
            let infinite = case.expected().contains(&f64::INFINITY);
            let mean = case.options.average.as_deref() == Some("macro");
            oddity == "absent-class" && case.options.thresholds.is_none() || infinite && mean
        }
        // Areas reach the corners, also beside classes that have none.
        "auroc" => {
            UNDEFINED_CLASSES.contains(&oddity)
                && matches!(&case.options.thresholds, Some(t) if t.is_array())
        }
        "average_precision" => oddity == "only-class-0",
        // The reference interpolates recall over precision, which does not rise; see `curves`.
        "precision_recall_curve" if case.options.average.as_deref() == Some("macro") => true,
        // The reference's curves of classes that have none are part of its mean.
        "roc" | "eer" if case.options.average.as_deref() == Some("macro") => {
            case.defined_classes(true).contains(&false)
        }
        // The reference gives the plain score then.
        "r2_score" => case
            .options
            .number("adjusted")
            .is_some_and(|k| k + 2.0 > case.samples() as f64),
        // An error of ours; the formula gives 0.
        "concordance_corrcoef" | "explained_variance" => case.samples() == 1,
        "critical_success_index" => {
            // Dimensions between the first and the last.
            let dim = case.options.number("keep_sequence_dim");
            dim.is_some_and(|dim| dim > 0.0) && case.rank() > 2
        }
        // A target that is no label is one, though this metric does not need the target.
        "demographic_parity" => {
            case.input == "curves/groups_ignore" && case.options.ignore_index.is_none()
        }
        // Of no number at all, we have no value.
        _ => case.task == "aggregation" && nothing_left(case),
    }
}

/// Whether all numbers of an aggregation are left out.
fn nothing_left(case: &Case) -> bool {
    case.input == "regression/values_all_nan" && case.options.text("nan_strategy") == Some("ignore")
}

/// Whether a case averages curves, which we do as the reference does.
fn averaged_curve(case: &Case) -> bool {
    matches!(case.metric.as_str(), "roc" | "eer")
        && case.options.average.as_deref() == Some("macro")
}

/// The value without the zeros that the reference has for classes without a curve: NaN per class, and left out of means.
fn without_zeros(case: &Case, expected: Vec<f64>) -> Vec<f64> {
    let needs_negatives = case.metric != "average_precision";
    let zeros = match case.metric.as_str() {
        "auroc" => true,
        "average_precision" => case.options.thresholds.is_some() || case.task == "multilabel",
        _ => false,
    };
    if !zeros || case.task == "binary" {
        return expected;
    }
    let defined = case.defined_classes(needs_negatives);
    let n = defined.iter().filter(|defined| **defined).count();
    match case.options.average.as_deref() {
        Some("macro" | "weighted") if n == 0 => vec![f64::NAN],
        Some("macro") => {
            let share = case.size as f64 / n as f64;
            expected.iter().map(|mean| mean * share).collect()
        }
        Some("none") => {
            let both = expected.into_iter().zip(defined);
            let value = both.map(|(value, defined)| if defined { value } else { f64::NAN });
            value.collect()
        }
        _ => expected,
    }
}

/// Cases of curves in which the reference is wrong, and we are right.
const RIGHT: [&str; 11] = [
    "binned-open-ends",
    "calibration-float32",
    "calibration-one",
    "eer-rounding",
    "groups-renumbered",
    "logauc-unstable-sort",
    "nan-precision",
    "only-class-0",
    "ranking-ignore",
    "ranking-loss-ties",
    "saturated-logits",
];

/// Cases that have no value: we give an error, the reference a number.
const UNDEFINED: [&str; 5] = [
    "no-positives",
    "no-negatives",
    "logauc-from-zero",
    "log-of-negative",
    "unnormalized",
];

/// Evaluates a case in one batch.
struct Evaluate<'a> {
    case: &'a Case,
    device: &'a Device,
    tolerance: f64,
    failure: Option<String>,
}

impl Visitor for Evaluate<'_> {
    fn visit<M>(&mut self, metric: M)
    where
        M: Metric + 'static,
        M::Statistic: 'static,
        InputOf<M>: Batch,
    {
        let case = self.case;
        let oddity = case.oddity.as_deref();
        let expected = match &case.right {
            // Ours has the reference's convention, and Lin's as an option.
            _ if oddity == Some("concordance-unbiased") => case.expected(),
            Some(right) if !case.is_classification() => case.flatten(right),
            Some(right) if oddity.is_some_and(|o| RIGHT.contains(&o)) && !averaged_curve(case) => {
                flatten(right)
            }
            _ => case.expected(),
        };
        let expected = without_zeros(case, expected);
        // The reference's 1e6 says that there is no threshold, an infinite area that there are no negatives. The first
        // threshold of scikit-learn's ROC curve is infinite; ours is 1, as TorchMetrics' is.
        let ours = |n: f64| match case.metric.as_str() {
            _ if n == 1e6 => f64::NAN,
            "logauc" if n.is_infinite() => f64::NAN,
            "roc" if n.is_infinite() => 1.0,
            _ => n,
        };
        let expected: Vec<_> = expected.into_iter().map(ours).collect();
        match metric.evaluate(case.batch::<InputOf<M>>(self.device)) {
            Ok(value) if close(&numbers(&value), &expected, self.tolerance) => {}
            Err(_) if oddity.is_some_and(|o| UNDEFINED.contains(&o)) => {}
            // No class has a curve.
            Err(MetricError::Absent { .. }) if expected.iter().all(|n| n.is_nan()) => {}
            // No element counts, for which the reference has a number.
            Err(MetricError::Empty { .. }) if case.counts_nothing() => {}
            // All samples are dropped, and the reference gives what comes of it.
            Err(MetricError::Empty { .. }) if case.input == "clustering/nominal_nan_all" => {}
            // NaN in the reference.
            Err(MetricError::TooFew { .. }) if expected.iter().all(|n| n.is_nan()) => {}
            Ok(value) => {
                self.failure = Some(format!("{:?} instead of {expected:?}", numbers(&value)));
            }
            Err(error) => self.failure = Some(format!("{error} instead of {expected:?}")),
        }
    }
}

/// Vulkan computes `x^3` as `exp2(3 log2(x))` in single precision, whose specified error is `3 + 2 |3 log2(x)|` units in the last
/// place: 5e-6 for the largest numbers here.
fn tolerance(case: &Case, device: &str) -> f64 {
    match case.metric == "tweedie_deviance_score" && device == "wgpu" {
        true => 5e-6,
        false => 1e-6,
    }
}

fn check(cases: impl Iterator<Item = &'static Case>, name: &str, device: &Device) -> usize {
    let (mut passed, mut failures) = (0, Vec::new());
    for case in cases {
        let double = crate::common::GOLDEN.inputs[&case.input].double;
        if different(case) || double && !device.supports_dtype(FloatDType::F64) {
            continue;
        }
        let mut evaluate = Evaluate {
            case,
            device,
            tolerance: tolerance(case, name),
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
    let passed = check(GOLDEN.cases.iter(), "flex", &Device::flex());
    assert!(passed > 12_000, "only {passed} cases were checked");
}

#[test]
fn a_sample_of_cases_on_every_device() {
    for (name, device) in devices() {
        // A prime stride visits all metrics, tasks and options.
        let passed = check(GOLDEN.cases.iter().step_by(17), name, &device);
        assert!(passed > 650, "only {passed} cases were checked on {name}");
    }
}
