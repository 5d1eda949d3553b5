//! Bootstraps.
#![cfg(feature = "flex")]

use crate::common::{Labels, labels, numbers};
use burn::tensor::{Device, Distribution, Int, Tensor};
use burn_metrics::{
    combinator::{Bootstrapped, Resample, Sampling},
    prelude::*,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use rand_distr::{Distribution as _, Poisson};

fn near(got: f64, expected: f64, relative: f64, what: &str) {
    assert!(
        (got / expected - 1.0).abs() < relative,
        "{what}: {got} instead of {expected}"
    );
}

#[test]
fn bootstrap_of_an_accuracy_has_the_binomial_error() {
    let n = 2000;
    let batch = labels(n, 4, 1);
    let accuracy = Accuracy::multiclass(4);
    let p = accuracy.evaluate(batch.clone()).unwrap();
    let error = (p * (1.0 - p) / n as f64).sqrt();
    for sampling in [Sampling::Poisson, Sampling::Multinomial] {
        let metric = accuracy.clone().bootstrap(4000).sampling(sampling).seed(3);
        let values = metric.evaluate(batch.clone()).unwrap();
        assert!(
            (values.mean() - p).abs() < 4.0 * error / 4000f64.sqrt(),
            "{sampling:?}"
        );
        assert_eq!(values.value, p);
        near(values.std(), error, 0.05, "standard error");
        let interval = values.interval(0.95);
        near(interval.upper - p, 1.96 * error, 0.1, "upper end");
        near(p - interval.lower, 1.96 * error, 0.1, "lower end");
    }
}

/// Samples that are counted by outcome and samples with weights are resampled in two ways, to the same end.
#[test]
fn outcomes_and_weights_have_the_same_distribution() {
    let (n, replicates) = (400, 2000);
    let device = Device::flex();
    let (preds, target) = labels(n, 4, 2);
    fn both<M>(metric: M, preds: Tensor<1, Int>, target: Tensor<1, Int>, replicates: usize)
    where
        M: Metric<Statistic: Resample>,
        burn_metrics::InputOf<M>: From<Labels> + From<(Tensor<1, Int>, Tensor<1, Int>, Tensor<1>)>,
    {
        let ones = Tensor::<1>::ones([preds.dims()[0]], &preds.device());
        for sampling in [Sampling::Poisson, Sampling::Multinomial] {
            let metric = metric
                .clone()
                .bootstrap(replicates)
                .sampling(sampling)
                .seed(5);
            let counted = metric.evaluate((preds.clone(), target.clone())).unwrap();
            let weighted = metric
                .evaluate((preds.clone(), target.clone(), ones.clone()))
                .unwrap();
            for ((name, a), (_, b)) in counted.by_entry().into_iter().zip(weighted.by_entry()) {
                let what = format!("{} {sampling:?} {name}", metric.name());
                assert!((a.mean() - b.mean()).abs() < 0.2 * a.std(), "{what}");
                near(a.std(), b.std(), 0.12, &what);
            }
        }
    }
    both(
        F1::multiclass(4).average(PerClass),
        preds.clone(),
        target.clone(),
        replicates,
    );
    both(
        Recall::multiclass(4).ignore_index(1).average(Macro),
        preds.clone(),
        target.clone(),
        replicates,
    );
    both(
        MatthewsCorrCoef::multiclass(4),
        preds.clone(),
        target.clone(),
        replicates,
    );
    let positive = |labels: Tensor<1, Int>| labels.greater_elem(1).int();
    both(
        F1::binary(),
        positive(preds),
        positive(target.clone()),
        replicates,
    );

    let scores = Tensor::<2>::random([n, 4], Distribution::Default, &device);
    let ones = Tensor::<1>::ones([n], &device);
    let top = Accuracy::multiclass(4)
        .average(PerClass)
        .top_k(2)
        .bootstrap(replicates)
        .seed(1);
    let counted = top.evaluate((scores.clone(), target.clone())).unwrap();
    let weighted = top.evaluate((scores, target, ones)).unwrap();
    for ((name, a), (_, b)) in counted.by_entry().into_iter().zip(weighted.by_entry()) {
        assert!((a.mean() - b.mean()).abs() < 0.2 * a.std(), "top 2 {name}");
        near(a.std(), b.std(), 0.12, &name);
    }
}

#[test]
fn bootstrap_of_a_mean_has_its_standard_error() {
    let n = 1000;
    let mut random = StdRng::seed_from_u64(4);
    let errors: Vec<f32> = (0..n).map(|_| random.random::<f32>() * 3.0).collect();
    let mean = errors.iter().map(|x| f64::from(*x)).sum::<f64>() / n as f64;
    let variance = errors
        .iter()
        .map(|x| (f64::from(*x) - mean).powi(2))
        .sum::<f64>()
        / n as f64;
    let device = Device::flex();
    let preds = Tensor::<1>::from_floats(errors.as_slice(), &device);
    for sampling in [Sampling::Poisson, Sampling::Multinomial] {
        let metric = MeanAbsoluteError::new()
            .bootstrap(6000)
            .sampling(sampling)
            .seed(1);
        let values = metric
            .evaluate((preds.clone(), preds.zeros_like()))
            .unwrap();
        near(values.mean(), mean, 0.01, "mean");
        near(
            values.std(),
            (variance / n as f64).sqrt(),
            0.05,
            "standard error",
        );
    }
}

#[test]
fn multinomial_samples_are_as_many_as_came() {
    let (preds, target) = labels(100, 3, 7);
    let ones = Tensor::<1>::ones([100], &Device::flex());
    let metric = ConfusionMatrix::multiclass(3)
        .bootstrap(50)
        .sampling(Sampling::Multinomial);
    let counted = metric.evaluate((preds.clone(), target.clone())).unwrap();
    let weighted = metric.evaluate((preds, target, ones)).unwrap();
    for values in [counted, weighted] {
        let sums = values
            .replicates
            .iter()
            .map(|matrix| numbers(matrix).iter().sum::<f64>());
        assert!(sums.into_iter().all(|sum| sum == 100.0));
        assert!(
            values
                .replicates
                .iter()
                .any(|matrix| *matrix != values.replicates[0])
        );
    }
}

#[test]
fn a_seed_fixes_the_replicates() {
    let metric = F1::multiclass(3).bootstrap(20).seed(9);
    let (a, b) = (labels(50, 3, 1), labels(70, 3, 2));
    let mut batches = metric.accumulator();
    batches.update(a.clone()).unwrap();
    batches.update(b.clone()).unwrap();
    let whole = (
        Tensor::cat(vec![a.0, b.0], 0),
        Tensor::cat(vec![a.1, b.1], 0),
    );
    // Outcomes are counted: batches do not matter.
    let whole = metric.evaluate(whole).unwrap();
    assert_eq!(batches.compute().unwrap(), whole);
    let other = F1::multiclass(3).bootstrap(20).seed(10);
    assert_ne!(
        other.evaluate(labels(50, 3, 1)).unwrap(),
        metric.evaluate(labels(50, 3, 1)).unwrap()
    );
}

/// Batches of one sample are resampled as the whole is, in a collection, too.
#[test]
fn replicates_do_not_depend_on_batches() {
    let n = 200;
    let mut random = StdRng::seed_from_u64(8);
    let errors: Vec<f32> = (0..n).map(|_| random.random()).collect();
    let mean = errors.iter().map(|x| f64::from(*x)).sum::<f64>() / n as f64;
    let variance = errors
        .iter()
        .map(|x| (f64::from(*x) - mean).powi(2))
        .sum::<f64>()
        / n as f64;
    let mut metrics = Collection::new()
        .with(MeanAbsoluteError::new().bootstrap(1000).seed(1))
        .with(MeanSquaredError::new());
    for error in errors {
        let preds = Tensor::<1>::from_floats([error], &Device::flex());
        metrics.update((preds.clone(), preds.zeros_like())).unwrap();
    }
    let values = metrics.compute().unwrap();
    let values = values
        .get::<Bootstrapped<f64>>("Mean absolute error (bootstrap)")
        .unwrap();
    near(
        values.std(),
        (variance / n as f64).sqrt(),
        0.15,
        "standard error",
    );
}

#[test]
fn weights_of_a_bootstrap_are_checked() {
    let device = Device::flex();
    let numbers = || Tensor::<1>::from_floats([1.0, 2.0, 4.0], &device);
    let metric = MeanSquaredError::new().bootstrap(10);
    for n in [1, 2] {
        let weights = Tensor::<1>::ones([n], &device);
        let error = metric
            .evaluate((numbers(), numbers(), weights))
            .unwrap_err();
        assert!(matches!(error, MetricError::Shape { .. }), "{error}");
    }
    let double = Tensor::<1>::ones([3], &device).cast(burn::tensor::FloatDType::F64);
    let values = metric
        .evaluate((numbers(), numbers() + 2.0, double))
        .unwrap();
    assert!(values.replicates.iter().all(|value| *value == 4.0));
}

#[test]
fn quantiles_are_those_of_numpy() {
    let values = Bootstrapped {
        value: 2.5,
        replicates: vec![3.0, 1.0, 4.0, 2.0],
    };
    // numpy.quantile([3, 1, 4, 2], [0, 0.25, 0.5, 0.9, 1])
    for (q, expected) in [(0.0, 1.0), (0.25, 1.75), (0.5, 2.5), (0.9, 3.7), (1.0, 4.0)] {
        assert!((values.quantile(q) - expected).abs() < 1e-12);
    }
    // numpy.std([3, 1, 4, 2], ddof=1)
    assert!((values.std() - 1.2909944487358056).abs() < 1e-15);
    assert!(values.quantile(1.5).is_nan());
    let with_nan = Bootstrapped {
        value: 1.0,
        replicates: vec![1.0, f64::NAN],
    };
    assert!(with_nan.quantile(0.5).is_nan());
}

#[test]
fn bootstraps_refuse_what_their_metric_refuses() {
    let device = Device::flex();
    let bad = (
        Tensor::<1, Int>::from_ints([0, 7], &device),
        Tensor::<1, Int>::from_ints([0, 1], &device),
    );
    let mut accuracy = Accuracy::multiclass(3).bootstrap(10).seed(1).accumulator();
    assert!(matches!(accuracy.update(bad), Err(MetricError::Values(_))));
    assert!(matches!(accuracy.compute(), Err(MetricError::Empty { .. })));
    let none = Accuracy::multiclass(3)
        .bootstrap(0)
        .evaluate(labels(4, 3, 1));
    insta::assert_snapshot!(none.unwrap_err(), @"replicates: expected from 1 to 1048576, got 0");
}

/// Replicates that have no sample, or none of a class, have no value.
#[test]
fn undefined_replicates_are_left_out() {
    let device = Device::flex();
    let one = |n: usize| Tensor::<1, Int>::ones([n], &device);
    let numbers = Tensor::<1>::from_floats([2.0], &device);
    for sampling in [Sampling::Poisson, Sampling::Multinomial] {
        // Without a sample, an accuracy would be 0.
        let metric = Accuracy::binary().bootstrap(500).sampling(sampling);
        let counted = metric.evaluate((one(1), one(1))).unwrap();
        assert_eq!((counted.value, counted.replicates), (1.0, vec![1.0; 500]));
        let weighed = metric.evaluate((one(1), one(1), numbers.clone()));
        let errors = MeanSquaredError::new().bootstrap(500).sampling(sampling);
        let errors = errors.evaluate((numbers.clone(), numbers.clone() + 3.0));
        let means = MeanMetric::new().bootstrap(500).sampling(sampling);
        let means = means.evaluate(numbers.clone());
        for (values, expected) in [(weighed, 1.0), (errors, 9.0), (means, 2.0)] {
            let values = values.unwrap().replicates;
            assert!(values.iter().all(|value| *value == expected), "{values:?}");
            match sampling {
                // A share of e^-1 has none.
                Sampling::Poisson => assert!((230..400).contains(&values.len())),
                Sampling::Multinomial => assert_eq!(values.len(), 500),
            }
        }
    }
    let one_positive = (
        Tensor::<1>::from_floats([0.9, 0.4, 0.2], &device),
        Tensor::<1, Int>::from_ints([1, 0, 0], &device),
    );
    let auroc = Auroc::binary().bootstrap(500).evaluate(one_positive);
    let replicates = auroc.unwrap().replicates;
    assert!(
        (200..400).contains(&replicates.len()),
        "{}",
        replicates.len()
    );
    assert!(replicates.iter().all(|value| *value == 1.0));
}

/// The elements of a sample are drawn together.
#[test]
fn samples_of_several_numbers_are_resampled_as_such() {
    let (n, device) = (100, Device::flex());
    let rows = Tensor::<1>::from_floats([1.0, 1.0, 1.0, 0.0], &device).repeat(&[n / 4]);
    let rows = rows.unsqueeze_dim::<2>(1).repeat_dim(1, 20);
    let error = (0.75 * 0.25 / n as f64).sqrt();
    for weights in [None, Some(rows.ones_like())] {
        let batch = match weights {
            None => rows.clone().into(),
            Some(weights) => (rows.clone(), weights).into(),
        };
        let metric = MeanMetric::new().bootstrap(2000);
        let batch: burn_metrics::InputOf<MeanMetric> = batch;
        near(
            metric.evaluate(batch).unwrap().std(),
            error,
            0.09,
            "standard error",
        );
    }
}

#[test]
fn rank_correlations_are_resampled_with_their_tests() {
    let device = Device::flex();
    let preds = Tensor::<1>::random([40], Distribution::Default, &device);
    let target = preds.clone() + Tensor::<1>::random([40], Distribution::Default, &device);
    let kendall = KendallRankCorrCoef::new().test(Alternative::TwoSided);
    let values = kendall.bootstrap(20).evaluate((preds, target)).unwrap();
    assert_eq!(values.replicates.len(), 20);
}

/// The mean and the standard deviation of a metric over batches that are drawn here.
fn drawn_by_hand(
    sampling: Sampling,
    n: usize,
    mut value: impl FnMut(&Tensor<1, Int>) -> f64,
) -> Bootstrapped<f64> {
    let mut random = StdRng::seed_from_u64(11);
    let device = Device::flex();
    let poisson = Poisson::new(1.0).unwrap();
    let replicates = (0..600).map(|_| {
        let places: Vec<i32> = match sampling {
            Sampling::Multinomial => (0..n).map(|_| random.random_range(0..n as i32)).collect(),
            Sampling::Poisson => (0..n as i32)
                .flat_map(|place| std::iter::repeat_n(place, poisson.sample(&mut random) as usize))
                .collect(),
        };
        value(&Tensor::from_ints(places.as_slice(), &device))
    });
    Bootstrapped {
        value: f64::NAN,
        replicates: replicates.collect(),
    }
}

/// Draws of a metric, against what resampling its batch by hand gives: within more than five standard errors of 600 replicates.
fn as_by_hand<M>(
    metric: M,
    n: usize,
    batch: impl Fn(Option<&Tensor<1, Int>>) -> burn_metrics::InputOf<M>,
) where
    M: Metric<Statistic: Resample, Value = f64>,
{
    for sampling in [Sampling::Poisson, Sampling::Multinomial] {
        let by_hand = drawn_by_hand(sampling, n, |places| {
            metric.evaluate(batch(Some(places))).unwrap()
        });
        let bootstrap = metric.clone().bootstrap(600).sampling(sampling).seed(2);
        let values = bootstrap.evaluate(batch(None)).unwrap();
        let what = format!("{} {sampling:?}", metric.name());
        assert_eq!(
            values.value,
            metric.evaluate(batch(None)).unwrap(),
            "{what}"
        );
        assert!(
            (values.mean() - by_hand.mean()).abs() < 0.3 * by_hand.std(),
            "{what}: mean {} instead of {}",
            values.mean(),
            by_hand.mean()
        );
        near(values.std(), by_hand.std(), 0.25, &what);
    }
}

#[test]
fn metrics_of_every_family_are_resampled() {
    let (n, device) = (300, Device::flex());
    fn take<const D: usize>(of: &Tensor<D>, places: Option<&Tensor<1, Int>>) -> Tensor<D> {
        places.map_or(of.clone(), |places| of.clone().select(0, places.clone()))
    }
    fn take_labels(of: &Tensor<1, Int>, places: Option<&Tensor<1, Int>>) -> Tensor<1, Int> {
        places.map_or(of.clone(), |places| of.clone().select(0, places.clone()))
    }
    device.seed(3);
    let uniform = |width| Tensor::<2>::random([n, width], Distribution::Default, &device);
    let (a, b) = (uniform(3), uniform(3));
    let (preds, target) = labels(n, 3, 5);

    // Tables of labels.
    let pair = |places: Option<&Tensor<1, Int>>| {
        (take_labels(&preds, places), take_labels(&target, places))
    };
    as_by_hand(AdjustedRandScore::new(), n, |places| pair(places).into());
    as_by_hand(VMeasureScore::new(), n, |places| pair(places).into());
    as_by_hand(CramersV::new(), n, |places| pair(places).into());

    // Measures of samples.
    let rows = |places: Option<&Tensor<1, Int>>| (take(&a, places), take(&b, places)).into();
    as_by_hand(CosineSimilarity::new(), n, rows);
    as_by_hand(KLDivergence::new().normalize(), n, rows);
    as_by_hand(JensenShannonDivergence::new().normalize(), n, rows);
    let members = |places: Option<&Tensor<1, Int>>| {
        let target = a.clone().narrow(1, 0, 1).squeeze_dim::<1>(1);
        (take(&b, places), take(&target, places)).into()
    };
    as_by_hand(ContinuousRankedProbabilityScore::new(), n, members);

    // Samples that are taken again.
    let points = |places: Option<&Tensor<1, Int>>| {
        // Apart by cluster.
        let centre = target.clone().float().unsqueeze_dim::<2>(1);
        (
            take(&(a.clone() + centre), places),
            take_labels(&target, places),
        )
            .into()
    };
    as_by_hand(CalinskiHarabaszScore::new(), n, points);
    as_by_hand(DaviesBouldinScore::new(), n, points);
    let ratings = |places: Option<&Tensor<1, Int>>| {
        let scores = Tensor::cat(vec![a.clone(), a.clone() + b.clone() * 0.5], 1);
        take(&scores.reshape([n, 2, 3]).swap_dims(1, 2), places).into()
    };
    as_by_hand(FleissKappa::new(), n, ratings);
    let clicks = |places: Option<&Tensor<1, Int>>| {
        let weights = b.clone().narrow(1, 0, 1).squeeze_dim::<1>(1);
        let clicks = preds.clone().greater_elem(0).int();
        (take_labels(&clicks, places), take(&weights, places)).into()
    };
    as_by_hand(ClickThroughRate::new(), n, clicks);
    let column = a.clone().narrow(1, 0, 1).squeeze_dim::<1>(1);
    as_by_hand(SumMetric::new(), n, |places| take(&column, places).into());
    as_by_hand(MeanMetric::new(), n, |places| {
        let weights = b.clone().narrow(1, 0, 1).squeeze_dim::<1>(1);
        (take(&a, places), take(&weights, places)).into()
    });
    #[cfg(feature = "shape")]
    {
        let shapes = |of: &Tensor<2>| of.clone().repeat_dim(1, 2).reshape([n, 3, 2]);
        as_by_hand(ProcrustesDisparity::new(), n, |places| {
            (
                take(&shapes(&a), places),
                take(&(shapes(&b) + shapes(&a)), places),
            )
                .into()
        });
    }

    // Weights.
    let binary = |places: Option<&Tensor<1, Int>>| {
        let scores = a.clone().narrow(1, 0, 1).squeeze_dim::<1>(1);
        (
            take(&scores, places),
            take_labels(&preds, places).greater_elem(0).int(),
        )
    };
    as_by_hand(Auroc::binary(), n, |places| binary(places).into());
    as_by_hand(NormalizedEntropy::binary(), n, |places| {
        binary(places).into()
    });
    let groups = |places: Option<&Tensor<1, Int>>| {
        let (scores, labels) = binary(places);
        (scores, labels, take_labels(&target, places)).into()
    };
    let parity = DemographicParity::new(3).map(|parity| parity.value);
    as_by_hand(parity, n, groups);
}

#[test]
fn both_groups_of_a_distance_are_resampled() {
    // Far apart, the distance is that of the means, and its error that of their difference.
    let device = Device::flex();
    device.seed(4);
    let (n, m) = (400, 100);
    let x = Tensor::<1>::random([n], Distribution::Default, &device);
    let y = Tensor::<1>::random([m], Distribution::Default, &device) + 5.0;
    let of_mean = |x: &Tensor<1>| {
        let x: Vec<f64> = x.clone().into_data().iter().collect();
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (x.len() as f64).powi(2)
    };
    let error = (of_mean(&x) + of_mean(&y)).sqrt();
    for sampling in [Sampling::Poisson, Sampling::Multinomial] {
        let metric = Wasserstein1d::new().bootstrap(2000).sampling(sampling);
        let values = metric.evaluate((x.clone(), y.clone())).unwrap();
        near(values.std(), error, 0.09, "standard error");
        assert!((values.mean() - values.value).abs() < 0.13 * error);
    }
}

/// Metrics of one replicate have the same samples, so that what is made of both makes sense.
#[test]
fn metrics_of_metrics_are_resampled_together() {
    let batch = labels(300, 3, 6);
    let recall = Recall::multiclass(3).average(Micro);
    let twice = recall.clone().zip(Accuracy::multiclass(3)).bootstrap(50);
    let twice = twice.evaluate(batch.clone()).unwrap();
    assert!(twice.replicates.iter().all(|(a, b)| a == b));
    let other = AdjustedRandScore::new().zip(MutualInfoScore::new());
    let other = other.bootstrap(400).evaluate(batch.clone()).unwrap();
    let alone = AdjustedRandScore::new()
        .bootstrap(400)
        .evaluate(batch)
        .unwrap();
    let (_, rand) = other.by_entry().swap_remove(0);
    near(
        rand.std(),
        alone.std(),
        0.3,
        "sample by sample, and by table",
    );

    let (preds, target) = (
        Tensor::<1>::ones([20], &Device::flex()),
        Tensor::<1>::zeros([20], &Device::flex()),
    );
    let nothing = MeanSquaredError::new() - MeanAbsoluteError::new();
    let nothing = nothing.bootstrap(30).evaluate((preds, target)).unwrap();
    assert_eq!(nothing.replicates, [0.0; 30]);
}

/// A sample that is at fault is reported, whether it is drawn or not.
#[test]
fn faults_of_samples_that_are_not_drawn_are_reported() {
    let device = Device::flex();
    let numbers = Tensor::<1>::from_floats([1.0, f32::NAN], &device);
    for _ in 0..20 {
        let mean = MeanMetric::new().bootstrap(1).evaluate(numbers.clone());
        assert!(matches!(mean, Err(MetricError::Values(_))), "{mean:?}");
        let batch = (numbers.clone(), numbers.ones_like());
        let error = MeanSquaredError::new().bootstrap(1).evaluate(batch);
        assert!(matches!(error, Err(MetricError::Values(_))), "{error:?}");
    }
}
