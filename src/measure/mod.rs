//! Measures of samples: one number for each sample, reduced over the samples.
//!
//! Most metrics of images, signals, queries, sentences and vectors have this form, such as a cosine, a signal-to-noise
//! ratio or the average precision of a query. A [`Measure`] computes the number of a sample. A [`Reduction`] combines
//! the numbers of all samples: it is their [mean](MeanOfSamples), [sum](SumOfSamples), [median](MedianOfSamples),
//! [minimum](MinOfSamples) or [maximum](MaxOfSamples), or returns [each of them](PerSample). Every measure supports
//! weights, the bootstrap and a [confidence interval](SampleMetric::confidence_interval) of the mean, and reports
//! faulty values.
//!
//! # Example
//!
//! The peak signal-to-noise ratio of each signal, as a metric of your own:
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use burn_metrics::measure::{Measure, Measured, SampleMetric};
//! use burn_metrics::prelude::*;
//!
//! #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
//! struct Psnr;
//!
//! impl Measure for Psnr {
//!     type Input = (Tensor<2>, Tensor<2>);
//!
//!     fn meta(&self) -> Meta {
//!         Meta::new("PSNR").higher_is_better()
//!     }
//!
//!     fn measure(&self, (preds, target): Self::Input) -> Result<Option<Measured>> {
//!         let error = (preds - target).square().mean_dim(1);
//!         Ok(Some(Measured::of(error.recip().log().squeeze_dim(1) * (10.0 / 10f64.ln()))))
//!     }
//! }
//!
//! let device = Device::flex();
//! let preds = Tensor::<2>::from_floats([[0.1, 0.1], [0.01, 0.01]], &device);
//! let psnr = SampleMetric::of(Psnr);
//! let mean = psnr.evaluate((preds.clone(), preds.zeros_like()))?;
//! assert!((mean - 30.0).abs() < 1e-4);
//! let lowest = psnr.min().evaluate((preds.clone(), preds.zeros_like()))?;
//! assert!((lowest - 20.0).abs() < 1e-4);
//! # Ok::<(), burn_metrics::MetricError>(())
//! ```

mod measured;
mod moments;
mod reduction;
mod values;

pub use measured::Measured;
pub(crate) use measured::{Block, HostLoop};
pub use moments::SampleMoments;
pub(crate) use reduction::weighted;
pub use reduction::{
    Keep, KeepMoments, KeepValues, KeepWeighted, MaxOfSamples, MeanInterval, MeanOfEach,
    MeanOfSamples, MedianOfSamples, MinOfSamples, PerSample, Reduction, SumOfSamples,
};
pub use values::{ReadValues, SampleValues, SampleValuesTotal};

use std::{
    fmt::{self, Debug},
    marker::PhantomData,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Meta, Metric, MetricError, Result, Statistic, Total,
    combinator::{Draw, NoOutcomes, Resample},
};

/// Computes a number for each sample, such as the cosine of two vectors.
pub trait Measure:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The type of a batch.
    type Input: Clone + Send + Sync;

    /// The name of the measure, and the direction and bounds of the values of samples.
    fn meta(&self) -> Meta;

    /// The number of numbers per sample.
    fn numbers(&self) -> usize {
        1
    }

    /// Computes the values of the samples of a batch. Returns `None` if the batch is empty.
    ///
    /// # Errors
    ///
    /// If shapes or types do not match.
    fn measure(&self, input: Self::Input) -> Result<Option<Measured>>;

    /// Adds to an error about [bad values](MetricError::Values) which values this measure takes.
    fn explain(&self, error: MetricError) -> MetricError {
        error
    }
}

/// The statistic of a [`Measure`], which [keeps](Keep) its values or a summary of them.
///
/// Metrics of a collection with the same measure that keep the same share the statistic, so that each batch is measured
/// once.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(bound = "", transparent)]
pub struct Measures<M: Measure, K = KeepMoments> {
    measure: M,
    #[serde(skip)]
    keep: PhantomData<fn() -> K>,
}

impl<M: Measure + Default, K> Default for Measures<M, K> {
    fn default() -> Self {
        Self::of(M::default())
    }
}

impl<M: Measure, K> Measures<M, K> {
    /// Creates the statistic of this measure.
    pub fn of(measure: M) -> Self {
        Self {
            measure,
            keep: PhantomData,
        }
    }

    /// The measure.
    pub fn measure(&self) -> &M {
        &self.measure
    }

    pub(crate) fn measure_mut(&mut self) -> &mut M {
        &mut self.measure
    }
}

impl<M: Measure, K: Keep> Debug for Measures<M, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Measures")
            .field(&self.measure)
            .field(&K::default())
            .finish()
    }
}

impl<M: Measure, K: Keep> Statistic for Measures<M, K> {
    type Input = M::Input;
    type State = K::State;

    fn check_state(&self, state: &K::State) -> Result<()> {
        K::check_state(state, self.measure.numbers())
    }

    fn update(&self, state: &mut K::State, input: M::Input) -> Result<()> {
        match self.measure.measure(input)? {
            None => Ok(()),
            Some(batch) => {
                let batch = batch.checked()?;
                let example = batch.example.clone();
                K::add(state, batch).map_err(|error| match example {
                    None => error,
                    Some(example) => error.showing(|| example.find()),
                })
            }
        }
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.measure.explain(error)
    }
}

/// Samples are measured once, and replicates weight their values.
impl<M: Measure, K: Keep + Reweighted> Resample for Measures<M, K> {
    type Outcomes = NoOutcomes;
    type Batch = Option<Measured>;

    fn prepare(&self, input: M::Input) -> Result<Option<Measured>> {
        let batch = self.measure.measure(input)?;
        batch.map(|batch| batch.checked()?.settled()).transpose()
    }

    fn update_drawn(
        &self,
        state: &mut K::State,
        batch: &Option<Measured>,
        draw: &Draw,
    ) -> Result<()> {
        match batch {
            None => Ok(()),
            Some(batch) => K::add(state, batch.drawn(draw)),
        }
    }
}

/// A way to [`Keep`] values that supports weights of samples, as the bootstrap needs them.
pub trait Reweighted {}
impl Reweighted for KeepMoments {}
impl Reweighted for KeepWeighted {}

/// A metric that computes a [`Measure`] for each sample and reduces it over the samples.
///
/// The value is an `f64`, or one number per sample with [`per_sample`](Self::per_sample).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(bound = "", transparent)]
pub struct SampleMetric<M: Measure, R: Reduction = MeanOfSamples> {
    samples: Measures<M, R::Keep>,
}

impl<M: Measure> SampleMetric<M> {
    /// Creates the metric of a measure, which averages over the samples.
    pub fn of(measure: M) -> Self {
        Self::reduce(measure)
    }
}

impl<M: Measure, R: Reduction> SampleMetric<M, R> {
    pub(crate) fn reduce(measure: M) -> Self {
        let samples = Measures::of(measure);
        Self { samples }
    }

    /// Changes the options of the measure.
    pub(crate) fn with(mut self, option: impl FnOnce(&mut M)) -> Self {
        option(self.samples.measure_mut());
        self
    }

    pub(crate) fn measure_mut(&mut self) -> &mut M {
        self.samples.measure_mut()
    }

    pub(crate) fn into_measure(self) -> M {
        self.samples.measure
    }

    fn reduced<S: Reduction>(self) -> SampleMetric<M, S> {
        SampleMetric::reduce(self.samples.measure)
    }

    /// Computes the mean over the samples.
    pub fn mean(self) -> SampleMetric<M, MeanOfSamples> {
        self.reduced()
    }

    /// Computes the sum over the samples.
    pub fn sum(self) -> SampleMetric<M, SumOfSamples> {
        self.reduced()
    }

    /// Computes the median over the samples. It keeps all values.
    pub fn median(self) -> SampleMetric<M, MedianOfSamples> {
        self.reduced()
    }

    /// Computes the minimum over the samples.
    pub fn min(self) -> SampleMetric<M, MinOfSamples> {
        self.reduced()
    }

    /// Computes the maximum over the samples.
    pub fn max(self) -> SampleMetric<M, MaxOfSamples> {
        self.reduced()
    }

    /// Returns the value of each sample. It keeps all values.
    pub fn per_sample(self) -> SampleMetric<M, PerSample> {
        self.reduced()
    }
}

impl<M: Measure> SampleMetric<M, MeanOfSamples> {
    /// Computes the mean over the samples with a confidence interval at this level, such as 0.95.
    ///
    /// The interval uses Student's t distribution: `mean ± t s / √n`, where `s` is the standard deviation over the
    /// samples. With weights `w`, `n` is the effective number of samples, `(Σ w)² / Σ w²`.
    ///
    /// # When to use
    ///
    /// Use it to show how precise the mean over a test set is. It assumes independent samples, so it is too narrow if
    /// many samples come from the same source; it is inaccurate for few samples of a skewed distribution, and may
    /// exceed the bounds of the metric. For other reductions than the mean, use
    /// [`bootstrap`](crate::MetricExt::bootstrap).
    ///
    /// # Example
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use burn_metrics::prelude::*;
    ///
    /// let device = Device::flex();
    /// let preds = Tensor::<2>::from_floats([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], &device);
    /// let target = Tensor::<2>::from_floats([[1.0, 0.0], [1.0, 1.0], [1.0, 0.0]], &device);
    ///
    /// let cosine = CosineSimilarity::new().confidence_interval(0.9);
    /// let cosine = cosine.evaluate((preds, target))?;
    /// assert_eq!(cosine.report(), "0.6667 (90%: -0.3067 to 1.6400)");
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    pub fn confidence_interval(self, level: f64) -> MeanInterval<M> {
        MeanInterval::of(self.samples.measure, level)
    }
}

impl<M: Measure, R: Reduction> Metric for SampleMetric<M, R> {
    type Statistic = Measures<M, R::Keep>;
    type Value = R::Value;

    fn statistic(&self) -> &Self::Statistic {
        &self.samples
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<R::Value> {
        let numbers = self.samples.measure.numbers();
        if numbers != 1 && !R::OF_EACH {
            let expected = "one number per sample for this reduction, or the mean of each number";
            return Err(MetricError::config("numbers", expected, numbers));
        }
        R::value(total, &self.name())
    }

    fn meta(&self) -> Meta {
        R::meta(self.samples.measure.meta())
    }
}

crate::combinator::arithmetic!([M: Measure, R: Reduction] SampleMetric<M, R>);
