//! Regression metrics: each device against a plain loop, and bad input.

use crate::{
    common::{close, devices, numbers},
    golden::{self, FromGolden},
};
use burn::tensor::{DType, Device, FloatDType, Tensor, TensorData};
use burn_metrics::{
    Fault, Faults, InputOf,
    prelude::*,
    regression::{
        Regression, cosine_similarity, jensen_shannon_divergence, kl_divergence, parts::PairFormula,
    },
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// What a metric is of pairs, weights and samples of one output, in a plain loop.
type Plain = fn(&[(f64, f64, f64)]) -> f64;

fn sum(pairs: &[(f64, f64, f64)], term: impl Fn(f64, f64) -> f64) -> f64 {
    pairs.iter().map(|(p, t, w)| w * term(*p, *t)).sum()
}

fn mean(pairs: &[(f64, f64, f64)], term: impl Fn(f64, f64) -> f64) -> f64 {
    sum(pairs, term) / sum(pairs, |_, _| 1.0)
}

/// Compares a metric with a plain loop over each output, on every device, in several sizes and batches.
fn compare<F>(metric: Regression<F, PerOutput>, plain: Plain)
where
    F: PairFormula,
    F::Statistic: Statistic<Input = RegressionInput>,
{
    let mut random = StdRng::seed_from_u64(11);
    for (name, device) in devices() {
        for (samples, outputs) in [(1, 2), (5, 1), (1023, 1), (5000, 3), (70_000, 1), (40, 700)] {
            for weighted in [false, true] {
                let n = samples * outputs;
                let mut draw =
                    |n| -> Vec<f32> { (0..n).map(|_| random.random_range(0.25..4.0)).collect() };
                let (preds, target, mut weights) = (draw(n), draw(n), draw(samples));
                // Some samples have no weight.
                weights.iter_mut().skip(1).step_by(3).for_each(|w| *w = 0.0);
                let tensor = |numbers: &[f32]| {
                    let data = TensorData::new(numbers.to_vec(), [samples, outputs]);
                    Tensor::<2>::from_data(data, &device)
                };
                let mut all = metric.accumulator();
                for (from, to) in [(0, samples / 3), (samples / 3, samples)] {
                    if from == to {
                        continue;
                    }
                    let part = |numbers: &[f32]| tensor(numbers).narrow(0, from, to - from);
                    let pair = (part(&preds), part(&target));
                    if weighted {
                        let weights = Tensor::<1>::from_floats(&weights[from..to], &device);
                        all.update((pair.0, pair.1, weights)).unwrap();
                    } else {
                        all.update(pair).unwrap();
                    }
                }
                let expected: Vec<f64> = (0..outputs)
                    .map(|output| {
                        let pairs: Vec<_> = (0..samples)
                            .map(|i| {
                                let at = i * outputs + output;
                                let weight = if weighted { weights[i].into() } else { 1.0 };
                                (preds[at].into(), target[at].into(), weight)
                            })
                            .collect();
                        plain(&pairs)
                    })
                    .collect();
                let got = match all.compute() {
                    Ok(got) => got,
                    Err(MetricError::TooFew { .. }) if samples == 1 => continue,
                    Err(error) => panic!("{error}"),
                };
                // Devices without f64 add up thousands of f32.
                assert!(
                    close(&got, &expected, if name == "wgpu" { 2e-5 } else { 1e-9 }),
                    "{} of {samples} x {outputs} on {name}, weighted: {weighted}: {:?} instead of {:?}",
                    metric.name(),
                    &got[..1],
                    &expected[..1],
                );
            }
        }
    }
}

#[test]
fn sums_are_those_of_a_plain_loop() {
    compare(MeanAbsoluteError::new().per_output(), |pairs| {
        mean(pairs, |p, t| (p - t).abs())
    });
    compare(MeanSquaredLogError::new().per_output(), |pairs| {
        mean(pairs, |p, t| (p.ln_1p() - t.ln_1p()).powi(2))
    });
    compare(
        MeanAbsolutePercentageError::new().epsilon(0.5).per_output(),
        |pairs| mean(pairs, |p, t| (p - t).abs() / t.max(0.5)),
    );
    compare(
        SymmetricMeanAbsolutePercentageError::new().per_output(),
        |pairs| mean(pairs, |p, t| 2.0 * (p - t).abs() / (p + t)),
    );
    compare(
        WeightedMeanAbsolutePercentageError::new().per_output(),
        |pairs| sum(pairs, |p, t| (p - t).abs()) / sum(pairs, |_, t| t),
    );
    compare(LogCoshError::new().per_output(), |pairs| {
        mean(pairs, |p, t| (p - t).cosh().ln())
    });
    compare(MinkowskiDistance::new(3.0).per_output(), |pairs| {
        sum(pairs, |p, t| (p - t).abs().powi(3)).cbrt()
    });
    compare(CriticalSuccessIndex::new(1.5).per_output(), |pairs| {
        let number = |which: bool| f64::from(u8::from(which));
        let either = sum(pairs, |p, t| number(p >= 1.5 || t >= 1.5));
        match either {
            0.0 => 0.0,
            _ => sum(pairs, |p, t| number(p >= 1.5 && t >= 1.5)) / either,
        }
    });
    compare(TweedieDevianceScore::new(1.0).per_output(), |pairs| {
        mean(pairs, |p, t| 2.0 * (t * (t / p).ln() - t + p))
    });
    compare(TweedieDevianceScore::new(2.0).per_output(), |pairs| {
        mean(pairs, |p, t| 2.0 * (t / p - (t / p).ln() - 1.0))
    });
    compare(TweedieDevianceScore::new(3.0).per_output(), |pairs| {
        mean(pairs, |p, t| (t - p).powi(2) / (t * p * p))
    });
}

#[test]
fn moments_are_those_of_a_plain_loop() {
    compare(MeanSquaredError::new().per_output(), |pairs| {
        mean(pairs, |p, t| (p - t).powi(2))
    });
    compare(PearsonCorrCoef::new().per_output(), |pairs| {
        let (p_mean, t_mean) = (mean(pairs, |p, _| p), mean(pairs, |_, t| t));
        let product = mean(pairs, |p, t| (p - p_mean) * (t - t_mean));
        let p_variance = mean(pairs, |p, _| (p - p_mean).powi(2));
        let t_variance = mean(pairs, |_, t| (t - t_mean).powi(2));
        product / (p_variance * t_variance).sqrt()
    });
    compare(
        NormalizedRootMeanSquaredError::new()
            .by(Normalization::Range)
            .per_output(),
        |pairs| {
            let counted = pairs.iter().filter(|(_, _, w)| *w > 0.0);
            let (least, greatest) = counted.fold((f64::MAX, f64::MIN), |(a, b), (_, t, _)| {
                (a.min(*t), b.max(*t))
            });
            mean(pairs, |p, t| (p - t).powi(2)).sqrt() / (greatest - least)
        },
    );
}

#[test]
fn lins_concordance_is_that_of_the_population() {
    let mut checked = 0;
    for case in golden::regression::DOMAIN.cases() {
        if case.oddity != "concordance-unbiased" {
            continue;
        }
        let batch = RegressionInput::from_golden(&case.input, &Device::flex());
        let metric = ConcordanceCorrCoef::new().population().per_output();
        let right = &case.right.as_ref().unwrap().0;
        assert!(close(&metric.evaluate(batch).unwrap(), right, 1e-6));
        checked += 1;
    }
    assert!(checked > 10);
}

/// Squares that are too large or too small for an `f64` do not matter to what has no unit, and make the squared error
/// infinite. Single pairs, blocks, and batches of different sizes are merged.
#[cfg(feature = "flex")]
#[test]
fn extreme_numbers_have_a_value() {
    let device = Device::flex();
    let numbers: Vec<f64> = (0..700)
        .map(|i| f64::from(i * 7919 % 1000) / 1000.0)
        .collect();
    let noise: Vec<f64> = (0..700)
        .map(|i| f64::from(i * 104_729 % 997) / 997.0)
        .collect();
    let batches = |scales: [f64; 2], lengths: &[usize]| {
        let mut start = 0;
        let batch = |n: &usize| {
            let rows = start..start + n;
            start += n;
            let tensor = |scale: f64, number: &dyn Fn(usize) -> f64| {
                let data: Vec<f64> = rows.clone().map(|i| number(i) * scale).collect();
                let data = TensorData::new(data, [*n]);
                Tensor::<1>::from_data(data, (&device, burn::tensor::DType::F64))
            };
            let preds = tensor(scales[0], &|i| numbers[i]);
            RegressionInput::from((preds, tensor(scales[1], &|i| numbers[i] + noise[i])))
        };
        lengths.iter().map(batch).collect::<Vec<_>>()
    };
    fn value<M: Metric<Value = f64>>(metric: M, batches: &[RegressionInput]) -> f64
    where
        InputOf<M>: From<RegressionInput>,
    {
        let mut accumulator = metric.accumulator();
        for batch in batches {
            accumulator.update(batch.clone()).unwrap();
        }
        let mut loaded = metric.accumulator();
        loaded
            .restore_bytes(&accumulator.to_bytes().unwrap())
            .unwrap();
        let value = loaded.compute().unwrap();
        assert_eq!(accumulator.compute().unwrap(), value);
        value
    }
    let near = |got: f64, expected: f64, what: &str| {
        let near = (got - expected).abs() <= 1e-9 * expected.abs();
        assert!(near, "{what}: {got} instead of {expected}");
    };
    for lengths in [&[700][..], &[1, 2, 300, 397], &[256, 444]] {
        let ordinary = batches([1.0, 1.0], lengths);
        let pearson = value(PearsonCorrCoef::new(), &ordinary);
        for scales in [
            [1e300, 1e300],
            [1e-300, 1e-300],
            [1e300, 1e-300],
            [1e-200, 1.0],
            [1.0, 1e200],
            [1e-310, 1e150],
        ] {
            let got = value(PearsonCorrCoef::new(), &batches(scales, lengths));
            let tolerance = if scales[0] < 1e-305 { 1e-3 } else { 1e-9 };
            assert!(
                (got - pearson).abs() <= tolerance,
                "{scales:?}: {got} instead of {pearson}"
            );
        }
        for scale in [1e300, 1e200, 1e-200, 1e-300] {
            let batches = batches([scale, scale], lengths);
            let what = format!("{scale:e}");
            near(
                value(R2Score::new(), &batches),
                value(R2Score::new(), &ordinary),
                &what,
            );
            near(
                value(ExplainedVariance::new(), &batches),
                value(ExplainedVariance::new(), &ordinary),
                &what,
            );
            near(
                value(ConcordanceCorrCoef::new(), &batches),
                value(ConcordanceCorrCoef::new(), &ordinary),
                &what,
            );
            near(
                value(NormalizedRootMeanSquaredError::new(), &batches),
                value(NormalizedRootMeanSquaredError::new(), &ordinary),
                &what,
            );
            near(
                value(RootMeanSquaredError::new(), &batches),
                value(RootMeanSquaredError::new(), &ordinary) * scale,
                &what,
            );
            let squared = value(MeanSquaredError::new(), &batches);
            assert_eq!(
                squared,
                if scale > 1.0 { f64::INFINITY } else { 0.0 },
                "{what}"
            );
        }
    }
}

#[test]
fn weights_of_one_are_no_weights() {
    let device = Device::flex();
    let preds = Tensor::<2>::from_floats([[1.0, 5.0], [2.0, 3.0], [4.0, 4.0]], &device);
    let target = Tensor::<2>::from_floats([[1.5, 5.5], [2.0, 1.0], [3.0, 4.5]], &device);
    let ones = Tensor::<1>::ones([3], &device);
    let metric = ConcordanceCorrCoef::new();
    assert_eq!(
        metric
            .evaluate((preds.clone(), target.clone(), ones))
            .unwrap(),
        metric.evaluate((preds, target)).unwrap()
    );
}

/// An error of `update`, or on a GPU of `compute`, and the value of a good batch before it.
fn refused<M: Metric>(metric: M, good: InputOf<M>, bad: InputOf<M>, faults: Faults)
where
    InputOf<M>: Clone,
{
    let mut accumulator = metric.accumulator();
    accumulator.update(good.clone()).unwrap();
    let before = numbers(&accumulator.compute().unwrap());
    match accumulator.update(bad.clone()) {
        Err(MetricError::Values(found)) => {
            assert_eq!(found.faults, faults, "{}", metric.name());
            assert_eq!(numbers(&accumulator.compute().unwrap()), before);
        }
        Err(error) => panic!("{error}"),
        Ok(()) => match accumulator.compute() {
            Err(MetricError::Values(found)) => {
                assert_eq!(found.faults, faults, "{}", metric.name())
            }
            other => panic!(
                "{}: {:?}",
                metric.name(),
                other.map(|value| numbers(&value))
            ),
        },
    }
    let mut strict = metric.accumulator().strict();
    strict.update(good).unwrap();
    assert!(strict.update(bad).is_err());
    assert_eq!(numbers(&strict.compute().unwrap()), before);
}

#[test]
fn bad_numbers_are_refused() {
    let infinite = |n| Faults::of(Fault::Infinite, n);
    let domain = |n| Faults::of(Fault::Domain, n);
    let nans = |n| Faults::of(Fault::Nan, n);
    let weights_of = |n| Faults::of(Fault::Weight, n);
    for (_, device) in devices() {
        let tensor = |numbers: [f32; 3]| Tensor::<1>::from_floats(numbers, &device);
        let pair = |p, t| RegressionInput::from((tensor(p), tensor(t)));
        let good = || pair([1.0, 2.0, 4.0], [1.5, 2.5, 3.0]);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let preds = || pair([1.0, bad, 2.0], [1.0, 2.0, 3.0]);
            let target = || pair([1.0, 2.0, 2.0], [bad, 2.0, bad]);
            refused(MeanSquaredError::new(), good(), preds(), infinite(1));
            refused(PearsonCorrCoef::new(), good(), target(), infinite(2));
            refused(MeanAbsoluteError::new(), good(), preds(), infinite(1));
            refused(LogCoshError::new(), good(), target(), infinite(2));
            // Terms that stay finite whatever the numbers are.
            refused(CriticalSuccessIndex::new(0.5), good(), preds(), infinite(1));
            let each = CriticalSuccessIndex::new(0.5).per_sample();
            refused(each, good(), preds(), infinite(1));
        }
        // Where all other numbers are equal.
        for length in [2, 3, 17, 300] {
            for place in [0, 1, length - 1] {
                let mut numbers = vec![1.0; length];
                numbers[place] = f32::NAN;
                let numbers = || Tensor::<1>::from_floats(numbers.as_slice(), &device);
                let ones = || Tensor::<1>::ones([length], &device);
                let metric = MeanSquaredError::new;
                refused(metric(), good(), (numbers(), ones()).into(), infinite(1));
                refused(metric(), good(), (ones(), numbers()).into(), infinite(1));
                let weighted = (numbers(), ones(), ones()).into();
                refused(metric(), good(), weighted, infinite(1));
            }
        }
        let infinite_mean = pair([1.0, f32::INFINITY, 2.0], [1.0, 2.0, 3.0]);
        refused(
            TweedieDevianceScore::new(3.0),
            good(),
            infinite_mean,
            infinite(1),
        );
        let nan = || pair([1.0, f32::NAN, 2.0], [1.0, 2.0, 3.0]);
        refused(SpearmanCorrCoef::new(), good(), nan(), nans(1));
        refused(KendallRankCorrCoef::new(), good(), nan(), nans(1));
        for weight in [f32::NAN, -0.5, f32::INFINITY] {
            let weights = Tensor::<1>::from_floats([1.0, weight, 0.0], &device);
            let (preds, target) = (tensor([1.0, 2.0, 3.0]), tensor([1.0, 2.0, 3.0]));
            let bad = (preds, target, weights).into();
            refused(SpearmanCorrCoef::new(), good(), bad, weights_of(1));
        }
        let weighted = |w| RegressionInput::from((tensor([1.0; 3]), tensor([2.0; 3]), tensor(w)));
        let negative = weighted([1.0, -1.0, 0.0]);
        refused(
            MeanSquaredError::new(),
            good(),
            negative.clone(),
            weights_of(1),
        );
        refused(MeanAbsoluteError::new(), good(), negative, weights_of(1));
        let nan = weighted([1.0, f32::NAN, 0.0]);
        refused(MeanAbsoluteError::new(), good(), nan, weights_of(1));
        // What has no weight must be a number all the same.
        let none = (
            tensor([1.0, f32::NAN, 2.0]),
            tensor([2.0; 3]),
            tensor([0.0; 3]),
        );
        refused(MeanSquaredError::new(), good(), none.into(), infinite(1));
        let below = pair([1.0, 2.0, -1.5], [1.0, -1.0, 3.0]);
        refused(MeanSquaredLogError::new(), good(), below, domain(2));
        let zero = pair([1.0, 0.0, 2.0], [1.0, 1.0, 3.0]);
        refused(
            TweedieDevianceScore::new(1.0),
            good(),
            zero.clone(),
            domain(1),
        );
        refused(
            TweedieDevianceScore::new(2.0),
            good(),
            zero.clone(),
            domain(1),
        );
        refused(TweedieDevianceScore::new(-1.0), good(), zero, domain(1));

        let rows = |rows: [[f32; 2]; 2]| Tensor::<2>::from_floats(rows, &device);
        let distributions = |p, q| RegressionInput::from((rows(p), rows(q)));
        let fair = || distributions([[0.5, 0.5], [0.25, 0.75]], [[0.5, 0.5], [0.5, 0.5]]);
        let more = || distributions([[0.5, 0.75], [0.25, 0.75]], [[0.5, 0.5], [0.5, 0.5]]);
        let less = || distributions([[1.5, -0.5], [0.25, 0.75]], [[0.5, 0.5], [0.5, 0.25]]);
        refused(KLDivergence::new(), fair(), more(), domain(1));
        refused(KLDivergence::new(), fair(), less(), domain(2));
        refused(JensenShannonDivergence::new(), fair(), less(), domain(2));
        let each = JensenShannonDivergence::new().per_sample();
        refused(each, fair(), more(), domain(1));
        let nan = || distributions([[0.0, 1.0], [0.25, 0.75]], [[f32::NAN, 1.0], [0.5, 0.5]]);
        refused(KLDivergence::new(), fair(), nan(), domain(1));
        refused(KLDivergence::new().normalize(), fair(), nan(), domain(1));
        let weighted = |w: [f32; 2]| {
            let weights = Tensor::<1>::from_floats(w, &device);
            RegressionInput::from((rows([[0.5, 0.5]; 2]), rows([[0.5, 0.5]; 2]), weights))
        };
        refused(
            CosineSimilarity::new(),
            fair(),
            weighted([-1.0, 2.0]),
            weights_of(1),
        );
        refused(
            CosineSimilarity::new(),
            fair(),
            weighted([f32::NAN, 2.0]),
            weights_of(1),
        );
    }
}

/// They may wait for a place in CubeCL's queue, but not for a result.
#[cfg(feature = "wgpu")]
#[test]
fn updates_on_a_gpu_read_nothing() {
    let device = Device::wgpu(burn::tensor::DeviceKind::DefaultDevice);
    let numbers = Tensor::<1>::random([256], burn::tensor::Distribution::Default, &device);
    let batch = || (numbers.clone(), numbers.clone());
    macro_rules! reads_nothing {
        ($($metric:expr),+) => {
            $(
                let mut metric = $metric.accumulator();
                metric.update(batch()).unwrap();
                metric.update(batch()).unwrap();
                assert_eq!(metric.state().total().seen(), 0, "nothing was read");
                metric.compute().unwrap();
                assert_eq!(metric.state().total().seen(), 512);
            )+
        };
    }
    reads_nothing!(
        MeanSquaredError::new(),
        MeanAbsoluteError::new(),
        MinkowskiDistance::new(3.0),
        CosineSimilarity::new()
    );
    let mut ranks = SpearmanCorrCoef::new().accumulator();
    ranks.update(batch()).unwrap();
    let text = format!("{:?}", ranks.state().total());
    assert!(
        text.contains("seen: 0") && text.contains("Single([])"),
        "{text}"
    );
    assert!((ranks.compute().unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn extreme_numbers_keep_their_value() {
    for (name, device) in devices() {
        // A logarithm whose probability is 0 in this type.
        let p = Tensor::<2>::from_floats([[0.5f32.ln(), 0.5f32.ln()]], &device);
        let q = Tensor::<2>::from_floats([[-120.0, 0.0]], &device);
        let log = KLDivergence::new().log_prob();
        let got = log.evaluate((p.clone(), q.clone())).unwrap();
        assert!((got - (60.0 + 0.5f64.ln())).abs() < 1e-4, "{name}: {got}");
        // p ln(2 p / (p + q)) and so on, of (1/2, 1/2) and (0, 1).
        let jensen = JensenShannonDivergence::new().log_prob();
        let middle = 0.5 * (0.5 * 2f64.ln() + 0.5 * (2f64 / 3.0).ln() + (4f64 / 3.0).ln());
        let got = jensen.evaluate((p, q)).unwrap();
        assert!((got - middle).abs() < 1e-6, "{name}: {got} {middle}");
        // A weight so small that nothing is left of what it is far from.
        let numbers = Tensor::<1>::from_floats([1e6, 1.0, 2.0, 3.0], &device);
        let weights = Tensor::<1>::from_floats([1e-20, 1.0, 1.0, 1.0], &device);
        let mut moments = MeanSquaredError::new().accumulator();
        moments.update((numbers.clone(), numbers, weights)).unwrap();
        moments.compute().unwrap();
        let squares = moments.state().total().parts("").unwrap()[0].preds.squares;
        assert!((squares - 2.0).abs() < 1e-4, "{name}: {squares}");
        // Errors that are all equal explain everything.
        let constant = |x: f32| Tensor::<1>::full([2163], x, &device);
        let explained = ExplainedVariance::new();
        let got = explained
            .evaluate((constant(7.479), constant(7.111)))
            .unwrap();
        assert_eq!(got, 1.0, "{name}");
    }
}

#[test]
fn the_scale_of_weights_does_not_matter() {
    let device = Device::flex();
    let preds = Tensor::<1>::from_floats([1.0, 2.0, 3.5, 5.0], &device);
    let target = Tensor::<1>::from_floats([2.0, 3.0, 3.0, 6.0], &device);
    let concordance = ConcordanceCorrCoef::new();
    let adjusted = R2Score::new().adjusted(1);
    for scale in [0.05, 0.25, 1.0, 30.0] {
        let weights = Tensor::<1>::full([4], scale, &device);
        let batch = || (preds.clone(), target.clone());
        let weighted = || (preds.clone(), target.clone(), weights.clone());
        for (got, expected) in [
            (
                concordance.evaluate(weighted()),
                concordance.evaluate(batch()),
            ),
            (adjusted.evaluate(weighted()), adjusted.evaluate(batch())),
        ] {
            assert!((got.unwrap() - expected.unwrap()).abs() < 1e-12, "{scale}");
        }
    }
}

#[test]
fn ranked_samples_without_weights_weigh_one() {
    for (_, device) in devices() {
        let tensor = |numbers: [f32; 3]| Tensor::<1>::from_floats(numbers, &device);
        let (first, second) = ([1.0, 3.0, 2.0], [5.0, 4.0, 4.0]);
        let weights = [0.5, 2.0, 1.0];
        let metric = SpearmanCorrCoef::new();

        let mut mixed = metric.accumulator();
        mixed.update((tensor(first), tensor(second))).unwrap();
        let mut weighted = metric.accumulator();
        weighted
            .update((tensor(second), tensor(first), tensor(weights)))
            .unwrap();
        mixed.merge(weighted).unwrap();

        let both = |a, b| Tensor::cat(vec![tensor(a), tensor(b)], 0);
        let whole = (
            both(first, second),
            both(second, first),
            both([1.0; 3], weights),
        );
        assert_eq!(mixed.compute().unwrap(), metric.evaluate(whole).unwrap());
    }
}

#[test]
fn types_of_both_sides_may_differ() {
    let device = Device::flex();
    let rows = |dtype| Tensor::<2>::full([2, 768], 1.0 / 768.0, &device).cast(dtype);
    for (p, q) in [
        (FloatDType::F32, FloatDType::F64),
        (FloatDType::F16, FloatDType::F32),
        (FloatDType::F16, FloatDType::F16),
        (FloatDType::BF16, FloatDType::F64),
    ] {
        let batch = || (rows(p), rows(q));
        let cosine = CosineSimilarity::new().evaluate(batch()).unwrap();
        assert!((cosine - 1.0).abs() < 1e-6, "{p:?} {q:?}: {cosine}");
        assert!(KLDivergence::new().evaluate(batch()).unwrap().abs() < 1e-2);
        assert!(MeanSquaredError::new().evaluate(batch()).unwrap() < 1e-9);
        let ensemble = (rows(p), rows(q).narrow(1, 0, 1));
        let score = ContinuousRankedProbabilityScore::new().evaluate(ensemble);
        assert!(score.unwrap() < 1e-5);
        let ranks = |dtype| Tensor::<1>::from_floats([1.0, 2.0, 4.0], &device).cast(dtype);
        let spearman = SpearmanCorrCoef::new().evaluate((ranks(p), ranks(q)));
        assert_eq!(spearman.unwrap(), 1.0);
    }
}

#[test]
fn infinite_states_survive_json() {
    let device = Device::flex();
    let p = Tensor::<2>::from_floats([[0.5, 0.5]], &device);
    let q = Tensor::<2>::from_floats([[0.0, 1.0]], &device);
    let mut divergence = KLDivergence::new().accumulator();
    divergence.update((p, q)).unwrap();
    let text = serde_json::to_string(divergence.state()).unwrap();
    let state = serde_json::from_str(&text).unwrap();
    let mut resumed = Accumulator::resume(KLDivergence::new(), state).unwrap();
    assert_eq!(resumed.compute().unwrap(), f64::INFINITY);

    let numbers = Tensor::<1>::from_floats([1.0, f32::INFINITY, 3.0], &device);
    let mut spearman = SpearmanCorrCoef::new().accumulator();
    spearman.update((numbers.clone(), numbers)).unwrap();
    let text = serde_json::to_string(spearman.state()).unwrap();
    let state = serde_json::from_str(&text).unwrap();
    let mut resumed = Accumulator::resume(SpearmanCorrCoef::new(), state).unwrap();
    assert_eq!(resumed.compute().unwrap(), 1.0);
}

#[test]
fn shapes_and_options_are_checked() {
    let device = Device::flex();
    let ones = |n| Tensor::<1>::ones([n], &device);
    let wide = |dims: [usize; 2]| Tensor::<2>::ones(dims, &device);
    let error = |result: Result<f64>| result.unwrap_err().to_string();
    let mse = MeanSquaredError::new();
    insta::assert_snapshot!(
        error(mse.evaluate((ones(3), ones(4)))),
        @"target: expected shape [3], as the predictions, got [4]"
    );
    insta::assert_snapshot!(
        error(mse.evaluate((
            Tensor::<3>::ones([2, 3, 4], &device),
            Tensor::<3>::ones([3, 2, 4], &device)
        ))),
        @"target: expected shape [2, 3, 4], as the predictions, got [3, 2, 4]"
    );
    insta::assert_snapshot!(
        error(mse.evaluate((ones(3), ones(3), ones(2)))),
        @"weights: expected shape [3], one a sample, got [2]"
    );
    let mut outputs = mse.accumulator();
    outputs.update((wide([4, 2]), wide([4, 2]))).unwrap();
    insta::assert_snapshot!(
        outputs.update((wide([4, 3]), wide([4, 3]))).unwrap_err(),
        @"predictions: expected shape [batch, 2], as of the batches before, got [4, 3]"
    );
    assert_eq!(outputs.compute().unwrap(), 0.0);
    let mut other = mse.accumulator();
    other.update((wide([4, 3]), wide([4, 3]))).unwrap();
    insta::assert_snapshot!(
        outputs.merge(other).unwrap_err(),
        @"state: expected that of 2 outputs, as before, got that of 3"
    );
    assert_eq!(outputs.compute().unwrap(), 0.0);
    insta::assert_snapshot!(
        KendallRankCorrCoef::new()
            .test(Alternative::TwoSided)
            .evaluate((ones(3), ones(3), ones(3)))
            .unwrap_err(),
        @"p-value of Kendall correlation: expected samples without weights, got weights"
    );
    insta::assert_snapshot!(
        error(SpearmanCorrCoef::new().evaluate((ones(3), ones(3), ones(3) * 0.0))),
        @"Spearman correlation: expected at least 2 samples, got 0"
    );
    insta::assert_snapshot!(
        error(R2Score::new().evaluate((ones(1), ones(1)))),
        @"R2 score: expected at least 2 samples, got 1"
    );
    insta::assert_snapshot!(
        error(TweedieDevianceScore::new(0.5).evaluate((ones(3), ones(3)))),
        @"power: expected a number that is not between 0 and 1, got 0.5"
    );
    insta::assert_snapshot!(
        error(MinkowskiDistance::new(0.5).evaluate((ones(3), ones(3)))),
        @"exponent: expected a number of at least 1, got 0.5"
    );
    insta::assert_snapshot!(
        error(MeanAbsolutePercentageError::new().epsilon(0.0).evaluate((ones(3), ones(3)))),
        @"epsilon: expected a positive number, got 0"
    );
    insta::assert_snapshot!(
        error(ContinuousRankedProbabilityScore::new().evaluate((wide([3, 2]), ones(2)))),
        @"target: expected shape [3], one a sample, got [2]"
    );
    insta::assert_snapshot!(
        error(ContinuousRankedProbabilityScore::new().evaluate((wide([4, 3]), wide([2, 2])))),
        @"target: expected shape [4, 1], one a sample, got [2, 2]"
    );
    insta::assert_snapshot!(
        error(mse.evaluate((ones(0), ones(0)))),
        @"Mean squared error: no sample was counted, so there is no value"
    );
}

#[test]
fn kendall_counts_as_pairs_do() {
    let mut random = StdRng::seed_from_u64(3);
    for (n, values) in [(2, 2), (50, 4), (300, 40), (300, 100_000)] {
        let mut draw = || -> Vec<f32> {
            (0..n)
                .map(|_| random.random_range(0..values) as f32 - 2.0)
                .collect()
        };
        let (preds, target) = (draw(), draw());
        let mut excess = 0.0;
        for i in 0..n {
            for j in 0..i {
                let order = |x: &[f32]| (x[i] - x[j]).partial_cmp(&0.0).unwrap() as i32;
                excess += f64::from(order(&preds) * order(&target));
            }
        }
        let pairs = (n * (n - 1)) as f64 / 2.0;
        let device = Device::flex();
        let tensor = |x: &[f32]| Tensor::<1>::from_floats(x, &device);
        let metric = KendallRankCorrCoef::new().variant(Variant::A);
        for dtype in [FloatDType::F32, FloatDType::F64] {
            let batch = (
                tensor(&preds).cast(dtype),
                tensor(&target).cast(FloatDType::F64),
            );
            assert_eq!(metric.evaluate(batch).unwrap(), excess / pairs);
        }
    }
}

#[test]
fn row_measures_have_gradients() {
    let device = Device::flex().autodiff();
    let p = Tensor::<2>::from_floats([[0.25, 0.75], [0.5, 0.5]], &device).require_grad();
    let q = Tensor::<2>::from_floats([[0.5, 0.5], [0.125, 0.875]], &device);
    let functions: [fn(Tensor<2>, Tensor<2>) -> Tensor<1>; 3] =
        [cosine_similarity, kl_divergence, jensen_shannon_divergence];
    for measure in functions {
        let gradients = measure(p.clone(), q.clone()).sum().backward();
        let gradient = p.grad(&gradients).unwrap().into_data();
        let gradient: Vec<f64> = gradient.iter().collect();
        let p = [[0.25, 0.75], [0.5, 0.5]];
        for at in 0..4 {
            let value = |step: f64| -> f64 {
                let mut p: Vec<f64> = p.concat();
                p[at] += step;
                let plain = Device::flex();
                let data = TensorData::new(p, [2, 2]);
                let p = Tensor::<2>::from_data(data, (&plain, DType::F64));
                let q = q.clone().inner().cast(FloatDType::F64);
                measure(p, q).sum().into_data().iter::<f64>().sum()
            };
            let numeric = (value(1e-6) - value(-1e-6)) / 2e-6;
            assert!(
                (gradient[at] - numeric).abs() < 1e-5,
                "{} {numeric}",
                gradient[at]
            );
        }
    }
}
