//! Wrappers, collections as values, trackers and catalogs.
#![cfg(feature = "flex")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::common::labels;
use burn::tensor::{Device, Int, Tensor};
use burn_metrics::prelude::*;

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

/// Numbers of TorchMetrics 1.9.0: `MultioutputWrapper(SpearmanCorrCoef(), 2)` and so on, which leave out rows with NaN (of the squared errors
/// it prints 0.3850 and 0.4167).
#[test]
fn outputs_leave_out_what_is_no_number() {
    const NAN: f32 = f32::NAN;
    for (name, device) in crate::common::devices() {
        let preds = [[1.0, 2.0], [NAN, 3.0], [3.0, 1.0], [4.0, 5.0], [2.0, NAN]];
        let target = [[1.5, 2.0], [2.0, 4.0], [2.5, NAN], [5.0, 4.5], [2.2, 1.0]];
        let batch = || {
            (
                Tensor::<2>::from_floats(preds, &device),
                Tensor::<2>::from_floats(target, &device),
            )
        };
        let close = |got: Vec<f64>, expected: [f64; 2]| {
            let both = got.iter().zip(expected);
            assert!(
                both.into_iter().all(|(a, b)| (a - b).abs() < 1e-6),
                "{name}: {got:?}"
            );
        };
        let spearman = SpearmanCorrCoef::new().multi_output(2);
        assert!(spearman.evaluate(batch()).is_err(), "{name}");
        close(spearman.ignore_nan().evaluate(batch()).unwrap(), [1.0, 1.0]);
        let errors = MeanSquaredError::new().multi_output(2).ignore_nan();
        close(errors.evaluate(batch()).unwrap(), [1.54 / 4.0, 1.25 / 3.0]);

        let scores = [[0.9, NAN], [NAN, 0.2], [0.3, 0.7], [0.8, 0.6]];
        let labels = [[1, 1], [0, 0], [1, 0], [0, 1]];
        let auroc = Auroc::binary().multi_output(2).ignore_nan();
        let batch = (
            Tensor::<2>::from_floats(scores, &device),
            Tensor::<2, Int>::from_ints(labels, &device),
        );
        close(auroc.evaluate(batch).unwrap(), [0.5, 0.5]);

        let unlike = (
            Tensor::<2>::from_floats(preds, &device),
            Tensor::<2>::from_floats([[1.0, 2.0]], &device),
        );
        assert!(matches!(
            errors.evaluate(unlike),
            Err(MetricError::Shape { .. })
        ));
        let none = Tensor::<2>::full([3, 2], NAN, &device);
        let none = errors.evaluate((none.clone(), none));
        assert!(
            matches!(none, Err(MetricError::Empty { .. })),
            "{name}: {none:?}"
        );
    }
}

/// A metric with inputs of its own kind, and metrics of metrics, are wrapped as others are.
#[test]
fn wrappers_take_every_metric() {
    let device = Device::flex();
    let numbers = || Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 5.0]], &device);
    let distances = Wasserstein1d::new().multi_output(2);
    assert_eq!(
        distances.evaluate((numbers(), numbers() + 1.0)).unwrap(),
        [1.0; 2]
    );
    let empty = || Tensor::<2>::zeros([0, 2], &device);
    let errors = MeanSquaredError::new().multi_output(2).ignore_nan();
    assert!(matches!(
        errors.evaluate((empty(), empty())),
        Err(MetricError::Empty { .. })
    ));
    let none = MeanSquaredError::new().multi_output(0);
    let nothing = || Tensor::<2>::zeros([2, 0], &device);
    for batch in [(numbers(), numbers()), (nothing(), nothing())] {
        assert!(none.evaluate(batch).is_err());
    }

    let metric = (1.0 - Accuracy::binary())
        .map(|error| error * 100.0)
        .min_max();
    let labels = |labels: [i32; 4]| Tensor::<1, Int>::from_ints(labels, &device);
    let value = metric
        .evaluate((labels([1, 0, 0, 0]), labels([0; 4])))
        .unwrap();
    assert_eq!((value.value, value.min, value.max), (25.0, 25.0, 25.0));
}

/// A batch that does not go with those before is refused, and nothing is lost.
#[test]
fn batches_of_another_width_are_refused() {
    for (name, device) in crate::common::devices() {
        let numbers = |n, width| {
            Tensor::<2>::random([n, width], burn::tensor::Distribution::Default, &device)
        };
        let pair = |width| RegressionInput::from((numbers(4, width), numbers(4, width)));
        fn check<A: Accumulate>(mut accumulator: A, name: &str, batch: impl Fn(usize) -> A::Input) {
            accumulator.update(batch(2)).unwrap();
            let bytes = accumulator.to_bytes().unwrap();
            assert!(accumulator.update(batch(3)).is_err(), "{name}");
            let mut other = accumulator.emptied();
            other.update(batch(3)).unwrap();
            assert!(accumulator.merge(other).is_err(), "{name}");
            assert_eq!(accumulator.to_bytes().unwrap(), bytes, "{name}");
            accumulator.update(batch(2)).unwrap();
            accumulator.compute().unwrap();
        }
        let errors = MeanSquaredError::new;
        check(errors().accumulator(), name, pair);
        check(errors().accumulator().strict(), name, pair);
        check(errors().running(3).accumulator(), name, pair);
        check(errors().min_max().accumulator(), name, pair);
        check(errors().bootstrap(3).accumulator(), name, pair);
        check(
            (errors() + MeanAbsoluteError::new()).accumulator(),
            name,
            pair,
        );
        check(SpearmanCorrCoef::new().accumulator().strict(), name, pair);
        check(
            SpearmanCorrCoef::new().bootstrap(3).accumulator(),
            name,
            pair,
        );
        let both = Collection::new()
            .with(errors())
            .with(MeanAbsoluteError::new());
        check(both, name, pair);
        let points = |width| {
            let labels = Tensor::<1, Int>::from_ints([0, 0, 1, 1], &device);
            (numbers(4, width), labels).into()
        };
        check(DunnIndex::new().running(2).accumulator(), name, points);
        let ratings = |width| (numbers(4, width) * 10.0).int().into();
        check(FleissKappa::new().bootstrap(2).accumulator(), name, ratings);

        let mut forward = errors().accumulator();
        forward.forward(pair(2)).unwrap();
        assert!(forward.forward(pair(3)).is_err(), "{name}");
        forward.compute().unwrap();
    }
}

/// Numbers of TorchMetrics 1.9.0: `MinMaxMetric(BinaryAccuracy())`, by `forward`.
#[test]
fn batches_have_a_least_and_a_greatest_value() {
    for (name, device) in crate::common::devices() {
        let batches = [
            ([0.9, 0.2], [1, 1]),
            ([0.8, 0.7], [1, 1]),
            ([0.1, 0.2], [1, 0]),
        ];
        let batches = batches.map(|(scores, labels)| {
            (
                Tensor::<1>::from_floats(scores, &device),
                Tensor::<1, Int>::from_ints(labels, &device),
            )
        });
        let metric = Accuracy::binary().min_max();
        let mut accuracy = metric.accumulator();
        let mut parts = [metric.accumulator(), metric.accumulator()];
        for (i, batch) in batches.iter().enumerate() {
            let of_batch = accuracy.forward(batch.clone()).unwrap();
            assert_eq!(
                (of_batch.min, of_batch.max),
                (of_batch.value, of_batch.value)
            );
            parts[i % 2].update(batch.clone()).unwrap();
        }
        let [mut merged, other] = parts;
        let bytes = merged.to_bytes().unwrap();
        merged.reset();
        merged.restore_bytes(&bytes).unwrap();
        merged.merge(other).unwrap();
        for mut accumulator in [accuracy, merged] {
            let value = accumulator.compute().unwrap();
            // The value of all three is 4 of 6; the reference's is that of the last batch.
            assert!((value.value - 4.0 / 6.0).abs() < 1e-12, "{name}");
            assert_eq!((value.min, value.max), (0.5, 1.0), "{name}");
            assert_eq!(value.report(), "0.6667  min: 0.5000  max: 1.0000");
        }

        // More batches than are kept unread; those of one class have no value.
        let mut auroc = Auroc::binary().min_max().accumulator();
        for i in 0..150 {
            let labels = Tensor::<1, Int>::from_ints([1, i % 2, 0], &device);
            let score = if i == 77 { 0.0 } else { 0.9 };
            let scores = Tensor::<1>::from_floats([score, 0.3, 0.2], &device);
            let both = if i % 3 == 0 {
                labels.ones_like()
            } else {
                labels
            };
            auroc.update((scores, both)).unwrap();
        }
        let value = auroc.compute().unwrap();
        assert_eq!((value.min, value.max), (0.5, 1.0), "{name}");
    }
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
        @r#"no metric of the collection is called "F1"; there are ["valid Confusion matrix (3)"]"#
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
        ["a/F1 score", "b/F1 score (micro)"].map(|name| values.number(name).unwrap());
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
    assert_eq!((best.step, best.value), (2, 0.25));
    assert_eq!(error.range(), Some(Bounds::new(0.25, 1.0)));
    let values = [None, Some(0.5), Some(0.25), Some(1.0), Some(0.25)];
    assert_eq!(error.values(), values);

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

            [AUROC]
            metric = "multiclass_auroc_macro"
            options.task.classes = 10
            options.task.from_logits = true

            [Calibration]
            metric = "multiclass_calibration_error"
            options.task.classes = 10

            ["Exact match"]
            metric = "multiclass_exact_match"
            options.task.classes = 10
        "#;
        let description: Description = toml::from_str(file).unwrap();
        let catalog = Catalog::<ClassificationInput>::default();
        let metrics = catalog.collection(&description).unwrap();
        assert_eq!(
            names(&metrics),
            [
                "Accuracy",
                "Top 5",
                "F1",
                "AUROC",
                "Calibration",
                "Exact match"
            ]
        );
        let by_hand = Collection::new()
            .with_named("Accuracy", Accuracy::multiclass(10).average(Micro))
            .with_named("Top 5", Accuracy::multiclass(10).average(Micro).top_k(5))
            .with_named("F1", F1::multiclass(10).average(Macro).ignore_index(3))
            .with_named("AUROC", Auroc::multiclass(10).from_logits())
            .with_named("Calibration", CalibrationError::multiclass(10))
            .with_named("Exact match", ExactMatch::multiclass(10));
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
        every_kind(Catalog::<SegmentationInput>::default());
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
            @"Mine.options.task.clases: unknown option, expected one of classes, from_logits, ignore_index, top_k"
        );
        insta::assert_snapshot!(
            error(r#"{"Mine": {"metric": "accuracy", "options": {"task": {"classes": "three"}}}}"#),
            @r#"Mine.options.task.classes: invalid type: string "three", expected usize"#
        );
        // An average is written in lower case, and is part of the kind.
        let average = |name: &str| {
            format!(r#"{{"Mine": {{"metric": "accuracy", "options": {{"average": "{name}"}}}}}}"#)
        };
        let micro: Description = serde_json::from_str(&average("micro")).unwrap();
        assert!(catalog.collection(&micro).is_ok());
        insta::assert_snapshot!(
            error(&average("macro")),
            @r#"Mine.options.average: expected "micro", since each average is a kind of its own, such as `multiclass_f1_macro`, got "macro""#
        );
        insta::assert_snapshot!(
            error(r#"{"Mine": {"metric": "accuracy"}, "Mine": {"metric": "accuracy"}}"#),
            @r#"metrics 1 and 2 of the collection are both called "Mine": add one of them with `with_named`, or use `replace`"#
        );
        let other = Collection::new().with(F1::multiclass(3));
        assert!(matches!(
            catalog.describe(&other),
            Err(MetricError::Unknown { .. })
        ));
    }
}

/// What the direction and the bounds of a metric become in arithmetic.
#[test]
fn arithmetic_knows_its_direction_and_bounds() {
    let meta = |metric: Meta| (metric.direction, metric.bounds);
    let (higher, lower) = (Direction::HigherIsBetter, Direction::LowerIsBetter);
    let accuracy = Accuracy::binary;

    assert_eq!(meta((1.0 - accuracy()).meta()), (lower, Bounds::UNIT));
    assert_eq!(
        meta((accuracy() - 1.0).meta()),
        (higher, Bounds::new(-1.0, 0.0))
    );
    assert_eq!(
        meta((accuracy() + 1.0).meta()),
        (higher, Bounds::new(1.0, 2.0))
    );
    assert_eq!(
        meta((-2.0 * accuracy()).meta()),
        (lower, Bounds::new(-2.0, 0.0))
    );
    assert_eq!(
        meta((accuracy() / 2.0).meta()),
        (higher, Bounds::new(0.0, 0.5))
    );
    assert_eq!((accuracy() * 0.0).direction(), Direction::Neither);
    assert_eq!((1.0 / accuracy()).direction(), Direction::Neither);

    assert_eq!((accuracy() + Recall::binary()).direction(), higher);
    assert_eq!((accuracy() - HammingDistance::binary()).direction(), higher);
    assert_eq!(
        (accuracy() - Recall::binary()).direction(),
        Direction::Neither
    );
    assert_eq!(
        (accuracy() * Recall::binary()).direction(),
        Direction::Neither
    );

    let squared = accuracy().map(|value| value * value);
    assert_eq!(squared.direction(), Direction::Neither);
    assert_eq!(squared.clone().higher_is_better().direction(), higher);
    assert_eq!(squared.lower_is_better().direction(), lower);
}
