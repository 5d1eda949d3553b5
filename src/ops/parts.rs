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
///
/// If the numbers of a column are so large or so small that their squares would not be finite or not exact, its means,
/// squares and products are those of the numbers divided by a power of two, which follows from its range. Formulas whose
/// value does not depend on the unit of the numbers use [`in_one_unit`](Self::in_one_unit).
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
        let rest = squares - sum * sum / weight;
        Self {
            mean: around + sum / weight,
            squares: match squares == f64::INFINITY {
                true => squares,
                // Rounding may leave a negative number.
                false if rest < 0.0 => 0.0,
                false => rest,
            },
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

/// The power of two by which the numbers of a column are divided, given its minimum and maximum: 1, unless the squares of
/// their deviations might not be finite or not exact.
#[inline(always)]
fn unit(range: [f64; 2]) -> f64 {
    let size = size(range);
    match size == 0.0 || (1e-120..=1e130).contains(&size) || !size.is_finite() {
        true => 1.0,
        false => power_of_two(size),
    }
}

/// The greatest absolute number of a range.
#[inline(always)]
fn size([least, greatest]: [f64; 2]) -> f64 {
    least.abs().max(greatest.abs())
}

/// The greatest power of two that is not above a number, or the smallest normal one.
fn power_of_two(number: f64) -> f64 {
    const EXPONENT: u64 = 0x7ff << 52;
    f64::from_bits(number.max(f64::MIN_POSITIVE).to_bits() & EXPONENT)
}

/// The units of predictions, targets and errors with these ranges.
fn units(preds: [f64; 2], target: [f64; 2]) -> [f64; 3] {
    [
        unit(preds),
        unit(target),
        unit([0.0, size(preds).max(size(target))]),
    ]
}

impl Moments {
    /// The mean of the squared errors. It is infinite if it is too large for an `f64`.
    pub fn mean_squared_error(&self) -> f64 {
        let unit = self.units()[2];
        self.error.square_mean(self.weight) * unit * unit
    }

    /// The square root of the mean of the squared errors.
    pub fn root_mean_squared_error(&self) -> f64 {
        self.error.square_mean(self.weight).sqrt() * self.units()[2]
    }

    /// The moments of the same numbers in one unit for predictions, targets and errors. The unit is 1, unless numbers are
    /// extremely large or small.
    pub fn in_one_unit(mut self) -> Self {
        let from = self.units();
        if from == [1.0; 3] {
            return self;
        }
        let unit = from[2];
        self.rescale(from, [unit; 3]);
        for limit in self.preds_range.iter_mut().chain(&mut self.target_range) {
            *limit /= unit;
        }
        self
    }

    /// The moments of a single pair.
    #[cfg(feature = "flex")]
    pub(crate) fn of_pair(pred: f64, target: f64, weight: f64) -> Self {
        let [p, t, error] = units([pred; 2], [target; 2]);
        let alone = |mean| Spread { mean, squares: 0.0 };
        Self {
            weight,
            preds: alone(pred / p),
            target: alone(target / t),
            error: alone(pred / error - target / error),
            products: 0.0,
            preds_range: [pred; 2],
            target_range: [target; 2],
        }
    }

    /// Whether squares are those of the numbers themselves.
    #[cfg(feature = "flex")]
    pub(crate) fn is_ordinary(&self) -> bool {
        self.units() == [1.0; 3]
    }

    #[inline(always)]
    fn units(&self) -> [f64; 3] {
        units(self.preds_range, self.target_range)
    }

    /// Converts from units to others.
    fn rescale(&mut self, from: [f64; 3], to: [f64; 3]) {
        let [p, t, error] = std::array::from_fn(|column| from[column] / to[column]);
        let columns = [
            (&mut self.preds, p),
            (&mut self.target, t),
            (&mut self.error, error),
        ];
        for (spread, factor) in columns {
            spread.mean *= factor;
            spread.squares = spread.squares * factor * factor;
        }
        self.products = self.products * p * t;
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

    /// Converts moments of the numbers themselves to their units.
    fn in_own_units(mut self) -> Self {
        let to = self.units();
        if to != [1.0; 3] {
            self.rescale([1.0; 3], to);
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
        moments.exact().in_own_units()
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
        let joined = |own: [f64; 2], other: [f64; 2]| [own[0].min(other[0]), own[1].max(other[1])];
        let preds_range = joined(self.preds_range, other.preds_range);
        let target_range = joined(self.target_range, other.target_range);
        let (own_units, other_units) = (self.units(), other.units());
        let to = units(preds_range, target_range);
        let mut other = *other;
        if own_units != to {
            self.rescale(own_units, to);
        }
        if other_units != to {
            other.rescale(other_units, to);
        }
        (self.preds_range, self.target_range) = (preds_range, target_range);
        let gaps = (other.preds.mean - self.preds.mean) * (other.target.mean - self.target.mean);
        let share = other.weight / (self.weight + other.weight);
        self.products += other.products + gaps * self.weight * share;
        self.preds.merge(self.weight, &other.preds, other.weight);
        self.target.merge(self.weight, &other.target, other.weight);
        self.error.merge(self.weight, &other.error, other.weight);
        self.weight += other.weight;
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
