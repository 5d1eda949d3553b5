//! The sum, mean, minimum and maximum of float tensors.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Addends, Deferred, Fold, Pending, ReadRequests, ReadResults, ReadTensors, Results};
use crate::{
    Result,
    encoding::number::{self, Number},
};

/// Keeps the sum of all elements, which is added in `f64` across batches.
pub type Sum = Deferred<SumTotal>;

/// The host form of a [`Sum`].
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SumTotal(#[serde(with = "number")] f64);

impl Sum {
    /// Adds the elements of `values`, of any shape.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    pub fn add<const D: usize>(&mut self, values: Tensor<D>) -> Result<()> {
        self.add_result(Addends::of(values.inner().sum()))
    }

    /// Adds a number that is on the host.
    pub fn add_number(&mut self, number: f64) {
        self.total_mut().0 += number;
    }
}

impl Fold for SumTotal {
    type Pending = Addends;
    type View<'a> = f64;

    fn add(&mut self, read: ReadTensors) {
        read.for_each(|row| self.0 += row[0]);
    }

    fn merge(&mut self, other: Self) {
        self.0 += other.0;
    }

    fn view(&self) -> f64 {
        self.0
    }
}

/// Keeps the weighted mean of all elements, as numerator and denominator.
pub type Mean = Deferred<MeanTotal>;

/// The host form of a [`Mean`].
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeanTotal {
    /// The sum of the weighted elements.
    #[serde(with = "number")]
    pub sum: f64,
    /// The sum of the weights. Without weights, it is the number of elements.
    #[serde(with = "number")]
    pub weight: f64,
}

impl MeanTotal {
    /// The mean, or NaN if the weights sum to 0.
    pub fn mean(self) -> f64 {
        self.sum / self.weight
    }
}

impl Mean {
    /// Adds the elements of `values`, each with weight 1.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    pub fn add<const D: usize>(&mut self, values: Tensor<D>) -> Result<()> {
        let weight = values.dims().iter().product::<usize>() as f64;
        self.add_result(WeightedSums::of(values.inner().sum(), None, weight))
    }

    /// Adds the elements of `values` with weights of the same shape.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    pub fn add_weighted<const D: usize>(
        &mut self,
        values: Tensor<D>,
        weights: Tensor<D>,
    ) -> Result<()> {
        let weights = weights.inner();
        let sum = (values.inner() * weights.clone()).sum();
        self.add_result(WeightedSums::of(sum, Some(weights.sum()), 0.0))
    }

    /// Adds the sum of elements whose weights sum to `known + weight`.
    pub(crate) fn add_sum(
        &mut self,
        sum: Tensor<1>,
        weight: Option<Tensor<1>>,
        known: f64,
    ) -> Result<()> {
        self.add_result(WeightedSums::of(sum, weight, known))
    }

    /// Adds a sum and a weight in host memory.
    pub(crate) fn add_total(&mut self, total: MeanTotal) {
        self.total_mut().merge(total);
    }
}

/// Weighted sums on a device, and the part of their weights that the host knows.
#[derive(Debug, Clone)]
pub struct WeightedSums {
    sums: Addends,
    known: f64,
}

impl WeightedSums {
    fn of(sum: Tensor<1>, weight: Option<Tensor<1>>, known: f64) -> Self {
        let sums = match weight {
            None => sum,
            Some(weight) => Tensor::cat(vec![sum, weight], 0),
        };
        let sums = Addends::of(sums);
        Self { sums, known }
    }
}

impl Pending for WeightedSums {
    type Read = (ReadTensors, f64);

    fn is_ready(&self) -> bool {
        self.sums.is_ready()
    }

    fn bytes(&self) -> usize {
        self.sums.bytes()
    }

    fn register(&self, requests: &mut ReadRequests) {
        self.sums.register(requests);
    }

    fn read(self, results: &mut ReadResults) -> (ReadTensors, f64) {
        (self.sums.read(results), self.known)
    }

    fn join(&mut self, later: Self) -> Option<Self> {
        let known = later.known;
        let rest = self.sums.join(later.sums);
        match rest {
            None => {
                self.known += known;
                None
            }
            Some(sums) => Some(Self { sums, known }),
        }
    }
}

impl Fold for MeanTotal {
    type Pending = WeightedSums;
    type View<'a> = Self;

    fn add(&mut self, (sums, known): (ReadTensors, f64)) {
        self.weight += known;
        sums.for_each(|row| {
            self.sum += row[0];
            self.weight += row.get(1).copied().unwrap_or_default();
        });
    }

    fn merge(&mut self, other: Self) {
        self.sum += other.sum;
        self.weight += other.weight;
    }

    fn view(&self) -> Self {
        *self
    }
}

/// Keeps the minimum element. It is `None` before the first element, and NaN if an element is NaN.
pub type Min = Deferred<Extremum<false>>;
/// Keeps the maximum element. It is `None` before the first element, and NaN if an element is NaN.
pub type Max = Deferred<Extremum<true>>;

/// The host form of [`Min`] and [`Max`].
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
#[serde(from = "Option<Number>", into = "Option<Number>")]
pub struct Extremum<const GREATEST: bool>(Option<f64>);

impl<const GREATEST: bool> From<Option<Number>> for Extremum<GREATEST> {
    fn from(number: Option<Number>) -> Self {
        Self(number.map(f64::from))
    }
}

impl<const GREATEST: bool> From<Extremum<GREATEST>> for Option<Number> {
    fn from(extremum: Extremum<GREATEST>) -> Self {
        extremum.0.map(Number)
    }
}

impl Min {
    /// Adds the elements of `values`, of any shape. There must be at least one.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    pub fn add<const D: usize>(&mut self, values: Tensor<D>) -> Result<()> {
        self.add_result(Results::of(values.inner().min()))
    }
}

impl Max {
    /// Adds the elements of `values`, of any shape. There must be at least one.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    pub fn add<const D: usize>(&mut self, values: Tensor<D>) -> Result<()> {
        self.add_result(Results::of(values.inner().max()))
    }
}

impl<const GREATEST: bool> Deferred<Extremum<GREATEST>> {
    /// Adds a number that is on the host.
    pub fn add_number(&mut self, number: f64) {
        self.total_mut().include(number);
    }
}

impl<const GREATEST: bool> Extremum<GREATEST> {
    fn include(&mut self, value: f64) {
        let better = |best: f64| match GREATEST {
            _ if best.is_nan() || value.is_nan() => f64::NAN,
            true => best.max(value),
            false => best.min(value),
        };
        self.0 = Some(self.0.map_or(value, better));
    }
}

impl<const GREATEST: bool> Fold for Extremum<GREATEST> {
    type Pending = Results;
    type View<'a> = Option<f64>;

    fn add(&mut self, read: ReadTensors) {
        read.for_each(|row| row.iter().for_each(|value| self.include(*value)));
    }

    fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|value| self.include(value));
    }

    fn view(&self) -> Option<f64> {
        self.0
    }
}
