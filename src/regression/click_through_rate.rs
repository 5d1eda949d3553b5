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

/// The click-through rate: the weighted fraction of impressions that were clicked, `sum w c / sum w`.
///
/// The value is between 0 and 1, and higher is better. It is NaN if the sum of the weights is 0, where torcheval
/// gives 0.
///
/// Options: [`per_output`](Regression::per_output) for one value per task; by default all tasks are pooled. Inputs:
/// [`ClickInput`]. Errors: [`MetricError`](crate::MetricError).
///
/// Source: torcheval's `ClickThroughRate`, whose tasks are rows, not columns.
///
/// # When to use
///
/// Use it to monitor how often recommendations or ads are clicked. It describes the observed clicks, not a model's
/// predictions: it depends on what was shown and at which position. Use
/// [`WeightedCalibration`](super::WeightedCalibration) or [`Auroc`](crate::classification::Auroc) to judge predicted
/// click probabilities.
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

/// The formula of [`ClickThroughRate`], and the statistic that it is computed from.
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

/// A batch of clicks of one or more tasks, with optional weights.
///
/// It is made from a tensor of floats or integers, which are 1 for a click and 0 for none: `[batch]` for one task, or
/// `[batch, tasks]` for several. A pair of this tensor and weights is accepted too, with one weight per sample,
/// `[batch]`, or one per click, `[batch, tasks]`.
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
