use std::{fmt::Debug, sync::Arc};

use burn::tensor::{DType, Tensor};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    points::{Curves, Points, ScoreForm, Store},
    scores::{AllCurves, AllScores, ScoredBatch},
    thresholds::Thresholds,
};
use crate::{
    Faults, Meta, MetricError, Result, State, Statistic,
    classification::{ClassificationInput, ScoredTask, task::LogitMap},
    ops,
    state::Counts,
};

/// Keeps the scores of each class, separated into its positives and negatives; all curves are functions of it.
///
/// A collection of metrics with the same task, task options and resolution adds each batch once and sorts once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct OneVsRest<T: ScoredTask, R: Resolution = Exact> {
    pub(crate) task: T,
    pub(crate) resolution: R,
}

impl<T: ScoredTask, R: Resolution> Statistic for OneVsRest<T, R> {
    type Input = ClassificationInput;
    type State = R::State;

    fn check_state(&self, state: &R::State) -> Result<()> {
        let (expected, got) = (self.resolution.size(self.task.width()), R::held(state));
        if got == 0 || got == expected {
            return Ok(());
        }
        Err(MetricError::State {
            expected: format!("a state of size {expected}"),
            got: format!("one of size {got}"),
        })
    }

    fn update(&self, state: &mut R::State, input: ClassificationInput) -> Result<()> {
        self.resolution.check()?;
        self.task.show_labels(input, |input| {
            let batch = self.task.scored(input, R::LOGITS)?;
            match batch.spec.scores() {
                0 => Ok(()),
                _ => self.resolution.add(state, batch),
            }
        })
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.task.explain(error)
    }
}

/// Whether a curve is exact or binned: [`Exact`] or [`Binned`].
pub trait Resolution:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The state that keeps the scores or their histogram.
    type State: State;

    /// Adds the resolution to the name of a metric.
    fn named(&self, meta: Meta) -> Meta {
        meta
    }

    /// The curves that a state holds.
    type Curves<'a>: Curves;

    /// Checks the configuration.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`].
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The size of the state for `width` classes.
    fn size(&self, width: usize) -> usize;

    /// The size of a state, or 0 if it holds nothing.
    fn held(state: &Self::State) -> usize;

    /// Adds a batch.
    ///
    /// # Errors
    ///
    /// [`MetricError::Values`], [`MetricError::Device`].
    fn add(&self, state: &mut Self::State, batch: ScoredBatch) -> Result<()>;

    /// How logits are converted before they are kept.
    const LOGITS: LogitMap;

    /// The curves of the classes of a task.
    fn curves<'a, T: ScoredTask>(
        &self,
        total: <Self::State as State>::Total<'a>,
        task: &T,
    ) -> Self::Curves<'a>;
}

/// Keeps every score, so that a curve has a point for each distinct score and areas are exact.
///
/// The state takes 4 bytes for each score of each class (8 for `f64` scores, 16 with sample weights). `compute` sorts
/// the scores, which temporarily takes the same amount again. The points of a curve take 12 bytes for each distinct
/// score (24 for `f64` scores and with weights), during `compute` and as long as a curve is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exact;

/// Keeps, for each class, a histogram of the scores between thresholds, so that a curve has a point per threshold.
///
/// Thresholds are probabilities, so a score outside 0 to 1 is an error, unless
/// [`from_logits`](crate::classification::Options::from_logits) is set.
///
/// The state takes 16 bytes for each threshold of each class, regardless of the number of samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Binned {
    pub(super) thresholds: Thresholds,
}

impl Resolution for Exact {
    type State = AllScores;
    type Curves<'a> = AllCurves<'a>;

    fn size(&self, width: usize) -> usize {
        width
    }

    fn held(state: &AllScores) -> usize {
        state.settled().width()
    }

    fn add(&self, state: &mut AllScores, batch: ScoredBatch) -> Result<()> {
        state.add_result(batch)
    }

    const LOGITS: LogitMap = LogitMap::LogOdds;

    fn curves<'a, T: ScoredTask>(
        &self,
        total: <AllScores as State>::Total<'a>,
        task: &T,
    ) -> Self::Curves<'a> {
        total.of_form(ScoreForm {
            exclusive: T::EXCLUSIVE,
            logits: task.has_logits(),
        })
    }
}

impl Resolution for Binned {
    type State = Counts;
    type Curves<'a> = BinnedCurves;

    fn named(&self, meta: Meta) -> Meta {
        meta.with(format!("{} thresholds", self.thresholds.len()))
    }

    fn check(&self) -> Result<()> {
        self.thresholds.check()
    }

    fn size(&self, width: usize) -> usize {
        width.saturating_mul(2 * (self.thresholds.len() + 1))
    }

    fn held(state: &Counts) -> usize {
        state.total().len()
    }

    fn add(&self, state: &mut Counts, batch: ScoredBatch) -> Result<()> {
        let ScoredBatch {
            scores,
            target,
            weights,
            spec,
        } = batch;
        let thresholds =
            Tensor::<1>::from_data(self.thresholds.as_slice(), (&scores.device(), DType::F32));
        let [scores, target, thresholds] = [
            scores.into_dispatch(),
            target.into_dispatch(),
            thresholds.into_dispatch(),
        ];
        let cells = spec.cells(self.thresholds.len());
        if cells > i32::MAX as usize - Faults::OF_TABLES {
            let expected = "fewer than 2^31 counts of classes and thresholds";
            return Err(MetricError::config("thresholds", expected, cells));
        }
        let n = spec.scores() as u64;
        match weights {
            None => state.add_counts(ops::count_bins(scores, target, thresholds, spec), n),
            Some(weights) => {
                let weights = weights.into_dispatch();
                let sums = ops::weigh_bins(scores, target, weights, thresholds, spec);
                state.add_weights(sums, n)
            }
        }
    }

    const LOGITS: LogitMap = LogitMap::Probability;

    fn curves<'a, T: ScoredTask>(
        &self,
        total: <Counts as State>::Total<'a>,
        task: &T,
    ) -> Self::Curves<'a> {
        // The number of classes may be anything until a batch has come.
        let width = if total.is_empty() { 0 } else { task.width() };
        let bins = self.thresholds.len() + 1;
        let histogram = |side: usize| (0..bins).map(move |bin| total.get(side * bins + bin));
        let points = |negative: Vec<f64>, positive: Vec<f64>| {
            let (mut tp, mut fp) = (0.0, 0.0);
            let bins = positive.iter().zip(&negative).skip(1).rev();
            let points = bins.zip(self.thresholds.as_slice().iter().rev());
            let points = points.map(|((positive, negative), threshold)| {
                (tp, fp) = (tp + positive, fp + negative);
                (f64::from(*threshold), [tp, fp])
            });
            let (thresholds, sums) = points.unzip();
            let points = Store::Sums(thresholds, sums);
            Arc::new(Points::binned(
                points,
                positive.iter().sum(),
                negative.iter().sum(),
                total.is_weighted(),
            ))
        };
        let sum_of = |sides: &mut dyn Iterator<Item = usize>| {
            sides.fold(vec![0.0; bins], |mut sum, side| {
                sum.iter_mut()
                    .zip(histogram(side))
                    .for_each(|(sum, n)| *sum += n);
                sum
            })
        };
        BinnedCurves {
            empty: (0..total.len()).all(|cell| total.get(cell) == 0.0),
            classes: (0..width)
                .map(|class| {
                    points(
                        histogram(2 * class).collect(),
                        histogram(2 * class + 1).collect(),
                    )
                })
                .collect(),
            pooled: points(
                sum_of(&mut (0..width).map(|class| 2 * class)),
                sum_of(&mut (0..width).map(|class| 2 * class + 1)),
            ),
        }
    }
}

/// The curves that are computed from histograms.
#[derive(Debug, Clone)]
pub struct BinnedCurves {
    empty: bool,
    classes: Vec<Arc<Points>>,
    pooled: Arc<Points>,
}

impl Curves for BinnedCurves {
    fn is_empty(&self) -> bool {
        self.empty
    }

    fn classes(&self) -> &[Arc<Points>] {
        &self.classes
    }

    fn pooled(&self) -> &Arc<Points> {
        &self.pooled
    }
}
