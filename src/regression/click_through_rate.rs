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

/// The share of what was shown that was clicked: `sum w c / sum w`.
///
/// From 0 to 1, higher is better. NaN if there is no weight, where the reference gives 0.
///
/// Options: [`per_output`](Regression::per_output), one value per task; by default that of all tasks as if they were one.
/// Inputs: [`ClickInput`]. Errors: [`MetricError`](crate::MetricError).
///
/// Source: torcheval's `ClickThroughRate`, whose tasks are rows, not columns.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let clicks = Tensor::<1, Int>::from_ints([0, 1, 0, 0], &device);
/// let weights = Tensor::<1>::from_floats([1.0, 2.0, 0.5, 0.5], &device);
///
/// assert_eq!(ClickThroughRate::new().evaluate(clicks.clone())?, 0.25);
/// assert_eq!(ClickThroughRate::new().evaluate((clicks, weights))?, 0.5);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type ClickThroughRate<O = Pooled> = Regression<ClickShare, O>;

/// The formula of [`ClickThroughRate`], and the sums that it is one of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClickShare {}

constructor!(ClickThroughRate, ClickShare);

impl PairFormula for ClickShare {
    type Statistic = Self;
    fn meta(&self) -> Meta {
        Meta::new("Click-through rate")
            .higher_is_better()
            .within(Bounds::UNIT)
    }

    fn statistic(&self) -> &Self {
        self
    }

    fn score(&self, sums: &Sums, _samples: u64) -> Result<f64> {
        Ok(sums.mean(0))
    }
}

impl Sealed for ClickShare {}

impl PairStatistic for ClickShare {
    type Part = Sums;
}

impl Statistic for ClickShare {
    type Input = ClickInput;
    type State = Outputs<Sums>;

    fn update(&self, state: &mut Self::State, input: ClickInput) -> Result<()> {
        input.0.add(state)
    }
}

/// Clicks of tasks, with weights if they have any.
///
/// Made from a tensor of 1 for what was clicked and 0 for what was not, floats or integers, of one task, `[batch]`, or
/// several, `[batch, tasks]`; or a pair of it and weights of the samples, `[batch]`, or of each click, `[batch, tasks]`.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::regression::ClickInput;
///
/// let clicks = Tensor::<2, Int>::from_ints([[0, 1], [1, 1]], &Device::flex());
/// let batch = ClickInput::from(clicks);
/// ```
#[derive(Debug, Clone)]
pub struct ClickInput(TaskPairs);

samples_of_tasks!(ClickInput);

macro_rules! from_clicks {
    ($($Clicks:ty),+) => {
        $(
            impl From<$Clicks> for ClickInput {
                fn from(clicks: $Clicks) -> Self {
                    let clicks = clicks.columns();
                    Self(TaskPairs::new((clicks.clone(), clicks)))
                }
            }

            impl From<($Clicks, Tensor<1>)> for ClickInput {
                fn from((clicks, weights): ($Clicks, Tensor<1>)) -> Self {
                    let clicks = clicks.columns();
                    Self(TaskPairs::new((clicks.clone(), clicks, weights)))
                }
            }
        )+
    };
    (of tasks: $($Clicks:ty),+) => {
        $(
            impl From<($Clicks, Tensor<2>)> for ClickInput {
                fn from((clicks, weights): ($Clicks, Tensor<2>)) -> Self {
                    let clicks = clicks.columns();
                    Self(TaskPairs::weighted(clicks.clone(), clicks, weights))
                }
            }
        )+
    };
}

from_clicks!(Tensor<1>, Tensor<2>, Tensor<1, Int>, Tensor<2, Int>);
from_clicks!(of tasks: Tensor<2>, Tensor<2, Int>);
