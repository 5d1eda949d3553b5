//! Sums over the numbers of several tasks, in which a sample may have a different weight for each task.

use burn::tensor::{Device, Int, Tensor, s};

use super::{PairSums, RegressionInput};
use crate::{
    MetricError, Result, Statistic,
    combinator::Samples,
    ops::{self, PairTerm, Parts},
    state::{Outputs, Sums},
};

/// Pairs of numbers for one or more tasks.
#[derive(Debug, Clone)]
pub(super) struct TaskPairs {
    /// The pairs, with weights if each sample has the same weight in all tasks.
    pairs: RegressionInput,
    /// The weights of the samples in each task: `[batch, tasks]`.
    weights: Option<Tensor<2>>,
}

impl TaskPairs {
    pub fn new(pairs: impl Into<RegressionInput>) -> Self {
        Self {
            pairs: pairs.into(),
            weights: None,
        }
    }

    pub fn weighted(preds: Tensor<2>, target: Tensor<2>, weights: Tensor<2>) -> Self {
        Self {
            pairs: (preds, target).into(),
            weights: Some(weights),
        }
    }

    /// Adds the sums of both numbers to the state.
    pub fn add(self, state: &mut Outputs<Sums>) -> Result<()> {
        const TERM: PairTerm = PairTerm::Values;
        let Self { pairs, weights } = self;
        let Some(weights) = weights else {
            return PairSums::of(TERM).update(state, pairs);
        };
        let dims = pairs.check()?;
        if weights.dims() != dims {
            let expected = format!("{dims:?}, one a number, or [{}], one a sample", dims[0]);
            return Err(MetricError::shape("weights", expected, &weights.dims()));
        }
        state.expect_width(dims)?;
        if dims.contains(&0) {
            return Ok(());
        }
        // Compute one result per task, and then put them side by side.
        let column = |numbers: &Tensor<2>, task: usize| -> Tensor<1> {
            numbers
                .clone()
                .slice_dim(1, s![task..task + 1])
                .squeeze_dim(1)
        };
        let mut results = Vec::new();
        for task in 0..dims[1] {
            let [preds, target, weights] =
                [&pairs.preds, &pairs.target, &weights].map(|numbers| column(numbers, task));
            let pairs = RegressionInput::from((preds, target, weights));
            pairs.check()?;
            results.push(ops::pair_sums(pairs.into_parts(), TERM));
        }
        state.add(dims, Parts::beside(results))
    }
}

impl Samples for TaskPairs {
    fn samples(&self) -> Result<(usize, Device)> {
        self.pairs.samples()
    }

    fn select(self, places: &Tensor<1, Int>) -> Self {
        Self {
            pairs: self.pairs.select(places),
            weights: (self.weights).map(|weights| weights.select(0, places.clone())),
        }
    }
}

/// Implements `Samples` for a batch that wraps [`TaskPairs`].
macro_rules! samples_of_tasks {
    ($Input:ty) => {
        impl $crate::combinator::Samples for $Input {
            fn samples(&self) -> $crate::Result<(usize, ::burn::tensor::Device)> {
                self.0.samples()
            }

            fn select(self, places: &Tensor<1, Int>) -> Self {
                Self(self.0.select(places))
            }
        }
    };
}
pub(super) use samples_of_tasks;

/// Numbers of tasks: `[batch]` or `[batch, tasks]`, floats or integers.
pub(super) trait TaskNumbers {
    /// Converts the numbers to `[batch, tasks]`.
    fn columns(self) -> Tensor<2>;
}

impl TaskNumbers for Tensor<1> {
    fn columns(self) -> Tensor<2> {
        self.unsqueeze_dim(1)
    }
}

impl TaskNumbers for Tensor<2> {
    fn columns(self) -> Tensor<2> {
        self
    }
}

impl TaskNumbers for Tensor<1, Int> {
    fn columns(self) -> Tensor<2> {
        self.float().unsqueeze_dim(1)
    }
}

impl TaskNumbers for Tensor<2, Int> {
    fn columns(self) -> Tensor<2> {
        self.float()
    }
}
