use std::{fmt::Debug, marker::PhantomData};

use rayon::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    AllPairs, MaskPair, SampleAverage, SegmentationInput, SegmentationTask,
    average::Known,
    masks::HostMaps,
    overlap::background,
    samples::{ScoredSamples, measured},
};
use crate::{
    Faults, Meta, MetricError, Result,
    classification::parts::ClassScores,
    measure::{Measure, Measured, Reduction, SampleMetric},
};

/// A score that is computed from the predicted and the true mask of a class.
pub trait MaskFormula:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// The name, direction and bounds of the metric.
    fn meta(&self) -> Meta;

    /// Checks the options for this task and samples with these dimensions.
    ///
    /// # Errors
    ///
    /// [`MetricError::Config`].
    fn check(&self, task: &SegmentationTask, dims: &[usize]) -> Result<()>;

    /// The score of two masks of which at least one has pixels, in a sample with these dimensions, or NaN if they have
    /// none.
    ///
    /// `class` is the place of the class among those that are scored.
    fn score(&self, class: usize, masks: &MaskPair, dims: &[usize]) -> f64;
}

/// The measure of surface metrics: a [`MaskFormula`] for the classes of each sample, with their
/// [average](SampleAverage).
///
/// Scores are computed on the host, in parallel over samples and classes. On other devices, `update` queues the label
/// maps. They are read and scored at the latest when a value is computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct SampleMasks<F: MaskFormula, A: SampleAverage> {
    pub(super) formula: F,
    task: SegmentationTask,
    #[serde(skip)]
    average: PhantomData<fn() -> A>,
}

impl<F: MaskFormula, A: SampleAverage> SampleMasks<F, A> {
    fn new(formula: F, task: SegmentationTask) -> Self {
        Self {
            formula,
            task,
            average: PhantomData,
        }
    }
}

impl<F: MaskFormula, A: SampleAverage> Measure for SampleMasks<F, A> {
    type Input = SegmentationInput;

    fn meta(&self) -> Meta {
        let default = <AllPairs as SampleAverage>::NAME;
        let meta = self.formula.meta().with_other(A::NAME, default);
        background(meta, &self.task, false)
    }

    fn numbers(&self) -> usize {
        A::numbers(self.task.scored().len())
    }

    fn measure(&self, input: SegmentationInput) -> Result<Option<Measured>> {
        let layout = self.task.check(&input)?;
        self.formula.check(&self.task, &layout.dims)?;
        if layout.is_empty() {
            return Ok(None);
        }
        let (weights, batch) = (input.weights(), input.clone());
        let (formula, task) = (self.formula.clone(), self.task.clone());
        let maps = HostMaps::read(task.clone(), input, layout);
        let samples = maps.map(move |maps| SampleMaps {
            maps,
            formula: formula.clone(),
            task: task.clone(),
        });
        let task = self.task.clone();
        let measured = measured::<_, A>(self.task.scored().len(), samples);
        let measured = measured.weighted(weights);
        Ok(Some(measured.showing(move || task.wrong_label(&batch))))
    }

    fn explain(&self, error: MetricError) -> MetricError {
        let labels = self.task.labels();
        error.expecting_labels(labels.count, labels.ignore_index)
    }
}

/// The segmentations of the samples of a batch, and the formula of their classes.
#[derive(Debug)]
struct SampleMaps<F> {
    maps: HostMaps,
    formula: F,
    task: SegmentationTask,
}

impl<F: MaskFormula> ScoredSamples for SampleMaps<F> {
    fn samples(&self) -> usize {
        self.maps.samples()
    }

    fn classes(&self) -> usize {
        self.task.scored().len()
    }

    fn block(&self) -> usize {
        1
    }

    fn faults(&self) -> Faults {
        self.maps.faults
    }

    fn scores(&self, sample: usize) -> impl ClassScores {
        let (scored, bounds) = (self.task.scored(), self.maps.bounds(sample));
        let first = scored.start;
        let scores = scored.into_par_iter().map(|class| match &bounds[class] {
            Some(bounds) if !self.task.is_void(class) => {
                let masks = self.maps.pair(sample, class, bounds);
                self.formula.score(class - first, &masks, self.maps.dims())
            }
            _ => f64::NAN,
        });
        Known(scores.collect())
    }
}

impl<F: MaskFormula, A: SampleAverage, R: Reduction> SampleMetric<SampleMasks<F, A>, R> {
    /// Sets whether class 0, the background, is scored. If there is only one class, it is always scored.
    pub fn include_background(self, include: bool) -> Self {
        self.with(|measure| measure.task.set_include_background(include))
    }

    /// Ignores void pixels: those whose target equals `index`. It does not have to be a valid class.
    ///
    /// Void pixels are removed from the predicted and the true masks, so masks that touch them have a surface there. If
    /// `index` is one of the classes, that class has no score, and its place in a value per class is NaN. If the target
    /// is masks, `index` is the mask whose pixels are void.
    pub fn ignore_index(self, index: i64) -> Self {
        self.with(|measure| measure.task.set_ignore_index(index))
    }

    pub(super) fn with_formula(self, option: impl FnOnce(&mut F)) -> Self {
        self.with(|measure| option(&mut measure.formula))
    }
}

impl<F: MaskFormula, A: SampleAverage> SampleMetric<SampleMasks<F, A>, A::Mean> {
    pub(super) fn of_masks(formula: F, classes: usize) -> Self {
        Self::reduce(SampleMasks::new(
            formula,
            SegmentationTask::new(classes, false),
        ))
    }

    pub(super) fn with_average<B: SampleAverage>(
        self,
        _average: B,
    ) -> SampleMetric<SampleMasks<F, B>, B::Mean> {
        let SampleMasks { formula, task, .. } = self.into_measure();
        SampleMetric::reduce(SampleMasks::new(formula, task))
    }
}
