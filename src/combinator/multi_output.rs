use std::borrow::Cow;

use burn::tensor::{Int, Tensor};

use crate::{Metric, MetricError, Result, State, Statistic, Total, state::Each};

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
            statistic: EachOutput { statistic, outputs },
        }
    }
}

impl<M: Metric> Metric for MultiOutput<M> {
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
}

impl<S: Statistic> Statistic for EachOutput<S> {
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

    fn update(&self, state: &mut Self::State, input: Self::Input) -> Result<()> {
        let [preds, target] = [&input.preds, &input.target];
        for (what, shape) in [("predictions", preds), ("target", target)] {
            if shape.last() != Some(&self.outputs) {
                let expected = format!("[batch, ..., outputs = {}]", self.outputs);
                return Err(MetricError::shape(what, expected, shape));
            }
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
    outputs: Vec<I>,
}

macro_rules! from_pairs {
    ($($Preds:ty [$one_pred:ty], $Target:ty [$one_target:ty];)+) => {
        $(
            impl<I: From<($one_pred, $one_target)>> From<($Preds, $Target)> for OutputsOf<I> {
                fn from((preds, target): ($Preds, $Target)) -> Self {
                    let (shapes, last) = ((preds.dims().to_vec(), target.dims().to_vec()), preds.dims().len() - 1);
                    let both = preds.iter_dim(last).zip(target.iter_dim(1));
                    let outputs = both.map(|(preds, target)| (preds.squeeze_dim(last), target.squeeze_dim(1)).into());
                    Self { preds: shapes.0, target: shapes.1, outputs: outputs.collect() }
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
