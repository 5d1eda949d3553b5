use std::fmt::Debug;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Binary, ClassificationInput, Multiclass, ScoredBatch, ScoredTask,
    elements::{Element, Elements, host_sums},
    tally::{accept, empty, seen},
};
use crate::{
    Bounds, Meta, Metric, Result, State, Statistic,
    ops::{is_host, sum_along},
    state::{Counts, CountsTotal},
};

/// How far scores fall short of a margin of 1.
///
/// Of a binary task, the mean of `max(0, 1 - s)` over positives and of `max(0, 1 + s)` over negatives. Of a
/// multiclass task, `s` is the score of the true class less the greatest of the others (Crammer and Singer);
/// [`one_vs_all`](Self::one_vs_all) gives the binary loss of each class. From 0, lower is better.
///
/// Scores are taken as they are: a margin is one of decision values, of any size. The reference puts scores
/// through a sigmoid or softmax if one of the batch lies outside [0, 1]; [`from_logits`](Self::from_logits) does it
/// always.
///
/// Options: [`squared`](Self::squared), [`one_vs_all`](Self::one_vs_all), [`ignore_index`](Self::ignore_index),
/// [`from_logits`](Self::from_logits). Inputs: scores as in [`ClassificationInput`]. Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: Crammer and Singer, On the algorithmic implementation of multiclass kernel-based vector machines (2001);
/// TorchMetrics' `HingeLoss`; scikit-learn's `hinge_loss`, with sample weights.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct HingeLoss<T: ScoredTask, M: Margin = CrammerSinger> {
    task: T,
    margin: M,
    squared: bool,
    from_logits: bool,
}

/// [`HingeLoss::binary`].
pub type BinaryHingeLoss = HingeLoss<Binary, OneVsAll>;
/// [`HingeLoss::multiclass`].
pub type MulticlassHingeLoss<M = CrammerSinger> = HingeLoss<Multiclass, M>;

/// What a margin is between: [`CrammerSinger`] or [`OneVsAll`].
pub trait Margin:
    Debug + Clone + Copy + Default + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// Whether each class has a loss.
    const PER_CLASS: bool;

    /// The margins and which of them count: `[samples, classes, inner]`, or `[samples, 1, inner]`.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn margins(elements: &Elements) -> (Tensor<3>, Tensor<3>);

    /// The margins of an element on a host, with their classes.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn margins_of(element: &Element<'_>, add: impl FnMut(usize, f64));
}

/// The true class and the best of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrammerSinger;

/// Each class and all others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneVsAll;

#[allow(private_interfaces)]
impl Margin for CrammerSinger {
    const PER_CLASS: bool = false;

    fn margins(elements: &Elements) -> (Tensor<3>, Tensor<3>) {
        let (scores, own) = (elements.scores.clone(), elements.relevant.clone());
        let others = scores.clone().mask_fill(own.clone(), f64::NEG_INFINITY);
        let own = scores.mask_fill(own.bool_not(), 0.0).sum_dim(1);
        let counts = elements.number(elements.counts.clone()).max_dim(1);
        (own - others.max_dim(1), counts)
    }

    #[inline(always)]
    fn margins_of(element: &Element<'_>, mut add: impl FnMut(usize, f64)) {
        let own = element.labels[0] as usize;
        let mut others = f64::NEG_INFINITY;
        for (class, score) in element.scores.iter().enumerate() {
            let better = class != own && *score > others;
            others = if better { *score } else { others };
        }
        add(0, element.scores[own] - others);
    }
}

#[allow(private_interfaces)]
impl Margin for OneVsAll {
    const PER_CLASS: bool = true;

    fn margins(elements: &Elements) -> (Tensor<3>, Tensor<3>) {
        let scores = elements.scores.clone();
        let margins = scores
            .clone()
            .neg()
            .mask_where(elements.relevant.clone(), scores);
        (margins, elements.number(elements.counts.clone()))
    }

    #[inline(always)]
    fn margins_of(element: &Element<'_>, mut add: impl FnMut(usize, f64)) {
        for (class, score) in element.scores.iter().enumerate() {
            match element.relevant(class) {
                Some(true) => add(class, *score),
                Some(false) => add(class, -score),
                None => {}
            }
        }
    }
}

impl HingeLoss<Binary, OneVsAll> {
    /// For two classes.
    pub fn binary() -> Self {
        Self::new(Binary::new())
    }
}

impl HingeLoss<Multiclass> {
    /// For `classes` classes.
    pub fn multiclass(classes: usize) -> Self {
        Self::new(Multiclass::new(classes))
    }

    /// The loss of each class against all others: `[classes]`.
    pub fn one_vs_all(self) -> HingeLoss<Multiclass, OneVsAll> {
        HingeLoss {
            task: self.task,
            margin: OneVsAll,
            squared: self.squared,
            from_logits: self.from_logits,
        }
    }
}

impl<T: ScoredTask, M: Margin> HingeLoss<T, M> {
    fn new(task: T) -> Self {
        Self {
            task,
            margin: M::default(),
            squared: false,
            from_logits: false,
        }
    }

    /// Squares the losses.
    pub fn squared(mut self) -> Self {
        self.squared = true;
        self
    }

    /// Leaves out the elements whose target is `index`, which need not be a class.
    pub fn ignore_index(mut self, index: i64) -> Self {
        self.task.set_ignore_index(index);
        self
    }

    /// Puts scores through a sigmoid (of a multiclass task, a softmax over the classes) first.
    #[allow(clippy::wrong_self_convention)]
    pub fn from_logits(mut self) -> Self {
        self.from_logits = true;
        self
    }

    fn width(&self) -> usize {
        if M::PER_CLASS { self.task.width() } else { 1 }
    }

    /// The sums of the losses of each class, and of the weights.
    fn on_host(&self, batch: ScoredBatch) -> Result<Tensor<1>> {
        let (width, squared) = (self.width(), self.squared);
        host_sums(batch, 2 * width, |sums, element| {
            M::margins_of(&element, |class, margin| {
                let loss = 1.0 - margin;
                let loss = if loss < 0.0 { 0.0 } else { loss };
                let loss = if squared { loss * loss } else { loss };
                // What has no weight may have no margin either.
                if element.weight != 0.0 {
                    sums[class] += element.weight * loss;
                    sums[width + class] += element.weight;
                }
            });
        })
    }

    /// The same, class by class for all elements at once.
    fn on_device(&self, batch: ScoredBatch) -> Tensor<1> {
        let elements = Elements::of(batch);
        let (margins, counts) = M::margins(&elements);
        let losses = margins.neg().add_scalar(1.0).clamp_min(0.0);
        let losses = if self.squared {
            losses.square()
        } else {
            losses
        };
        let weights = counts * elements.weights.clone();
        // What is left out may have no margin at all.
        let losses = losses.mask_fill(weights.clone().equal_elem(0.0), 0.0);
        let per_class = |values: Tensor<3>| {
            let classes = values.dims()[1];
            sum_along(values.sum_dim(2), 0).reshape([classes])
        };
        let sums = vec![per_class(losses * weights.clone()), per_class(weights)];
        elements.result(sums)
    }

    /// The losses: one a class, or one.
    fn losses(&self, total: &CountsTotal) -> Result<Vec<f64>> {
        seen(total, NAME)?;
        let classes = total.len() / 2;
        if (0..classes).all(|class| total.get(classes + class) == 0.0) {
            return Err(empty(NAME));
        }
        Ok((0..classes)
            .map(|class| total.get(class) / total.get(classes + class))
            .collect())
    }
}

impl<T: ScoredTask, M: Margin> Statistic for HingeLoss<T, M> {
    type Input = ClassificationInput;
    type State = Counts;

    fn accept(&self, state: &Counts) -> Result<()> {
        accept(2 * self.width(), state.total().len())
    }

    fn update(&self, state: &mut Counts, input: ClassificationInput) -> Result<()> {
        let batch = self.task.scored(input, self.from_logits)?;
        let n = batch.spec.scores() as u64;
        if n == 0 {
            return Ok(());
        }
        let sums = match is_host(&batch.scores.device()) {
            true => self.on_host(batch)?,
            false => self.on_device(batch),
        };
        state.add_floats(sums)?;
        state.total_mut().see(n);
        Ok(())
    }
}

const NAME: &str = "Hinge loss";

macro_rules! hinge_metric {
    ($Task:ty, $Margin:ty, $Value:ty, |$losses:ident| $value:expr) => {
        impl Metric for HingeLoss<$Task, $Margin> {
            type Statistic = Self;
            type Value = $Value;

            fn statistic(&self) -> &Self {
                self
            }

            fn compute(&self, total: &CountsTotal) -> Result<$Value> {
                let $losses = self.losses(total)?;
                Ok($value)
            }

            fn meta(&self) -> Meta {
                Meta::new(NAME).lower_is_better().within(Bounds::POSITIVE)
            }
        }
    };
}

hinge_metric!(Binary, OneVsAll, f64, |losses| losses[0]);
hinge_metric!(Multiclass, CrammerSinger, f64, |losses| losses[0]);
hinge_metric!(Multiclass, OneVsAll, Vec<f64>, |losses| losses);

crate::combinator::arithmetic!([T: ScoredTask, M: Margin] HingeLoss<T, M>);
