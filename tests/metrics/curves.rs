//! Curves beyond their golden cases: peers, memory and what is wrong with scores.

use crate::common::{close, devices};
use burn::tensor::{DType, Device, Distribution, Int, Tensor};
use burn_metrics::{Fault, Faults, InputOf, classification::*, prelude::*};

fn assert_close(got: f64, expected: f64, what: &str) {
    let close = expected.is_finite() && (got - expected).abs() <= 1e-6 * expected.abs().max(1.0);
    assert!(
        close || got == expected,
        "{what}: {got} instead of {expected}"
    );
}

#[test]
fn wilson_intervals_need_counts() {
    let device = Device::default();
    let labels = Tensor::<1, Int>::from_ints([0, 1], &device);
    let weights = Tensor::<1>::from_floats([0.5, 2.0], &device);
    let accuracy = Accuracy::binary().confidence_interval(0.95);
    let error = accuracy.evaluate((labels.clone(), labels.clone(), weights));
    assert!(matches!(error, Err(MetricError::State { .. })));
    let error = Accuracy::binary()
        .confidence_interval(95.0)
        .evaluate((labels.clone(), labels));
    assert!(matches!(
        error,
        Err(MetricError::Config {
            option: "level",
            ..
        })
    ));
}

#[test]
fn areas_need_an_order() {
    assert!(
        auc(&[0.0, 2.0, 1.0], &[0.0, 1.0, 1.0], Rule::Step).is_err(),
        "x turns around"
    );
    assert!(
        auc(&[0.0, 1.0], &[0.0], Rule::Step).is_err(),
        "lengths differ"
    );
}

/// burn-train's own areas, which it gives in percent.
#[cfg(all(feature = "train", feature = "flex"))]
#[test]
fn burn_train_agrees() {
    use burn::train::metric::{
        AucPrMetric, AurocMetric, ConfusionStatsInput, Metric as _, MetricMetadata, Numeric,
    };
    let metadata = MetricMetadata {
        progress: burn::data::dataloader::Progress {
            items_processed: 500,
            items_total: 500,
            unit: None,
        },
        iteration: None,
        lr: None,
    };
    let device = Device::flex();
    let scores = Tensor::<1>::random([500], Distribution::Uniform(0.0, 1.0), &device);
    // Some ties.
    let scores = (scores * 64.0).floor() / 64.0;
    let target = Tensor::<1>::random([500], Distribution::Bernoulli(0.3), &device).int();
    let input = ConfusionStatsInput::new(
        scores.clone().reshape([500, 1]),
        target.clone().reshape([500, 1]).bool(),
    );
    let mut auroc = AurocMetric::binary();
    auroc.update(&input, &metadata).unwrap();
    auroc.compute().unwrap();
    let ours = Auroc::binary()
        .evaluate((scores.clone(), target.clone()))
        .unwrap();
    assert_close(ours * 100.0, auroc.final_value().current(), "AUROC");
    let mut auc_pr = AucPrMetric::binary();
    auc_pr.update(&input, &metadata).unwrap();
    auc_pr.compute().unwrap();
    let ours = AveragePrecision::binary()
        .evaluate((scores, target))
        .unwrap();
    assert_close(
        ours * 100.0,
        auc_pr.final_value().current(),
        "average precision",
    );
}

fn scores(scores: &[f32], device: &Device) -> Tensor<1> {
    Tensor::from_floats(scores, device)
}

fn labels(labels: &[i32], device: &Device) -> Tensor<1, Int> {
    Tensor::from_ints(labels, device)
}

/// On a GPU, faults come with `compute`; on a host, with `update`, which leaves the batch out.
#[test]
fn faults_are_counted_and_the_batch_left_out() {
    for (name, device) in devices() {
        let good = || (scores(&[0.9, 0.1], &device), labels(&[1, 0], &device));
        let bad = || {
            (
                scores(&[f32::NAN, 0.3, f32::NAN, 0.5], &device),
                labels(&[1, 2, 7, 0], &device),
            )
        };
        macro_rules! check {
            ($metric:expr) => {{
                let mut accumulator = $metric.accumulator();
                accumulator.update(good()).unwrap();
                let before = accumulator.compute().unwrap();
                let error = match accumulator.update(bad()) {
                    Err(error) => {
                        let after = accumulator.compute().unwrap();
                        assert_eq!(after, before, "{name}: the batch is left out");
                        error
                    }
                    Ok(()) => accumulator.compute().unwrap_err(),
                };
                let faults: Vec<_> = error.faults().iter().collect();
                let expected = [(Fault::TargetLabel, 2), (Fault::Nan, 1)];
                assert_eq!(faults, expected, "{name} {:?}: {error}", $metric);
            }};
        }
        check!(Auroc::binary());
        check!(Auroc::binary().thresholds(5));
        check!(Roc::binary());
        check!(CalibrationError::binary());
        check!(HingeLoss::binary());
        check!(NormalizedEntropy::binary());
    }
}

#[test]
fn classes_are_faulty_once() {
    for (name, device) in devices() {
        let scores = Tensor::<2>::from_floats(
            [
                [0.2, 0.3, f32::NAN],
                [0.1, 0.8, 0.1],
                [f32::NAN, f32::NAN, 0.1],
            ],
            &device,
        );
        let target = labels(&[0, 3, -1], &device);
        let faults = |result: Result<f64>| result.unwrap_err().faults().iter().collect::<Vec<_>>();
        let expected = [(Fault::TargetLabel, 1), (Fault::Nan, 1)];
        let batch = || (scores.clone(), target.clone());
        let auroc = Auroc::multiclass(3).ignore_index(-1);
        assert_eq!(faults(auroc.evaluate(batch())), expected, "{name} exact");
        let auroc = auroc.thresholds(4);
        assert_eq!(faults(auroc.evaluate(batch())), expected, "{name} binned");
        let calibration = CalibrationError::multiclass(3).ignore_index(-1);
        assert_eq!(
            faults(calibration.evaluate(batch())),
            expected,
            "{name} calibration"
        );
        let hinge = HingeLoss::multiclass(3).ignore_index(-1);
        assert_eq!(faults(hinge.evaluate(batch())), expected, "{name} hinge");
    }
}

#[test]
fn what_is_missing_is_said() {
    let device = Device::default();
    let only = |label| (scores(&[0.9, 0.1], &device), labels(&[label; 2], &device));
    insta::assert_snapshot!(
        Auroc::binary().evaluate(only(0)).unwrap_err(),
        @"AUROC: no positive sample was seen, so there is no value"
    );
    insta::assert_snapshot!(
        Eer::binary().evaluate(only(1)).unwrap_err(),
        @"EER: no negative sample was seen, so there is no value"
    );
    insta::assert_snapshot!(
        AveragePrecision::multilabel(1).average(Micro).accumulator().compute().unwrap_err(),
        @"Average precision (micro): no sample was counted, so there is no value"
    );
    let error = Auroc::binary().evaluate((labels(&[0, 1], &device), labels(&[0, 1], &device)));
    let what = "predictions";
    assert!(matches!(error, Err(MetricError::Kind { what: w, .. }) if w == what));
    insta::assert_snapshot!(
        Auroc::binary().thresholds([0.5, 0.1]).evaluate(only(0)).unwrap_err(),
        @"thresholds: expected at least one (2 if evenly spaced), ascending, from 0 to 1, got [0.5, 0.1]"
    );
    insta::assert_snapshot!(
        RecallAtFixedPrecision::binary(1.5).evaluate(only(1)).unwrap_err(),
        @"min_precision: expected a rate in [0, 1], got 1.5"
    );
    insta::assert_snapshot!(
        CalibrationError::binary().evaluate((scores(&[1.5, -0.1], &device), labels(&[0, 1], &device))).unwrap_err(),
        @"Calibration error: 2 scores are outside 0 to 1 (logits need `from_logits`)"
    );
}

/// Where a score outside 0 to 1 changes the value, it is a fault, on every device.
#[test]
fn scores_that_are_no_probabilities_are_faults() {
    fn outside<M: Metric>(metric: M, batch: impl Into<InputOf<M>>, n: u64) {
        let name = metric.name().into_owned();
        match metric.evaluate(batch) {
            Err(error) => assert_eq!(
                error.faults(),
                Faults::of(Fault::Probability, n),
                "{name}: {error}"
            ),
            Ok(_) => panic!("{name} has a value"),
        }
    }
    for (_, device) in devices() {
        let device = &device.inner();
        let binary = || {
            (
                scores(&[-2.0, 1.5, 0.5], device),
                labels(&[0, 1, 1], device),
            )
        };
        let weights = || Tensor::<1>::from_floats([1.0, 2.0, 1.0], device);
        let weighted = || {
            let (scores, labels) = binary();
            (scores, labels, weights())
        };
        let several = || {
            (
                Tensor::<2>::from_floats([[0.2, -3.0], [0.5, 0.5]], device),
                Tensor::<2, Int>::from_ints([[0, 1], [1, 0]], device),
            )
        };
        let exclusive = || {
            (
                Tensor::<2>::from_floats([[0.2, -3.0], [4.0, 5.0], [0.5, 0.5]], device),
                Tensor::<1, Int>::from_ints([0, 1, 0], device),
            )
        };
        outside(Accuracy::binary(), binary(), 2);
        outside(Accuracy::binary(), weighted(), 2);
        outside(Auroc::binary().thresholds(11), binary(), 2);
        outside(Auroc::binary().thresholds(11), weighted(), 2);
        outside(F1::multilabel(2), several(), 1);
        outside(F1::multilabel(2).samplewise(), several(), 1);
        outside(ExactMatch::multilabel(2), several(), 1);
        outside(AveragePrecision::multilabel(2).thresholds(5), several(), 1);
        outside(Roc::multiclass(2).thresholds(5), exclusive(), 2);
        outside(CalibrationError::binary(), binary(), 2);
        outside(CalibrationError::multiclass(2), exclusive(), 1);
        outside(NormalizedEntropy::binary(), binary(), 2);
        let groups = || Tensor::<1, Int>::from_ints([0, 1, 1], device);
        let (preds, target) = binary();
        outside(DemographicParity::new(2), (preds, target, groups()), 2);
        let (preds, target, weights) = weighted();
        let batch = (preds, target, groups(), weights);
        outside(DemographicParity::new(2), batch, 2);
        // A target that is ignored is no fault, and NaN is a fault of another kind.
        let nan = (
            scores(&[f32::NAN, 7.0, 8.0], device),
            labels(&[0, -1, 1], device),
        );
        let accuracy = Accuracy::binary().ignore_index(-1);
        let error = accuracy.evaluate(nan.clone()).unwrap_err();
        assert_eq!(
            [Fault::Nan, Fault::Probability].map(|fault| error.faults().get(fault)),
            [1, 1]
        );
        let parity = DemographicParity::new(2).ignore_index(-1);
        let error = parity.evaluate((nan.0, nan.1, groups())).unwrap_err();
        assert_eq!(
            [Fault::Nan, Fault::Probability].map(|fault| error.faults().get(fault)),
            [1, 1]
        );

        // Where only the order counts, scores can have any size, and so can logits.
        assert_eq!(Auroc::binary().evaluate(binary()).unwrap(), 1.0);
        assert_eq!(Accuracy::multiclass(2).evaluate(exclusive()).unwrap(), 1.0);
        assert!(LabelRankingLoss::multilabel(2).evaluate(several()).is_ok());
        assert!(HingeLoss::binary().evaluate(binary()).is_ok());
        let logits = Accuracy::binary().from_logits();
        assert_eq!(logits.evaluate(binary()).unwrap(), 1.0);
        let logits = Auroc::binary().thresholds(11).from_logits();
        assert_eq!(logits.evaluate(binary()).unwrap(), 1.0);

        // Probabilities may have been rounded, even in half precision.
        let rounded = || {
            let scores = scores(&[-0.001, 1.0 + 1.0 / 128.0, 1.0 + f32::EPSILON], device);
            (scores, labels(&[0, 1, 1], device))
        };
        assert_eq!(Accuracy::binary().evaluate(rounded()).unwrap(), 1.0);
        let binned = Auroc::binary().thresholds(3);
        assert_eq!(binned.evaluate(rounded()).unwrap(), 1.0);
        let error = CalibrationError::binary().evaluate(rounded()).unwrap();
        assert!(error < 0.01, "{error}");
        let entropy = NormalizedEntropy::binary().evaluate(rounded()).unwrap();
        assert!(entropy.abs() < 1e-6, "{entropy}");
    }
    let device = &Device::flex();
    let batch = (scores(&[0.2, -3.0], device), labels(&[0, 1], device));
    insta::assert_snapshot!(
        Accuracy::binary().evaluate(batch).unwrap_err(),
        @"Accuracy: 1 score is outside 0 to 1 (logits need `from_logits`)"
    );
}

/// A curve is logged as the area under it.
#[test]
fn curves_have_an_area_to_log() {
    let device = &Device::flex();
    let uniform = Distribution::Uniform(0.0, 1.0);
    let scores = Tensor::<2>::random([200, 3], uniform, device);
    let target = Tensor::<2>::random([200, 3], uniform, device);
    let target = target.greater_elem(0.7).int() * Tensor::from_ints([[1, 1, 0]], device);
    let batch = || (scores.clone(), target.clone());
    let areas = |value: &dyn Fn() -> Vec<(String, f64)>| -> Vec<f64> {
        let names = ["0/area", "1/area", "2/area"];
        let entries = value();
        assert!(entries.iter().map(|(name, _)| name.as_str()).eq(names));
        entries.into_iter().map(|(_, number)| number).collect()
    };
    let same = |got: Vec<f64>, expected: Vec<f64>| {
        for (got, expected) in got.into_iter().zip(expected) {
            assert!(
                got.is_nan() && expected.is_nan() || (got - expected).abs() < 1e-12,
                "{got} instead of {expected}"
            );
        }
    };
    let roc = areas(&|| Roc::multilabel(3).evaluate(batch()).unwrap().entries());
    let auroc = Auroc::multilabel(3).average(PerClass);
    same(roc, auroc.evaluate(batch()).unwrap());
    let roc = Roc::multilabel(3).thresholds([0.2, 0.6]);
    let roc = areas(&|| roc.evaluate(batch()).unwrap().entries());
    same(roc, auroc.thresholds([0.2, 0.6]).evaluate(batch()).unwrap());
    let precision = AveragePrecision::multilabel(3).average(PerClass);
    let curve = PrecisionRecallCurve::multilabel(3);
    let curve = areas(&|| curve.evaluate(batch()).unwrap().entries());
    same(curve, precision.evaluate(batch()).unwrap());
    let mut metrics = Collection::from(Roc::multilabel(3));
    metrics.update(batch()).unwrap();
    let values = metrics.compute().unwrap();
    let names: Vec<String> = values.numbers().map(|(name, _)| name).collect();
    assert_eq!(names, ["ROC/0/area", "ROC/1/area", "ROC/2/area"]);
}

/// The options of a task are those of all metrics of the task, and metrics take tasks with options.
#[test]
fn options_are_those_of_the_task() {
    let binary = || Binary::new().from_logits().ignore_index(-1);
    let classes = || Multiclass::new(3).from_logits().ignore_index(-1);
    let labels = || Multilabel::new(3).from_logits().ignore_index(-1);
    fn with<M: Options>(metric: M) -> M {
        metric.from_logits().ignore_index(-1)
    }
    assert_eq!(
        Ranked::new(Auroc::new(), binary(), Micro).thresholds(5),
        with(Auroc::binary()).thresholds(5)
    );
    assert_eq!(
        CalibrationError::new(classes()).bins(3),
        with(CalibrationError::multiclass(3)).bins(3)
    );
    assert_eq!(BinaryHingeLoss::new(binary()), with(HingeLoss::binary()));
    assert_eq!(
        MulticlassHingeLoss::new(classes()).one_vs_all(),
        with(HingeLoss::multiclass(3).one_vs_all())
    );
    assert_eq!(
        LabelRankingLoss::new(labels()),
        with(LabelRankingLoss::multilabel(3))
    );
    assert_eq!(
        NormalizedEntropy::new(binary()),
        with(NormalizedEntropy::binary())
    );
    assert_eq!(Score::new(F1::new(), binary(), Micro), with(F1::binary()));
}

/// Errors about labels show one of them.
#[test]
fn errors_of_losses_and_rankings_show_a_label() {
    let device = &Device::flex();
    let binary = || (scores(&[0.5, 0.5], device), labels(&[0, 2], device));
    let several = || {
        let scores = Tensor::<2>::from_floats([[0.5, 0.5], [0.5, 0.5]], device);
        (
            scores,
            Tensor::<2, Int>::from_ints([[0, 1], [7, 0]], device),
        )
    };
    insta::assert_snapshot!(
        HingeLoss::binary().evaluate(binary()).unwrap_err(),
        @"Hinge loss: 1 target label is outside 0..2, for example 2 at sample 1 (labels to ignore need `ignore_index`)"
    );
    insta::assert_snapshot!(
        NormalizedEntropy::binary().evaluate(binary()).unwrap_err(),
        @"Normalized entropy: 1 target label is outside 0..2, for example 2 at sample 1 (labels to ignore need `ignore_index`)"
    );
    insta::assert_snapshot!(
        LabelRankingLoss::multilabel(2).evaluate(several()).unwrap_err(),
        @"Ranking loss: 1 target label is outside 0..2, for example 7 at sample 1 (labels to ignore need `ignore_index`)"
    );
    insta::assert_snapshot!(
        CalibrationError::binary().evaluate(binary()).unwrap_err(),
        @"Calibration error: 1 target label is outside 0..2, for example 2 at sample 1 (labels to ignore need `ignore_index`)"
    );
}

#[test]
fn states_of_other_configurations_are_refused() {
    let device = Device::default();
    let batch = (
        Tensor::<2>::from_floats([[0.2, 0.8], [0.6, 0.4]], &device),
        Tensor::<2, Int>::from_ints([[0, 1], [1, 0]], &device),
    );
    let mut two = Auroc::multilabel(2).accumulator();
    two.update(batch.clone()).unwrap();
    let error = Accumulator::resume(Auroc::multilabel(3), two.state().clone()).err();
    assert!(
        matches!(error, Some(MetricError::State { .. })),
        "{error:?}"
    );
    let mut five = Auroc::multilabel(2).thresholds(5).accumulator();
    five.update(batch).unwrap();
    let error = Accumulator::resume(Auroc::multilabel(2).thresholds(6), five.state().clone()).err();
    assert!(
        matches!(error, Some(MetricError::State { .. })),
        "{error:?}"
    );
}

/// f64 scores that `f32` would tie, beside f32 ones.
#[cfg(feature = "flex")]
#[test]
fn doubles_stay_apart() {
    let device = Device::flex();
    let close = Tensor::<1>::from_data([0.5, 0.5 + 1e-12], (&device, DType::F64));
    let mut auroc = Auroc::binary().accumulator();
    auroc
        .update((scores(&[0.75, 0.25], &device), labels(&[1, 0], &device)))
        .unwrap();
    auroc.update((close, labels(&[0, 1], &device))).unwrap();
    assert_eq!(auroc.compute().unwrap(), 1.0);
}

#[test]
fn curves_serialize_with_named_fields() {
    let device = Device::default();
    let batch = || (scores(&[0.75, 0.5], &device), labels(&[1, 0], &device));
    let curve = Roc::binary().evaluate(batch()).unwrap();
    let text = serde_json::to_string(&curve).unwrap();
    insta::assert_snapshot!(text, @r#"{"fpr":[0.0,0.0,1.0],"tpr":[0.0,1.0,1.0],"thresholds":[1.0,0.75,0.5]}"#);
    assert_eq!(curve, serde_json::from_str::<RocCurve>(&text).unwrap());
    let curve = PrecisionRecallCurve::binary().evaluate(batch()).unwrap();
    insta::assert_snapshot!(
        serde_json::to_string(&curve).unwrap(),
        @r#"{"precision":[0.5,1.0,1.0],"recall":[1.0,1.0,0.0],"thresholds":[0.5,0.75]}"#
    );
}

/// All metrics of exact curves share one state, and those of a histogram another.
#[test]
fn curves_share_a_state() {
    let curves = Collection::new()
        .with(Auroc::binary())
        .with(AveragePrecision::binary())
        .with(Roc::binary())
        .with(PrecisionRecallCurve::binary())
        .with(Eer::binary())
        .with(LogAuc::binary())
        .with(RecallAtFixedPrecision::binary(0.5))
        .with_named("interval", Auroc::binary().confidence_interval(0.95));
    assert_eq!(curves.states(), 1);
    let curves = curves.with_named("binned", Auroc::binary().thresholds(5));
    assert_eq!(curves.states(), 2);
}

#[test]
fn a_curve_of_one_point_averages() {
    for (name, device) in devices() {
        let scores = Tensor::<2>::from_floats([[0.2, 0.8], [0.6, 0.4], [0.7, 0.3]], &device);
        let batch = || (scores.clone(), labels(&[1, 0, 1], &device));
        let curve = Roc::multiclass(2)
            .thresholds([0.5])
            .average(Macro)
            .evaluate(batch())
            .unwrap();
        assert_eq!(curve.tpr.len(), 2, "{name}");
        assert!(
            curve
                .fpr
                .iter()
                .chain(&curve.tpr)
                .all(|rate| (0.0..=1.0).contains(rate))
        );
    }
}

#[test]
fn no_elements_add_nothing() {
    for (name, device) in devices() {
        let empty = || {
            (
                Tensor::<2>::zeros([4, 0], &device),
                Tensor::<2, Int>::zeros([4, 0], &device),
            )
        };
        macro_rules! check {
            ($metric:expr) => {
                let error = $metric.evaluate(empty());
                assert!(
                    matches!(error, Err(MetricError::Empty { .. })),
                    "{name}: {error:?}"
                );
            };
        }
        check!(Auroc::binary());
        check!(Auroc::binary().from_logits());
        check!(Auroc::binary().thresholds(5));
        check!(CalibrationError::binary());
        check!(HingeLoss::binary());
        check!(NormalizedEntropy::binary());
    }
}

#[test]
fn what_is_ignored_altogether_has_no_value() {
    let device = Device::default();
    let batch = || {
        (
            Tensor::<2>::ones([2, 3], &device),
            labels(&[-1, -1], &device),
        )
    };
    for result in [
        Auroc::multiclass(3).ignore_index(-1).evaluate(batch()),
        Auroc::multiclass(3)
            .ignore_index(-1)
            .thresholds(5)
            .evaluate(batch()),
        HingeLoss::multiclass(3).ignore_index(-1).evaluate(batch()),
        CalibrationError::multiclass(3)
            .ignore_index(-1)
            .evaluate(batch()),
    ] {
        assert!(
            matches!(result, Err(MetricError::Empty { .. })),
            "{result:?}"
        );
    }
}

#[test]
fn intervals_say_when_they_have_none() {
    let device = Device::default();
    let auroc = || Auroc::binary().confidence_interval(0.95);
    let one = (
        scores(&[0.9, 0.1, 0.2], &device),
        labels(&[1, 0, 0], &device),
    );
    assert!(
        auroc().evaluate(one).unwrap().lower.is_nan(),
        "one positive does not vary"
    );
    let batch = (
        scores(&[0.9, 0.6, 0.7, 0.2], &device),
        labels(&[1, 1, 0, 0], &device),
    );
    let weights = scores(&[2.0; 4], &device);
    let weighted = (batch.0.clone(), batch.1.clone(), weights);
    assert!(
        auroc().evaluate(weighted).unwrap().upper.is_nan(),
        "weights are no numbers of samples"
    );
    let partial = Auroc::binary()
        .max_fpr(0.1)
        .confidence_interval(0.95)
        .evaluate(batch.clone());
    assert!(matches!(
        partial,
        Err(MetricError::Config {
            option: "max_fpr",
            ..
        })
    ));
    // Of two groups of scores, a threshold between them loses nothing.
    let ties = (
        scores(&[0.75, 0.75, 0.25, 0.75, 0.25], &device),
        labels(&[1, 1, 1, 0, 0], &device),
    );
    let exact = auroc().evaluate(ties.clone()).unwrap();
    let binned = Auroc::binary()
        .thresholds([0.5])
        .confidence_interval(0.95)
        .evaluate(ties)
        .unwrap();
    assert_close(binned.lower, exact.lower, "binned interval");
}

#[cfg(feature = "flex")]
#[test]
fn a_failed_update_leaves_the_type_of_scores() {
    let device = Device::flex();
    let mut auroc = Auroc::binary().accumulator();
    let good = (scores(&[0.9, 0.1], &device), labels(&[1, 0], &device));
    auroc.update(good).unwrap();
    let before = serde_json::to_string(auroc.state()).unwrap();
    let weights = scores(&[1.0, f32::NAN], &device);
    auroc
        .update((
            scores(&[0.9, 0.1], &device),
            labels(&[1, 0], &device),
            weights,
        ))
        .unwrap_err();
    assert_eq!(serde_json::to_string(auroc.state()).unwrap(), before);
}

#[test]
fn infinite_scores_are_scores() {
    for (name, device) in devices() {
        let batch = || {
            (
                scores(&[f32::INFINITY, 3.0, f32::NEG_INFINITY], &device),
                labels(&[1, 0, 0], &device),
            )
        };
        let mut auroc = Auroc::binary().accumulator();
        auroc.update(batch()).unwrap();
        let saved = serde_json::to_string(auroc.state()).unwrap();
        let state = serde_json::from_str(&saved).unwrap();
        let mut auroc = Accumulator::resume(Auroc::binary(), state).unwrap();
        assert_eq!(auroc.compute().unwrap(), 1.0, "{name}");
        let entropy = NormalizedEntropy::binary().from_logits();
        let sure = (
            scores(&[f32::INFINITY, f32::NEG_INFINITY], &device),
            labels(&[1, 0], &device),
        );
        assert_eq!(entropy.evaluate(sure).unwrap(), 0.0, "{name}");
    }
}

#[cfg(feature = "flex")]
#[test]
fn types_of_tensors_do_not_matter() {
    let device = Device::flex();
    // Half-precision logits that a half-precision sigmoid would tie.
    let logits = Tensor::<1>::from_data([9.0, 7.0], (&device, DType::BF16));
    let auroc = Auroc::binary().from_logits();
    assert_eq!(
        auroc.evaluate((logits, labels(&[1, 0], &device))).unwrap(),
        1.0
    );

    let bytes = |all: &[i32]| labels(all, &device).cast(burn::tensor::IntDType::U8);
    let wide = Tensor::<2>::zeros([2, 300], &device);
    let hinge = HingeLoss::multiclass(300);
    assert_eq!(hinge.evaluate((wide, bytes(&[7, 9]))).unwrap(), 1.0);
    let ignoring = HingeLoss::binary().ignore_index(-1);
    let faulty = ignoring.evaluate((scores(&[0.5, 0.5], &device), bytes(&[1, 255])));
    assert_eq!(
        faulty.unwrap_err().faults(),
        Faults::of(Fault::TargetLabel, 1)
    );
    let groups = GroupStatRates::new(2).evaluate((
        scores(&[0.9, 0.1], &device),
        bytes(&[1, 0]),
        bytes(&[0, 1]),
    ));
    assert_eq!(groups.unwrap()[1].true_negatives, 1.0);
}

#[test]
fn groups_and_labels_at_fault() {
    for (name, device) in devices() {
        let evaluate = |target: &[i32], groups: &[i32]| {
            let preds = labels(&vec![1; target.len()], &device);
            let parity = DemographicParity::new(2).ignore_index(-1);
            parity.evaluate((preds, labels(target, &device), labels(groups, &device)))
        };
        let faults = |result: Result<Parity>| result.unwrap_err().faults().get(Fault::TargetLabel);
        // An ignored element may be of any group.
        assert_eq!(
            evaluate(&[1, 0, -1], &[0, 1, 7]).unwrap().value,
            1.0,
            "{name}"
        );
        assert_eq!(faults(evaluate(&[1, i32::MAX, 3], &[0, 1, 1])), 2, "{name}");
        assert_eq!(faults(evaluate(&[1, 0, 3], &[-1, 2, 5])), 3, "{name}");
        assert!(
            matches!(evaluate(&[-1], &[0]), Err(MetricError::Empty { .. })),
            "{name}"
        );
    }
}

#[test]
fn states_of_sums_know_their_metric() {
    let device = Device::default();
    let batch = (Tensor::<2>::ones([2, 3], &device), labels(&[0, 2], &device));
    let mut each = HingeLoss::multiclass(3).one_vs_all().accumulator();
    each.update(batch).unwrap();
    let error = Accumulator::resume(HingeLoss::multiclass(3), each.state().clone()).err();
    assert!(
        matches!(error, Some(MetricError::State { .. })),
        "{error:?}"
    );
    let mut three = GroupStatRates::new(3).accumulator();
    let preds = labels(&[1, 0], &device);
    three.update((preds.clone(), preds.clone(), preds)).unwrap();
    let error = Accumulator::resume(GroupStatRates::new(2), three.state().clone()).err();
    assert!(
        matches!(error, Some(MetricError::State { .. })),
        "{error:?}"
    );
}

/// A sample of weight 2 is two samples.
#[test]
fn groups_weigh_samples() {
    for (name, device) in devices() {
        let (target, groups) = ([1, 0, 1, 0, 1], [0, 0, 0, 1, 1]);
        let preds = [1, 1, 0, 1, 1];
        let weighted = Fairness::new(2).evaluate((
            labels(&preds, &device),
            labels(&target, &device),
            labels(&groups, &device),
            scores(&[1.0, 1.0, 2.0, 3.0, 1.0], &device),
        ));
        let times = [0, 1, 2, 2, 3, 3, 3, 4];
        let repeat = |all: [i32; 5]| labels(&times.map(|i: usize| all[i]), &device);
        let repeated = Fairness::new(2).evaluate((repeat(preds), repeat(target), repeat(groups)));
        assert_eq!(weighted.unwrap(), repeated.unwrap(), "{name}");
    }
}

/// Probabilities of such logits are equal in `f32`, or even in `f64`. The areas are scikit-learn's of the logits themselves.
#[test]
fn logits_do_not_saturate() {
    for (name, device) in devices() {
        let batch = || {
            let logits = Tensor::<1>::from_floats([17.0, 18.0], &device);
            (logits, labels(&[0, 1], &device))
        };
        assert_eq!(
            Auroc::binary().from_logits().evaluate(batch()).unwrap(),
            1.0,
            "{name}"
        );
        let precision = AveragePrecision::binary().from_logits();
        assert_eq!(precision.evaluate(batch()).unwrap(), 1.0, "{name}");
        assert_eq!(
            Eer::binary().from_logits().evaluate(batch()).unwrap(),
            0.0,
            "{name}"
        );

        let logits = Tensor::<2>::from_floats(
            [[40.0, 0.0], [30.0, 0.0], [20.0, 0.0], [25.0, 0.0]],
            &device,
        );
        let auroc = Auroc::multiclass(2).from_logits().average(PerClass);
        let areas = auroc.evaluate((logits, labels(&[0, 1, 1, 0], &device)));
        assert_eq!(areas.unwrap(), [0.75, 0.75], "{name}");

        // Thresholds are probabilities.
        let logits = Tensor::<1>::from_floats([0.0, 3f32.ln()], &device);
        let roc = Roc::binary().from_logits();
        let curve = roc.evaluate((logits, labels(&[0, 1], &device))).unwrap();
        let thresholds: Vec<f64> = curve.thresholds.iter().copied().collect();
        assert!(
            close(&thresholds, &[1.0, 0.75, 0.5], 1e-6),
            "{name}: {thresholds:?}"
        );
    }
}

/// The area under the mean precision-recall curve is the mean of the average precisions, which golden numbers check.
#[test]
fn macro_precision_recall_curves_have_the_macro_average_precision_as_area() {
    let scores = [
        [0.9, 0.1, 0.3],
        [0.4, 0.6, 0.2],
        [0.8, 0.2, 0.9],
        [0.3, 0.3, 0.4],
        [0.5, 0.7, 0.1],
    ];
    for (name, device) in devices() {
        // Without and with a class that does not occur.
        for target in [[1, 0, 2, 0, 1], [1, 0, 0, 1, 0]] {
            let batch = || {
                let scores = Tensor::<2>::from_floats(scores, &device);
                (scores, labels(&target, &device))
            };
            let curve = PrecisionRecallCurve::multiclass(3).average(Macro);
            let curve = curve.evaluate(batch()).unwrap();
            let (recall, precision) = (curve.recall.to_vec(), curve.precision.to_vec());
            assert!(recall.iter().all(|r| (0.0..=1.0).contains(r)), "{recall:?}");
            assert_eq!((recall[0], recall[recall.len() - 1]), (1.0, 0.0), "{name}");
            let steps = recall.windows(2).zip(&precision);
            let area: f64 = steps.map(|(r, precision)| (r[0] - r[1]) * precision).sum();
            let average = AveragePrecision::multiclass(3).evaluate(batch()).unwrap();
            assert!((area - average).abs() < 1e-12, "{name}: {area}, {average}");
        }
    }
}
