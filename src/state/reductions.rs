//! Sum, mean, minimum, maximum and concatenation of float tensors.

use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::{
    Deferred, Fold,
    number::{self, Number},
};
use crate::Result;

/// The sum of all elements, in `f64` across batches.
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
        self.add_floats(values.inner().sum())
    }

    /// Adds a number of the host.
    pub fn add_number(&mut self, number: f64) {
        self.total_mut().0 += number;
    }
}

impl Fold for SumTotal {
    type View<'a> = f64;

    fn view(&self) -> f64 {
        self.0
    }

    fn fold(&mut self, result: &TensorData) {
        self.0 += result.iter::<f64>().sum::<f64>();
    }

    fn merge(&mut self, other: Self) {
        self.0 += other.0;
    }
}

/// The weighted mean of all elements, as numerator and denominator.
pub type Mean = Deferred<MeanTotal>;

/// The host form of a [`Mean`].
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeanTotal {
    /// The sum of the weighted elements.
    #[serde(with = "number")]
    pub sum: f64,
    /// The sum of the weights: without weights, the number of elements.
    #[serde(with = "number")]
    pub weight: f64,
}

impl MeanTotal {
    /// The mean; NaN if there is no weight.
    pub fn mean(self) -> f64 {
        self.sum / self.weight
    }
}

impl Mean {
    /// Adds the elements of `values`, each of weight 1.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    pub fn add<const D: usize>(&mut self, values: Tensor<D>) -> Result<()> {
        // The host knows this weight exactly; only the sum is pending.
        let n = values.dims().iter().product::<usize>();
        let sum = values.inner().sum();
        let weight = sum.zeros_like();
        self.add_floats(Tensor::cat(vec![sum, weight], 0))?;
        self.total_mut().weight += n as f64;
        Ok(())
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
        self.add_floats(Tensor::cat(vec![sum, weights.sum()], 0))
    }
}

impl Fold for MeanTotal {
    type View<'a> = Self;

    fn view(&self) -> Self {
        *self
    }

    fn fold(&mut self, result: &TensorData) {
        for (i, value) in result.iter::<f64>().enumerate() {
            match i % 2 {
                0 => self.sum += value,
                _ => self.weight += value,
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.sum += other.sum;
        self.weight += other.weight;
    }
}

/// The least element; `None` before the first. NaN if an element is.
pub type Min = Deferred<Extremum<false>>;
/// The greatest element; `None` before the first. NaN if an element is.
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
    /// Adds the elements of `values`, of any shape, of which there must be at least one.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    pub fn add<const D: usize>(&mut self, values: Tensor<D>) -> Result<()> {
        self.add_floats(values.inner().min())
    }
}

impl Max {
    /// Adds the elements of `values`, of any shape, of which there must be at least one.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    pub fn add<const D: usize>(&mut self, values: Tensor<D>) -> Result<()> {
        self.add_floats(values.inner().max())
    }
}

impl<const GREATEST: bool> Deferred<Extremum<GREATEST>> {
    /// Adds a number of the host.
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
    type View<'a> = Option<f64>;

    fn view(&self) -> Option<f64> {
        self.0
    }

    fn fold(&mut self, result: &TensorData) {
        result.iter::<f64>().for_each(|value| self.include(value));
    }

    fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|value| self.include(value));
    }
}

/// All elements, in the order of the updates of each device.
pub type Concat = Deferred<Elements>;

/// The host form of a [`Concat`].
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Elements(#[serde(with = "number::list")] Vec<f64>);

impl Concat {
    /// Adds the elements of `values`.
    ///
    /// # Errors
    ///
    /// [`MetricError::Device`](crate::MetricError::Device).
    pub fn add(&mut self, values: Tensor<1>) -> Result<()> {
        self.add_floats(values.inner())
    }

    /// Adds numbers of the host.
    pub fn add_numbers(&mut self, numbers: Vec<f64>) {
        self.total_mut().append(numbers);
    }
}

impl Elements {
    fn append(&mut self, numbers: Vec<f64>) {
        match self.0.is_empty() {
            true => self.0 = numbers,
            false => self.0.extend(numbers),
        }
    }
}

impl Fold for Elements {
    type View<'a> = &'a [f64];

    fn view(&self) -> &[f64] {
        &self.0
    }

    fn fold(&mut self, result: &TensorData) {
        self.0.extend(result.iter::<f64>());
    }

    fn merge(&mut self, other: Self) {
        self.append(other.0);
    }
}
