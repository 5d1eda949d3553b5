use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use super::Draw;
use crate::{
    Result, State, Statistic,
    state::{Contingency, Counts, CountsTotal},
};

/// A statistic that supports resampling, as the [`Bootstrap`](super::Bootstrap) needs it.
///
/// If samples have few outcomes, such as the pairs of true and predicted class, only the counts of the outcomes matter.
/// They are kept once, and a replicate draws new counts from them, at a cost that does not grow with the number of
/// samples. Other samples are added to each replicate as often as they are drawn: with whole numbers as weights, or
/// repeatedly if the statistic has no weights. For inputs that are [`Weighed`] or [`Samples`], [`update_weighed`] and
/// [`update_selected`] do this.
///
/// # Example
///
/// A mean of your own:
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_metrics::combinator::{Draw, NoOutcomes, Resample};
/// use burn_metrics::prelude::*;
/// use burn_metrics::state::{Mean, MeanTotal};
///
/// #[derive(Debug, Clone, PartialEq, serde::Serialize)]
/// struct Average;
///
/// impl Statistic for Average {
///     type Input = Tensor<1>;
///     type State = Mean;
///
///     fn update(&self, mean: &mut Mean, numbers: Tensor<1>) -> Result<()> { mean.add(numbers) }
/// }
///
/// impl Resample for Average {
///     type Outcomes = NoOutcomes;
///     type Batch = Tensor<1>;
///
///     fn prepare(&self, numbers: Tensor<1>) -> Result<Tensor<1>> { Ok(numbers) }
///
///     fn update_drawn(&self, mean: &mut Mean, numbers: &Tensor<1>, draw: &Draw) -> Result<()> {
///         match draw.weights(numbers.dims()[0], &numbers.device()) {
///             None => mean.add(numbers.clone()),
///             Some(weights) => mean.add_weighted(numbers.clone(), weights),
///         }
///     }
/// }
///
/// impl Metric for Average {
///     type Statistic = Self;
///     type Value = f64;
///
///     fn statistic(&self) -> &Self { self }
///     fn meta(&self) -> Meta { Meta::new("Average") }
///     fn compute(&self, total: MeanTotal) -> Result<f64> { Ok(total.mean()) }
/// }
///
/// let numbers = Tensor::<1>::from_floats([1.0, 2.0, 3.0, 4.0], &Device::flex());
/// let average = Average.bootstrap(200).evaluate(numbers)?;
/// assert_eq!(average.value, 2.5);
/// assert!(average.replicates.iter().all(|value| (1.0..=4.0).contains(value)));
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub trait Resample: Statistic {
    /// The counts of the outcomes, or [`NoOutcomes`] if they are not counted.
    type Outcomes: Outcomes;
    /// A batch for which everything that the replicates share has been computed.
    type Batch: Send + Sync;

    /// Counts the samples of a batch by outcome, if only the outcomes matter. Otherwise it does nothing and returns
    /// `false`.
    ///
    /// # Errors
    ///
    /// The errors of an update.
    fn count_outcomes(&self, _outcomes: &mut Self::Outcomes, _input: &Self::Input) -> Result<bool> {
        Ok(false)
    }

    /// Checks that counts, such as loaded ones, belong to this statistic.
    ///
    /// # Errors
    ///
    /// [`MetricError::State`](crate::MetricError::State).
    fn accept_outcomes(&self, _outcomes: &Self::Outcomes) -> Result<()> {
        Ok(())
    }

    /// Creates the state after samples with these outcomes, if [`count_outcomes`](Self::count_outcomes) counts any.
    fn of_outcomes(&self, _outcomes: Self::Outcomes) -> Self::State {
        Self::State::default()
    }

    /// Computes everything that the replicates share.
    ///
    /// # Errors
    ///
    /// The errors of an update.
    fn prepare(&self, input: Self::Input) -> Result<Self::Batch>;

    /// Adds the samples of a batch that are drawn. The first draw of a batch has all its samples, so it finds all
    /// faults.
    ///
    /// # Errors
    ///
    /// The errors of an update.
    fn update_drawn(&self, state: &mut Self::State, batch: &Self::Batch, draw: &Draw)
    -> Result<()>;
}

/// Counts of the outcomes of samples.
pub trait Outcomes: State {
    /// The count of each outcome, and the number of all samples, counted or not.
    fn counts(&self) -> (Vec<u64>, u64);

    /// Replaces the counts of the outcomes.
    fn recounted(&self, counts: Vec<u64>) -> Self;
}

/// The outcomes of samples that are not counted by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoOutcomes;

impl State for NoOutcomes {
    type Total<'a> = ();

    fn merge(&mut self, _other: Self) {}

    fn total(&self) {}
}

impl Outcomes for NoOutcomes {
    fn counts(&self) -> (Vec<u64>, u64) {
        (Vec::new(), 0)
    }

    fn recounted(&self, _counts: Vec<u64>) -> Self {
        Self
    }
}

impl Outcomes for Counts {
    fn counts(&self) -> (Vec<u64>, u64) {
        (self.total().whole().to_vec(), self.total().seen())
    }

    fn recounted(&self, counts: Vec<u64>) -> Self {
        CountsTotal::of(counts, self.total().seen()).into()
    }
}

impl Outcomes for Contingency {
    fn counts(&self) -> (Vec<u64>, u64) {
        let counts: Vec<u64> = self.cells().map(|(_, n)| n).collect();
        let n = counts.iter().sum();
        (counts, n)
    }

    fn recounted(&self, counts: Vec<u64>) -> Self {
        let cells = self.cells().zip(counts);
        Self::of_cells(cells.map(|((pair, _), n)| (pair, n)))
    }
}

/// Draws the same samples for both: outcomes that a single statistic would count are drawn sample by sample here.
impl<A, B> Resample for (A, B)
where
    A: Resample,
    B: Resample + Statistic<Input = A::Input>,
{
    type Outcomes = NoOutcomes;
    type Batch = (A::Batch, B::Batch);

    fn prepare(&self, input: A::Input) -> Result<Self::Batch> {
        Ok((self.0.prepare(input.clone())?, self.1.prepare(input)?))
    }

    fn update_drawn(
        &self,
        (a, b): &mut Self::State,
        batch: &Self::Batch,
        draw: &Draw,
    ) -> Result<()> {
        self.0.update_drawn(a, &batch.0, draw)?;
        self.1.update_drawn(b, &batch.1, draw)
    }
}

/// A batch whose samples can be selected.
pub trait Samples: Clone + Send + Sync {
    /// The number of samples and their device, if shapes and types match.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`](crate::MetricError::Shape) and [`MetricError::Kind`](crate::MetricError::Kind).
    fn samples(&self) -> Result<(usize, Device)>;

    /// Selects the samples at these indices, of which there is at least one and which may repeat.
    fn select(self, places: &Tensor<1, Int>) -> Self;
}

/// A batch whose samples can have weights.
pub trait Weighed: Samples {
    /// Multiplies the weights of the samples by these, `[batch]`.
    fn reweighted(self, weights: Tensor<1>) -> Self;
}

/// Adds the samples that are drawn, by means of weights.
///
/// # Errors
///
/// The errors of an update.
pub fn update_weighed<S>(
    statistic: &S,
    state: &mut S::State,
    batch: &S::Input,
    draw: &Draw,
) -> Result<()>
where
    S: Statistic<Input: Weighed>,
{
    let (n, device) = batch.samples()?;
    let batch = batch.clone();
    match draw.weights(n, &device) {
        None => statistic.update(state, batch),
        Some(weights) => statistic.update(state, batch.reweighted(weights)),
    }
}

/// Adds the samples that are drawn, each as often as it was drawn.
///
/// # Errors
///
/// The errors of an update.
pub fn update_selected<S>(
    statistic: &S,
    state: &mut S::State,
    batch: &S::Input,
    draw: &Draw,
) -> Result<()>
where
    S: Statistic<Input: Samples>,
{
    let (n, device) = batch.samples()?;
    match draw.places(n, &device) {
        None => statistic.update(state, batch.clone()),
        Some(places) if places.dims() == [0] => Ok(()),
        Some(places) => statistic.update(state, batch.clone().select(&places)),
    }
}

/// Implements [`Resample`] for statistics whose samples are drawn by `$update`.
macro_rules! resample {
    ($update:ident: $([$($generics:tt)*] $Statistic:ty;)+) => {
        $(
            impl<$($generics)*> $crate::combinator::Resample for $Statistic {
                type Outcomes = $crate::combinator::NoOutcomes;

                $crate::combinator::drawn_by!($update);
            }
        )+
    };
}
pub(crate) use resample;

/// The part of [`Resample`] for samples that are not counted by outcome.
macro_rules! drawn_by {
    ($update:ident) => {
        type Batch = Self::Input;

        fn prepare(&self, input: Self::Input) -> $crate::Result<Self::Input> {
            Ok(input)
        }

        fn update_drawn(
            &self,
            state: &mut Self::State,
            batch: &Self::Input,
            draw: &$crate::combinator::Draw,
        ) -> $crate::Result<()> {
            $crate::combinator::$update(self, state, batch, draw)
        }
    };
}
pub(crate) use drawn_by;

/// Implements [`Resample`] for statistics of the table of pairs of labels.
macro_rules! resample_by_table {
    ($($Statistic:ty;)+) => {
        $(
            impl $crate::combinator::Resample for $Statistic {
                type Outcomes = $crate::state::Contingency;

                fn count_outcomes(
                    &self,
                    outcomes: &mut $crate::state::Contingency,
                    input: &Self::Input,
                ) -> $crate::Result<bool> {
                    $crate::Statistic::update(self, outcomes, input.clone())?;
                    Ok(true)
                }

                fn of_outcomes(&self, outcomes: $crate::state::Contingency) -> $crate::state::Contingency {
                    outcomes
                }

                $crate::combinator::drawn_by!(update_selected);
            }
        )+
    };
}
pub(crate) use resample_by_table;
