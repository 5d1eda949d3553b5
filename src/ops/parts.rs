//! The results of kernels for one output: moments or sums, which merge exactly.

use std::fmt::Debug;

use burn::tensor::{Tensor, s};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Faults, encoding::number};

/// What is kept per output, such as the moments of its predictions and targets.
pub trait Part:
    Debug + Default + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The number of numbers per output in a result. The first two are the weight, in units of [`HIGH`](Self::HIGH) and
    /// of 1, so that it stays exact on a device without `f64`.
    const ROWS: usize;

    /// The unit of the first number of the weight.
    const HIGH: f64 = 4096.0;

    /// Reads the contribution of a batch.
    fn of(weight: f64, numbers: &[f64]) -> Self;

    /// The sum of the weights of the samples.
    fn weight(&self) -> f64;

    /// Whether all of its numbers are finite.
    fn is_finite(&self) -> bool;

    /// Merges another part into this one.
    fn merge(&mut self, other: &Self);
}

/// The parts that a batch contributes, one per output: as they are from hosts, and as numbers from other devices.
pub(crate) enum Parts<P> {
    /// The parts, with the faults of the batch.
    Host(Vec<P>, Faults),
    /// [`Part::ROWS`] numbers for each output, `[rows, outputs]`, followed by the number of faults of each kind.
    Device(Tensor<1>),
}

impl<P: Part> Parts<P> {
    /// Combines the parts of several single outputs to those of one batch. There must be at least one.
    pub fn beside(outputs: Vec<Self>) -> Self {
        let (mut parts, mut all_faults, mut numbers) = (Vec::new(), Faults::default(), Vec::new());
        for output in outputs {
            match output {
                Self::Host(own, faults) => {
                    parts.extend(own);
                    all_faults += faults;
                }
                Self::Device(own) => numbers.push(own.unsqueeze_dim::<2>(1)),
            }
        }
        if numbers.is_empty() {
            return Self::Host(parts, all_faults);
        }
        let outputs = numbers.len();
        let numbers = Tensor::cat(numbers, 1);
        let rows = numbers.clone().slice_dim(0, s![..P::ROWS]);
        let faults = numbers.slice_dim(0, s![P::ROWS..]).sum_dim(1);
        let rows: Tensor<1> = rows.reshape([P::ROWS * outputs]);
        Self::Device(Tensor::cat(vec![rows, faults.squeeze_dim(1)], 0))
    }

    /// Decodes the numbers of a device.
    pub fn decode(numbers: &[f64], outputs: usize) -> (Vec<P>, Faults) {
        let (rows, faults) = numbers.split_at(P::ROWS * outputs);
        let part = |output: usize| {
            let numbers = rows[output..].iter().step_by(outputs);
            let numbers: Vec<f64> = numbers.copied().collect();
            P::of(numbers[0] * P::HIGH + numbers[1], &numbers[2..])
        };
        let faults = Faults::read(faults.iter().map(|n| *n as u64));
        ((0..outputs).map(part).collect(), faults)
    }
}

/// The first two moments of predictions, targets and their differences, and the ranges of predictions and targets.
///
/// They are kept as means and as sums of squared deviations from them. These merge by the update of Chan, Golub and
/// LeVeque (1979). Differences of sums of squares would lose digits to cancellation.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// The number of samples, or the sum of their weights.
    #[serde(with = "number")]
    pub weight: f64,
    /// The mean and the squared deviations of the predictions.
    pub preds: Spread,
    /// The mean and the squared deviations of the targets.
    pub target: Spread,
    /// The mean and the squared deviations of the predictions minus the targets.
    pub error: Spread,
    /// The sum of the products of the deviations of predictions and targets.
    #[serde(with = "number")]
    pub products: f64,
    /// The minimum and the maximum prediction with positive weight.
    #[serde(with = "number::array")]
    pub preds_range: [f64; 2],
    /// The minimum and the maximum target with positive weight.
    #[serde(with = "number::array")]
    pub target_range: [f64; 2],
}

/// A mean, and the sum of the squared deviations from it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The mean.
    #[serde(with = "number")]
    pub mean: f64,
    /// The sum of the squared deviations from the mean.
    #[serde(with = "number")]
    pub squares: f64,
}

impl Spread {
    /// Computes them from the moments around any number: the sums of `x - around` and of its square.
    pub(crate) fn around(around: f64, sum: f64, squares: f64, weight: f64) -> Self {
        let squares = squares - sum * sum / weight;
        Self {
            mean: around + sum / weight,
            // Rounding may leave a negative number.
            squares: if squares < 0.0 { 0.0 } else { squares },
        }
    }

    fn merge(&mut self, own: f64, other: &Self, weight: f64) {
        let gap = other.mean - self.mean;
        let share = weight / (own + weight);
        self.mean += gap * share;
        self.squares += other.squares + gap * gap * own * share;
    }

    /// The mean of the squares of the numbers themselves.
    pub fn square_mean(&self, weight: f64) -> f64 {
        self.squares / weight + self.mean * self.mean
    }
}

impl Moments {
    /// The mean of the squared errors.
    pub fn mean_squared_error(&self) -> f64 {
        self.error.square_mean(self.weight)
    }

    /// Sets the deviations of constant numbers to 0, however sums were rounded.
    pub(crate) fn exact(mut self) -> Self {
        for (spread, [least, greatest]) in [
            (&mut self.preds, self.preds_range),
            (&mut self.target, self.target_range),
        ] {
            if least == greatest {
                (spread.mean, spread.squares, self.products) = (least, 0.0, 0.0);
            }
        }
        let constant = |[least, greatest]: [f64; 2]| least == greatest;
        if constant(self.preds_range) && constant(self.target_range) {
            let mean = self.preds.mean - self.target.mean;
            self.error = Spread { mean, squares: 0.0 };
        }
        self
    }
}

impl Part for Moments {
    // The weight; the centers of the deviations, their sums and the sums of their squares, for three columns each; the
    // sum of products; two ranges.
    const ROWS: usize = 2 + 3 * 3 + 1 + 2 * 2;

    fn of(weight: f64, numbers: &[f64]) -> Self {
        if weight == 0.0 {
            return Self::default();
        }
        let column = |at| Spread::around(numbers[at], numbers[3 + at], numbers[6 + at], weight);
        let moments = Self {
            weight,
            preds: column(0),
            target: column(1),
            error: column(2),
            products: numbers[9] - numbers[3] * numbers[4] / weight,
            preds_range: [numbers[10], numbers[11]],
            target_range: [numbers[12], numbers[13]],
        };
        moments.exact()
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    fn is_finite(&self) -> bool {
        let columns = [self.preds, self.target, self.error];
        let spreads = columns
            .iter()
            .all(|column| (column.mean + column.squares).is_finite());
        let ranges = self.preds_range.iter().chain(&self.target_range);
        spreads && self.weight.is_finite() && ranges.into_iter().all(|x| x.is_finite())
    }

    fn merge(&mut self, other: &Self) {
        if other.weight == 0.0 {
            return;
        }
        if self.weight == 0.0 {
            *self = *other;
            return;
        }
        let gaps = (other.preds.mean - self.preds.mean) * (other.target.mean - self.target.mean);
        let share = other.weight / (self.weight + other.weight);
        self.products += other.products + gaps * self.weight * share;
        self.preds.merge(self.weight, &other.preds, other.weight);
        self.target.merge(self.weight, &other.target, other.weight);
        self.error.merge(self.weight, &other.error, other.weight);
        self.weight += other.weight;
        let joined = |own: [f64; 2], other: [f64; 2]| [own[0].min(other[0]), own[1].max(other[1])];
        self.preds_range = joined(self.preds_range, other.preds_range);
        self.target_range = joined(self.target_range, other.target_range);
    }
}

/// Keeps a weight and up to three sums.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// The number of samples, or the sum of their weights.
    #[serde(with = "number")]
    pub weight: f64,
    /// The sums.
    #[serde(with = "number::array")]
    pub sums: [f64; 3],
}

impl Sums {
    /// The sum of a term divided by the weight.
    pub fn mean(&self, term: usize) -> f64 {
        self.sums[term] / self.weight
    }
}

impl Part for Sums {
    const ROWS: usize = 2 + 3;

    fn of(weight: f64, numbers: &[f64]) -> Self {
        Self {
            weight,
            sums: [numbers[0], numbers[1], numbers[2]],
        }
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    fn is_finite(&self) -> bool {
        self.weight.is_finite() && self.sums.iter().all(|sum| sum.is_finite())
    }

    fn merge(&mut self, other: &Self) {
        self.weight += other.weight;
        let sums = self.sums.iter_mut().zip(other.sums);
        sums.for_each(|(sum, other)| *sum += other);
    }
}
