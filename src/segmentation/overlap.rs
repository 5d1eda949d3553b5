use std::{fmt::Debug, iter, marker::PhantomData};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    SampleAverage, SegmentationInput, SegmentationTask,
    samples::{ScoredSamples, measured},
};
use crate::{
    Faults, Meta, Metric, MetricError, Result, State, Statistic, Total,
    classification::parts::{ClassScore, ClassScores},
    measure::{Measure, Measured, Reduction, SampleMetric},
    ops::HostTensor,
    state::{Counts, Unread},
};

/// How the predicted and the true pixels of a class overlap: numbers of pixels, or sums of weights.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// The number of pixels that are of the class and predicted to be.
    pub intersection: f64,
    /// The number of pixels that are predicted to be of the class.
    pub predicted: f64,
    /// The number of pixels of the class.
    pub target: f64,
}

impl Overlap {
    fn of([true_positives, false_positives, false_negatives]: [f64; 3]) -> Self {
        Self {
            intersection: true_positives,
            predicted: true_positives + false_positives,
            target: true_positives + false_negatives,
        }
    }

    /// The number of pixels that are of the class or predicted to be.
    pub fn union(&self) -> f64 {
        self.predicted + self.target - self.intersection
    }

    /// Whether any pixel is of the class or predicted to be.
    pub fn occurs(&self) -> bool {
        self.predicted + self.target > 0.0
    }
}

impl iter::Sum for Overlap {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self {
            intersection: a.intersection + b.intersection,
            predicted: a.predicted + b.predicted,
            target: a.target + b.target,
        })
    }
}

/// A score that is computed from the [`Overlap`] of each class.
pub trait OverlapFormula:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The name, direction and bounds of the metric.
    fn meta(&self) -> Meta;

    /// The default average, which the name does not mention.
    const AVERAGE: &'static str;

    /// Whether the background is included by default. The name mentions only the other case.
    const BACKGROUND: bool = true;

    /// Checks the options for samples with these dimensions.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`].
    fn check(&self, _dims: &[usize]) -> Result<()> {
        Ok(())
    }

    /// The score of a class that [occurs](Overlap::occurs).
    fn score(&self, class: &Overlap) -> f64;

    /// The score of several classes that occur, taken together.
    fn pooled(&self, classes: &[Overlap]) -> f64 {
        self.score(&classes.iter().copied().sum())
    }
}

/// An [`OverlapFormula`] that can also be applied to the pixels of all samples together: see
/// [`global`](SampleMetric::global).
pub trait PooledFormula: OverlapFormula {}

/// The classes of a sample, or of all samples, and the formula of their score.
#[derive(Debug)]
struct Overlaps<'a, F> {
    formula: &'a F,
    /// The classes with a score. Those whose pixels are void have none.
    classes: Vec<Option<Overlap>>,
}

impl<'a, F: OverlapFormula> Overlaps<'a, F> {
    /// Reads a table of counts: `[rows, classes]`, of which three rows are used.
    fn read(formula: &'a F, task: &SegmentationTask, cell: impl Fn(usize) -> f64) -> Self {
        let all = task.classes();
        let classes = task.scored().map(|class| {
            let counts = [class, all + class, 2 * all + class].map(&cell);
            (!task.is_void(class)).then(|| Overlap::of(counts))
        });
        Self {
            formula,
            classes: classes.collect(),
        }
    }

    fn occurring(&self) -> impl Iterator<Item = Overlap> {
        let known = self.classes.iter().copied().flatten();
        known.filter(Overlap::occurs)
    }
}

impl<F: OverlapFormula> ClassScores for Overlaps<'_, F> {
    fn classes(&self) -> impl Iterator<Item = ClassScore> {
        self.classes.iter().map(|class| {
            let overlap = class.unwrap_or_default();
            let occurs = overlap.occurs();
            ClassScore {
                score: if occurs {
                    self.formula.score(&overlap)
                } else {
                    0.0
                },
                support: overlap.target,
                in_macro: occurs,
            }
        })
    }

    fn pooled(&self) -> f64 {
        self.formula.pooled(&self.occurring().collect::<Vec<_>>())
    }
}

/// The measure of overlap metrics: an [`OverlapFormula`] for the classes of each sample, with their
/// [average](SampleAverage).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct SampleOverlap<F: OverlapFormula, A: SampleAverage> {
    formula: F,
    task: SegmentationTask,
    #[serde(skip)]
    average: PhantomData<fn() -> A>,
}

impl<F: OverlapFormula, A: SampleAverage> SampleOverlap<F, A> {
    pub(super) fn new(formula: F, task: SegmentationTask) -> Self {
        Self {
            formula,
            task,
            average: PhantomData,
        }
    }

    fn averaged<B: SampleAverage>(self) -> SampleOverlap<F, B> {
        SampleOverlap::new(self.formula, self.task)
    }
}

fn named<F: OverlapFormula, A: SampleAverage>(formula: &F, task: &SegmentationTask) -> Meta {
    let meta = formula.meta().with_other(A::NAME, F::AVERAGE);
    background(meta, task, F::BACKGROUND)
}

/// Adds to a name whether the background is scored, unless that is the default.
pub(super) fn background(meta: Meta, task: &SegmentationTask, default: bool) -> Meta {
    match (task.includes_background(), default) {
        (true, false) => meta.with("with background"),
        (false, true) => meta.with("without background"),
        _ => meta,
    }
}

impl<F: OverlapFormula, A: SampleAverage> Measure for SampleOverlap<F, A> {
    type Input = SegmentationInput;

    fn meta(&self) -> Meta {
        named::<F, A>(&self.formula, &self.task)
    }

    fn numbers(&self) -> usize {
        A::numbers(self.task.scored().len())
    }

    fn measure(&self, input: SegmentationInput) -> Result<Option<Measured>> {
        let layout = self.task.check(&input)?;
        self.formula.check(&layout.dims)?;
        if layout.is_empty() {
            return Ok(None);
        }
        let (weights, batch) = (input.weights(), input.clone());
        let (table, rows) = self.task.count_samples(input.maps, &layout);
        let (measure, samples) = (self.clone(), layout.samples);
        let tables = Unread::new(move |tensors: Vec<HostTensor>| SampleTables {
            tables: tensors[0].read::<i64>().into_owned(),
            samples,
            rows,
            formula: measure.formula.clone(),
            task: measure.task.clone(),
        });
        let tables = tables.with_ints(table);
        let task = self.task.clone();
        let measured = measured::<_, A>(self.task.scored().len(), tables);
        let measured = measured.weighted(weights);
        Ok(Some(measured.showing(move || task.wrong_label(&batch))))
    }

    fn explain(&self, error: MetricError) -> MetricError {
        let labels = self.task.labels();
        error.expecting_labels(labels.count, labels.ignore_index)
    }
}

/// The tables of counts of the samples of a batch, followed by the faults.
#[derive(Debug)]
struct SampleTables<F> {
    tables: Vec<i64>,
    samples: usize,
    rows: usize,
    formula: F,
    task: SegmentationTask,
}

impl<F: OverlapFormula> ScoredSamples for SampleTables<F> {
    fn samples(&self) -> usize {
        self.samples
    }

    fn classes(&self) -> usize {
        self.task.scored().len()
    }

    fn block(&self) -> usize {
        /// The number of cells that is worth a thread.
        const CELLS: usize = 1 << 14;
        (CELLS / (self.rows * self.task.classes())).max(1)
    }

    fn faults(&self) -> Faults {
        let cells = self.samples * self.rows * self.task.classes();
        Faults::read(self.tables[cells..].iter().map(|n| *n as u64))
    }

    fn scores(&self, sample: usize) -> impl ClassScores {
        let first = sample * self.rows * self.task.classes();
        Overlaps::read(&self.formula, &self.task, |cell| {
            self.tables[first + cell] as f64
        })
    }
}

impl<F: OverlapFormula, A: SampleAverage, R: Reduction> SampleMetric<SampleOverlap<F, A>, R> {
    /// Sets whether class 0, the background, is scored. If there is only one class, it is always scored.
    ///
    /// Pixels of the background are never left out: if they are predicted as another class, they are errors of that
    /// class.
    pub fn include_background(self, include: bool) -> Self {
        self.with(|measure| measure.task.set_include_background(include))
    }

    /// Ignores void pixels: those whose target equals `index`. It does not have to be a valid class.
    ///
    /// If it is one of the classes, that class has no score, and its place in a value per class is NaN. If the target
    /// is masks, `index` is the mask whose pixels are void.
    pub fn ignore_index(self, index: i64) -> Self {
        self.with(|measure| measure.task.set_ignore_index(index))
    }
}

impl<F: OverlapFormula, A: SampleAverage> SampleMetric<SampleOverlap<F, A>, A::Mean> {
    pub(super) fn of_overlap(formula: F, task: SegmentationTask) -> Self {
        Self::reduce(SampleOverlap::new(formula, task))
    }

    pub(super) fn with_average<B: SampleAverage>(
        self,
        _average: B,
    ) -> SampleMetric<SampleOverlap<F, B>, B::Mean> {
        SampleMetric::reduce(self.into_measure().averaged())
    }

    pub(super) fn with_formula(self, option: impl FnOnce(&mut F)) -> Self {
        self.with(|measure| option(&mut measure.formula))
    }

    /// Pools the pixels of all samples before the score is computed, instead of averaging the scores of samples.
    ///
    /// [`AllPairs`](super::AllPairs) becomes the mean over the classes.
    pub fn global(self) -> PooledOverlap<F, A>
    where
        F: PooledFormula,
    {
        let SampleOverlap { formula, task, .. } = self.into_measure();
        PooledOverlap {
            formula,
            overlaps: PooledOverlaps { task },
            average: PhantomData,
        }
    }
}

/// The statistic of the [`Overlap`] of each class over all samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PooledOverlaps {
    task: SegmentationTask,
}

impl Statistic for PooledOverlaps {
    type Input = SegmentationInput;
    type State = Counts;

    fn check_state(&self, state: &Counts) -> Result<()> {
        let (expected, got) = (self.task.cells(), state.total().len());
        match got == 0 || got == expected {
            true => Ok(()),
            false => Err(MetricError::State {
                expected: format!("a table of {expected} cells"),
                got: format!("one of {got}"),
            }),
        }
    }

    fn update(&self, state: &mut Counts, input: SegmentationInput) -> Result<()> {
        let layout = self.task.check(&input)?;
        let batch = input.clone();
        if layout.is_empty() {
            return Ok(());
        }
        let pixels = (layout.samples * layout.pixels) as u64;
        let SegmentationInput { maps, weights } = input;
        let added = match weights {
            None => state.add_counts(self.task.count_batch(maps, &layout), pixels),
            Some(weights) => {
                state.add_weights(self.task.weigh_batch(maps, weights, &layout), pixels)
            }
        };
        added.map_err(|error| error.showing(|| self.task.wrong_label(&batch)))
    }

    fn explain(&self, error: MetricError) -> MetricError {
        let labels = self.task.labels();
        error.expecting_labels(labels.count, labels.ignore_index)
    }
}

crate::combinator::resample! { update_weighed: [] PooledOverlaps; }

/// An [`OverlapFormula`] for the pixels of all samples together: see [`global`](SampleMetric::global).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct PooledOverlap<F: OverlapFormula, A: SampleAverage> {
    formula: F,
    #[serde(rename = "task")]
    overlaps: PooledOverlaps,
    #[serde(skip)]
    average: PhantomData<fn() -> A>,
}

impl<F: OverlapFormula, A: SampleAverage> PooledOverlap<F, A> {
    /// Sets whether class 0, the background, is scored.
    pub fn include_background(mut self, include: bool) -> Self {
        self.overlaps.task.set_include_background(include);
        self
    }

    /// Ignores void pixels, those whose target equals `index`: see
    /// [`ignore_index`](SampleMetric::ignore_index).
    pub fn ignore_index(mut self, index: i64) -> Self {
        self.overlaps.task.set_ignore_index(index);
        self
    }
}

impl<F: OverlapFormula, A: SampleAverage> Metric for PooledOverlap<F, A> {
    type Statistic = PooledOverlaps;
    type Value = A::Value;

    fn statistic(&self) -> &PooledOverlaps {
        &self.overlaps
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<A::Value> {
        if total.is_empty() {
            return Err(MetricError::empty(self.name()));
        }
        let task = &self.overlaps.task;
        let overlaps = Overlaps::read(&self.formula, task, |cell| total.get(cell));
        if overlaps.occurring().next().is_none() {
            return Err(MetricError::empty(self.name()));
        }
        let classes = task.scored().len();
        let mut numbers = vec![0.0; A::values(classes) * A::numbers(classes)];
        A::fill(&overlaps, &mut numbers);
        Ok(A::value(&numbers))
    }

    fn meta(&self) -> Meta {
        named::<F, A>(&self.formula, &self.overlaps.task).with("global")
    }
}

crate::combinator::arithmetic!([F: OverlapFormula, A: SampleAverage] PooledOverlap<F, A>);
