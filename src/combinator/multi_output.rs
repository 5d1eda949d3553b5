use std::{fmt, sync::Arc};

use burn::tensor::{Int, Tensor, TensorData};
use serde::Serialize;

use crate::{
    Meta, Metric, MetricError, Result, State, Statistic, Total,
    state::{ReadRequests, States},
};

/// A metric that is computed for each output: see [`MetricExt::multi_output`](super::MetricExt::multi_output).
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

    /// Ignores the samples of an output whose prediction or target is NaN.
    ///
    /// Each update reads from the device which samples these are, and waits for it.
    pub fn ignore_nan(mut self) -> Self {
        self.statistic.ignore_nan = true;
        self
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

    fn meta(&self) -> Meta {
        self.metric.meta()
    }
}

/// The statistic of each output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EachOutput<S> {
    statistic: S,
    outputs: usize,
    ignore_nan: bool,
}

impl<S: Statistic> Statistic for EachOutput<S> {
    type Input = OutputsOf<S::Input>;
    type State = States<S::State>;

    fn check_state(&self, state: &Self::State) -> Result<()> {
        let states = state.states();
        if ![0, self.outputs].contains(&states.len()) {
            return Err(MetricError::State {
                expected: format!("that of {} outputs", self.outputs),
                got: format!("that of {}", states.len()),
            });
        }
        let mut states = states.iter();
        states.try_for_each(|state| self.statistic.check_state(state))
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.statistic.explain(error)
    }

    fn update(&self, state: &mut Self::State, input: Self::Input) -> Result<()> {
        if self.outputs == 0 {
            return Err(MetricError::config("outputs", "at least 1", 0));
        }
        let [preds, target] = [&input.preds, &input.target];
        for (what, shape) in [("predictions", preds), ("target", target)] {
            if shape.last() != Some(&self.outputs) {
                let expected = format!("[batch, ..., outputs = {}]", self.outputs);
                return Err(MetricError::shape(what, expected, shape));
            }
        }
        let outputs = match self.ignore_nan && preds[0] == target[0] {
            true => (input.without_nans)()?,
            false => input.outputs,
        };
        // Update all outputs first, so that an error leaves every output as it was.
        let mut batch = States::default();
        let states = batch.at_least(self.outputs).iter_mut();
        for (state, input) in states.zip(outputs) {
            self.statistic.update(state, input)?;
        }
        state.check_merge(&batch)?;
        state.merge(batch);
        Ok(())
    }
}

/// A batch of several outputs, each of which is a batch of its own for a metric that takes `I`.
///
/// It is made from a tuple of predictions and targets whose last dimension is the outputs: predicted numbers or scores,
/// `[batch, outputs]` or `[batch, classes, outputs]`, and numbers or labels as targets, `[batch, outputs]`.
#[derive(Clone)]
pub struct OutputsOf<I> {
    preds: Vec<usize>,
    target: Vec<usize>,
    outputs: Vec<I>,
    /// Returns the outputs without the samples that have a NaN in them.
    without_nans: Arc<dyn Fn() -> Result<Vec<I>> + Send + Sync>,
}

impl<I: fmt::Debug> fmt::Debug for OutputsOf<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OutputsOf").field(&self.outputs).finish()
    }
}

/// Predictions or targets of a batch of several outputs.
trait Side: Clone + Send + Sync + 'static {
    /// The tensor of one output.
    type Column;

    /// The numbers, `[batch, numbers, outputs]`, if they may be NaN.
    fn numbers(&self) -> Option<Tensor<3>>;

    fn columns(self) -> Vec<Self::Column>;

    /// Selects the samples of a column at these indices.
    fn select(column: Self::Column, places: &[i64]) -> Self::Column;
}

macro_rules! side {
    ($Side:ty, $Column:ty, $dim:literal, |$side:ident| $numbers:expr) => {
        impl Side for $Side {
            type Column = $Column;

            fn numbers(&self) -> Option<Tensor<3>> {
                let $side = self.clone();
                $numbers
            }

            fn columns(self) -> Vec<$Column> {
                if self.dims()[$dim] == 0 {
                    return Vec::new();
                }
                let columns = self.iter_dim($dim);
                columns.map(|column| column.squeeze_dim($dim)).collect()
            }

            fn select(column: $Column, places: &[i64]) -> $Column {
                let data = TensorData::new(places.to_vec(), [places.len()]);
                let places = Tensor::from_data(data, &column.device());
                column.select(0, places)
            }
        }
    };
}

side!(Tensor<2>, Tensor<1>, 1, |side| Some(side.unsqueeze_dim(1)));
side!(Tensor<3>, Tensor<2>, 2, |side| Some(side));
side!(Tensor<2, Int>, Tensor<1, Int>, 1, |_side| None);

/// The outputs without the samples that have a NaN in them, which are found with one read from the device.
fn without_nans<P: Side, T: Side, I: From<(P::Column, T::Column)>>(
    preds: P,
    target: T,
) -> Result<Vec<I>> {
    let mut requests = ReadRequests::default();
    for side in [preds.numbers(), target.numbers()].into_iter().flatten() {
        // An empty batch has nothing to read, and not every backend supports it.
        if side.dims()[0] > 0 {
            requests.add(side.inner().is_nan().int().sum_dim(1));
        }
    }
    let sides = requests.len();
    let mut results = requests.execute()?;
    // The number of NaNs in each sample of each side: `[batch, outputs]`.
    let nans: Vec<Vec<i64>> = (0..sides)
        .map(|_| results.take().read().into_owned())
        .collect();
    let columns = preds.columns().into_iter().zip(target.columns());
    let outputs = columns.len();
    let outputs = columns.enumerate().map(|(output, (preds, target))| {
        let samples = nans.first().map_or(0, Vec::len) / outputs;
        let good = |sample: &usize| nans.iter().all(|side| side[sample * outputs + output] == 0);
        let places = (0..samples).filter(good).map(|sample| sample as i64);
        let places: Vec<i64> = places.collect();
        match places.len() == samples {
            true => (preds, target).into(),
            false => (P::select(preds, &places), T::select(target, &places)).into(),
        }
    });
    Ok(outputs.collect())
}

macro_rules! from_pairs {
    ($($Preds:ty [$one_pred:ty], $Target:ty [$one_target:ty];)+) => {
        $(
            impl<I: From<($one_pred, $one_target)> + 'static> From<($Preds, $Target)> for OutputsOf<I> {
                fn from((preds, target): ($Preds, $Target)) -> Self {
                    let (p, t) = (preds.clone(), target.clone());
                    let columns = preds.clone().columns().into_iter().zip(target.clone().columns());
                    Self {
                        preds: preds.dims().to_vec(),
                        target: target.dims().to_vec(),
                        outputs: columns.map(I::from).collect(),
                        without_nans: Arc::new(move || without_nans(p.clone(), t.clone())),
                    }
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
