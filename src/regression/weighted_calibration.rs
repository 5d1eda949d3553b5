use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use super::{
    PairFormula, PairStatistic, Pooled, Regression,
    formula::constructor,
    tasks::{TaskNumbers, TaskPairs, samples_of_tasks},
};
use crate::{
    Bounds, Meta, Result, Statistic,
    sealed::Sealed,
    state::{Outputs, Sums},
};

/// The weighted calibration: the sum of the predictions divided by the sum of the targets, `sum w p / sum w t`.
///
/// The best value is 1. Above 1, predictions are too high on average; below 1, they are too low. For predictions and
/// targets that are not negative, the value is at least 0. It is infinite if the targets sum to 0, and NaN if the
/// predictions do too. If the targets of any task sum to 0, torcheval returns an empty result for all tasks.
///
/// Options: [`per_output`](Regression::per_output) for one value per task; by default all tasks are pooled. Inputs:
/// [`CalibrationInput`]. Errors: [`MetricError`](crate::MetricError).
///
/// Source: torcheval's `WeightedCalibration`, whose tasks are rows, not columns.
///
/// # When to use
///
/// Use it to check that predicted probabilities or amounts have the right total, for example expected and observed
/// clicks. Errors in opposite directions cancel, so a value of 1 does not mean that single predictions are calibrated;
/// [`CalibrationError`](crate::classification::CalibrationError) compares predictions and targets at each level of
/// confidence.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<2>::from_floats([[0.75, 0.5], [0.5, 0.5]], &device);
/// let target = Tensor::<2, Int>::from_ints([[1, 0], [0, 1]], &device);
///
/// let calibration = WeightedCalibration::new().per_output();
/// assert_eq!(calibration.evaluate((scores, target))?, [1.25, 1.0]);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type WeightedCalibration<O = Pooled> = Regression<CalibrationRatio, O>;

/// The formula of [`WeightedCalibration`], and the statistic that it is computed from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalibrationRatio {}

constructor!(WeightedCalibration, CalibrationRatio);

impl PairFormula for CalibrationRatio {
    type Statistic = Self;
    fn meta(&self) -> Meta {
        Meta::new("Weighted calibration").within(Bounds::POSITIVE)
    }

    fn statistic(&self) -> &Self {
        self
    }

    fn score(&self, sums: &Sums, _samples: u64) -> Result<f64> {
        Ok(sums.sums[0] / sums.sums[1])
    }
}

impl Sealed for CalibrationRatio {}

impl PairStatistic for CalibrationRatio {
    type Part = Sums;
}

impl Statistic for CalibrationRatio {
    type Input = CalibrationInput;
    type State = Outputs<Sums>;

    fn update(&self, state: &mut Self::State, input: CalibrationInput) -> Result<()> {
        input.0.add(state)
    }
}

/// A batch of predictions and targets of one or more tasks, with optional weights.
///
/// It is made from a tuple of tensors of floats or integers: predictions and targets, which are `[batch]` for one task
/// or `[batch, tasks]` for several. An optional third tensor weights the samples, `[batch]`, or each number,
/// `[batch, tasks]`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::regression::CalibrationInput;
///
/// let device = Device::flex();
/// let numbers = |a, b| Tensor::<2>::from_floats([[a, b]], &device);
/// let batch = CalibrationInput::from((numbers(0.5, 0.25), numbers(1.0, 0.0), numbers(2.0, 1.0)));
/// ```
#[derive(Debug, Clone)]
pub struct CalibrationInput(TaskPairs);

samples_of_tasks!(CalibrationInput);

macro_rules! from_tuples {
    ($($D:literal $Target:ty;)+) => {
        $(
            impl From<(Tensor<$D>, $Target)> for CalibrationInput {
                fn from((preds, target): (Tensor<$D>, $Target)) -> Self {
                    Self(TaskPairs::new((preds.columns(), target.columns())))
                }
            }

            impl From<(Tensor<$D>, $Target, Tensor<1>)> for CalibrationInput {
                fn from((preds, target, weights): (Tensor<$D>, $Target, Tensor<1>)) -> Self {
                    Self(TaskPairs::new((preds.columns(), target.columns(), weights)))
                }
            }
        )+
    };
}

from_tuples! {
    1 Tensor<1>;
    1 Tensor<1, Int>;
    2 Tensor<2>;
    2 Tensor<2, Int>;
}

impl From<(Tensor<2>, Tensor<2>, Tensor<2>)> for CalibrationInput {
    fn from((preds, target, weights): (Tensor<2>, Tensor<2>, Tensor<2>)) -> Self {
        Self(TaskPairs::weighted(preds, target, weights))
    }
}

impl From<(Tensor<2>, Tensor<2, Int>, Tensor<2>)> for CalibrationInput {
    fn from((preds, target, weights): (Tensor<2>, Tensor<2, Int>, Tensor<2>)) -> Self {
        Self(TaskPairs::weighted(preds, target.columns(), weights))
    }
}
