use serde::{Deserialize, Serialize};

use super::{
    ClassCounts, CountTensor, Counted, LogitMap, ScoredTask, Table, Task,
    batch::{fits_in_32_bits, same_shape, scored},
};
use crate::{
    ExpectedLabels, Meta, MetricError, Result,
    classification::{ClassificationInput, Confused, ScoredBatch},
    ops::{self, ClassSpec, ClassTable, Extent, ScoreSpec},
    sealed::Sealed,
};

/// The task with several classes, of which each element has exactly one.
///
/// The class with the highest score is predicted. If several classes have the highest score, the first of them is
/// predicted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use = "options return a new task"]
pub struct Multiclass {
    classes: usize,
    #[serde(default = "one")]
    top_k: usize,
    #[serde(default)]
    from_logits: bool,
    #[serde(default)]
    ignore_index: Option<i64>,
}

fn one() -> usize {
    1
}

/// The most classes that there may be.
const MOST: usize = 1 << 26;
/// A table of all pairs of classes has at most this many cells, which take 2 GB.
const MOST_PAIRS: usize = 1 << 28;

impl Multiclass {
    /// Creates the task for `classes` classes, at least 2.
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            top_k: 1,
            from_logits: false,
            ignore_index: None,
        }
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    pub(super) fn set_top_k(&mut self, k: usize) {
        self.top_k = k;
    }
}

impl Sealed for Multiclass {}

impl Task for Multiclass {
    const EXCLUSIVE: bool = true;

    /// Adds `top_k` to the name, as in `Top-2 accuracy`.
    fn named(&self, meta: Meta) -> Meta {
        if self.top_k == 1 {
            return meta;
        }
        let mut name = meta.name.to_string();
        // Abbreviations such as F1 keep their upper case.
        if name.chars().nth(1).is_some_and(char::is_lowercase) {
            name[..1].make_ascii_lowercase();
        }
        let name = format!("Top-{} {name}", self.top_k);
        meta.named(name)
    }

    type Confused = Confused;

    fn cells(&self) -> usize {
        self.classes.saturating_mul(3)
    }

    fn pair_cells(&self) -> usize {
        self.classes.saturating_mul(self.classes)
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
                Table::Confused => ClassTable::Confusion,
                Table::Errors => ClassTable::Errors,
            },
        };
        let elements = extent.samples * extent.inner;
        MetricError::check_option(
            "classes",
            self.classes,
            spec.table != ClassTable::Confusion || spec.cells() <= MOST_PAIRS,
            "at most 16384 for a table of all pairs of classes, which is the number of classes squared; scores per class need no \
             such table",
        )?;
        fits_in_32_bits(elements * self.classes)?;
        fits_in_32_bits(spec.cells())?;
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
        let (tp, fp, fneg) = (0..classes, classes..2 * classes, 2 * classes..3 * classes);
        // Each element has one class, so it is a true positive or a false negative of exactly one class.
        let total: f64 = tp.clone().chain(fneg.clone()).map(cell).sum();
        tp.zip(fp)
            .zip(fneg)
            .map(|((tp, fp), fneg)| {
                let (tp, fp, fneg) = (cell(tp), cell(fp), cell(fneg));
                let tn = total - tp - fp - fneg;
                // A tiny remainder is a rounding error of the weights.
                let tn = if tn <= 1e-12 * total { 0.0 } else { tn };
                ClassCounts {
                    true_positives: tp,
                    false_positives: fp,
                    true_negatives: tn,
                    false_negatives: fneg,
                }
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

    fn has_logits(&self) -> bool {
        self.from_logits
    }

    fn set_from_logits(&mut self) {
        self.from_logits = true;
    }

    fn labels(&self) -> ExpectedLabels {
        ExpectedLabels {
            count: self.classes,
            ignore_index: self.ignore_index,
        }
    }
}

impl ScoredTask for Multiclass {
    fn width(&self) -> usize {
        self.classes
    }

    fn scored(&self, input: ClassificationInput, logits: LogitMap) -> Result<ScoredBatch> {
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
        scored(input, spec, self.from_logits.then_some(logits))
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
