//! Wrappers, collections as values, trackers and catalogs.
#![cfg(feature = "flex")]

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use burn::tensor::{Device, Int, Tensor};
use burn_metrics::{
    combinator::{Bootstrapped, Sampling},
    prelude::*,
};
use common::numbers;
use rand::{RngExt, SeedableRng, rngs::StdRng};

type Labels = (Tensor<1, Int>, Tensor<1, Int>);

/// Predicted and true classes, the same in 3 of 4 samples and more.
fn labels(n: usize, classes: i32, seed: u64) -> Labels {
    let mut random = StdRng::seed_from_u64(seed);
    let device = Device::flex();
    let target: Vec<i32> = (0..n).map(|_| random.random_range(0..classes)).collect();
    let preds = target.iter().map(|label| match random.random_bool(0.75) {
        true => *label,
        false => random.random_range(0..classes),
    });
    let preds: Vec<i32> = preds.collect();
    let tensor = |labels: &[i32]| Tensor::<1, Int>::from_ints(labels, &device);
    (tensor(&preds), tensor(&target))
}

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
        M: Metric<Statistic: burn_metrics::combinator::Resample>,
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

    let scores = Tensor::<2>::random([n, 4], burn::tensor::Distribution::Default, &device);
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
    assert!(
        values
            .replicates
            .iter()
            .all(|value| *value == 4.0 || value.is_nan())
    );
}

#[test]
fn quantiles_are_those_of_numpy() {
    let values = Bootstrapped {
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
    insta::assert_snapshot!(none.unwrap_err(), @"replicates: expected at least 1, got 0");

    // Some replicate has no positive, or no sample at all.
    let one = (
        Tensor::<1>::from_floats([0.9, 0.4, 0.2], &device),
        Tensor::<1, Int>::from_ints([1, 0, 0], &device),
    );
    let error = Auroc::binary()
        .bootstrap(100)
        .seed(1)
        .evaluate(one)
        .unwrap_err();
    let undefined = matches!(
        error,
        MetricError::Absent { .. } | MetricError::Empty { .. }
    );
    assert!(undefined, "{error}");
}

#[test]
fn outputs_and_classes_are_as_many_as_said() {
    let device = Device::flex();
    let error = Recall::multiclass(3)
        .average(PerClass)
        .classwise(["cat", "dog"])
        .evaluate(labels(20, 3, 1))
        .unwrap_err();
    insta::assert_snapshot!(error, @"labels: expected 3, one a class, got 2");

    let batch = |outputs| {
        (
            Tensor::<2>::ones([4, 3], &device),
            Tensor::<2, Int>::ones([4, outputs], &device),
        )
    };
    let mut two = Accuracy::binary().multi_output(3).accumulator();
    two.update(batch(3)).unwrap();
    insta::assert_snapshot!(
        two.update(batch(2)).unwrap_err(),
        @"target: expected shape [batch, ..., outputs = 3], got [4, 2]"
    );
    assert_eq!(two.compute().unwrap(), [1.0; 3]);
    let empty = Accuracy::binary().multi_output(3).accumulator().compute();
    assert!(matches!(empty, Err(MetricError::Empty { .. })));
}

fn names<I: Clone + Send + Sync + 'static>(metrics: &Collection<I>) -> Vec<String> {
    metrics.members().map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn collections_are_renamed_and_taken_apart() {
    let mut metrics = Collection::new()
        .with(Accuracy::multiclass(3))
        .with(F1::multiclass(3))
        .with(ConfusionMatrix::multiclass(3))
        .with_prefix("valid ")
        .with_postfix(" (3)");
    assert_eq!(
        names(&metrics),
        [
            "valid Accuracy (3)",
            "valid F1 score (3)",
            "valid Confusion matrix (3)"
        ]
    );
    metrics.update(labels(20, 3, 1)).unwrap();
    let f1 = metrics
        .compute()
        .unwrap()
        .number("valid F1 score (3)")
        .unwrap();
    assert_eq!(metrics.states(), 2);
    metrics.remove("valid Accuracy (3)").unwrap();
    assert_eq!(metrics.states(), 2, "F1 still needs it");
    assert_eq!(
        metrics
            .compute()
            .unwrap()
            .number("valid F1 score (3)")
            .unwrap(),
        f1
    );
    metrics.remove("valid F1 score (3)").unwrap();
    assert_eq!(metrics.states(), 1);
    assert_eq!(names(&metrics), ["valid Confusion matrix (3)"]);
    metrics.compute().unwrap();
    insta::assert_snapshot!(
        metrics.remove("F1").unwrap_err(),
        @r#"no metric of any type is called "F1"; there are ["valid Confusion matrix (3)"]"#
    );
}

#[test]
fn nested_collections_share_states() {
    let inner = || {
        Collection::new()
            .with(F1::multiclass(3))
            .with(CohenKappa::multiclass(3))
    };
    let mut metrics = Collection::new()
        .with(Accuracy::multiclass(3))
        .with(ConfusionMatrix::multiclass(3))
        .with_nested("a", inner())
        .with_nested("b", inner());
    assert_eq!(metrics.states(), 2);
    assert_eq!(metrics.members().len(), 6);
    metrics.update(labels(30, 3, 1)).unwrap();
    let values = metrics.compute().unwrap();
    let alone = F1::multiclass(3).evaluate(labels(30, 3, 1)).unwrap();
    assert_eq!(values.number("a/F1 score").unwrap(), alone);
    assert_eq!(values.number("b/F1 score").unwrap(), alone);
    let kappa = CohenKappa::multiclass(3)
        .evaluate(labels(30, 3, 1))
        .unwrap();
    assert_eq!(values.number("b/Cohen's kappa").unwrap(), kappa);
}

#[test]
fn prepared_collections_keep_their_formulas() {
    let prepared = |metrics: Collection<ClassificationInput>,
                    average: Collection<ClassificationInput>,
                    prefix| {
        metrics.with_prepared(prefix, "same", |batch: ClassificationInput| batch, average)
    };
    let metrics = prepared(
        Collection::new(),
        Collection::new().with(F1::multiclass(3).average(Macro)),
        "a",
    );
    let micro = Collection::new().with(F1::multiclass(3).average(Micro));
    let mut metrics = prepared(metrics, micro, "b");
    metrics.update(labels(40, 3, 1)).unwrap();
    let values = metrics.compute().unwrap();
    let [macro_f1, micro_f1] =
        ["a/F1 score", "b/F1 score"].map(|name| values.number(name).unwrap());
    let batch = || labels(40, 3, 1);
    assert_eq!(
        macro_f1,
        F1::multiclass(3).average(Macro).evaluate(batch()).unwrap()
    );
    assert_eq!(
        micro_f1,
        F1::multiclass(3).average(Micro).evaluate(batch()).unwrap()
    );
    assert_ne!(macro_f1, micro_f1);
}

#[test]
fn a_feature_is_computed_once_a_batch() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let make = move || {
        let counted = counted.clone();
        let features = Collection::new()
            .with(Accuracy::multiclass(3))
            .with(ConfusionMatrix::multiclass(3))
            .with(MatthewsCorrCoef::multiclass(3));
        Collection::new().with_prepared(
            "network",
            "argmax",
            move |(scores, target): (Tensor<2>, Tensor<1, Int>)| {
                counted.fetch_add(1, Ordering::Relaxed);
                (scores.argmax(1).flatten::<1>(0, 1), target)
            },
            features,
        )
    };
    let batch = |seed| {
        let (preds, target) = labels(40, 3, seed);
        (preds.one_hot::<2>(3).float(), target)
    };
    let mut metrics = make();
    metrics.update(batch(1)).unwrap();
    metrics.forward(batch(2)).unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 2);

    // Merged, saved and restored as any other.
    let mut other = make();
    other.update(batch(3)).unwrap();
    metrics.merge(other).unwrap();
    let bytes = metrics.to_bytes().unwrap();
    let mut restored = make();
    restored.restore_bytes(&bytes).unwrap();
    let mut whole = Accuracy::multiclass(3).accumulator();
    (1..4).for_each(|seed| whole.update(labels(40, 3, seed)).unwrap());
    for metrics in [&mut metrics, &mut restored] {
        let values = metrics.compute().unwrap();
        assert_eq!(
            values.number("network/Accuracy").unwrap(),
            whole.compute().unwrap()
        );
    }
    let bad = (
        Tensor::<2>::ones([2, 3], &Device::flex()),
        Tensor::<1, Int>::full([2], 5, &Device::flex()),
    );
    assert!(metrics.update(bad).is_err());
    assert_eq!(metrics.updates(), 3);
}

#[test]
fn trackers_honour_the_direction() {
    let device = Device::flex();
    let batch = |error: f32| {
        let target = Tensor::<1>::from_floats([1.0, 2.0], &device);
        (target.clone() + error, target)
    };
    let mut error = Tracker::new(MeanAbsoluteError::new().accumulator());
    assert_eq!(error.best().unwrap(), None);
    assert!(error.end_epoch().is_err(), "nothing came");
    for shift in [0.5, 0.25, 1.0, 0.25] {
        error.update(batch(shift)).unwrap();
        error.end_epoch().unwrap();
    }
    let best = error.best().unwrap().unwrap();
    assert_eq!((best.step, best.value), (1, 0.25));
    assert_eq!(error.range(), Some(Bounds::new(0.25, 1.0)));
    assert_eq!(error.values(), [0.5, 0.25, 1.0, 0.25]);

    let metrics = Collection::new()
        .with(R2Score::new())
        .with(MeanAbsoluteError::new())
        .with(MeanSquaredError::new().per_output());
    let mut tracker = Tracker::new(metrics);
    for shift in [0.5, 0.25] {
        tracker.update(batch(shift)).unwrap();
        tracker.end_epoch().unwrap();
    }
    assert_eq!(tracker.best("R2 score").unwrap().unwrap().step, 1);
    assert_eq!(
        tracker.best("Mean absolute error").unwrap().unwrap().value,
        0.25
    );
    assert!(matches!(
        tracker.best("R3"),
        Err(MetricError::Unknown { .. })
    ));

    let counts = Collection::new().with(SumMetric::new());
    let tracker = Tracker::new(counts);
    insta::assert_snapshot!(
        tracker.best("Sum").unwrap_err(),
        @"metric: expected a metric of which higher or lower values are better, got Sum"
    );
}

#[cfg(feature = "catalog")]
mod catalog {
    use burn_metrics::{Catalog, Description};

    use super::*;

    #[test]
    fn metrics_are_read_from_toml_and_json() {
        let file = r#"
            [Accuracy]
            metric = "multiclass_accuracy_micro"
            options.task.classes = 10

            ["Top 5"]
            metric = "multiclass_accuracy_micro"
            options.task = { classes = 10, top_k = 5 }

            [F1]
            metric = "multiclass_f1_macro"
            options.task.classes = 10
            options.task.ignore_index = 3
        "#;
        let description: Description = toml::from_str(file).unwrap();
        let catalog = Catalog::<ClassificationInput>::default();
        let metrics = catalog.collection(&description).unwrap();
        assert_eq!(names(&metrics), ["Accuracy", "Top 5", "F1"]);
        let by_hand = Collection::new()
            .with_named("Accuracy", Accuracy::multiclass(10).average(Micro))
            .with_named("Top 5", Accuracy::multiclass(10).average(Micro).top_k(5))
            .with_named("F1", F1::multiclass(10).average(Macro).ignore_index(3));
        assert_eq!(metrics.identity(), by_hand.identity());

        assert_eq!(catalog.describe(&by_hand).unwrap(), description);
        let text = toml::to_string(&description).unwrap();
        assert_eq!(toml::from_str::<Description>(&text).unwrap(), description);
        let text = serde_json::to_string(&description).unwrap();
        assert_eq!(
            serde_json::from_str::<Description>(&text).unwrap(),
            description
        );
    }

    fn every_kind<I: Clone + Send + Sync + 'static>(catalog: Catalog<I>) {
        for kind in catalog.kinds() {
            let text = format!(r#"{{"it": {{"metric": "{kind}"}}}}"#);
            let description: Description = serde_json::from_str(&text).unwrap();
            let metrics = catalog.collection(&description).unwrap();
            assert_eq!(catalog.describe(&metrics).unwrap(), description, "{kind}");
        }
    }

    #[test]
    fn every_kind_is_read_and_described() {
        every_kind(Catalog::<ClassificationInput>::default());
        every_kind(Catalog::<RegressionInput>::default());
    }

    #[test]
    fn mistakes_in_files_are_named() {
        let catalog = Catalog::new().with("accuracy", Accuracy::multiclass(10));
        let error = |text: &str| {
            let description: Description = serde_json::from_str(text).unwrap();
            catalog.collection(&description).unwrap_err().to_string()
        };
        insta::assert_snapshot!(
            error(r#"{"Mine": {"metric": "acuracy"}}"#),
            @r#"Mine: no metric of the catalog is called "acuracy"; there are ["accuracy"]"#
        );
        insta::assert_snapshot!(
            error(r#"{"Mine": {"metric": "accuracy", "options": {"task": {"clases": 3}}}}"#),
            @r#"Mine: options: expected one of ["classes", "ignore_index", "top_k"], got clases"#
        );
        insta::assert_snapshot!(
            error(r#"{"Mine": {"metric": "accuracy", "options": {"task": {"classes": "three"}}}}"#),
            @r#"Mine: options: expected those of accuracy, got invalid type: string "three", expected usize"#
        );
        let other = Collection::new().with(F1::multiclass(3));
        assert!(matches!(
            catalog.describe(&other),
            Err(MetricError::Unknown { .. })
        ));
    }
}
