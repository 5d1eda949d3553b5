use serde::{Deserialize, Serialize};

use super::{
    Binary, ClassCounts, Global, Multiclass, Multilabel, Options, Predicts, Tally, Task,
    cohen_kappa::complete, tally::counted,
};
use crate::{Bounds, Meta, Metric, Result, Total};

/// The correlation of predictions and targets, also known as the phi coefficient.
///
/// With `s` elements, of which `c` are predicted correctly, and with `t` elements of each class and `p` elements
/// predicted to be of it, the value is `(c s - Σ t p) / √((s² - Σ p²) (s² - Σ t²))`. The labels of a multilabel task
/// are pooled into one binary task. Values range from -1 to 1, and higher is better; 0 is chance level. The metric
/// needs only the counts of each class.
///
/// If all targets or all predictions are of one class, the quotient is 0 / 0. With more than two classes, the value is
/// then 0. With two classes, it is the value that TorchMetrics uses: 1 if all elements are right, -1 if all are wrong,
/// and otherwise about `(r - w) / √(r w (r + w))` with `r` right and `w` wrong elements. scikit-learn returns 0 in
/// these cases.
///
/// Options: those of the task ([`Options`]). Inputs: [`ClassificationInput`](super::ClassificationInput). Errors:
/// [`MetricError`](crate::MetricError).
///
/// Source: Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient (2004); TorchMetrics'
/// `MatthewsCorrCoef`; scikit-learn's `matthews_corrcoef`, with sample weights.
///
/// # When to use
///
/// Use it to summarize a classifier in one number when the classes are not equally frequent: it uses all four counts,
/// and is high only if both positives and negatives are predicted well. If one class is very rare, a few elements can
/// change the value considerably, and values from data sets with different class frequencies are not directly
/// comparable.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let preds = Tensor::<1, Int>::from_ints([0, 1, 0, 0], &device);
/// let target = Tensor::<1, Int>::from_ints([1, 1, 0, 0], &device);
///
/// let correlation = MatthewsCorrCoef::binary().evaluate((preds, target))?;
/// assert!((correlation - 1.0 / 3f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct MatthewsCorrCoef<T: Task> {
    #[serde(rename = "task")]
    tally: Tally<T, Global>,
}

/// The type of [`MatthewsCorrCoef::binary`], under its TorchMetrics name.
pub type BinaryMatthewsCorrCoef = MatthewsCorrCoef<Binary>;
/// The type of [`MatthewsCorrCoef::multiclass`], under its TorchMetrics name.
pub type MulticlassMatthewsCorrCoef = MatthewsCorrCoef<Multiclass>;
/// The type of [`MatthewsCorrCoef::multilabel`], under its TorchMetrics name.
pub type MultilabelMatthewsCorrCoef = MatthewsCorrCoef<Multilabel>;

impl MatthewsCorrCoef<Binary> {
    /// Creates the metric for two classes.
    pub fn binary() -> Self {
        Self::new(Binary::new())
    }
}

impl MatthewsCorrCoef<Multiclass> {
    /// Creates the metric for `classes` classes.
    pub fn multiclass(classes: usize) -> Self {
        Self::new(Multiclass::new(classes))
    }
}

impl MatthewsCorrCoef<Multilabel> {
    /// Creates the metric for `labels` labels.
    pub fn multilabel(labels: usize) -> Self {
        Self::new(Multilabel::new(labels))
    }
}

impl<T: Task> MatthewsCorrCoef<T> {
    /// Creates the metric for a task with options.
    pub fn new(task: T) -> Self {
        Self {
            tally: Tally::new(task),
        }
    }
}

impl<T: Task> Predicts for MatthewsCorrCoef<T> {}

impl<T: Task> Options for MatthewsCorrCoef<T> {
    type Task = T;

    fn task_mut(&mut self) -> &mut T {
        &mut self.tally.task
    }
}

impl<T: Task> Metric for MatthewsCorrCoef<T> {
    type Statistic = Tally<T, Global>;
    type Value = f64;

    fn statistic(&self) -> &Self::Statistic {
        &self.tally
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<f64> {
        counted(total, &self.name())?;
        let mut classes = self.tally.task.read(&|cell| total.get(cell));
        if !T::EXCLUSIVE {
            classes = vec![classes.into_iter().sum()];
        }
        Ok(correlation(&complete(classes)))
    }

    fn meta(&self) -> Meta {
        let meta = self.tally.task.named(Meta::new("Matthews correlation"));
        meta.higher_is_better().within(Bounds::SIGNED_UNIT)
    }
}

crate::combinator::arithmetic!([T: Task] MatthewsCorrCoef<T>);

fn correlation(classes: &[ClassCounts]) -> f64 {
    let sum = |of: &dyn Fn(&ClassCounts) -> f64| -> f64 { classes.iter().map(of).sum() };
    let total = sum(&|c| c.support());
    let right = sum(&|c| c.true_positives);
    // A single class has no variation, even if rounding errors of the weights leave some.
    let variation =
        |of: &dyn Fn(&ClassCounts) -> f64| match classes.iter().filter(|c| of(c) > 0.0).count() {
            0 | 1 => 0.0,
            _ => total * total - sum(&|c| of(c) * of(c)),
        };
    let of_targets = variation(&ClassCounts::support);
    let of_predictions = variation(&ClassCounts::predicted);
    let both = right * total - sum(&|c| c.support() * c.predicted());
    match *classes {
        [_, positive] if right == total || right == 0.0 || of_targets * of_predictions == 0.0 => {
            degenerate(&positive)
        }
        _ if of_targets * of_predictions == 0.0 => 0.0,
        _ => both / (of_targets * of_predictions).sqrt(),
    }
}

/// The value for two classes where the correlation is undefined, or exactly 1 or -1.
fn degenerate(
    &ClassCounts {
        true_positives: tp,
        false_positives: fp,
        true_negatives: tn,
        false_negatives: fneg,
    }: &ClassCounts,
) -> f64 {
    let (right, wrong) = (tp + tn, fp + fneg);
    if right != 0.0 && wrong == 0.0 {
        return 1.0;
    }
    if right == 0.0 && wrong != 0.0 {
        return -1.0;
    }
    let epsilon = f64::from(f32::EPSILON);
    // One margin is empty, so two counts remain: one of right and one of wrong elements.
    let (right, wrong) = match (tp, tn) {
        (_, 0.0) if fneg == 0.0 => (tp, fp),
        (_, 0.0) => (tp, fneg),
        (0.0, _) if fneg == 0.0 => (tn, fp),
        _ => (tn, fneg),
    };
    let margins = (tp + fp + epsilon) * (tp + fneg + epsilon) * (tn + fp + epsilon);
    let value = epsilon.sqrt() * (right - wrong) / (margins * (tn + fneg + epsilon)).sqrt();
    // It exceeds 1 where weights sum to less than 1, of which no reference knows.
    value.clamp(-1.0, 1.0)
}
