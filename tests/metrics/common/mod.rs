//! What the tests share.

#![allow(dead_code)]

pub mod golden;

use burn::tensor::{Device, Int, Tensor};
use burn_metrics::prelude::*;

/// The numbers of a value, in order.
pub fn numbers(value: &impl Value) -> Vec<f64> {
    value.entries().into_iter().map(|(_, n)| n).collect()
}

/// Whether two lists of numbers agree to `tolerance`: relative, and absolute below 1.
pub fn close(got: &[f64], expected: &[f64], tolerance: f64) -> bool {
    Tolerance::new(tolerance).allows(got, expected)
}

/// How far a number may be from the one that is expected: relative to it, or to `least` if that is greater.
pub struct Tolerance {
    pub relative: f64,
    pub least: f64,
}

impl Tolerance {
    /// Relative above 1, and absolute below.
    pub const fn new(tolerance: f64) -> Self {
        Self {
            relative: tolerance,
            least: 1.0,
        }
    }

    pub fn allows(&self, got: &[f64], expected: &[f64]) -> bool {
        let close = |(got, expected): (&f64, &f64)| {
            let allowed = self.relative * expected.abs().max(self.least);
            got == expected
                || got.is_nan() && expected.is_nan()
                || expected.is_finite() && (got - expected).abs() <= allowed
        };
        got.len() == expected.len() && got.iter().zip(expected).all(close)
    }
}

/// The devices of this build.
#[allow(clippy::vec_init_then_push)]
pub fn devices() -> Vec<(&'static str, Device)> {
    let mut devices = Vec::new();
    #[cfg(feature = "flex")]
    devices.push(("flex", Device::flex()));
    #[cfg(all(feature = "flex", feature = "autodiff"))]
    devices.push(("autodiff flex", Device::flex().autodiff()));
    #[cfg(feature = "ndarray")]
    #[allow(deprecated)]
    devices.push(("ndarray", Device::ndarray()));
    #[cfg(feature = "wgpu")]
    devices.push((
        "wgpu",
        Device::wgpu(burn::tensor::DeviceKind::DefaultDevice),
    ));
    devices
}

/// Predicted and true classes.
pub type Labels = (Tensor<1, Int>, Tensor<1, Int>);

/// Predicted and true classes on the flex device, the same in 3 of 4 samples and more.
#[cfg(feature = "flex")]
pub fn labels(n: usize, classes: i32, seed: u64) -> Labels {
    use rand::{RngExt, SeedableRng, rngs::StdRng};
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

/// Collects names, and compares each metric with what serialization makes of it.
#[derive(Default)]
pub struct Names(pub Vec<String>);

impl Names {
    pub fn add<M>(&mut self, metric: M)
    where
        M: Metric + PartialEq + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
    {
        let text = serde_json::to_string(&metric).unwrap();
        assert_eq!(metric, serde_json::from_str(&text).unwrap(), "{text}");
        self.0.push(metric.name().into_owned());
    }
}
