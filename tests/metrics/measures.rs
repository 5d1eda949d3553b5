//! Measures of samples: one number per sample, and what becomes of all of them.

use crate::common::devices;
use burn::tensor::{Device, Tensor};
use burn_metrics::{
    Fault, Faults, MetricError,
    image::{PeakSignalNoiseRatio, peak_signal_noise_ratio},
    measure::{Measure, Measured, SampleMetric},
    prelude::*,
};

type Batch = (Tensor<4>, Tensor<4>);

/// Images that are wrong by so much everywhere: of range 1, their ratio is `-20 log10(error)`.
fn wrong_by<const N: usize>(errors: [f32; N], device: &Device) -> Batch {
    let errors = Tensor::<1>::from_floats(errors, device).reshape([N, 1, 1, 1]);
    let target = Tensor::<4>::zeros([N, 3, 4, 5], device);
    (errors.expand([N, 3, 4, 5]), target)
}

fn assert_near(value: f64, expected: f64, what: &str) {
    assert!(
        (value - expected).abs() < 1e-4,
        "{what}: {value}, expected {expected}"
    );
}

#[test]
fn the_ratio_is_that_of_its_definition() {
    for (name, device) in devices() {
        let image =
            |pixels: [[f32; 2]; 2]| Tensor::<2>::from_floats(pixels, &device).reshape([1, 1, 2, 2]);
        // The example in TorchMetrics' documentation, which gives 2.5527.
        let batch = (
            image([[0.0, 1.0], [2.0, 3.0]]),
            image([[3.0, 2.0], [1.0, 0.0]]),
        );
        let value = PeakSignalNoiseRatio::new(3.0).evaluate(batch).unwrap();
        assert_near(value, 10.0 * (9.0f64 / 5.0).log10(), name);

        let same = wrong_by([0.0], &device);
        let value = PeakSignalNoiseRatio::new(1.0).evaluate(same).unwrap();
        assert_eq!(value, f64::INFINITY, "{name}");
    }
}

#[test]
fn every_reduction() {
    for (name, device) in devices() {
        let psnr = PeakSignalNoiseRatio::new(1.0);
        let batch = || wrong_by([0.1, 0.001, 0.01], &device);
        let number = |metric: &dyn Fn(Batch) -> f64, expected: f64| {
            assert_near(metric(batch()), expected, name);
        };
        number(&|batch| psnr.mean().evaluate(batch).unwrap(), 40.0);
        number(&|batch| psnr.sum().evaluate(batch).unwrap(), 120.0);
        number(&|batch| psnr.min().evaluate(batch).unwrap(), 20.0);
        number(&|batch| psnr.max().evaluate(batch).unwrap(), 60.0);
        number(&|batch| psnr.median().evaluate(batch).unwrap(), 40.0);
        let each = psnr.per_sample().evaluate(batch()).unwrap();
        for (value, expected) in each.iter().zip([20.0, 60.0, 40.0]) {
            assert_near(*value, expected, name);
        }
        // Between two values lies their mean.
        let pair = wrong_by([0.1, 0.001], &device);
        assert_near(psnr.median().evaluate(pair).unwrap(), 40.0, name);
    }
}

#[test]
fn weights_count_in_every_reduction() {
    for (name, device) in devices() {
        let psnr = PeakSignalNoiseRatio::new(1.0);
        let batch = || {
            let (preds, target) = wrong_by([0.1, 0.0001, 0.01, 0.001], &device);
            let weights = Tensor::<1>::from_floats([1.0, 0.0, 2.0, 5.0], &device);
            (preds, target, weights)
        };
        let value = psnr.mean().evaluate(batch()).unwrap();
        assert_near(value, (20.0 + 2.0 * 40.0 + 5.0 * 60.0) / 8.0, name);
        let value = psnr.sum().evaluate(batch()).unwrap();
        assert_near(value, 20.0 + 2.0 * 40.0 + 5.0 * 60.0, name);
        // Images without weight are no extremes.
        assert_near(psnr.max().evaluate(batch()).unwrap(), 60.0, name);
        assert_near(psnr.min().evaluate(batch()).unwrap(), 20.0, name);
        assert_near(psnr.median().evaluate(batch()).unwrap(), 60.0, name);
    }
}

#[test]
fn the_interval_is_that_of_student() {
    for (name, device) in devices() {
        let psnr = PeakSignalNoiseRatio::new(1.0).confidence_interval(0.95);
        let mut psnr = psnr.accumulator();
        psnr.update(wrong_by([0.1, 0.001], &device)).unwrap();
        psnr.update(wrong_by([0.01], &device)).unwrap();
        let interval = psnr.compute().unwrap();
        // The quantile of 2 degrees of freedom in any table: 4.3027.
        let half = 4.302_652_73 * 20.0 / 3f64.sqrt();
        assert_near(interval.value, 40.0, name);
        assert_near(interval.lower, 40.0 - half, name);
        assert_near(interval.upper, 40.0 + half, name);

        let single = PeakSignalNoiseRatio::new(1.0).confidence_interval(0.95);
        let error = single.evaluate(wrong_by([0.1], &device)).unwrap_err();
        assert!(
            matches!(error, MetricError::TooFew { expected: 2, .. }),
            "{name}: {error}"
        );
    }
}

#[test]
fn batches_and_merges_give_the_value_of_the_whole() {
    for (name, device) in devices() {
        let errors = [0.5, 0.25, 0.3, 0.01, 0.125, 0.75, 0.0625];
        let whole = wrong_by(errors, &device);
        for metric in [
            PeakSignalNoiseRatio::new(1.0),
            PeakSignalNoiseRatio::new(2.0),
        ] {
            let expected = metric
                .confidence_interval(0.9)
                .evaluate(whole.clone())
                .unwrap();
            let mut parts: Vec<_> = (errors.iter())
                .map(|error| {
                    let mut part = metric.confidence_interval(0.9).accumulator();
                    part.update(wrong_by([*error], &device)).unwrap();
                    part
                })
                .collect();
            while parts.len() > 1 {
                let (a, mut b) = (parts.remove(0), parts.remove(0));
                b.merge(a).unwrap();
                parts.push(b);
            }
            let value = parts[0].compute().unwrap();
            assert_near(value.value, expected.value, name);
            assert_near(value.upper, expected.upper, name);
        }
    }
}

#[test]
fn a_collection_measures_once() {
    let device = Device::default();
    let psnr = PeakSignalNoiseRatio::new(1.0);
    let mut metrics = Collection::new()
        .with_named("mean", psnr)
        .with_named("lowest", psnr.min())
        .with_named("highest", psnr.max())
        .with_named("interval", psnr.confidence_interval(0.95));
    assert_eq!(metrics.states(), 1);
    metrics.update(wrong_by([0.1, 0.01], &device)).unwrap();
    let values = metrics.compute().unwrap();
    assert_near(values.number("lowest").unwrap(), 20.0, "lowest");
    assert_near(values.number("highest").unwrap(), 40.0, "highest");
}

#[test]
fn what_is_at_fault_is_counted_and_changes_nothing() {
    for (name, device) in devices() {
        let mut psnr = PeakSignalNoiseRatio::new(1.0).accumulator().strict();
        psnr.update(wrong_by([0.1], &device)).unwrap();
        let error = psnr.update(wrong_by([f32::NAN, 0.1], &device)).unwrap_err();
        let infinite = Faults::of(Fault::Infinite, 1);
        assert_eq!(error.faults(), infinite, "{name}");

        let (preds, target) = wrong_by([0.1, 0.1], &device);
        let weights = Tensor::<1>::from_floats([1.0, -1.0], &device);
        let error = psnr
            .update((preds.clone(), target.clone(), weights))
            .unwrap_err();
        assert_eq!(error.faults(), Faults::of(Fault::Weight, 1), "{name}");

        let weights = Tensor::<1>::from_floats([1.0], &device);
        let error = psnr.update((preds.clone(), target, weights)).unwrap_err();
        assert!(
            matches!(error, MetricError::Shape { .. }),
            "{name}: {error}"
        );
        let smaller = Tensor::<4>::zeros([2, 3, 4, 4], &device);
        let error = psnr.update((preds, smaller)).unwrap_err();
        assert!(
            matches!(error, MetricError::Shape { .. }),
            "{name}: {error}"
        );
        assert_near(psnr.compute().unwrap(), 20.0, name);
    }
    let device = Device::default();
    let error = PeakSignalNoiseRatio::new(0.0).evaluate(wrong_by([0.1], &device));
    assert!(matches!(
        error,
        Err(MetricError::Config {
            option: "range",
            ..
        })
    ));
    let (preds, target) = wrong_by([0.1], &device);
    let none = Tensor::<1>::zeros([1], &device);
    let error = PeakSignalNoiseRatio::new(1.0).evaluate((preds, target, none));
    assert!(matches!(error, Err(MetricError::Empty { .. })));
}

#[test]
fn replicates_weigh_what_was_measured() {
    for (name, device) in devices() {
        let psnr = PeakSignalNoiseRatio::new(1.0);
        let errors: [f32; 64] = std::array::from_fn(|i| [0.1, 0.01, 0.001, 0.01][i % 4]);
        let batch = wrong_by(errors, &device);
        let mean = psnr.bootstrap(400).evaluate(batch.clone()).unwrap();
        assert_near(mean.value, 40.0, name);
        // The standard error of the mean is the standard deviation of 20, 40, 60 and 40, by the root of 64; with room for chance.
        let error = 200f64.sqrt() / 8.0;
        let found = mean.std();
        assert!(
            (found / error - 1.0).abs() < 0.25,
            "{name}: {found}, expected {error}"
        );
        let median = psnr.median().bootstrap(400).evaluate(batch).unwrap();
        assert_near(median.value, 40.0, name);
        let known = [20.0, 30.0, 40.0, 50.0, 60.0];
        for value in &median.replicates {
            assert!(
                known.iter().any(|known| (known - value).abs() < 1e-3),
                "{name}: {value}"
            );
        }
    }
}

#[cfg(feature = "autodiff")]
#[test]
fn the_measure_is_a_loss() {
    let device = Device::default().autodiff();
    let (start, target) = wrong_by([0.5, 0.8], &device);
    let mut preds = start.require_grad();
    let mut last = f64::NEG_INFINITY;
    for _ in 0..5 {
        let ratio = peak_signal_noise_ratio(preds.clone(), target.clone(), 1.0).mean();
        let value: f64 = ratio.clone().into_scalar();
        assert!(value > last, "{value} after {last}");
        last = value;
        let gradients = ratio.neg().backward();
        let step = preds.grad(&gradients).unwrap();
        preds = Tensor::from_inner(preds.inner() - step * 0.1).require_grad();
    }
}

/// The length of a text: a measure without any tensor.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Length;

impl Measure for Length {
    type Input = Vec<String>;

    fn meta(&self) -> Meta {
        Meta::new("Length")
    }

    fn measure(&self, texts: Vec<String>) -> Result<Option<Measured>> {
        Ok(Some(Measured::numbers(
            texts.iter().map(|text| text.len() as f64).collect(),
        )))
    }
}

#[test]
fn a_measure_needs_no_device() {
    let texts = |texts: [&str; 3]| texts.map(str::to_owned).to_vec();
    let mut length = SampleMetric::of(Length).median().accumulator();
    length.update(texts(["a", "abc", "ab"])).unwrap();
    length.update(texts(["abcd", "", "abcdefg"])).unwrap();
    assert_eq!(length.compute().unwrap(), 2.5);
    let lengths = SampleMetric::of(Length).bootstrap(50);
    let lengths = lengths.evaluate(texts(["a", "abc", "ab"])).unwrap();
    assert_eq!(lengths.value, 2.0);
    assert!(
        lengths
            .replicates
            .iter()
            .all(|mean| (1.0..=3.0).contains(mean))
    );
}
