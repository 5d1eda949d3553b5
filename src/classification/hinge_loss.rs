use std::{fmt::Debug, marker::PhantomData};

use burn::tensor::{Bool, Tensor};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Binary, ClassificationInput, Multiclass, Options, ScoredTask,
    elements::{Element, ElementFormula, Elements, measure},
    task::LogitMap,
};
use crate::{
    Bounds, MeanOfSamples, Meta, MetricError, Result,
    measure::{MeanOfEach, Measure, Measured, Reduction, SampleMetric},
    sealed::Sealed,
};

/// The mean amount by which scores fall short of a margin of 1.
///
/// For a binary task, the loss of an element with score `s` is `max(0, 1 - s)` for a positive and `max(0, 1 + s)` for a
/// negative. For a multiclass task, it is `max(0, 1 - m)`, where `m` is the score of the true class minus the highest
/// score of the other classes (Crammer and Singer); [`one_vs_all`](Self::one_vs_all) returns the binary loss of each
/// class instead. Values are not negative, and lower is better.
///
/// Scores are used as they are, since margins are differences of decision values, which can have any size. TorchMetrics
/// applies a sigmoid or softmax if a score of the batch lies outside [0, 1]; [`from_logits`](Options::from_logits) always
/// applies it.
///
/// Options: [`squared`](Self::squared), [`one_vs_all`](Self::one_vs_all), [`ignore_index`](Options::ignore_index),
/// [`from_logits`](Options::from_logits). Inputs: scores as in [`ClassificationInput`]. Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: Crammer and Singer, On the algorithmic implementation of multiclass kernel-based vector machines (2001);
/// TorchMetrics' `HingeLoss`; scikit-learn's `hinge_loss`, with sample weights.
///
/// # When to use
///
/// Use it on the decision values of classifiers that are trained for a margin, such as support vector machines.
/// Multiplying all scores by a constant changes the loss but no prediction, so do not compare it between models whose
/// scores have different scales. For probabilities, use [`NormalizedEntropy`](super::NormalizedEntropy) or
/// [`CalibrationError`](super::CalibrationError).
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<1>::from_floats([1.5, -0.5, 0.25], &device);
/// let target = Tensor::<1, Int>::from_ints([1, 0, 1], &device);
///
/// assert_eq!(HingeLoss::binary().evaluate((scores, target))?, (0.0 + 0.5 + 0.75) / 3.0);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub type HingeLoss<T, M = CrammerSinger, R = MeanOfSamples> = SampleMetric<Hinge<T, M>, R>;

/// The measure of [`HingeLoss`]: the loss of each element, or one loss per class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Hinge<T: ScoredTask, M: Margin = CrammerSinger> {
    task: T,
    margin: M,
    squared: bool,
}

/// The type of [`HingeLoss::binary`], under its TorchMetrics name.
pub type BinaryHingeLoss = HingeLoss<Binary, OneVsAll>;
/// The type of [`HingeLoss::multiclass`], under its TorchMetrics name.
pub type MulticlassHingeLoss<M = CrammerSinger, R = MeanOfSamples> = HingeLoss<Multiclass, M, R>;

/// How the margin is computed: [`CrammerSinger`] or [`OneVsAll`].
///
/// This trait is sealed: only types of this crate implement it.
pub trait Margin:
    Sealed
    + Debug
    + Clone
    + Copy
    + Default
    + PartialEq
    + Send
    + Sync
    + Serialize
    + DeserializeOwned
    + 'static
{
    /// Whether each class has its own loss.
    const PER_CLASS: bool;

    /// The margins: `[samples, classes, inner]` or `[samples, 1, inner]`.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn margins(elements: &Elements) -> Tensor<3>;

    /// Adds the margins of an element in host memory with their classes, and returns whether the element counts.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn margins_of(element: &Element<'_>, add: impl FnMut(usize, f64)) -> bool;
}

/// The margin between the true class and the best of the other classes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrammerSinger;

/// The margin between each class and all other classes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneVsAll;

impl Sealed for CrammerSinger {}
impl Sealed for OneVsAll {}

#[allow(private_interfaces)]
impl Margin for CrammerSinger {
    const PER_CLASS: bool = false;

    fn margins(elements: &Elements) -> Tensor<3> {
        let (scores, own) = (elements.scores.clone(), elements.relevant.clone());
        let others = scores.clone().mask_fill(own.clone(), f64::NEG_INFINITY);
        let own = scores.mask_fill(own.bool_not(), 0.0).sum_dim(1);
        own - others.max_dim(1)
    }

    #[inline(always)]
    fn margins_of(element: &Element<'_>, mut add: impl FnMut(usize, f64)) -> bool {
        let own = element.labels[0] as usize;
        let mut others = f64::NEG_INFINITY;
        for (class, score) in element.scores.iter().enumerate() {
            let better = class != own && *score > others;
            others = if better { *score } else { others };
        }
        add(0, element.scores[own] - others);
        true
    }
}

#[allow(private_interfaces)]
impl Margin for OneVsAll {
    const PER_CLASS: bool = true;

    fn margins(elements: &Elements) -> Tensor<3> {
        let scores = elements.scores.clone();
        let others = scores.clone().neg();
        others.mask_where(elements.relevant.clone(), scores)
    }

    #[inline(always)]
    fn margins_of(element: &Element<'_>, mut add: impl FnMut(usize, f64)) -> bool {
        for (class, score) in element.scores.iter().enumerate() {
            match element.relevant(class) {
                Some(true) => add(class, *score),
                Some(false) => add(class, -score),
                None => return false,
            }
        }
        true
    }
}

impl HingeLoss<Binary, OneVsAll> {
    /// Creates the metric for two classes.
    pub fn binary() -> Self {
        Self::new(Binary::new())
    }

    /// Creates the metric for a task with options.
    pub fn new(task: Binary) -> Self {
        Self::of(Hinge::of(task))
    }
}

impl HingeLoss<Multiclass> {
    /// Creates the metric for `classes` classes.
    pub fn multiclass(classes: usize) -> Self {
        Self::new(Multiclass::new(classes))
    }

    /// Creates the metric for a task with options.
    pub fn new(task: Multiclass) -> Self {
        Self::of(Hinge::of(task))
    }

    /// Returns the loss of each class against all other classes: `[classes]`.
    pub fn one_vs_all(self) -> HingeLoss<Multiclass, OneVsAll, MeanOfEach> {
        let hinge = self.into_measure();
        SampleMetric::reduce(Hinge {
            task: hinge.task,
            margin: OneVsAll,
            squared: hinge.squared,
        })
    }
}

impl<T: ScoredTask, M: Margin, R: Reduction> HingeLoss<T, M, R> {
    /// Squares the losses.
    pub fn squared(self) -> Self {
        self.with(|hinge| hinge.squared = true)
    }
}

impl<T: ScoredTask, M: Margin, R: Reduction> Options for HingeLoss<T, M, R> {
    type Task = T;

    fn task_mut(&mut self) -> &mut T {
        &mut self.measure_mut().task
    }
}

impl<T: ScoredTask, M: Margin> Hinge<T, M> {
    fn of(task: T) -> Self {
        Self {
            task,
            margin: M::default(),
            squared: false,
        }
    }
}

impl<T: ScoredTask, M: Margin> Measure for Hinge<T, M> {
    type Input = ClassificationInput;

    fn meta(&self) -> Meta {
        let meta = Meta::new("Hinge loss")
            .lower_is_better()
            .within(Bounds::POSITIVE);
        let meta = match Measure::numbers(self) {
            1 => meta,
            _ => meta.with("one versus all"),
        };
        meta.with_if(self.squared, "squared")
    }

    fn numbers(&self) -> usize {
        match M::PER_CLASS {
            true => self.task.width(),
            false => 1,
        }
    }

    fn measure(&self, input: ClassificationInput) -> Result<Option<Measured>> {
        let (labels, examples) = (self.task.labels(), input.clone());
        let batch = self.task.scored(input, LogitMap::Probability)?;
        let losses = Losses {
            margin: PhantomData::<M>,
            numbers: Measure::numbers(self),
            squared: self.squared,
        };
        Ok((batch.spec.scores() > 0)
            .then(|| measure(batch, losses).showing(move || examples.wrong_label(labels))))
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.task.explain(error)
    }
}

#[derive(Debug, Clone, Copy)]
struct Losses<M> {
    margin: PhantomData<M>,
    numbers: usize,
    squared: bool,
}

impl<M: Margin> ElementFormula for Losses<M> {
    fn numbers(&self) -> usize {
        self.numbers
    }

    #[inline(always)]
    fn measure(&self, element: &Element<'_>, numbers: &mut [f64]) -> bool {
        M::margins_of(element, |class, margin| {
            let loss = 1.0 - margin;
            let loss = if loss < 0.0 { 0.0 } else { loss };
            numbers[class] = if self.squared { loss * loss } else { loss };
        })
    }

    fn expression(&self, elements: &Elements) -> (Tensor<3>, Tensor<3, Bool>) {
        let losses = M::margins(elements).neg().add_scalar(1.0).clamp_min(0.0);
        let losses = if self.squared {
            losses.square()
        } else {
            losses
        };
        // Either all classes of an element count or none of them.
        (losses, elements.counts.clone().narrow(1, 0, 1))
    }
}
