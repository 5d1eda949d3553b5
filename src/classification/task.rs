use std::fmt::Debug;

use burn::{
    backend::TensorMetadata,
    tensor::{DType, FloatDType, Int, Tensor, activation},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{ClassificationInput, Global, Pairs, Pooling, ScoredBatch};
use crate::{
    MetricError, Result,
    ops::{self, ClassSpec, ClassTable, Extent, LabelSpec, LabelTable, Predictions, ScoreSpec},
    state::Counts,
};

/// What is to be predicted: [`Binary`], [`Multiclass`] or [`Multilabel`].
pub trait Task:
    Debug + Clone + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// Whether each element has exactly one of the classes.
    const EXCLUSIVE: bool;

    /// The number of cells in a table of the counts of each class.
    fn cells(&self) -> usize;

    /// The number of cells in a table of pairs.
    fn pair_cells(&self) -> usize {
        self.cells()
    }

    /// How pairs of target and prediction are counted.
    type Pairs: Pooling<State = Counts>;

    /// Counts a batch.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`], [`MetricError::Kind`] and [`MetricError::Config`].
    fn count(&self, input: ClassificationInput, table: Table) -> Result<Counted>;

    /// The four counts of each class in a table that [`count`](Task::count) filled.
    fn read(&self, cell: &dyn Fn(usize) -> f64) -> Vec<ClassCounts>;

    /// The table of the counts of each class that a table of pairs amounts to.
    fn pool(&self, pairs: &[u64]) -> Vec<u64> {
        pairs.to_vec()
    }

    /// The confusion matrices in a table of pairs: `[target, prediction]`, row by row.
    fn read_pairs(&self, cell: &dyn Fn(usize) -> f64) -> Vec<Vec<f64>>;

    /// The class that has this label and is left out, if it is one of the classes.
    fn ignored_class(&self) -> Option<usize> {
        None
    }

    /// See [`Multiclass::top_k`].
    fn top(&self) -> usize {
        1
    }

    /// See [`Options::ignore_index`].
    fn set_ignore_index(&mut self, index: i64);
}

/// A task whose classes each have a score.
pub trait ScoredTask: Task {
    /// The number of scores of an element.
    fn width(&self) -> usize;

    /// Checks a batch of scores and lays it out.
    ///
    /// # Errors
    ///
    /// [`MetricError::Shape`], [`MetricError::Kind`] and [`MetricError::Config`].
    fn scored(&self, input: ClassificationInput, from_logits: bool) -> Result<ScoredBatch>;
}

/// Which table a [`Task`] fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Counts of each class over all elements.
    Global,
    /// Counts of each class, for each sample.
    Samplewise,
    /// Each pair of target and prediction, over all elements.
    Pairs,
    /// The wrong elements of each thing that is predicted as a whole: of a sample for multiclass tasks,
    /// of the labels of an element for the others.
    Errors,
}

/// What a batch contributed.
#[derive(Debug)]
pub struct Counted {
    /// The table, on its device; none if the batch is empty.
    pub table: Option<CountTensor>,
    /// The number of elements that came.
    pub elements: u64,
}

/// A table on a device.
#[derive(Debug)]
pub enum CountTensor {
    /// Of samples without weights.
    Counts(Tensor<1, Int>),
    /// Of samples with weights.
    Weights(Tensor<1>),
}

/// The four counts of a class (sums of weights, if the samples have weights).
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassCounts {
    /// True positives: of this class and predicted so.
    pub tp: f64,
    /// False positives: of another class and predicted as this.
    pub fp: f64,
    /// True negatives: neither of this class nor predicted so.
    pub tn: f64,
    /// False negatives: of this class and predicted as another.
    #[serde(rename = "fn")]
    pub fn_: f64,
}

impl ClassCounts {
    /// How many are of this class.
    pub fn support(&self) -> f64 {
        self.tp + self.fn_
    }

    /// How many were predicted to be of this class.
    pub fn predicted(&self) -> f64 {
        self.tp + self.fp
    }

    /// How many were counted.
    pub fn total(&self) -> f64 {
        self.tp + self.fp + self.tn + self.fn_
    }
}

impl std::iter::Sum for ClassCounts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self {
            tp: a.tp + b.tp,
            fp: a.fp + b.fp,
            tn: a.tn + b.tn,
            fn_: a.fn_ + b.fn_,
        })
    }
}

/// Two classes, 1 (positive) and 0 (negative), by one score an element.
///
/// Scores are probabilities unless [`from_logits`](Options::from_logits); an element counts as positive
/// if its score is greater than the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Binary {
    threshold: Threshold,
    ignore_index: Option<i64>,
}

/// Several classes, of which each element has exactly one. The one with the highest score is predicted;
/// of several with the same score, the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Multiclass {
    classes: usize,
    #[serde(default = "one")]
    top_k: usize,
    #[serde(default)]
    ignore_index: Option<i64>,
}

/// Several labels, of which each element can have any, by one score a label.
///
/// Scores are probabilities unless [`from_logits`](Options::from_logits); a label is predicted if its
/// score is greater than the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Multilabel {
    labels: usize,
    #[serde(default)]
    threshold: Threshold,
    #[serde(default)]
    ignore_index: Option<i64>,
}

fn one() -> usize {
    1
}

impl Binary {
    /// With a threshold of 0.5.
    pub fn new() -> Self {
        Self {
            threshold: Threshold::default(),
            ignore_index: None,
        }
    }
}

impl Default for Binary {
    fn default() -> Self {
        Self::new()
    }
}

impl Multiclass {
    /// Of `classes` classes, at least 2.
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            top_k: 1,
            ignore_index: None,
        }
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }
}

impl Multilabel {
    /// Of `labels` labels, with a threshold of 0.5.
    pub fn new(labels: usize) -> Self {
        Self {
            labels,
            threshold: Threshold::default(),
            ignore_index: None,
        }
    }

    /// The number of labels.
    pub fn labels(&self) -> usize {
        self.labels
    }
}

/// Above which probability something is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Threshold {
    probability: f64,
    from_logits: bool,
}

impl Default for Threshold {
    fn default() -> Self {
        Self {
            probability: 0.5,
            from_logits: false,
        }
    }
}

impl Threshold {
    /// The threshold of the scores: the sigmoid is monotonic, so a logit is compared with the logit of
    /// the probability.
    fn of_scores(self) -> Result<f64> {
        let p = self.probability;
        if !(0.0..=1.0).contains(&p) {
            return Err(MetricError::config(
                "threshold",
                "a probability in [0, 1]",
                p,
            ));
        }
        Ok(if self.from_logits {
            (p / (1.0 - p)).ln()
        } else {
            p
        })
    }
}

/// A task whose predictions come from a threshold.
pub trait Thresholded: Task {
    /// The threshold.
    fn threshold_mut(&mut self) -> &mut Threshold;
}

impl Thresholded for Binary {
    fn threshold_mut(&mut self) -> &mut Threshold {
        &mut self.threshold
    }
}

impl Thresholded for Multilabel {
    fn threshold_mut(&mut self) -> &mut Threshold {
        &mut self.threshold
    }
}

/// The options of a task, as methods of the metrics that have one.
pub trait Options: Sized {
    /// The task.
    type Task: Task;

    /// The task.
    fn task_mut(&mut self) -> &mut Self::Task;

    /// Leaves out the elements whose target is `index`, which need not be a class.
    fn ignore_index(mut self, index: i64) -> Self {
        self.task_mut().set_ignore_index(index);
        self
    }

    /// Predicts what has a probability greater than `probability`, from 0 to 1; without it, 0.5.
    fn threshold(mut self, probability: f64) -> Self
    where
        Self::Task: Thresholded,
    {
        self.task_mut().threshold_mut().probability = probability;
        self
    }

    /// Takes scores as logits, before the sigmoid, instead of probabilities. Nothing is guessed from the
    /// values.
    // It says what scores come from, and takes `self` like the other options.
    #[allow(clippy::wrong_self_convention)]
    fn from_logits(mut self) -> Self
    where
        Self::Task: Thresholded,
    {
        self.task_mut().threshold_mut().from_logits = true;
        self
    }

    /// Counts an element as predicted right if its target is among its `k` highest scores, and else as
    /// predicted to be of the class with the highest score. Of classes with the same score, those with a
    /// lower index come first.
    fn top_k(mut self, k: usize) -> Self
    where
        Self: Options<Task = Multiclass>,
    {
        self.task_mut().top_k = k;
        self
    }
}

macro_rules! own_options {
    ($($Task:ty),+) => {
        $(impl Options for $Task {
            type Task = Self;

            fn task_mut(&mut self) -> &mut Self {
                self
            }
        })+
    };
}

own_options!(Binary, Multiclass, Multilabel);

impl Task for Binary {
    const EXCLUSIVE: bool = false;

    type Pairs = Global;

    fn cells(&self) -> usize {
        4
    }

    fn count(&self, input: ClassificationInput, table: Table) -> Result<Counted> {
        let extent = self.extent(&input)?;
        count_labels(input, extent, 1, self.threshold, self.ignore_index, table)
    }

    fn read(&self, cell: &dyn Fn(usize) -> f64) -> Vec<ClassCounts> {
        read_labels(1, cell)
    }

    fn read_pairs(&self, cell: &dyn Fn(usize) -> f64) -> Vec<Vec<f64>> {
        two_by_two(self.read(cell))
    }

    fn set_ignore_index(&mut self, index: i64) {
        self.ignore_index = Some(index);
    }
}

impl ScoredTask for Binary {
    fn width(&self) -> usize {
        1
    }

    fn scored(&self, input: ClassificationInput, from_logits: bool) -> Result<ScoredBatch> {
        let spec = ScoreSpec {
            extent: self.extent(&input)?,
            width: 1,
            exclusive: false,
            ignore_index: self.ignore_index,
        };
        scored(input, spec, from_logits)
    }
}

impl Binary {
    pub(super) fn ignored(&self) -> Option<i64> {
        self.ignore_index
    }

    pub(super) fn extent(&self, input: &ClassificationInput) -> Result<Extent> {
        let shape = input.preds_shape();
        same_shape(input, &shape)?;
        Ok(Extent {
            samples: shape[0],
            inner: shape[1..].iter().product(),
        })
    }
}

impl Task for Multilabel {
    const EXCLUSIVE: bool = false;

    type Pairs = Global;

    fn cells(&self) -> usize {
        4 * self.labels
    }

    fn count(&self, input: ClassificationInput, table: Table) -> Result<Counted> {
        let extent = self.extent(&input)?;
        let (labels, threshold) = (self.labels, self.threshold);
        count_labels(input, extent, labels, threshold, self.ignore_index, table)
    }

    fn read(&self, cell: &dyn Fn(usize) -> f64) -> Vec<ClassCounts> {
        read_labels(self.labels, cell)
    }

    fn read_pairs(&self, cell: &dyn Fn(usize) -> f64) -> Vec<Vec<f64>> {
        two_by_two(self.read(cell))
    }

    fn set_ignore_index(&mut self, index: i64) {
        self.ignore_index = Some(index);
    }
}

impl ScoredTask for Multilabel {
    fn width(&self) -> usize {
        self.labels
    }

    fn scored(&self, input: ClassificationInput, from_logits: bool) -> Result<ScoredBatch> {
        let spec = ScoreSpec {
            extent: self.extent(&input)?,
            width: self.labels,
            exclusive: false,
            ignore_index: self.ignore_index,
        };
        scored(input, spec, from_logits)
    }
}

impl Multilabel {
    fn extent(&self, input: &ClassificationInput) -> Result<Extent> {
        let shape = input.preds_shape();
        same_shape(input, &shape)?;
        if shape.get(1) != Some(&self.labels) {
            let expected = format!("[batch, labels = {}, ...]", self.labels);
            return Err(MetricError::shape("predictions", expected, &shape));
        }
        if self.labels == 0 {
            return Err(MetricError::config("labels", "at least 1", self.labels));
        }
        Ok(Extent {
            samples: shape[0],
            inner: shape[2..].iter().product(),
        })
    }
}

/// Lays a batch out that must have scores.
fn scored(input: ClassificationInput, spec: ScoreSpec, from_logits: bool) -> Result<ScoredBatch> {
    input.check()?;
    fits(spec.scores())?;
    let Extent { samples, inner } = spec.extent;
    let ClassificationInput {
        preds,
        target,
        weights,
    } = input;
    let scores = match preds {
        Predictions::Scores(scores) => scores,
        Predictions::Labels(labels) => {
            return Err(MetricError::Kind {
                what: "predictions",
                expected: "scores, of a floating-point type",
                got: labels.dtype(),
            });
        }
    };
    // Half precision is too coarse for probabilities.
    let scores = match scores.dtype() {
        DType::F16 | DType::BF16 if from_logits => {
            ops::floats(scores, [samples, spec.width, inner]).cast(FloatDType::F32)
        }
        _ => ops::floats(scores, [samples, spec.width, inner]),
    };
    let target = ops::wide_labels(ops::ints(target, [spec.targets()]));
    let weights = weights.map(|weights| ops::floats(weights, [samples]));
    // An index beyond the type of the labels is none of them.
    let fits = |index: &i64| target.dtype() == DType::I64 || i32::try_from(*index).is_ok();
    let spec = ScoreSpec {
        ignore_index: spec.ignore_index.filter(fits),
        ..spec
    };
    if spec.scores() == 0 {
        return Ok(ScoredBatch {
            scores: ops::floats(scores.into_dispatch(), [0]),
            target,
            weights,
            spec,
        });
    }
    let scores = match (from_logits, spec.exclusive) {
        (false, _) => scores,
        (true, false) => activation::sigmoid(scores),
        (true, true) => activation::softmax(scores, 1),
    };
    Ok(ScoredBatch {
        scores: scores.reshape([spec.scores()]),
        target,
        weights,
        spec,
    })
}

fn same_shape(input: &ClassificationInput, preds: &[usize]) -> Result<()> {
    let target = input.target_shape();
    if target != preds {
        let expected = format!("{preds:?}, that of the predictions");
        return Err(MetricError::shape("target", expected, &target));
    }
    Ok(())
}

fn count_labels(
    input: ClassificationInput,
    extent: Extent,
    labels: usize,
    threshold: Threshold,
    ignore_index: Option<i64>,
    table: Table,
) -> Result<Counted> {
    input.check()?;
    let spec = LabelSpec {
        extent,
        labels,
        threshold: threshold.of_scores()?,
        ignore_index,
        table: match table {
            Table::Global | Table::Pairs => LabelTable::Global,
            Table::Samplewise => LabelTable::PerSample,
            Table::Errors => LabelTable::Errors,
        },
    };
    let elements = extent.samples * labels * extent.inner;
    fits(elements)?;
    fits(spec.cells())?;
    let ClassificationInput {
        preds,
        target,
        weights,
    } = input;
    let table = (elements > 0).then(|| match weights {
        None => CountTensor::Counts(ops::count_labels(preds, target, spec)),
        Some(weights) => CountTensor::Weights(ops::weigh_labels(preds, target, weights, spec)),
    });
    Ok(Counted {
        table,
        elements: elements as u64,
    })
}

/// The most classes that there may be.
const MOST: usize = i32::MAX as usize;

/// Kernels count and index in 32 bits.
fn fits(n: usize) -> Result<()> {
    if n < u32::MAX as usize - 4 {
        return Ok(());
    }
    let expected = "fewer than 2^32 - 4 scores a batch and counts a table";
    Err(MetricError::config("batch", expected, n))
}

fn two_by_two(counts: Vec<ClassCounts>) -> Vec<Vec<f64>> {
    let matrix = |c: ClassCounts| vec![c.tn, c.fp, c.fn_, c.tp];
    counts.into_iter().map(matrix).collect()
}

fn read_labels(labels: usize, cell: &dyn Fn(usize) -> f64) -> Vec<ClassCounts> {
    (0..labels)
        .map(|label| ClassCounts {
            tp: cell(label),
            fp: cell(labels + label),
            fn_: cell(2 * labels + label),
            tn: cell(3 * labels + label),
        })
        .collect()
}

impl Task for Multiclass {
    const EXCLUSIVE: bool = true;

    type Pairs = Pairs;

    fn cells(&self) -> usize {
        3 * self.classes
    }

    fn pair_cells(&self) -> usize {
        self.classes * self.classes
    }

    fn count(&self, input: ClassificationInput, table: Table) -> Result<Counted> {
        self.check(&input)?;
        input.check()?;
        let target = input.target_shape();
        let extent = Extent {
            samples: target[0],
            inner: target[1..].iter().product(),
        };
        let spec = ClassSpec {
            extent,
            classes: self.classes,
            top_k: self.top_k,
            ignore_index: self.ignore_index,
            table: match table {
                Table::Global => ClassTable::PerClass,
                Table::Samplewise => ClassTable::PerSample,
                Table::Pairs => ClassTable::Confusion,
                Table::Errors => ClassTable::Errors,
            },
        };
        let elements = extent.samples * extent.inner;
        fits(elements * self.classes)?;
        fits(spec.cells())?;
        let ClassificationInput {
            preds,
            target,
            weights,
        } = input;
        let table = (elements > 0).then(|| match weights {
            None => CountTensor::Counts(ops::count_classes(preds, target, spec)),
            Some(weights) => CountTensor::Weights(ops::weigh_classes(preds, target, weights, spec)),
        });
        Ok(Counted {
            table,
            elements: elements as u64,
        })
    }

    fn read(&self, cell: &dyn Fn(usize) -> f64) -> Vec<ClassCounts> {
        let classes = self.classes;
        let (tp, fp, fn_) = (0..classes, classes..2 * classes, 2 * classes..3 * classes);
        // Each element has one class, so that all of them are true positives or false negatives of one.
        let total: f64 = tp.clone().chain(fn_.clone()).map(cell).sum();
        tp.zip(fp)
            .zip(fn_)
            .map(|((tp, fp), fn_)| {
                let (tp, fp, fn_) = (cell(tp), cell(fp), cell(fn_));
                let tn = total - tp - fp - fn_;
                // What rounding leaves of weights is nothing.
                let tn = if tn <= 1e-12 * total { 0.0 } else { tn };
                ClassCounts { tp, fp, tn, fn_ }
            })
            .collect()
    }

    fn pool(&self, pairs: &[u64]) -> Vec<u64> {
        let classes = self.classes;
        let mut counts = vec![0; self.cells()];
        for (cell, n) in pairs.iter().enumerate() {
            let (target, predicted) = (cell / classes, cell % classes);
            if target == predicted {
                counts[target] += n;
            } else {
                counts[classes + predicted] += n;
                counts[2 * classes + target] += n;
            }
        }
        counts
    }

    fn read_pairs(&self, cell: &dyn Fn(usize) -> f64) -> Vec<Vec<f64>> {
        vec![(0..self.classes * self.classes).map(cell).collect()]
    }

    fn ignored_class(&self) -> Option<usize> {
        let index = usize::try_from(self.ignore_index?).ok()?;
        (index < self.classes).then_some(index)
    }

    fn top(&self) -> usize {
        self.top_k
    }

    fn set_ignore_index(&mut self, index: i64) {
        self.ignore_index = Some(index);
    }
}

impl ScoredTask for Multiclass {
    fn width(&self) -> usize {
        self.classes
    }

    fn scored(&self, input: ClassificationInput, from_logits: bool) -> Result<ScoredBatch> {
        self.check(&input)?;
        let target = input.target_shape();
        let spec = ScoreSpec {
            extent: Extent {
                samples: target[0],
                inner: target[1..].iter().product(),
            },
            width: self.classes,
            exclusive: true,
            ignore_index: self.ignore_index,
        };
        scored(input, spec, from_logits)
    }
}

impl Multiclass {
    fn check(&self, input: &ClassificationInput) -> Result<()> {
        let classes = self.classes;
        if !(2..=MOST).contains(&classes) {
            return Err(MetricError::config(
                "classes",
                format!("from 2 to {MOST}"),
                classes,
            ));
        }
        if self.top_k == 0 || self.top_k > classes {
            let expected = format!("from 1 to the number of classes, {classes}");
            return Err(MetricError::config("top_k", expected, self.top_k));
        }
        let (preds, target) = (input.preds_shape(), input.target_shape());
        if input.has_scores() {
            if preds.len() < 2 || preds[1] != classes {
                let expected = format!("[batch, classes = {classes}, ...]");
                return Err(MetricError::shape("scores", expected, &preds));
            }
            let mut elements = preds.clone();
            elements.remove(1);
            if target != elements {
                let expected =
                    format!("{elements:?}, that of the scores {preds:?} without classes");
                return Err(MetricError::shape("target", expected, &target));
            }
            return Ok(());
        }
        if self.top_k > 1 {
            let expected = "scores, since labels have no order (top_k > 1)";
            return Err(MetricError::config("predictions", expected, "labels"));
        }
        same_shape(input, &preds)
    }
}
