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

/// The sum of the predictions over that of the targets: `sum w p / sum w t`.
///
/// From 0 for predictions and targets that are not negative; 1 is best: above, predictions are too high on the whole. Infinite
/// without a positive target, NaN without a positive prediction either, where the reference gives nothing, also for tasks
/// that have one.
///
/// Options: [`per_output`](Regression::per_output), one value per task; by default that of all tasks as if they were one.
/// Inputs: [`CalibrationInput`]. Errors: [`MetricError`](crate::MetricError).
///
/// Source: torcheval's `WeightedCalibration`, whose tasks are rows, not columns.
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

/// The formula of [`WeightedCalibration`], and the sums that it is one of.
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

/// Predictions and targets of tasks, with weights if they have any.
///
/// Made from tuples of tensors: predictions and targets, which are floats or integers, of one task, `[batch]`, or several,
/// `[batch, tasks]`; weights of the samples, `[batch]`, or of each number, `[batch, tasks]`.
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
