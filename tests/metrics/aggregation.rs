//! Aggregation, running windows, and the metrics of torcheval: ranks, weights, and bad input.
#![cfg(feature = "flex")]

use crate::common::{close, devices};
use burn::tensor::{Device, Int, Tensor};
use burn_metrics::{InputOf, StateOf, prelude::*};

fn values(values: &[f32], device: &Device) -> Tensor<1> {
    Tensor::from_floats(values, device)
}

const NAN: f32 = f32::NAN;

#[test]
fn what_is_not_a_number() {
    for (name, device) in devices() {
        let batch = || values(&[3.0, NAN, -1.0], &device);
        let weighted = || {
            let weights = values(&[1.0, 2.0, NAN, 3.0], &device);
            (values(&[3.0, NAN, 5.0, -1.0], &device), weights)
        };
        // By default an error; what came before is still there.
        let mut sum = SumMetric::new().accumulator();
        sum.update(values(&[4.0], &device)).unwrap();
        let before = sum.clone().compute().unwrap();
        let mut lazy = sum.clone();
        let error = lazy
            .update(batch())
            .and_then(|()| lazy.compute().map(|_| ()));
        insta::allow_duplicates! {
            insta::assert_snapshot!(error.unwrap_err(), @"Sum: 1 value is NaN");
        }
        let mut strict = sum.clone().strict();
        assert!(matches!(
            strict.update(batch()),
            Err(MetricError::Values(_))
        ));
        assert_eq!(strict.compute().unwrap(), before, "{name}");
        let errors = [
            MinMetric::new().evaluate(batch()),
            MaxMetric::new().evaluate(batch()),
            MeanMetric::new().evaluate(weighted()),
        ];
        assert!(
            errors
                .iter()
                .all(|e| matches!(e, Err(MetricError::Values(_)))),
            "{errors:?}"
        );
        assert!(matches!(
            CatMetric::new().evaluate(batch()),
            Err(MetricError::Values(_))
        ));

        assert_eq!(
            SumMetric::new().ignore_nan().evaluate(batch()).unwrap(),
            2.0
        );
        assert_eq!(
            MeanMetric::new().ignore_nan().evaluate(batch()).unwrap(),
            1.0
        );
        assert_eq!(
            MeanMetric::new().ignore_nan().evaluate(weighted()).unwrap(),
            0.0
        );
        assert_eq!(
            MinMetric::new().ignore_nan().evaluate(batch()).unwrap(),
            -1.0
        );
        assert_eq!(
            MaxMetric::new().ignore_nan().evaluate(batch()).unwrap(),
            3.0
        );
        assert_eq!(
            CatMetric::new().ignore_nan().evaluate(batch()).unwrap(),
            [3.0, -1.0]
        );

        assert_eq!(
            SumMetric::new().replace_nan(7.0).evaluate(batch()).unwrap(),
            9.0
        );
        assert_eq!(
            MeanMetric::new()
                .replace_nan(7.0)
                .evaluate(batch())
                .unwrap(),
            3.0
        );
        let mean = MeanMetric::new()
            .replace_nan(7.0)
            .evaluate(weighted())
            .unwrap();
        assert!(
            (mean - (3.0 + 14.0 + 7.0 - 3.0) / 7.0).abs() < 1e-6,
            "{mean} on {name}"
        );
        assert_eq!(
            MinMetric::new()
                .replace_nan(-7.0)
                .evaluate(batch())
                .unwrap(),
            -7.0
        );
        assert_eq!(
            MaxMetric::new().replace_nan(7.0).evaluate(batch()).unwrap(),
            7.0
        );
        assert_eq!(
            CatMetric::new().replace_nan(7.0).evaluate(batch()).unwrap(),
            [3.0, 7.0, -1.0]
        );

        let kept = [
            SumMetric::new().keep_nan().evaluate(batch()),
            MeanMetric::new().keep_nan().evaluate(batch()),
            MinMetric::new().keep_nan().evaluate(batch()),
            MaxMetric::new().keep_nan().evaluate(batch()),
        ];
        assert!(
            kept.iter().all(|value| value.as_ref().unwrap().is_nan()),
            "{kept:?} on {name}"
        );
        assert!(CatMetric::new().keep_nan().evaluate(batch()).unwrap()[1].is_nan());
        let good = || values(&[3.0, -1.0], &device);
        assert_eq!(MinMetric::new().keep_nan().evaluate(good()).unwrap(), -1.0);

        // Nothing left.
        let none = || values(&[NAN, NAN], &device);
        let nothing = SumMetric::new().ignore_nan().evaluate(none());
        assert!(matches!(nothing, Err(MetricError::Empty { .. })), "{name}");
        let mut min = MinMetric::new().ignore_nan().accumulator();
        min.update(none()).unwrap();
        min.update(good()).unwrap();
        assert_eq!(min.compute().unwrap(), -1.0);
    }
}

#[test]
fn numbers_of_the_host() {
    let mut mean = MeanMetric::new().accumulator();
    mean.update(1.0).unwrap();
    mean.update((4.0, 2.0)).unwrap();
    assert_eq!(mean.compute().unwrap(), 3.0);
    assert!(matches!(mean.update(f64::NAN), Err(MetricError::Values(_))));
    assert_eq!(mean.compute().unwrap(), 3.0);
    let mut all = CatMetric::new().accumulator();
    all.update(0.1).unwrap();
    assert_eq!(all.compute().unwrap(), [0.1]);
}

#[test]
fn many_numbers_and_ranks() {
    for (name, device) in devices() {
        let n = 1000;
        let numbers: Vec<f32> = (0..n).map(|i| (i % 7) as f32 - 2.0).collect();
        let expected: f64 = numbers.iter().map(|n| f64::from(*n)).sum();
        let flat = values(&numbers, &device);
        let sum = SumMetric::new();
        assert_eq!(sum.evaluate(flat.clone()).unwrap(), expected, "{name}");
        assert_eq!(
            sum.evaluate(flat.clone().reshape([10, 100])).unwrap(),
            expected
        );
        assert_eq!(
            sum.evaluate(flat.clone().reshape([10, 10, 10])).unwrap(),
            expected
        );
        let four = flat.clone().reshape([5, 2, 10, 10]);
        assert_eq!(sum.evaluate(four.clone()).unwrap(), expected);
        assert_eq!(MinMetric::new().evaluate(flat.clone()).unwrap(), -2.0);
        assert_eq!(
            MaxMetric::new()
                .evaluate(flat.clone().reshape([1000, 1]))
                .unwrap(),
            4.0
        );
        assert_eq!(CatMetric::new().evaluate(flat).unwrap().len(), n);

        // Weights of samples are those of all their elements.
        let weights = [1.0, 0.5, 2.0, 0.0, 1.0];
        let each: Vec<f32> = weights.iter().flat_map(|w| [*w; 200]).collect();
        let of_samples = MeanMetric::new().evaluate((four.clone(), values(&weights, &device)));
        let each = values(&each, &device).reshape([5, 2, 10, 10]);
        let of_elements = MeanMetric::new().evaluate((four, each));
        let (a, b) = (of_samples.unwrap(), of_elements.unwrap());
        assert!((a - b).abs() < 1e-6, "{a} instead of {b} on {name}");
    }
}

#[test]
fn bad_batches_are_refused() {
    for (_, device) in devices() {
        let message = |error: MetricError| error.to_string();
        let mut mean = MeanMetric::new().accumulator();
        mean.update(values(&[1.0, 2.0], &device)).unwrap();
        let pair = (values(&[1.0, 2.0], &device), values(&[1.0], &device));
        let error = mean.update(pair).unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(message(error), @"weights: expected shape [2], as the values, got [1]");
        }
        let matrix = values(&[1.0; 6], &device).reshape([3, 2]);
        let error = mean
            .update((matrix.clone(), values(&[1.0; 2], &device)))
            .unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(message(error), @"weights: expected shape [3, 2], as the values, or [3], got [2]");
        }
        assert_eq!(mean.compute().unwrap(), 1.5, "the state is as it was");
        let error = SumMetric::new()
            .evaluate((matrix.clone(), matrix.clone()))
            .unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(message(error), @"weights: expected none: Sum has no use for them, got some");
        }
        let error = SumMetric::new()
            .replace_nan(f64::NAN)
            .evaluate(matrix)
            .unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(message(error), @"replace_nan: expected a finite number, got NaN");
        }
        let mut empty = SumMetric::new().accumulator();
        empty.update(Tensor::<1>::zeros([0], &device)).unwrap();
        let error = empty.compute().unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(message(error), @"Sum: no sample was counted, so there is no value");
        }
    }
}

#[test]
fn states_that_are_not_finite_survive_json() {
    fn saved<M: Metric>(metric: M, batch: impl Into<InputOf<M>>) -> Accumulator<M> {
        let mut accumulator = metric.accumulator();
        accumulator.update(batch).unwrap();
        let text = serde_json::to_string(accumulator.state()).unwrap();
        let state: StateOf<M> = serde_json::from_str(&text).unwrap();
        Accumulator::resume(metric, state).unwrap()
    }
    let device = Device::flex();
    let infinite = || values(&[1.0, f32::INFINITY], &device);
    assert_eq!(
        saved(SumMetric::new(), infinite()).compute().unwrap(),
        f64::INFINITY
    );
    assert_eq!(
        saved(MeanMetric::new(), infinite()).compute().unwrap(),
        f64::INFINITY
    );
    assert_eq!(
        saved(MaxMetric::new(), infinite()).compute().unwrap(),
        f64::INFINITY
    );
    assert_eq!(
        saved(CatMetric::new(), infinite()).compute().unwrap(),
        [1.0, f64::INFINITY]
    );
    assert!(
        saved(SumMetric::new().keep_nan(), f64::NAN)
            .compute()
            .unwrap()
            .is_nan()
    );
}

fn scored(scores: &[f32], labels: &[i32], device: &Device) -> (Tensor<1>, Tensor<1, Int>) {
    (values(scores, device), Tensor::from_ints(labels, device))
}

#[test]
fn any_metric_over_a_window() {
    for (name, device) in devices() {
        let batches = [
            scored(&[0.9, 0.1, 0.4], &[0, 1, 0], &device),
            scored(&[0.3, 0.6], &[1, 0], &device),
            scored(&[0.2, 0.8, 0.7], &[0, 1, 1], &device),
            scored(&[0.45, 0.55], &[0, 1], &device),
        ];
        let windowed = |window: usize| {
            let mut windowed = Auroc::binary().running(window).accumulator();
            batches
                .iter()
                .for_each(|batch| windowed.update(batch.clone()).unwrap());
            windowed
        };
        for window in 1..6 {
            let mut last = Auroc::binary().accumulator();
            let first = batches.len().saturating_sub(window);
            batches[first..]
                .iter()
                .for_each(|batch| last.update(batch.clone()).unwrap());
            let expected = last.compute().unwrap();
            let mut whole = windowed(window);
            assert_eq!(
                whole.compute().unwrap(),
                expected,
                "the last {window} on {name}"
            );
            // Again, and from what was saved.
            assert_eq!(whole.compute().unwrap(), expected);
            let saved = rmp_serde::to_vec(whole.state()).unwrap();
            let state = rmp_serde::from_slice(&saved).unwrap();
            let mut resumed = Accumulator::resume(whole.metric().clone(), state).unwrap();
            assert_eq!(resumed.compute().unwrap(), expected);
            // The batches of the other one come later.
            let mut parts = [0, 1].map(|_| Auroc::binary().running(window).accumulator());
            for (at, batch) in batches.iter().enumerate() {
                parts[at / 2].update(batch.clone()).unwrap();
            }
            let [mut first, second] = parts;
            first.merge(second).unwrap();
            first
                .merge(Auroc::binary().running(window).accumulator())
                .unwrap();
            assert_eq!(first.compute().unwrap(), expected);
            let mut empty = Auroc::binary().running(window).accumulator();
            empty.merge(first).unwrap();
            assert_eq!(empty.compute().unwrap(), expected);
        }
        let mut accuracy = Accuracy::binary().running(1).accumulator();
        assert_eq!(accuracy.forward(batches[0].clone()).unwrap(), 1.0 / 3.0);
        assert_eq!(accuracy.forward(batches[3].clone()).unwrap(), 1.0);
        assert_eq!(accuracy.compute().unwrap(), 1.0);
        accuracy.reset();
        assert!(matches!(accuracy.compute(), Err(MetricError::Empty { .. })));
    }
}

#[test]
fn windows_are_checked() {
    let device = Device::flex();
    let error = RunningMean::new(0).evaluate(1.0).unwrap_err();
    insta::assert_snapshot!(error, @"window: expected at least 1 update, got 0");
    let mut sum = RunningSum::new(2).accumulator();
    sum.update(1.0).unwrap();
    assert!(sum.update(values(&[NAN], &device)).is_err());
    sum.update(2.0).unwrap();
    assert_eq!(sum.compute().unwrap(), 3.0, "a bad batch is no update");
    let other = RunningSum::new(3).accumulator();
    assert!(matches!(
        sum.clone().merge(other),
        Err(MetricError::State { .. })
    ));
    let state = sum.state().clone();
    let error = Accumulator::resume(RunningSum::new(3), state)
        .map(|_| ())
        .unwrap_err();
    insta::assert_snapshot!(error, @"state: expected that of a window of 3, got that of a window of 2");

    // Windows of several lengths in a collection, and arithmetic.
    let mut losses = Collection::new()
        .with(MeanMetric::new())
        .with(RunningMean::new(1))
        .with(RunningMean::new(2))
        .with_named("last of mean", RunningMean::new(1) / MeanMetric::new());
    for loss in [6.0, 2.0, 1.0] {
        losses.update(loss).unwrap();
    }
    let values = losses.compute().unwrap();
    assert_eq!(values.number("Mean").unwrap(), 3.0);
    assert_eq!(values.number("Mean (last 1)").unwrap(), 1.0);
    assert_eq!(values.number("Mean (last 2)").unwrap(), 1.5);
    assert_eq!(values.number("last of mean").unwrap(), 1.0 / 3.0);
}

#[test]
fn faults_leave_with_their_batch() {
    for (name, device) in devices() {
        let mut sum = RunningSum::new(1).accumulator();
        // On a host, the batch is refused; elsewhere it is there until another one takes its place.
        let _ = sum.update(values(&[NAN, 1.0], &device));
        assert!(sum.compute().is_err(), "{name}");
        sum.update(values(&[2.0], &device)).unwrap();
        assert_eq!(sum.compute().unwrap(), 2.0, "{name}");
    }
}

#[test]
fn wasserstein_is_checked() {
    for (name, device) in devices() {
        let side = |numbers: &[f32]| values(numbers, &device);
        let metric = Wasserstein1d::new();
        let mut distance = metric.accumulator();
        // ClassScores may come one after the other, and be weighted only in part.
        distance.update((side(&[0.0, 2.0]), side(&[]))).unwrap();
        assert!(
            matches!(distance.compute(), Err(MetricError::Empty { .. })),
            "{name}"
        );
        let weighted = (side(&[1.0]), side(&[2.0]));
        distance.update(((side(&[]), side(&[])), weighted)).unwrap();
        assert_eq!(distance.compute().unwrap(), 1.0, "{name}");

        let pair = (
            (side(&[1.0]), side(&[1.0, 2.0])),
            (side(&[1.0]), side(&[1.0])),
        );
        let error = distance.update(pair).unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"weights of x: expected shape [1], one a number, got [2]");
        }
        let bad = (
            (side(&[1.0, NAN]), side(&[1.0, -1.0])),
            (side(&[f32::INFINITY]), side(&[1.0])),
        );
        let mut strict = distance.clone().strict();
        let error = strict.update(bad).unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"Wasserstein distance: 1 element has a weight that is negative, infinite or NaN; 2 values are infinite or NaN");
        }
        assert_eq!(strict.compute().unwrap(), 1.0, "the state is as it was");
        let no_weight = ((side(&[1.0]), side(&[0.0])), (side(&[1.0]), side(&[1.0])));
        assert!(matches!(
            metric.evaluate(no_weight),
            Err(MetricError::Empty { .. })
        ));
    }
}

#[test]
fn tasks_have_weights_of_their_own() {
    for (name, device) in devices() {
        let numbers = |n: [[f32; 2]; 2]| Tensor::<2>::from_floats(n, &device);
        let (preds, target) = (
            numbers([[0.5, 0.25], [1.0, 0.5]]),
            numbers([[1.0, 0.0], [0.0, 1.0]]),
        );
        let weights = numbers([[1.0, 4.0], [0.5, 2.0]]);
        let each = WeightedCalibration::new().per_output();
        let batch = (preds.clone(), target.clone(), weights.clone());
        assert_eq!(each.evaluate(batch.clone()).unwrap(), [1.0, 1.0], "{name}");
        assert_eq!(
            WeightedCalibration::new().evaluate(batch.clone()).unwrap(),
            1.0,
            "{name}"
        );
        let of_samples = values(&[1.0, 0.5], &device);
        let got = each
            .evaluate((preds.clone(), target.clone(), of_samples))
            .unwrap();
        assert_eq!(got, [1.0, 1.0], "{name}");
        let clicks = ClickThroughRate::new().per_output();
        let got = clicks.evaluate((target.clone(), weights)).unwrap();
        assert!(
            close(&got, &[1.0 / 1.5, 2.0 / 6.0], 1e-6),
            "{got:?} on {name}"
        );

        let mut accumulator = each.accumulator();
        accumulator.update(batch).unwrap();
        let three = Tensor::<2>::ones([2, 3], &device);
        let error = accumulator
            .update((preds, target.clone(), three.clone()))
            .unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"weights: expected shape [2, 2], one a number, or [2], one a sample, got [2, 3]");
        }
        assert!(
            accumulator.update((three.clone(), three.clone())).is_err(),
            "of other tasks"
        );
        assert_eq!(
            accumulator.compute().unwrap(),
            [1.0, 1.0],
            "the state is as it was"
        );
        let nan = numbers([[1.0, NAN], [1.0, 1.0]]);
        let bad = clicks.evaluate((target, nan));
        assert!(matches!(bad, Err(MetricError::Values(_))), "{name}");
    }
}
