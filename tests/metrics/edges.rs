//! Inputs at the edges, and bad ones: a right number or a clear error, and the state as it was.

#![cfg(feature = "flex")]

use crate::common::devices;
use burn::tensor::{Bool, Device, FloatDType, Int, IntDType, Tensor, TensorData};
use burn_metrics::{Fault, Faults, State, Statistic, classification::*, prelude::*, state::Counts};

fn scores(rows: &[[f32; 3]], device: &Device) -> Tensor<2> {
    let flat: Vec<f32> = rows.iter().flatten().copied().collect();
    Tensor::from_data(TensorData::new(flat, [rows.len(), 3]), device)
}

fn labels(labels: &[i64], device: &Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(labels.to_vec(), [labels.len()]), device)
}

const SCORES: [[f32; 3]; 4] = [
    [0.1, 0.7, 0.2],
    [0.5, 0.4, 0.1],
    [0.2, 0.3, 0.5],
    [0.6, 0.3, 0.1],
];

/// Three of the four are right.
fn good(device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
    (scores(&SCORES, device), labels(&[1, 1, 2, 0], device))
}

#[test]
fn element_types_do_not_matter() {
    for (name, device) in devices() {
        let (scores, labels) = good(&device);
        for dtype in [
            FloatDType::F16,
            FloatDType::BF16,
            FloatDType::F64,
            FloatDType::F32,
        ] {
            if !device.supports_dtype(dtype) {
                continue;
            }
            for int in [IntDType::I32, IntDType::I64, IntDType::U8] {
                if !device.supports_dtype(int) {
                    continue;
                }
                let batch = (scores.clone().cast(dtype), labels.clone().cast(int));
                let accuracy = Accuracy::multiclass(3).top_k(2).evaluate(batch.clone());
                assert_eq!(accuracy.unwrap(), 1.0, "{name} {dtype:?} {int:?}");
                let accuracy = Accuracy::multiclass(3).evaluate(batch).unwrap();
                assert_eq!(accuracy, 0.75, "{name} {dtype:?} {int:?}");
            }
        }
    }
}

#[test]
fn bool_targets_are_zeros_and_ones() {
    for (_, device) in devices() {
        let scores = Tensor::<1>::from_floats([0.9, 0.2, 0.7], &device);
        let target = Tensor::<1, Bool>::from_data([true, false, false], &device);
        let counts = StatScores::binary().evaluate((scores, target)).unwrap();
        assert_eq!(
            (
                counts.true_positives,
                counts.false_positives,
                counts.true_negatives,
                counts.false_negatives
            ),
            (1.0, 1.0, 1.0, 0.0)
        );
    }
}

#[test]
fn memory_layout_does_not_matter() {
    for (name, device) in devices() {
        let (scores, labels) = good(&device);
        let strided = scores.clone().swap_dims(0, 1);
        let copy = Tensor::<2>::from_data(strided.clone().into_data(), &device);
        let batch = (copy.swap_dims(0, 1), labels.clone());
        assert_eq!(
            Accuracy::multiclass(3).evaluate(batch).unwrap(),
            0.75,
            "{name}"
        );

        let every_other = scores.clone().slice_dim(0, burn::tensor::s![1..3]);
        let batch = (every_other, labels.slice(1..3));
        assert_eq!(
            Accuracy::multiclass(3).evaluate(batch).unwrap(),
            0.5,
            "{name}"
        );
    }
}

#[test]
fn an_empty_batch_adds_nothing() {
    for (name, device) in devices() {
        let empty = || {
            let scores =
                Tensor::<2>::from_data(TensorData::new(Vec::<f32>::new(), [0, 3]), &device);
            (scores, labels(&[], &device))
        };
        let mut accuracy = Accuracy::multiclass(3).accumulator();
        accuracy.update(empty()).unwrap();
        assert!(
            matches!(accuracy.compute(), Err(MetricError::Empty { .. })),
            "{name}"
        );
        accuracy.update(good(&device)).unwrap();
        accuracy.update(empty()).unwrap();
        assert_eq!(accuracy.compute().unwrap(), 0.75, "{name}");
    }
}

#[test]
fn one_sample() {
    for (_, device) in devices() {
        let batch = (scores(&SCORES[..1], &device), labels(&[1], &device));
        assert_eq!(F1::multiclass(3).evaluate(batch).unwrap(), 1.0);
    }
}

#[test]
fn tensors_on_other_devices_are_moved() {
    let devices = devices();
    for (a, here) in &devices {
        for (b, there) in &devices {
            let batch = (good(here).0, good(there).1);
            let accuracy = Accuracy::multiclass(3).evaluate(batch);
            assert_eq!(accuracy.unwrap(), 0.75, "{a} and {b}");
        }
    }
}

#[test]
fn states_of_several_devices_merge() {
    let mut all = Accuracy::multiclass(3).accumulator();
    let devices = devices();
    for (_, device) in &devices {
        let mut one = Accuracy::multiclass(3).accumulator();
        one.update(good(device)).unwrap();
        all.update(good(device)).unwrap();
        all.merge(one).unwrap();
    }
    assert_eq!(all.compute().unwrap(), 0.75);
    let counts = all.state().total();
    assert_eq!(counts.seen(), 8 * devices.len() as u64);
}

#[test]
fn more_samples_than_f32_can_count() {
    // 2^24 + 1 is the first number that f32 does not have.
    let n = (1 << 24) + 1;
    for (name, device) in devices() {
        let preds = Tensor::<1, Int>::ones([n], &device);
        let target = Tensor::<1, Int>::ones([n], &device);
        let mut counts = StatScores::binary().accumulator();
        counts.update((preds, target)).unwrap();
        assert_eq!(counts.compute().unwrap().true_positives, n as f64, "{name}");
    }
}

#[test]
fn more_samples_than_32_bits_can_count() {
    for (name, device) in devices() {
        let n = 1 << 20;
        let preds = Tensor::<1, Int>::ones([n], &device);
        let target = Tensor::<1, Int>::ones([n], &device);
        let mut counts = StatScores::binary().accumulator();
        counts.update((preds, target)).unwrap();
        // Doubled 13 times without reading: 2^33 in all.
        for _ in 0..13 {
            let other = counts.clone();
            counts.merge(other).unwrap();
        }
        assert_eq!(
            counts.compute().unwrap().true_positives,
            (1u64 << 33) as f64,
            "{name}"
        );
    }
}

#[test]
fn pending_counts_never_pass_32_bits() {
    for (name, device) in devices() {
        let table = Tensor::<1, Int>::from_data(
            TensorData::new(vec![1i64 << 30, 0, 0, 0, 0, 0], [6]),
            &device,
        );
        let mut counts = Counts::default();
        for _ in 0..5 {
            counts.add_counts(table.clone(), 1 << 30).unwrap();
        }
        burn_metrics::state::settle(&mut counts).unwrap();
        assert_eq!(counts.total().get(0), (5u64 << 30) as f64, "{name}");
    }
}

#[test]
fn memory_does_not_grow_with_samples() {
    let device = Device::default();
    let mut metrics = F1::multiclass(3).accumulator();
    metrics.update(good(&device)).unwrap();
    let small = serde_json::to_string(metrics.state()).unwrap();
    for _ in 0..30 {
        let other = metrics.clone();
        metrics.merge(other).unwrap();
    }
    metrics.compute().unwrap();
    let counts = metrics.state().total().seen();
    assert!(counts > 4_000_000_000, "{counts}");
    let large = serde_json::to_string(metrics.state()).unwrap();
    assert!(large.len() < small.len() + 100, "{large}");
}

#[test]
fn many_classes_take_memory_for_each_class_only() {
    // A matrix of pairs would take 50 000 * 50 000 counts, 20 GB.
    let classes = 50_000;
    for (name, device) in devices() {
        let preds = labels(&[7, 49_999, 3, 7], &device);
        let target = labels(&[7, 49_999, 4, 7], &device);
        let batch = (preds, target);
        let f1 = F1::multiclass(classes)
            .average(Micro)
            .evaluate(batch.clone());
        assert_eq!(f1.unwrap(), 0.75, "{name}");
        let kappa = CohenKappa::multiclass(classes)
            .evaluate(batch.clone())
            .unwrap();
        assert!(
            (kappa - (1.0 - 0.25 / (1.0 - 5.0 / 16.0))).abs() < 1e-12,
            "{name}"
        );
        MatthewsCorrCoef::multiclass(classes)
            .evaluate(batch)
            .unwrap();
    }
}

#[test]
fn weights_are_linear() {
    // A weight of 2 is that of a sample that comes twice; 0 leaves it out.
    for (name, device) in devices() {
        let weights = Tensor::<1>::from_floats([2.0, 1.0, 0.0, 1.0], &device);
        let (preds, target) = good(&device);
        let weighted = F1::multiclass(3)
            .average(PerClass)
            .evaluate((preds, target, weights));
        let twice = [SCORES[0], SCORES[0], SCORES[1], SCORES[3]];
        let batch = (scores(&twice, &device), labels(&[1, 1, 1, 0], &device));
        let repeated = F1::multiclass(3).average(PerClass).evaluate(batch);
        assert_eq!(weighted.unwrap(), repeated.unwrap(), "{name}");
    }
}

/// The error of a batch, wherever it shows, after a good one; and whether the good one is still there.
fn error_of<M>(metric: M, batch: impl Into<ClassificationInput>, device: &Device) -> MetricError
where
    M: Metric<Value = f64>,
    M::Statistic: Statistic<Input = ClassificationInput>,
{
    let mut strict = metric.accumulator().strict();
    strict.update(good(device)).unwrap();
    let before = strict.compute().unwrap();
    let batch = batch.into();
    let error = strict.update(batch.clone()).expect_err("a bad batch");
    assert_eq!(strict.compute().unwrap(), before, "the state is as it was");

    // Without waiting, `compute` reports values at the latest.
    let mut lazy = metric.accumulator();
    lazy.update(good(device)).unwrap();
    let late = lazy.update(batch).and_then(|()| lazy.compute().map(|_| ()));
    assert_eq!(
        late.expect_err("a bad batch").to_string(),
        error.to_string()
    );
    error
}

#[test]
fn bad_shapes_are_refused() {
    for (_, device) in devices() {
        let message = |error: MetricError| error.to_string();
        let accuracy = Accuracy::multiclass(4);
        let error = accuracy
            .evaluate(good(&device))
            .expect_err("another number of classes");
        insta::allow_duplicates! {
            insta::assert_snapshot!(message(error), @"scores: expected shape [batch, classes = 4, ...], got [4, 3]");
        }
        let batch = (good(&device).0, labels(&[1, 1], &device));
        let error = error_of(Accuracy::multiclass(3), batch, &device);
        insta::allow_duplicates! {
            insta::assert_snapshot!(message(error), @"target: expected shape [4], that of the scores [4, 3] without classes, got [2]");
        }
        let (preds, target) = good(&device);
        let weights = Tensor::<1>::from_floats([1.0], &device);
        let error = error_of(Accuracy::multiclass(3), (preds, target, weights), &device);
        insta::allow_duplicates! {
            insta::assert_snapshot!(message(error), @"weights: expected shape [4], one a sample, got [1]");
        }
        let batch = (labels(&[1, 2], &device), labels(&[1, 2], &device));
        let error = error_of(Accuracy::multiclass(3).top_k(2), batch, &device);
        insta::allow_duplicates! {
            insta::assert_snapshot!(message(error), @"predictions: expected scores, since labels have no order (top_k > 1), got labels");
        }
        let preds = Tensor::<2>::ones([2, 3], &device);
        let batch = (preds, Tensor::<2, Int>::ones([2, 3], &device));
        let error = F1::multilabel(4)
            .evaluate(batch)
            .expect_err("another number of labels");
        insta::allow_duplicates! {
            insta::assert_snapshot!(message(error), @"predictions: expected shape [batch, labels = 4, ...], got [2, 3]");
        }
        let batch = (Tensor::<1>::ones([2], &device), labels(&[1], &device));
        let error = F1::binary().evaluate(batch).expect_err("unequal shapes");
        insta::allow_duplicates! {
            insta::assert_snapshot!(message(error), @"target: expected shape [2], that of the predictions, got [1]");
        }
    }
}

/// A message without the example of a wrong label, which only hosts can give at once.
fn general(error: &MetricError) -> String {
    let text = error.to_string();
    match (text.find(", for example"), text.find(" (labels to ignore")) {
        (Some(start), Some(end)) => [&text[..start], &text[end..]].concat(),
        _ => text,
    }
}

#[test]
fn bad_values_are_counted() {
    for (name, device) in devices() {
        let batch = (good(&device).0, labels(&[1, 3, -1, 0], &device));
        let error = error_of(Accuracy::multiclass(3), batch, &device);
        if name != "wgpu" {
            let example = "outside 0..3, for example 3 at sample 1 (labels";
            assert!(error.to_string().contains(example), "{name}: {error}");
        }
        insta::allow_duplicates! {
            insta::assert_snapshot!(general(&error), @"Accuracy: 2 target labels are outside 0..3 (labels to ignore need `ignore_index`)");
        }
        let mut nan = SCORES;
        nan[0][2] = f32::NAN;
        nan[2][0] = f32::NAN;
        let batch = (scores(&nan, &device), good(&device).1);
        let error = error_of(Accuracy::multiclass(3).top_k(2), batch.clone(), &device);
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"Top-2 accuracy: 2 elements have a NaN score");
        }
        assert_eq!(error.faults(), Faults::of(Fault::Nan, 2));

        let weights = Tensor::<1>::from_floats([1.0, 1.0, 1.0, f32::NAN], &device);
        let batch = (batch.0, labels(&[1, 7, 2, 0], &device), weights);
        let error = error_of(Accuracy::multiclass(3), batch, &device);
        insta::allow_duplicates! {
            insta::assert_snapshot!(general(&error), @"Accuracy: 1 target label is outside 0..3 (labels to ignore need `ignore_index`); 2 elements have a NaN score; 1 element has a weight that is negative, infinite or NaN");
        }

        let preds = Tensor::<1>::from_floats([0.2, f32::NAN, 0.9], &device);
        let error = F1::binary().evaluate((preds, labels(&[0, 1, 2], &device)));
        let error = error.unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(general(&error), @"F1 score: 1 target label is outside 0..2 (labels to ignore need `ignore_index`); 1 element has a NaN score");
        }
    }
}

#[test]
fn exact_match_weighs_samples() {
    for (name, device) in devices() {
        let pair = |weights: [f32; 2]| {
            let preds = Tensor::<2, Int>::from_ints([[0, 1], [2, 1]], &device);
            let target = Tensor::<2, Int>::from_ints([[0, 1], [2, 2]], &device);
            (preds, target, Tensor::<1>::from_floats(weights, &device))
        };
        let exact = ExactMatch::multiclass(3);
        assert_eq!(exact.evaluate(pair([3.0, 1.0])).unwrap(), 0.75, "{name}");
        let nan = || pair([1.0, f32::NAN]);
        let one = |error: MetricError| error.faults() == Faults::of(Fault::Weight, 1);
        assert!(one(exact.evaluate(nan()).unwrap_err()), "{name}");
        assert!(
            one(exact.samplewise().evaluate(nan()).unwrap_err()),
            "{name}"
        );
    }
}

#[test]
fn what_is_ignored_may_be_anything() {
    for (name, device) in devices() {
        let mut nan = SCORES;
        nan[0] = [f32::NAN; 3];
        let batch = (scores(&nan, &device), labels(&[-1, 1, 2, 0], &device));
        let accuracy = Accuracy::multiclass(3)
            .ignore_index(-1)
            .evaluate(batch)
            .unwrap();
        assert_eq!(accuracy, 2.0 / 3.0, "{name}");
    }
}

#[test]
fn an_empty_accumulator_has_no_value() {
    let error = Accuracy::binary().accumulator().compute().unwrap_err();
    insta::assert_snapshot!(error, @"Accuracy: no sample was counted, so there is no value");
    let mut collection = Collection::new().with_named("top-2", Accuracy::multiclass(3).top_k(2));
    let values = collection.compute().unwrap();
    insta::assert_snapshot!(values.number("top-2").unwrap_err(), @"top-2: no sample was counted, so there is no value");
    insta::assert_snapshot!(values, @"top-2  undefined: no sample was counted, so there is no value");
}

#[test]
fn configurations_without_meaning_are_refused() {
    let device = Device::default();
    let batch = || good(&device);
    let message = |result: Result<f64>| result.unwrap_err().to_string();
    insta::assert_snapshot!(message(Accuracy::multiclass(3).top_k(4).evaluate(batch())), @"top_k: expected from 1 to the number of classes, 3, got 4");
    insta::assert_snapshot!(message(Accuracy::multiclass(1).evaluate(batch())), @"classes: expected from 2 to 67108864, got 1");
    let pair = (Tensor::<1>::ones([1], &device), labels(&[1], &device));
    insta::assert_snapshot!(message(F1::binary().threshold(3.0).evaluate(pair)), @"threshold: expected a probability in [0, 1], got 3");
}

#[test]
fn only_equal_metrics_merge() {
    let mut three = Accuracy::multiclass(3).accumulator();
    let error = three
        .merge(Accuracy::multiclass(4).accumulator())
        .unwrap_err();
    insta::assert_snapshot!(error, @"state: expected that of Accuracy as configured here, got that of Accuracy in another configuration");
    let mut a = Collection::new().with(Accuracy::multiclass(3));
    let error = a
        .merge(Collection::new().with(F1::multiclass(4)))
        .unwrap_err();
    insta::assert_snapshot!(error, @"state: expected a collection of Accuracy, got a collection of F1 score, in another configuration");
}

#[test]
fn a_failed_update_of_a_collection_changes_nothing() {
    // On a GPU, bad values are found by `compute`.
    let device = Device::flex();
    let mut metrics = Collection::new()
        .with(Accuracy::multiclass(3))
        .with_named("of four", Accuracy::multiclass(3).ignore_index(9));
    assert_eq!(metrics.states(), 2);
    metrics.update(good(&device)).unwrap();
    let before = metrics.compute().unwrap().to_string();
    // The second metric ignores the label 9; for the first it is out of range.
    let bad = || (good(&device).0, labels(&[9, 1, 2, 0], &device));
    assert!(metrics.update(bad()).is_err());
    assert!(metrics.forward(bad()).is_err());
    assert_eq!(metrics.compute().unwrap().to_string(), before);
}

#[test]
fn values_are_found_by_name_and_type() {
    let device = Device::default();
    let mut metrics = Collection::new()
        .with(Accuracy::multiclass(3))
        .with(Recall::multiclass(3).average(PerClass))
        .with(ConfusionMatrix::multiclass(3));
    metrics.update(good(&device)).unwrap();
    let values = metrics.compute().unwrap();
    assert_eq!(
        values.get::<Vec<f64>>("Recall (per class)").unwrap(),
        &[1.0, 0.5, 1.0]
    );
    insta::assert_snapshot!(values, @r"
    Accuracy            0.7500
    Recall (per class)  0: 1.0000  1: 0.5000  2: 1.0000
    Confusion matrix
    target \ prediction  0  1  2
                      0  1  .  .
                      1  1  1  .
                      2  .  .  1
    ");
    insta::assert_snapshot!(values.number("F1").unwrap_err(), @r#"no metric of the collection is called "F1"; there are ["Accuracy", "Recall (per class)", "Confusion matrix"]"#);
    let names: Vec<_> = values.numbers().map(|(name, _)| name).collect();
    let recalls = [
        "Recall (per class)/0",
        "Recall (per class)/1",
        "Recall (per class)/2",
    ];
    assert_eq!(names[0], "Accuracy");
    assert_eq!(names[1..4], recalls);
}

#[test]
fn arithmetic_makes_metrics() {
    let device = Device::default();
    let (precision, recall) = (Precision::multiclass(3), Recall::multiclass(3));
    let (p, r) = (
        precision.evaluate(good(&device)).unwrap(),
        recall.evaluate(good(&device)).unwrap(),
    );
    let harmonic =
        2.0 * (precision.clone() * recall.clone()) / (precision.clone() + recall.clone());
    assert_eq!(
        harmonic.name(),
        "((2 * (Precision * Recall)) / (Precision + Recall))"
    );
    let mut accumulator = harmonic.accumulator();
    accumulator.update(good(&device)).unwrap();
    assert!((accumulator.compute().unwrap() - 2.0 * p * r / (p + r)).abs() < 1e-15);

    let difference = (recall.clone() - precision.clone()).abs();
    assert_eq!(difference.evaluate(good(&device)).unwrap(), (r - p).abs());
    let enough = recall.clone().map(|recall| recall > 0.8);
    assert_eq!(enough.evaluate(good(&device)).unwrap(), r > 0.8);
    let both = precision.zip(recall);
    assert_eq!(both.evaluate(good(&device)).unwrap(), (p, r));
}

#[test]
fn ready_made_states() {
    use burn_metrics::state::{Concat, Count, Max, Mean, Min, Sum, settle};
    for (name, device) in devices() {
        let values = || Tensor::<1>::from_floats([3.0, -1.0, 2.0], &device);
        let mut state = <(Sum, Mean, Min, Max, Concat, Count)>::default();
        for _ in 0..2 {
            state.0.add(values()).unwrap();
            state.1.add(values()).unwrap();
            state.2.add(values()).unwrap();
            state.3.add(values()).unwrap();
            state.4.add(values()).unwrap();
            state.5.add(3);
        }
        state.1.add_weighted(values(), values()).unwrap();
        settle(&mut state).unwrap();
        let (sum, mean, min, max, all, count) = state.total();
        assert_eq!(
            (sum, min, max, count),
            (8.0, Some(-1.0), Some(3.0), 6),
            "{name}"
        );
        assert_eq!(mean.mean(), (8.0 + 14.0) / (6.0 + 4.0), "{name}");
        assert_eq!(all, [3.0, -1.0, 2.0, 3.0, -1.0, 2.0], "{name}");
    }
}

#[test]
fn many_float_results_are_joined_and_added_in_f64() {
    use burn_metrics::state::{Sum, settle};
    for (name, device) in devices() {
        let mut sum = Sum::default();
        sum.add(Tensor::<1>::from_floats([16_777_216.0], &device))
            .unwrap();
        for _ in 0..200 {
            sum.add(Tensor::<1>::from_floats([1.0], &device)).unwrap();
        }
        settle(&mut sum).unwrap();
        // In f32, 2^24 + 1 is 2^24.
        assert_eq!(sum.total(), 16_777_416.0, "{name}");
    }
}

#[test]
fn a_state_of_another_configuration_is_refused() {
    use burn_metrics::Accumulator;
    let device = Device::default();
    let mut three = Accuracy::multiclass(3).accumulator();
    three.update(good(&device)).unwrap();
    let state = || three.state().clone();
    assert!(Accumulator::resume(F1::multiclass(3), state()).is_ok());
    let error = Accumulator::resume(Accuracy::multiclass(10), state())
        .err()
        .unwrap();
    insta::assert_snapshot!(error, @"state: expected a table of 30 cells, got one of 9");
}

#[test]
fn a_metric_takes_the_place_of_one_of_its_name() {
    let device = Device::default();
    let mut metrics = Collection::new()
        .with_named("a", Accuracy::multiclass(10))
        .with_named("b", ConfusionMatrix::multiclass(3));
    metrics.replace("a", Accuracy::multiclass(3)).unwrap();
    assert!(matches!(
        metrics.replace("c", Accuracy::multiclass(3)),
        Err(MetricError::Unknown { .. })
    ));
    assert_eq!((metrics.states(), metrics.members().len()), (2, 2));
    metrics.update(good(&device)).unwrap();
    let values = metrics.compute().unwrap();
    assert_eq!(values.number("a").unwrap(), 0.75);
    assert_eq!(values.get::<Confusion>("b").unwrap().count(1, 0), 1.0);
}

#[test]
fn pending_results_do_not_pile_up() {
    for (name, device) in devices() {
        let mut metrics = Collection::new()
            .with(Accuracy::multiclass(3))
            .with(ConfusionMatrix::multiclass(3));
        let mut one = Accuracy::multiclass(3).accumulator();
        for _ in 0..5 {
            metrics.update(good(&device)).unwrap();
            let mut batch = Accuracy::multiclass(3).accumulator();
            batch.update(good(&device)).unwrap();
            one.merge(batch).unwrap();
        }
        let mut requests = burn_metrics::state::ReadRequests::default();
        one.state().pending(&mut requests);
        assert!(
            requests.len() <= 1,
            "{name}: {} tensors wait",
            requests.len()
        );
        assert_eq!(
            metrics.compute().unwrap().number("Accuracy").unwrap(),
            0.75,
            "{name}"
        );
        assert_eq!(one.compute().unwrap(), 0.75, "{name}");
    }
}

#[test]
fn labels_beyond_32_bits_are_out_of_range() {
    for (name, device) in devices() {
        if !device.supports_dtype(IntDType::I64) {
            continue;
        }
        let data = TensorData::new(vec![(1i64 << 32) + 1, 1, 2, 0], [4]);
        let target = Tensor::<1, Int>::from_data(data, (&device, burn::tensor::DType::I64));
        let error = Accuracy::multiclass(3).evaluate((good(&device).0, target));
        let faults = error.unwrap_err().faults();
        assert_eq!(faults, Faults::of(Fault::TargetLabel, 1), "{name}");
    }
}

#[test]
fn weights_of_a_single_class_leave_no_rounding() {
    let device = Device::default();
    let batch = || {
        let preds = labels(&[0, 1, 0], &device);
        (
            preds,
            labels(&[0, 0, 0], &device),
            Tensor::<1>::from_floats([0.1, 0.2, 0.3], &device),
        )
    };
    let specificity = Specificity::multiclass(2)
        .average(PerClass)
        .zero_division(0.5);
    assert_eq!(specificity.evaluate(batch()).unwrap()[0], 0.5);
    assert_eq!(
        MatthewsCorrCoef::multiclass(3).evaluate(batch()).unwrap(),
        0.0
    );
    let (_, _, weights) = batch();
    let alone = (
        labels(&[0, 0, 0], &device),
        labels(&[0, 0, 0], &device),
        weights,
    );
    assert!(CohenKappa::multiclass(3).evaluate(alone).unwrap().is_nan());
}

#[test]
fn a_member_without_a_value_does_not_affect_the_others() {
    for (name, device) in devices() {
        let scores = Tensor::<1>::from_floats([0.9, 0.8, 0.2], &device);
        let positives = || (scores.clone(), labels(&[1, 1, 1], &device));
        let mut metrics = Collection::new()
            .with(Accuracy::binary())
            .with(Auroc::binary())
            .with(Roc::binary());
        let of_batch = metrics.forward(positives()).unwrap();
        for values in [of_batch, metrics.compute().unwrap()] {
            assert_eq!(values.number("Accuracy").unwrap(), 2.0 / 3.0, "{name}");
            let error = values.number("AUROC").unwrap_err();
            assert!(error.is_undefined(), "{name}: {error}");
            insta::allow_duplicates! {
                insta::assert_snapshot!(error, @"AUROC: no negative sample was seen, so there is no value");
                insta::assert_snapshot!(values, @r"
                Accuracy  0.6667
                AUROC     undefined: no negative sample was seen, so there is no value
                ROC       undefined: no negative sample was seen, so there is no value
                ");
            }
            assert!(values.get::<RocCurve>("ROC").is_err(), "{name}");
            assert_eq!(values.numbers().count(), 1, "{name}");
            let undefined: Vec<&str> = values.undefined().map(|(name, _)| name).collect();
            assert_eq!(undefined, ["AUROC", "ROC"], "{name}");
        }
        // The next batch has both.
        metrics
            .update((scores.clone(), labels(&[1, 0, 0], &device)))
            .unwrap();
        assert!(metrics.compute().unwrap().number("AUROC").is_ok(), "{name}");
    }
}

#[test]
fn two_metrics_of_one_name_are_an_error() {
    let device = Device::default();
    let mut metrics = Collection::new()
        .with(Accuracy::multiclass(3))
        .with(F1::multiclass(3))
        .with_named("Accuracy", Accuracy::multiclass(3).top_k(2));
    let error = metrics.update(good(&device)).unwrap_err();
    insta::assert_snapshot!(error, @r#"metrics 1 and 3 of the collection are both called "Accuracy": add one of them with `with_named`, or use `replace`"#);
    assert!(metrics.compute().is_err() && metrics.clone().forward(good(&device)).is_err());
    let nested = Collection::new().with_nested("", metrics);
    assert!(nested.clone().merge(nested).is_err());
}

/// A metric that joins a collection late does not share what the others have seen.
#[test]
fn a_metric_that_is_added_later_starts_with_the_next_batch() {
    let device = Device::default();
    let batch = |target: [i64; 2]| (labels(&[1, 0], &device), labels(&target, &device));
    let mut metrics = Collection::new().with(Accuracy::binary());
    metrics.update(batch([1, 0])).unwrap();
    let mut metrics = metrics.with(Recall::binary());
    metrics.update(batch([0, 1])).unwrap();
    let values = metrics.compute().unwrap();
    assert_eq!(values.number("Accuracy").unwrap(), 0.5);
    assert_eq!(values.number("Recall").unwrap(), 0.0);

    let error = values.get::<Vec<f64>>("Recall").unwrap_err();
    insta::assert_snapshot!(error, @"Recall: expected a value of type Vec<f64>, got one of type f64");
}

/// Options that have no meaning, or ask for more than fits in memory.
#[test]
fn sizes_have_limits() {
    let device = Device::default();
    let scores = || Tensor::<1>::from_floats([0.2, 0.7], &device);
    let batch = || (scores(), labels(&[0, 1], &device));
    let classes = || (labels(&[0, 1], &device), labels(&[0, 1], &device));
    let huge = 1usize << 40;
    let errors = [
        Auroc::binary()
            .thresholds(huge)
            .evaluate(batch())
            .unwrap_err(),
        CalibrationError::binary()
            .bins(usize::MAX)
            .evaluate(batch())
            .unwrap_err(),
        Accuracy::binary()
            .bootstrap(huge)
            .evaluate(batch())
            .unwrap_err(),
        FBeta::binary(-1.0).evaluate(batch()).unwrap_err(),
        FBeta::binary(f64::INFINITY).evaluate(batch()).unwrap_err(),
        ConfusionMatrix::multiclass(1_000_000)
            .evaluate(classes())
            .unwrap_err(),
        Accuracy::multiclass(i32::MAX as usize)
            .evaluate(classes())
            .unwrap_err(),
        GroupStatRates::new(usize::MAX)
            .evaluate((scores(), labels(&[0, 1], &device), labels(&[0, 1], &device)))
            .unwrap_err(),
    ];
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    thresholds: expected at most 1048576 of them, got 1099511627776
    bins: expected from 1 to 1048576, got 18446744073709551615
    replicates: expected from 1 to 1048576, got 1099511627776
    beta: expected a finite number from 0, got -1
    beta: expected a finite number from 0, got inf
    classes: expected at most 16384 for a table of all pairs of classes, which is the number of classes squared; scores per class need no such table, got 1000000
    classes: expected from 2 to 67108864, got 2147483647
    groups: expected from 1 to 16777216, got 18446744073709551615
    "#);
    let accuracy = Accuracy::binary().bootstrap(10).evaluate(batch()).unwrap();
    assert!(accuracy.interval(-1.0).lower.is_nan());
}

/// Labels beyond those that an `i64` can hold.
#[cfg(feature = "flex")]
#[test]
fn labels_of_64_unsigned_bits() {
    let device = Device::flex();
    let data = |labels: [u64; 3]| {
        let data = TensorData::new(labels.to_vec(), [3]);
        Tensor::<1, Int>::from_data(data, (&device, burn::tensor::DType::U64))
    };
    let (large, small) = (data([u64::MAX, 1 << 63, 1]), data([0, 1, 1]));
    // They are out of range, and none of them is -1.
    let accuracy = Accuracy::binary().ignore_index(-1);
    let error = accuracy
        .evaluate((small.clone(), large.clone()))
        .unwrap_err();
    assert_eq!(error.faults(), Faults::of(Fault::TargetLabel, 2));
    let scores = Tensor::<1>::from_floats([0.1, 0.2, 0.3], &device);
    let auroc = Auroc::binary().ignore_index(-1);
    let error = auroc.evaluate((scores.clone(), large.clone())).unwrap_err();
    assert_eq!(error.faults(), Faults::of(Fault::TargetLabel, 2));
    let error = HingeLoss::binary()
        .evaluate((scores, large.clone()))
        .unwrap_err();
    assert_eq!(error.faults(), Faults::of(Fault::TargetLabel, 2));
    let rates = GroupStatRates::new(2);
    let error = rates.evaluate((large.clone(), small.clone(), small.clone()));
    let faults = error.unwrap_err().faults();
    assert_eq!(faults, Faults::of(Fault::PredictedLabel, 2));
    let data = TensorData::new(vec![i64::MIN, i64::MAX, 1], [3]);
    let extreme = Tensor::<1, Int>::from_data(data, (&device, burn::tensor::DType::I64));
    for batch in [
        (small.clone(), extreme.clone(), small.clone()),
        (small.clone(), small.clone(), extreme),
    ] {
        let faults = rates.evaluate(batch).unwrap_err().faults();
        assert_eq!(faults, Faults::of(Fault::TargetLabel, 2));
    }
    // Clusters have any labels.
    let rand = RandScore::new().evaluate((large.clone(), large));
    assert_eq!(rand.unwrap(), 1.0);
}
