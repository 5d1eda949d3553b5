use std::sync::Arc;

use burn::tensor::{Bool, DType, FloatDType, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::measured::{Block, HostLoop, Measured, TensorValues, Values, Weights};
use crate::{
    Fault, Faults, Result,
    encoding::number,
    fault::is_weight,
    ops::{Part, Parts, is_host, no_weight, reduce_along, sum_along},
    state::Outputs,
};

/// The sum, the spread and the extremes of the values of samples.
///
/// The mean, the sum, the minimum, the maximum and a confidence interval are computed from them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SampleMoments {
    /// The number of samples, or the sum of their weights.
    #[serde(with = "number")]
    pub weight: f64,
    /// The sum of the squares of the weights.
    #[serde(with = "number")]
    pub weight_squares: f64,
    /// The sum of the values.
    #[serde(with = "number")]
    pub sum: f64,
    /// The sum of the squared deviations from the mean.
    #[serde(with = "number")]
    pub squares: f64,
    /// The minimum value with positive weight.
    #[serde(with = "number")]
    pub min: f64,
    /// The maximum value with positive weight.
    #[serde(with = "number")]
    pub max: f64,
}

impl Default for SampleMoments {
    fn default() -> Self {
        Self {
            weight: 0.0,
            weight_squares: 0.0,
            sum: 0.0,
            squares: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }
}

impl SampleMoments {
    /// The mean of the values, or NaN if there is no weight.
    pub fn mean(&self) -> f64 {
        self.sum / self.weight
    }

    /// The number of samples of equal weight that would give an equally precise mean. Without weights, it is the number
    /// of samples.
    pub fn effective_samples(&self) -> f64 {
        self.weight * self.weight / self.weight_squares
    }

    /// The standard deviation of the values: the root of the unbiased estimate of their variance.
    pub fn std(&self) -> f64 {
        let n = self.effective_samples();
        (self.squares / self.weight * n / (n - 1.0)).sqrt()
    }

    /// The moments of the numbers of a block that have a weight and are not NaN. Each sample has `width` numbers, and
    /// this is the one at `at`.
    fn of_block(numbers: &[f64], weights: &[f64], at: usize, width: usize) -> Self {
        let numbers = numbers.get(at..).unwrap_or_default();
        let numbers = || numbers.iter().step_by(width).zip(weights);
        let weighted = || numbers().filter(|(value, weight)| **weight != 0.0 && !value.is_nan());
        let mut moments = Self::default();
        for (value, weight) in weighted() {
            moments.weight += weight;
            moments.weight_squares += weight * weight;
            moments.sum += weight * value;
            moments.min = moments.min.min(*value);
            moments.max = moments.max.max(*value);
        }
        let mean = moments.mean();
        moments.squares = weighted()
            .map(|(value, weight)| weight * (value - mean).powi(2))
            .sum();
        moments
    }
}

impl Part for SampleMoments {
    // The weight; its squares; the sum; a number near the mean, with the sums of the deviations from it and of their
    // squares; the extremes.
    const ROWS: usize = 2 + 1 + 1 + 3 + 2;

    fn of(weight: f64, numbers: &[f64]) -> Self {
        let [weight_squares, sum, _, deviations, squares, min, max] = *numbers else {
            return Self::default();
        };
        if weight == 0.0 {
            return Self::default();
        }
        Self {
            weight,
            weight_squares,
            sum,
            squares: (squares - deviations * deviations / weight).max(0.0),
            min,
            max,
        }
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    fn is_finite(&self) -> bool {
        (self.weight + self.sum + self.squares).is_finite()
    }

    fn merge(&mut self, other: &Self) {
        if other.weight == 0.0 {
            return;
        }
        if self.weight == 0.0 {
            *self = *other;
            return;
        }
        let gap = other.mean() - self.mean();
        let share = other.weight / (self.weight + other.weight);
        self.squares += other.squares + gap * gap * self.weight * share;
        self.weight += other.weight;
        self.weight_squares += other.weight_squares;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

/// Adds the moments of a batch. Those of a tensor expression on a device are computed on that device.
pub(super) fn add(state: &mut Outputs<SampleMoments>, batch: Measured) -> Result<()> {
    let per_sample = batch.per_sample;
    match batch.values {
        Values::Tensor(values) if !is_host(&values.numbers.device()) => {
            let dims = values.numbers.dims();
            let weights = match batch.weights {
                Weights::Tensor(weights) => Some(*weights),
                Weights::Equal | Weights::Host(_) => None,
            };
            state.add(dims, Parts::Device(on_device(*values, weights, per_sample)))
        }
        _ => {
            let width = batch.width;
            let parts = batch.unread().map(move |(samples, weights)| {
                on_host(samples.as_ref(), weights.as_ref(), per_sample)
            });
            state.add_unread(width, parts)
        }
    }
}

/// Computes the moments of the values of a loop. The result does not depend on the order in which threads finish.
fn on_host(
    samples: &dyn HostLoop,
    weights: Option<&Arc<[f64]>>,
    per_sample: usize,
) -> (u64, Vec<SampleMoments>, Faults) {
    let (n, width, size) = (samples.samples(), samples.numbers(), samples.block().max(1));
    let of_block = |start: usize| {
        let range = start..n.min(start + size);
        let mut numbers = vec![0.0; range.len() * width];
        let mut own = block_weights(weights, range.clone(), per_sample);
        let faults = measure(samples, range, &mut numbers, &mut own);
        let moments = (0..width).map(|at| SampleMoments::of_block(&numbers, &own, at, width));
        (moments.collect::<Vec<_>>(), faults)
    };
    let blocks = match n <= size {
        true => vec![of_block(0)],
        false => {
            let blocks = (0..n.div_ceil(size)).into_par_iter();
            blocks.map(|block| of_block(block * size)).collect()
        }
    };
    let (mut all, mut all_faults) = (vec![SampleMoments::default(); width], Faults::default());
    for (moments, faults) in blocks {
        all.iter_mut()
            .zip(&moments)
            .for_each(|(all, own)| all.merge(own));
        all_faults += faults;
    }
    (n as u64, all, all_faults)
}

/// The weights of the samples of a block, which are 1 without weights.
pub(super) fn block_weights(
    weights: Option<&Arc<[f64]>>,
    samples: std::ops::Range<usize>,
    per_sample: usize,
) -> Vec<f64> {
    match weights {
        None => vec![1.0; samples.len()],
        Some(weights) => samples.map(|sample| weights[sample / per_sample]).collect(),
    }
}

/// Measures the samples of a block. Faulty samples are counted and lose their weight.
pub(super) fn measure(
    samples: &dyn HostLoop,
    range: std::ops::Range<usize>,
    numbers: &mut [f64],
    weights: &mut [f64],
) -> Faults {
    let mut faults = Faults::default();
    for weight in weights.iter_mut() {
        if !is_weight(*weight) {
            faults.add(Fault::Weight, 1);
            *weight = 0.0;
        }
    }
    let width = samples.numbers();
    let mut block = Block {
        numbers,
        weights,
        faults,
    };
    samples.measure(range, &mut block);
    let mut faults = block.faults;
    if samples.has_gaps() {
        return faults;
    }
    for (numbers, weight) in numbers.chunks_exact(width).zip(weights) {
        if *weight != 0.0 && numbers.iter().any(|number| number.is_nan()) {
            faults.add(Fault::Infinite, 1);
            *weight = 0.0;
        }
    }
    faults
}

/// Computes the moments of the values of a tensor expression, as numbers that [`SampleMoments`] reads.
fn on_device(values: TensorValues, weights: Option<Tensor<1>>, per_sample: usize) -> Tensor<1> {
    let dtype = match values.numbers.dtype() {
        DType::F64 => FloatDType::F64,
        _ => FloatDType::F32,
    };
    let numbers = values.numbers.cast(dtype);
    let [n, width] = numbers.dims();
    let one = numbers
        .clone()
        .slice([0..1, 0..1])
        .zeros_like()
        .add_scalar(1.0);
    let plain = weights.is_none() && values.counted.is_none();
    let weights = match weights {
        None => one.clone().expand([n, 1]),
        Some(weights) => {
            let column: Tensor<2> = weights.cast(dtype).unsqueeze_dim(1);
            column.expand([n / per_sample, per_sample]).reshape([n, 1])
        }
    };

    // The faults of each sample. A sample outside the domain has no other fault.
    let column = |mask: Tensor<1, Bool>| -> Tensor<2, Bool> { mask.unsqueeze_dim(1) };
    let bad_weight = no_weight(weights.clone());
    let no_value = any_of(numbers.clone().is_nan());
    let (outside, no_value) = match values.counted.clone().map(column) {
        None => (values.outside.map(column), no_value),
        Some(counted) => {
            let outside = values.outside.map(column);
            let outside = outside.map(|outside| outside.bool_and(counted.clone()));
            (outside, no_value.bool_and(counted))
        }
    };
    let good_weight = bad_weight.clone().bool_not();
    let outside = outside.map(|outside| outside.bool_and(good_weight.clone()));
    let no_value = no_value.bool_and(good_weight);
    let infinite = match &outside {
        None => no_value,
        Some(outside) => no_value.bool_and(outside.clone().bool_not()),
    };

    // Samples that count have a weight. The others must not affect sums and extremes.
    let at_fault = bad_weight.clone().bool_or(infinite.clone());
    let at_fault = match &outside {
        None => at_fault,
        Some(outside) => at_fault.bool_or(outside.clone()),
    };
    let left_out = match values.counted.map(column) {
        None => at_fault,
        Some(counted) => at_fault.bool_or(counted.bool_not()),
    };
    let left_out = left_out.bool_or(weights.clone().equal_elem(0.0));
    let weights = weights.mask_fill(left_out.clone(), 0.0);
    let left_out = left_out.expand([n, width]);
    let filled = |with: f64| numbers.clone().mask_fill(left_out.clone(), with);

    let row = |numbers: Tensor<2>| numbers.expand([1, width]);
    let sum = |numbers: Tensor<2>| sum_along(numbers, 0);
    let weight = sum(weights.clone());
    let [high, low] = match plain {
        // The host knows the number of samples, more exactly than `f32`.
        true => [
            n as f64 / SampleMoments::HIGH,
            n as f64 % SampleMoments::HIGH,
        ]
        .map(|n| one.clone() * n.floor()),
        false => [one.zeros_like(), weight.clone()],
    };
    let weighted = filled(0.0) * weights.clone();
    let near_mean = sum(weighted.clone()) / weight.clone().mask_fill(weight.equal_elem(0.0), 1.0);
    let deviations = filled(0.0) - near_mean.clone().expand([n, width]);
    let rows = vec![
        row(high),
        row(low),
        row(sum(weights.clone().square())),
        sum(weighted),
        near_mean,
        sum(deviations.clone() * weights.clone()),
        sum(deviations.square() * weights),
        reduce_along(filled(f64::INFINITY), 0, |numbers| numbers.min_dim(1)),
        reduce_along(filled(f64::NEG_INFINITY), 0, |numbers| numbers.max_dim(1)),
    ];
    let none: Tensor<1> = one.zeros_like().reshape([1]);
    let rows: Tensor<1> = Tensor::cat(rows, 0).flatten(0, 1);
    let count = |mask: Tensor<2, Bool>| -> Tensor<1> { mask.int().sum().float().cast(dtype) };
    let of_labels = |fault: Fault| values.faults.iter().find(|(kind, _)| *kind == fault);
    let faults = Fault::ALL.map(|fault| match fault {
        Fault::Weight => count(bad_weight.clone()),
        Fault::Domain => outside.clone().map_or(none.clone(), count),
        Fault::Infinite => count(infinite.clone()),
        _ => of_labels(fault).map_or(none.clone(), |(_, n)| n.clone().cast(dtype)),
    });
    Tensor::cat([rows].into_iter().chain(faults).collect(), 0)
}

/// Whether any number of a sample is true: `[samples, 1]`.
fn any_of(numbers: Tensor<2, Bool>) -> Tensor<2, Bool> {
    match numbers.dims()[1] {
        1 => numbers,
        _ => numbers.int().sum_dim(1).greater_elem(0),
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    /// The expression of devices, on a host.
    #[test]
    fn faults_on_devices_keep_their_kinds() {
        let device = Device::default();
        let numbers = Tensor::from_floats([[1.0], [f32::NAN], [3.0], [4.0], [5.0]], &device);
        let outside = Tensor::<1>::from_floats([0.0, 0.0, 1.0, 0.0, 0.0], &device);
        let number = |n: f32| Tensor::<1>::from_floats([n], &device);
        let values = TensorValues {
            numbers,
            outside: Some(outside.greater_elem(0.5)),
            counted: None,
            faults: vec![
                (Fault::TargetLabel, number(2.0)),
                (Fault::Probability, number(3.0)),
            ],
        };
        let weights = Tensor::from_floats([1.0, 1.0, 1.0, -1.0, 1.0], &device);
        let numbers = on_device(values, Some(weights), 1).into_data();
        let numbers: Vec<f64> = numbers.iter().collect();
        let (moments, faults) = Parts::<SampleMoments>::decode(&numbers, 1);
        assert_eq!(moments[0].mean(), 3.0);
        let faults: Vec<_> = faults.iter().collect();
        let expected = [
            (Fault::TargetLabel, 2),
            (Fault::Probability, 3),
            (Fault::Weight, 1),
            (Fault::Domain, 1),
            (Fault::Infinite, 1),
        ];
        assert_eq!(faults, expected);
    }
}
