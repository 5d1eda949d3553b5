use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::ImagesInput;
use crate::{
    MeanOfSamples, Meta, MetricError, Result,
    measure::{Measure, Measured, SampleMetric},
    ops::{LANES, RowFormula, sum_along, sum_lanes},
};

/// The peak signal-to-noise ratio (PSNR) of each image, in decibels: `10 log10(range² / MSE)`.
///
/// The mean squared error is taken over all pixels and channels of an image, and the metric is the mean over the
/// images. Higher is better. Lossy compression of 8-bit images typically gives 30 to 50 dB, and identical images give
/// infinity.
///
/// The data range is an option and is never computed from the data: 1 for values from 0 to 1, 255 for bytes.
///
/// Options: [`mean`](SampleMetric::mean) (the default), [`median`](SampleMetric::median), [`min`](SampleMetric::min),
/// [`per_sample`](SampleMetric::per_sample) and the other reductions; weights of images. Inputs: [`ImagesInput`].
/// Errors: [`MetricError`].
///
/// [`peak_signal_noise_ratio`] is the same measure as a differentiable function.
///
/// Source: TorchMetrics' `PeakSignalNoiseRatio` with `dim=(1, 2, 3)`; without it, TorchMetrics pools the pixels of all
/// images.
///
/// # When to use
///
/// Use it to compare compressions or restorations of the same images. It measures the error of pixels, not what people
/// see: a shift by one pixel can cost more than a visible blur. One identical pair makes the mean infinite;
/// [`median`](SampleMetric::median) is not affected.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::image::PeakSignalNoiseRatio;
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let target = Tensor::<4>::zeros([2, 3, 8, 8], &device);
/// let preds = target.clone() + 0.1;
///
/// let psnr = PeakSignalNoiseRatio::new(1.0).evaluate((preds, target))?;
/// assert!((psnr - 20.0).abs() < 1e-5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type PeakSignalNoiseRatio<R = MeanOfSamples> = SampleMetric<PeakSignalNoise, R>;

/// The measure of [`PeakSignalNoiseRatio`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PeakSignalNoise {
    range: f64,
}

impl PeakSignalNoiseRatio {
    /// Creates the metric for images whose values have a range of this width, such as 1.0 for values from 0 to 1.
    pub fn new(range: f64) -> Self {
        Self::of(PeakSignalNoise { range })
    }
}

impl Measure for PeakSignalNoise {
    type Input = ImagesInput;

    fn meta(&self) -> Meta {
        Meta::new("Peak signal-to-noise ratio").higher_is_better()
    }

    fn measure(&self, images: ImagesInput) -> Result<Option<Measured>> {
        let range = self.range;
        if !(range > 0.0 && range.is_finite()) {
            return Err(MetricError::config("range", "a positive number", range));
        }
        let Some((preds, target, weights)) = images.into_rows()? else {
            return Ok(None);
        };
        let ratios = Measured::of_rows(preds, target, *self, move |preds, target| {
            Measured::of(of_rows(preds, target, range))
        });
        Ok(Some(ratios.weighted(weights)))
    }
}

impl RowFormula for PeakSignalNoise {
    #[inline(always)]
    fn value(&self, preds: &[f64], target: &[f64]) -> Option<f64> {
        let mut squares = [0.0; LANES];
        for (i, (p, t)) in preds.iter().zip(target).enumerate() {
            squares[i % LANES] += (p - t) * (p - t);
        }
        let error = sum_lanes(squares) / preds.len() as f64;
        Some(10.0 * (self.range * self.range / error).log10())
    }
}

/// Computes the peak signal-to-noise ratio of each image, `[batch, channels, height, width]` both: `[batch]`.
///
/// `range` is the width of the range of the values. The function stays on the device and is differentiable.
///
/// # Panics
///
/// If the shapes differ, as Burn's operations do.
pub fn peak_signal_noise_ratio(preds: Tensor<4>, target: Tensor<4>, range: f64) -> Tensor<1> {
    of_rows(preds.flatten(1, 3), target.flatten(1, 3), range)
}

fn of_rows(preds: Tensor<2>, target: Tensor<2>, range: f64) -> Tensor<1> {
    let pixels = preds.dims()[1] as f64;
    let error = sum_along((preds - target).square(), 1) / pixels;
    (error.recip() * (range * range)).log().squeeze_dim(1) * (10.0 / 10f64.ln())
}
