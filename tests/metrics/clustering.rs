//! Clustering, nominal and shape metrics at the edges: right numbers or clear errors, and the state as it was.

use std::collections::HashMap;

use crate::common::{close, devices};
use burn::tensor::{Bool, DType, Device, Int, IntDType, Tensor, TensorData};
use burn_metrics::{
    Accumulator, InputOf, State, clustering::*, nominal::*, prelude::*, state::Contingency,
};
use burn_metrics::{Fault, Faults};

fn labels(labels: &[i64], device: &Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(labels.to_vec(), [labels.len()]), device)
}

/// Labels in 64 bits, where the device has them.
fn wide(labels: &[i64], device: &Device) -> Option<Tensor<1, Int>> {
    let data = TensorData::new(labels.to_vec(), [labels.len()]);
    let long = device.supports_dtype(IntDType::I64);
    long.then(|| Tensor::from_data(data, (device, DType::I64)))
}

fn points(rows: &[[f32; 2]], device: &Device) -> Tensor<2> {
    let flat: Vec<f32> = rows.iter().flatten().copied().collect();
    Tensor::from_data(TensorData::new(flat, [rows.len(), 2]), device)
}

/// Pseudo-random numbers of 31 bits.
fn random(n: usize, mut x: u64) -> Vec<i64> {
    let next = || {
        x = x
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (x >> 33) as i64
    };
    std::iter::repeat_with(next).take(n).collect()
}

#[test]
fn a_matrix_of_nothing_is_an_error() {
    let device = Device::default();
    let none = Tensor::<2, Int>::zeros([0, 3], &device);
    let error = cramers_v_matrix(&CramersV::new(), none).unwrap_err();
    assert!(matches!(error, MetricError::Empty { .. }), "{error}");

    let nans = Tensor::<2>::full([3, 2], f32::NAN, &device);
    let dropping = TheilsU::new().nan_strategy(NanStrategy::Ignore);
    let error = theils_u_matrix(&dropping, nans).unwrap_err();
    assert!(matches!(error, MetricError::Empty { .. }), "{error}");
}

/// Categories take the strategies that numbers take, except the one that has no meaning for them.
#[test]
fn nans_among_categories_are_what_the_strategy_says() {
    for (name, device) in devices() {
        let column = |numbers: [f32; 5]| Tensor::<1>::from_floats(numbers, &device);
        let batch = || {
            let preds = column([0.0, 1.0, f32::NAN, 1.0, 0.0]);
            (preds, column([0.0, 1.0, 1.0, f32::NAN, 0.0]))
        };
        let with = |strategy| TheilsU::new().nan_strategy(strategy);
        let error = with(NanStrategy::Error).evaluate(batch()).unwrap_err();
        assert_eq!(error.faults(), Faults::of(Fault::Nan, 2), "{name}");
        let error = with(NanStrategy::Keep).evaluate(batch()).unwrap_err();
        assert!(matches!(error, MetricError::Config { .. }), "{name}");
        let kept = (
            column([0.0, 1.0, 1.0, 1.0, 0.0]),
            column([0.0, 1.0, 1.0, 1.0, 0.0]),
        );
        assert_eq!(
            with(NanStrategy::Replace(1.0)).evaluate(batch()).unwrap(),
            TheilsU::new().evaluate(kept).unwrap(),
            "{name}"
        );
        assert_eq!(with(NanStrategy::Ignore).evaluate(batch()).unwrap(), 1.0);
        let rows = Tensor::<2>::from_floats([[0.0, f32::NAN], [1.0, 2.0]], &device);
        let error = theils_u_matrix(&with(NanStrategy::Error), rows).unwrap_err();
        assert_eq!(error.faults(), Faults::of(Fault::Nan, 1), "{name}");
    }
}

#[test]
fn element_types_and_ranks_of_labels_do_not_matter() {
    for (name, device) in devices() {
        let (preds, target) = ([3, 3, 0, 7, 7, 7], [1, 1, 0, 0, 2, 2]);
        let (preds, target) = (labels(&preds, &device), labels(&target, &device));
        let metric = AdjustedRandScore::new();
        let expected = metric.evaluate((preds.clone(), target.clone())).unwrap();
        for dtype in [IntDType::I32, IntDType::I64, IntDType::U8] {
            if device.supports_dtype(dtype) {
                let batch = (preds.clone().cast(dtype), target.clone());
                assert_eq!(
                    metric.evaluate(batch).unwrap(),
                    expected,
                    "{name} {dtype:?}"
                );
                let batch = (preds.clone().cast(dtype), target.clone().cast(dtype));
                assert_eq!(
                    metric.evaluate(batch).unwrap(),
                    expected,
                    "{name} {dtype:?}"
                );
            }
        }
        let square = (
            preds.clone().reshape([2, 3]),
            target.clone().reshape([2, 3]),
        );
        assert_eq!(metric.evaluate(square).unwrap(), expected, "{name}");
        let turned = (
            preds.reshape([2, 3]).swap_dims(0, 1),
            target.reshape([2, 3]).swap_dims(0, 1),
        );
        assert_eq!(metric.evaluate(turned).unwrap(), expected, "{name}");

        let flags = Tensor::<1, Bool>::from_data([true, true, false], &device);
        let rand = RandScore::new().evaluate((flags.clone(), flags));
        assert_eq!(rand.unwrap(), 1.0, "{name}");
    }
}

#[test]
fn labels_are_any_integers() {
    for (name, device) in devices() {
        let extremes = [i64::MAX, i64::MIN, i64::MAX, -1, 0, i64::MIN];
        let small = labels(&[0, 1, 0, 2, 3, 1], &device);
        if let Some(extremes) = wide(&extremes, &device) {
            let batch = (extremes.clone(), small.clone());
            assert_eq!(
                AdjustedRandScore::new().evaluate(batch).unwrap(),
                1.0,
                "{name}"
            );
            let batch = (extremes.clone(), extremes.clone());
            assert_eq!(
                ClusterAccuracy::new().evaluate(batch).unwrap(),
                1.0,
                "{name}"
            );
            let v = CramersV::new().bias_correction(false);
            assert_eq!(v.evaluate((small, extremes)).unwrap(), 1.0, "{name}");
        }
    }
}

/// However pairs are counted, in tables or in runs, the counts are those of a simple loop.
#[test]
fn large_batches_are_counted_right() {
    let n = 300_000;
    let numbers = random(2 * n, 42);
    let (target, preds) = numbers.split_at(n);
    for (name, device) in devices() {
        for (rows, columns, offset) in [(7, 5, -3), (250, 250, 100), (1 << 20, 3, -9), (1, 1, 8)] {
            let target: Vec<i64> = target.iter().map(|x| x % rows + offset).collect();
            let preds: Vec<i64> = preds.iter().map(|x| x % columns).collect();
            let mut simple = HashMap::<_, u64>::new();
            for pair in target.iter().zip(&preds) {
                *simple.entry(pair).or_default() += 1;
            }
            let mut simple: Vec<_> = simple.into_iter().collect();
            simple.sort_unstable();

            let mut score = RandScore::new().accumulator();
            let cut = n / 3;
            for part in [0..cut, cut..n] {
                let batch = (
                    labels(&preds[part.clone()], &device),
                    labels(&target[part], &device),
                );
                score.update(batch).unwrap();
            }
            score.compute().unwrap();
            let counts: Vec<_> = score
                .state()
                .total()
                .cells
                .iter()
                .map(|c| c.count)
                .collect();
            let expected: Vec<_> = simple.iter().map(|(_, n)| *n).collect();
            assert_eq!(counts, expected, "{name}, {rows} x {columns}");
            assert_eq!(score.state().total().n, n as u64, "{name}");
        }
    }
}

/// Numbers of scikit-learn 1.9.1.
#[test]
fn large_samples_keep_their_precision() {
    let n = 100_000;
    let numbers = random(2 * n, 42);
    let target: Vec<i64> = numbers[..n].iter().map(|x| x % 7).collect();
    let pred = |(x, target): (&i64, &i64)| if x % 3 == 0 { *target } else { x / 3 % 5 };
    let preds: Vec<i64> = numbers[n..].iter().zip(&target).map(pred).collect();
    let device = Device::default();
    let batch = || (labels(&preds, &device), labels(&target, &device));
    let ami = AdjustedMutualInfoScore::new().evaluate(batch()).unwrap();
    assert!((ami - 0.1723731304456636).abs() < 1e-11, "{ami}");
    let nmi = NormalizedMutualInfoScore::new().evaluate(batch()).unwrap();
    assert!((nmi - 0.17245190446327446).abs() < 1e-12, "{nmi}");
    let ari = AdjustedRandScore::new().evaluate(batch()).unwrap();
    assert!((ari - 0.10300536819488065).abs() < 1e-12, "{ari}");
}

#[test]
fn counts_do_not_overflow_and_take_no_memory() {
    for (name, device) in devices() {
        let mut score = AdjustedRandScore::new().accumulator();
        let batch = (
            labels(&[0, 0, 1, 2], &device),
            labels(&[0, 0, 1, 1], &device),
        );
        score.update(batch).unwrap();
        let small = serde_json::to_string(score.state()).unwrap();
        let pairs = "[[0,0,2],[1,1,1],[1,2,1]]";
        assert_eq!(small, format!("[{pairs},[0,0,0,0,0,0,0]]"), "{name}");
        score.compute().unwrap();
        for _ in 0..40 {
            let other = score.clone();
            score.merge(other).unwrap();
        }
        let total = score.state().total();
        assert_eq!(total.n, 1 << 42, "{name}");
        assert_eq!(total.cells.len(), 3, "{name}");
        // Of very many, pairs are as likely as products of shares.
        let (tp, fp, fneg, tn) = (6.0f64, 0.0, 2.0, 8.0);
        let ari = 2.0 * (tp * tn - fneg * fp) / ((tp + fneg) * (fneg + tn) + (tp + fp) * (fp + tn));
        assert!((score.compute().unwrap() - ari).abs() < 1e-9, "{name}");
    }
}

#[test]
fn metrics_of_a_collection_share_one_table() {
    for (name, device) in devices() {
        let mut metrics = Collection::new()
            .with(MutualInfoScore::new())
            .with(NormalizedMutualInfoScore::new())
            .with(VMeasureScore::new().beta(2.0))
            .with(AdjustedRandScore::new())
            .with(ClusterAccuracy::new());
        assert_eq!(metrics.states(), 1);
        let same = labels(&[1, 2, 2, 3], &device);
        metrics.update((same.clone(), same.clone())).unwrap();
        let values = metrics.compute().unwrap();
        assert_eq!(values.number("Cluster accuracy").unwrap(), 1.0, "{name}");

        let mut quality = Collection::new()
            .with(DaviesBouldinScore::new())
            .with(DunnIndex::new())
            .with_named("Maximum", DunnIndex::new().p(f64::INFINITY))
            .with(CalinskiHarabaszScore::new());
        assert_eq!(quality.states(), 2);
        let cloud = points(&[[0.0, 0.0], [0.0, 2.0], [9.0, 0.0], [9.0, 2.0]], &device);
        quality
            .update((cloud, labels(&[5, 5, -5, -5], &device)))
            .unwrap();
        let values = quality.compute().unwrap();
        assert_eq!(values.number("Dunn index").unwrap(), 9.0, "{name}");
        assert_eq!(values.number("Maximum").unwrap(), 9.0, "{name}");

        let mut columns = Collection::new()
            .with(CramersV::new())
            .with(TheilsU::new())
            .with(TschuprowsT::new().nan_strategy(NanStrategy::Ignore));
        assert_eq!(columns.states(), 2);
        columns.update((same.clone(), same)).unwrap();
    }
}

/// The error that an update gives; what came before it still counts.
fn refused<M: Metric<Value = f64>>(
    metric: M,
    good: impl Into<InputOf<M>>,
    bad: impl Into<InputOf<M>>,
) -> MetricError {
    let mut accumulator: Accumulator<M> = metric.accumulator();
    accumulator.update(good).unwrap();
    let before = accumulator.compute().unwrap();
    // GPUs count values that cannot be scored; strict updates ask for them.
    let mut strict = accumulator.clone().strict();
    let error = strict.update(bad).unwrap_err();
    let after = strict.compute().unwrap();
    assert!(before == after || before.is_nan() && after.is_nan());
    error
}

#[test]
fn shapes_are_checked() {
    for (name, device) in devices() {
        let (three, four) = (labels(&[0, 1, 1], &device), labels(&[0, 1, 1, 0], &device));
        let good = || (three.clone(), three.clone());
        let error = refused(RandScore::new(), good(), (three.clone(), four.clone()));
        assert_eq!(
            error.to_string(),
            "target: expected shape [3], as the predictions, got [4]",
            "{name}"
        );
        let error = refused(TheilsU::new(), good(), (three.clone(), four.clone()));
        assert!(
            matches!(error, MetricError::Shape { .. }),
            "{name}: {error}"
        );

        let cloud = points(&[[0.0, 0.0], [1.0, 2.0], [2.0, 0.0]], &device);
        let good = || (cloud.clone(), three.clone());
        let error = refused(DunnIndex::new(), good(), (cloud.clone(), four));
        assert_eq!(
            error.to_string(),
            "labels: expected shape [3], one a point, got [4]",
            "{name}"
        );
        let line = Tensor::<2>::zeros([3, 1], &device);
        let mut score = CalinskiHarabaszScore::new().accumulator();
        score.update(good()).unwrap();
        let before = score.compute().unwrap();
        let error = score.update((line, three.clone())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "points: expected shape [N, 2], as of the batches before, got [3, 1]",
            "{name}"
        );
        assert_eq!(score.compute().unwrap(), before, "{name}");

        let counts = |width: usize| Tensor::<2, Int>::ones([4, width], &device);
        let mut kappa = FleissKappa::new().accumulator();
        kappa.update(counts(3)).unwrap();
        let error = kappa.update(counts(2)).unwrap_err();
        assert!(
            matches!(error, MetricError::Shape { .. }),
            "{name}: {error}"
        );
        assert!(kappa.compute().is_ok(), "{name}");
    }
}

#[test]
fn options_are_checked() {
    for (name, device) in devices() {
        let same = labels(&[0, 1, 1], &device);
        for beta in [-1.0, f64::NAN, f64::INFINITY] {
            let error = VMeasureScore::new()
                .beta(beta)
                .evaluate((same.clone(), same.clone()));
            let error = error.unwrap_err();
            assert!(
                matches!(error, MetricError::Config { .. }),
                "{name}: {error}"
            );
        }
        let cloud = points(&[[0.0, 0.0], [1.0, 2.0], [2.0, 0.0]], &device);
        for p in [0.0, -2.0, f64::NAN] {
            let error = DunnIndex::new()
                .p(p)
                .evaluate((cloud.clone(), same.clone()));
            let error = error.unwrap_err();
            assert!(
                matches!(error, MetricError::Config { .. }),
                "{name}: {error}"
            );
        }
    }
}

#[test]
fn clusters_that_cannot_be_compared() {
    for (name, device) in devices() {
        let cloud = points(&[[0.0, 0.0], [1.0, 2.0], [2.0, 0.0]], &device);
        let (one, each) = (labels(&[4, 4, 4], &device), labels(&[0, 1, 2], &device));
        let error = CalinskiHarabaszScore::new().evaluate((cloud.clone(), one.clone()));
        assert_eq!(
            error.unwrap_err().to_string(),
            "Calinski-Harabasz score: expected at least two clusters, and fewer than points, got \
             1 cluster(s) of 3 point(s)",
            "{name}"
        );
        let error = DaviesBouldinScore::new().evaluate((cloud.clone(), each.clone()));
        let error = error.unwrap_err();
        assert!(
            matches!(error, MetricError::Undefined { .. }),
            "{name}: {error}"
        );
        let error = DunnIndex::new().evaluate((cloud.clone(), one)).unwrap_err();
        assert!(
            matches!(error, MetricError::Undefined { .. }),
            "{name}: {error}"
        );
        assert_eq!(
            DunnIndex::new().evaluate((cloud, each)).unwrap(),
            f64::INFINITY,
            "{name}"
        );
    }
}

#[test]
fn points_must_be_finite() {
    for (name, device) in devices() {
        let pair = labels(&[0, 1, 1], &device);
        let good = points(&[[0.0, 0.0], [1.0, 2.0], [2.0, 0.0]], &device);
        let bad = points(
            &[[0.0, f32::NAN], [1.0, f32::INFINITY], [2.0, 0.0]],
            &device,
        );
        let (good, bad) = ((good, pair.clone()), (bad, pair));
        for error in [
            refused(DunnIndex::new(), good.clone(), bad.clone()),
            refused(CalinskiHarabaszScore::new(), good.clone(), bad.clone()),
        ] {
            assert_eq!(
                error.faults(),
                Faults::of(Fault::Infinite, 2),
                "{name}: {error}"
            );
        }
    }
}

#[test]
fn states_of_other_dimensions_do_not_merge() {
    for (name, device) in devices() {
        let pair = labels(&[0, 1, 1], &device);
        let mut score = DaviesBouldinScore::new().accumulator();
        score
            .update((Tensor::<2>::zeros([3, 2], &device), pair.clone()))
            .unwrap();
        let mut other = DaviesBouldinScore::new().accumulator();
        other
            .update((Tensor::<2>::zeros([3, 4], &device), pair))
            .unwrap();
        let error = score.merge(other).unwrap_err();
        assert!(
            matches!(error, MetricError::State { .. }),
            "{name}: {error}"
        );

        let mut kappa = FleissKappa::new().accumulator();
        kappa
            .update(Tensor::<2, Int>::ones([4, 3], &device))
            .unwrap();
        let mut other = FleissKappa::new().accumulator();
        other
            .update(Tensor::<2, Int>::ones([4, 2], &device))
            .unwrap();
        let error = kappa.merge(other).unwrap_err();
        assert!(
            matches!(error, MetricError::State { .. }),
            "{name}: {error}"
        );
    }
}

#[test]
fn ratings_must_be_counts_or_numbers() {
    for (name, device) in devices() {
        let good = Tensor::<2, Int>::from_ints([[3, 0], [1, 2]], &device);
        let bad = Tensor::<2, Int>::from_ints([[3, 0], [-1, 2]], &device);
        let error = refused(FleissKappa::new(), good.clone(), bad);
        assert_eq!(
            error.to_string(),
            "Fleiss' kappa: 1 value is outside the domain of the metric",
            "{name}"
        );
        let bad = Tensor::<3>::from_floats([[[0.1, f32::NAN], [0.9, 0.3]]], &device);
        let error = refused(FleissKappa::new(), good, bad);
        assert!(error.faults() == Faults::of(Fault::Nan, 1), "{name}");
    }
}

#[test]
fn scores_stand_for_their_greatest() {
    for (name, device) in devices() {
        let scores = [
            [0.1, 0.7, 0.2],
            [0.6, 0.3, 0.1],
            [0.2, 0.3, 0.5],
            [0.1, 0.8, 0.1],
        ];
        let scores = Tensor::<2>::from_floats(scores, &device);
        let chosen = labels(&[1, 0, 2, 1], &device);
        let target = Tensor::<1>::from_floats([0.9, -0.5, 2.0, 0.0], &device);
        let metric = CramersV::new().bias_correction(false);
        let expected = metric
            .evaluate((chosen, labels(&[0, 0, 2, 0], &device)))
            .unwrap();
        let got = metric.evaluate((scores, target)).unwrap();
        assert_eq!(got, expected, "{name}");

        // A row of scores with a NaN has no greatest.
        let nan = Tensor::<2>::from_floats([[0.1, f32::NAN], [0.6, 0.3], [0.2, 0.3]], &device);
        let three = labels(&[5, 6, 7], &device);
        let mut v = metric.nan_strategy(NanStrategy::Ignore).accumulator();
        v.update((nan, three)).unwrap();
        v.compute().unwrap();
        assert_eq!(v.state().total().n, 2, "{name}");
    }
}

#[test]
fn empty_batches_add_nothing() {
    for (name, device) in devices() {
        let none = labels(&[], &device);
        let mut score = RandScore::new().accumulator();
        score.update((none.clone(), none.clone())).unwrap();
        assert!(
            matches!(score.compute(), Err(MetricError::Empty { .. })),
            "{name}"
        );
        let mut score = DunnIndex::new().accumulator();
        score
            .update((Tensor::<2>::zeros([0, 2], &device), none))
            .unwrap();
        assert!(
            matches!(score.compute(), Err(MetricError::Empty { .. })),
            "{name}"
        );
        let mut kappa = FleissKappa::new().accumulator();
        kappa
            .update(Tensor::<2, Int>::zeros([0, 2], &device))
            .unwrap();
        assert!(
            matches!(kappa.compute(), Err(MetricError::Empty { .. })),
            "{name}"
        );
    }
}

/// What a device has not yet been asked for survives merging and saving.
#[test]
fn pending_labels_are_read_once_and_all() {
    for (name, device) in devices() {
        let mut one = Contingency::default();
        let mut whole = RandScore::new().accumulator();
        for at in 0..5 {
            let (preds, target) = (labels(&[at, 1, 1], &device), labels(&[0, at, 2], &device));
            let mut other = RandScore::new().accumulator();
            other.update((preds.clone(), target.clone())).unwrap();
            one.merge(other.state().clone());
            whole.update((preds, target)).unwrap();
        }
        let saved = rmp_serde::to_vec(&one).unwrap();
        let read: Contingency = rmp_serde::from_slice(&saved).unwrap();
        whole.compute().unwrap();
        assert_eq!(read.total(), whole.state().total(), "{name}");
        let again = serde_json::to_string(&one).unwrap();
        assert_eq!(
            again,
            serde_json::to_string(whole.state()).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn a_broken_state_is_an_error() {
    assert!(serde_json::from_str::<Contingency>("[[0,0]]").is_err());
    assert!(serde_json::from_str::<Contingency>("[[0,0,-1]]").is_err());
}

#[cfg(feature = "shape")]
mod shape {
    use super::*;

    fn clouds(clouds: [[[f32; 2]; 4]; 2], device: &Device) -> Tensor<3> {
        Tensor::from_floats(clouds, device)
    }

    const PREDS: [[[f32; 2]; 4]; 2] = [
        [[0.0, 0.0], [1.0, 0.0], [2.0, 1.0], [0.5, 3.0]],
        [[1.0, 2.0], [3.0, 1.0], [0.0, 0.0], [2.0, 2.0]],
    ];
    const TARGET: [[[f32; 2]; 4]; 2] = [
        [[0.0, 1.0], [1.0, 1.0], [2.0, 3.0], [1.0, 4.0]],
        [[1.0, -2.0], [2.5, -1.0], [0.0, 1.0], [2.0, -2.0]],
    ];
    /// Of scipy's `procrustes`.
    const DISPARITIES: [f64; 2] = [0.10643402399127593, 0.06826222684703434];

    #[test]
    fn disparities_are_those_of_scipy() {
        for (name, device) in devices() {
            let batch = || (clouds(PREDS, &device), clouds(TARGET, &device));
            let metric = ProcrustesDisparity::new();
            let [a, b] = DISPARITIES;
            let each = metric.per_sample().evaluate(batch()).unwrap();
            assert!(close(&each, &[a, b], 1e-6), "{name}: {each:?}");
            let mean = metric.evaluate(batch()).unwrap();
            assert!((mean - (a + b) / 2.0).abs() < 1e-6, "{name}: {mean}");
            let sum = metric.sum().evaluate(batch()).unwrap();
            assert!((sum - (a + b)).abs() < 1e-6, "{name}: {sum}");
        }
        let device = Device::default();
        let batch = (clouds(PREDS, &device), clouds(TARGET, &device));
        let each = ProcrustesDisparity::new()
            .per_sample()
            .evaluate(batch)
            .unwrap();
        #[cfg(feature = "flex")]
        assert!(close(&each, &DISPARITIES, 1e-12), "{each:?}");
    }

    #[test]
    fn parts_in_any_number_of_dimensions_make_one_value() {
        for (name, device) in devices() {
            let metric = ProcrustesDisparity::new().per_sample();
            let mut each = metric.accumulator();
            let line = Tensor::<3>::from_floats([[[1.0], [2.0], [3.0]]], &device);
            let turned = Tensor::<3>::from_floats([[[6.0], [4.0], [2.0]]], &device);
            // More than are kept apart on a device.
            for _ in 0..70 {
                each.update((clouds(PREDS, &device), clouds(TARGET, &device)))
                    .unwrap();
            }
            each.update((line, turned)).unwrap();
            let value = each.compute().unwrap();
            let mut expected = DISPARITIES.repeat(70);
            expected.push(0.0);
            assert!(close(&value, &expected, 1e-6), "{name}: {value:?}");
        }
    }

    #[test]
    fn sets_without_size_are_faults() {
        for (name, device) in devices() {
            let good = (clouds(PREDS, &device), clouds(TARGET, &device));
            let metric = ProcrustesDisparity::new();
            let point = Tensor::<3>::full([2, 4, 2], 0.1, &device);
            let error = refused(metric, good.clone(), (good.0.clone(), point));
            assert_eq!(
                error.to_string(),
                "Procrustes disparity: 2 values are outside the domain of the metric",
                "{name}"
            );
            let single = Tensor::<3>::ones([1, 1, 2], &device);
            let error = refused(metric, good.clone(), (single.clone(), single));
            assert!(error.faults() == Faults::of(Fault::Domain, 1), "{name}");
            let nan = Tensor::<3>::full([2, 4, 2], f32::NAN, &device);
            let error = refused(metric, good.clone(), (nan, good.1.clone()));
            assert!(error.faults() == Faults::of(Fault::Infinite, 2), "{name}");
        }
    }

    #[test]
    fn shapes_of_sets_are_checked() {
        for (name, device) in devices() {
            let good = (clouds(PREDS, &device), clouds(TARGET, &device));
            let metric = ProcrustesDisparity::new();
            let other = Tensor::<3>::ones([2, 4, 3], &device);
            let error = refused(metric, good.clone(), (good.0.clone(), other));
            assert_eq!(
                error.to_string(),
                "target: expected shape [2, 4, 2], as the predictions, got [2, 4, 3]",
                "{name}"
            );
            let none = Tensor::<3>::ones([2, 0, 2], &device);
            let error = refused(metric, good, (none.clone(), none));
            assert!(
                matches!(error, MetricError::Shape { .. }),
                "{name}: {error}"
            );
            let mut empty = metric.accumulator();
            let none = Tensor::<3>::ones([0, 4, 2], &device);
            empty.update((none.clone(), none)).unwrap();
            assert!(
                matches!(empty.compute(), Err(MetricError::Empty { .. })),
                "{name}"
            );
        }
    }
}
