use std::borrow::Cow;

use burn::tensor::{Int, Tensor, TensorData, TensorReadError};

use super::Samples;
use crate::{InputOf, Metric, MetricError, Result, State, Statistic, Total, state::Each};

/// See [`MetricExt::multi_output`](super::MetricExt::multi_output).
#[derive(Debug, Clone)]
pub struct MultiOutput<M: Metric> {
    metric: M,
    statistic: EachOutput<M::Statistic>,
}

impl<M: Metric> MultiOutput<M> {
    pub(super) fn of(metric: M, outputs: usize) -> Self {
        let statistic = metric.statistic().clone();
        Self {
            metric,
            statistic: EachOutput {
                statistic,
                outputs,
                ignore_nan: false,
            },
        }
    }

    /// Leaves out the samples of an output whose prediction or target is not a number. Which ones that are is read from the device in each
    /// update, which waits for it.
    pub fn ignore_nan(mut self) -> Self {
        self.statistic.ignore_nan = true;
        self
    }
}

impl<M> Metric for MultiOutput<M>
where
    M: Metric,
    InputOf<M>: Samples,
{
    type Statistic = EachOutput<M::Statistic>;
    type Value = Vec<M::Value>;

    fn statistic(&self) -> &Self::Statistic {
        &self.statistic
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<Vec<M::Value>> {
        if total.is_empty() {
            return Err(MetricError::empty(self.name()));
        }
        let outputs = total.into_iter();
        outputs.map(|total| self.metric.compute(total)).collect()
    }

    fn name(&self) -> Cow<'static, str> {
        self.metric.name()
    }

    as_its_metric!(metric);
}

/// A statistic of each output.
#[derive(Debug, Clone, PartialEq)]
pub struct EachOutput<S> {
    statistic: S,
    outputs: usize,
    ignore_nan: bool,
}

impl<S> Statistic for EachOutput<S>
where
    S: Statistic,
    S::Input: Samples,
{
    type Input = OutputsOf<S::Input>;
    type State = Each<S::State>;

    fn accept(&self, state: &Self::State) -> Result<()> {
        let states = state.states();
        if ![0, self.outputs].contains(&states.len()) {
            return Err(MetricError::State {
                expected: format!("that of {} outputs", self.outputs),
                got: format!("that of {}", states.len()),
            });
        }
        let mut states = states.iter();
        states.try_for_each(|state| self.statistic.accept(state))
    }

    fn update(&self, state: &mut Self::State, mut input: Self::Input) -> Result<()> {
        let [preds, target] = [&input.preds, &input.target];
        for (what, shape) in [("predictions", preds), ("target", target)] {
            if shape.last() != Some(&self.outputs) {
                let expected = format!("[batch, ..., outputs = {}]", self.outputs);
                return Err(MetricError::shape(what, expected, shape));
            }
        }
        if self.ignore_nan && preds[0] == target[0] {
            input.drop_nans()?;
        }
        // All of them first, so that an error leaves every output as it was.
        let mut batch = Each::default();
        let states = batch.at_least(self.outputs).iter_mut();
        for (state, input) in states.zip(input.outputs) {
            self.statistic.update(state, input)?;
        }
        state.merge(batch);
        Ok(())
    }
}

/// A batch of several outputs, each of which is a batch of its own for a metric that takes `I`.
///
/// Made from tuples of predictions and target whose last dimension is that of the outputs: numbers or scores `[batch, outputs]` or
/// `[batch, classes, outputs]`, with numbers or labels `[batch, outputs]`.
#[derive(Debug, Clone)]
pub struct OutputsOf<I> {
    preds: Vec<usize>,
    target: Vec<usize>,
    /// Those that are not integers: `[batch, numbers, outputs]`.
    numbers: Vec<Tensor<3>>,
    outputs: Vec<I>,
}

impl<I: Samples> OutputsOf<I> {
    /// Leaves out the samples of an output that have a NaN.
    fn drop_nans(&mut self) -> Result<()> {
        let nan = |numbers: &Tensor<3>| numbers.clone().is_nan().any_dim(1);
        let Some(nan) = self.numbers.iter().map(nan).reduce(Tensor::bool_or) else {
            return Ok(());
        };
        let (device, outputs) = (nan.device(), self.outputs.len());
        let nan: Vec<bool> = nan
            .try_into_data()
            .map_err(TensorReadError::from)?
            .iter()
            .collect();
        for (output, samples) in self.outputs.iter_mut().enumerate() {
            let nan = nan.iter().skip(output).step_by(outputs);
            let (n, places) = (nan.len(), (0..).zip(nan));
            let places: Vec<i64> = places
                .filter_map(|(place, nan)| (!nan).then_some(place))
                .collect();
            if places.len() < n {
                let data = TensorData::new(places.clone(), [places.len()]);
                *samples = samples.clone().select(&Tensor::from_data(data, &device));
            }
        }
        Ok(())
    }
}

/// One side of a batch of several outputs.
trait Side {
    /// As `[batch, numbers, outputs]`, if they may be NaN.
    fn numbers(&self) -> Option<Tensor<3>>;
}

impl Side for Tensor<2> {
    fn numbers(&self) -> Option<Tensor<3>> {
        Some(self.clone().inner().unsqueeze_dim(1))
    }
}

impl Side for Tensor<3> {
    fn numbers(&self) -> Option<Tensor<3>> {
        Some(self.clone().inner())
    }
}

impl Side for Tensor<2, Int> {
    fn numbers(&self) -> Option<Tensor<3>> {
        None
    }
}

macro_rules! from_pairs {
    ($($Preds:ty [$one_pred:ty], $Target:ty [$one_target:ty];)+) => {
        $(
            impl<I: From<($one_pred, $one_target)>> From<($Preds, $Target)> for OutputsOf<I> {
                fn from((preds, target): ($Preds, $Target)) -> Self {
                    let (shapes, last) = ((preds.dims().to_vec(), target.dims().to_vec()), preds.dims().len() - 1);
                    let numbers = [preds.numbers(), target.numbers()].into_iter().flatten();
                    let numbers = numbers.collect();
                    let both = preds.iter_dim(last).zip(target.iter_dim(1));
                    let outputs = both.map(|(preds, target)| (preds.squeeze_dim(last), target.squeeze_dim(1)).into());
                    Self { preds: shapes.0, target: shapes.1, numbers, outputs: outputs.collect() }
                }
            }
        )+
    };
}

from_pairs! {
    Tensor<2> [Tensor<1>], Tensor<2> [Tensor<1>];
    Tensor<2> [Tensor<1>], Tensor<2, Int> [Tensor<1, Int>];
    Tensor<2, Int> [Tensor<1, Int>], Tensor<2, Int> [Tensor<1, Int>];
    Tensor<3> [Tensor<2>], Tensor<2, Int> [Tensor<1, Int>];
}
