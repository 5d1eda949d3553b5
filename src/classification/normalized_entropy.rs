use burn::tensor::{Bool, Tensor};
use serde::{Deserialize, Serialize};

use super::{
    Binary, ClassificationInput, Options, ScoredTask, Task,
    elements::{Element, ElementFormula, Elements, measure},
    task::LogitMap,
};
use crate::{
    Bounds, Meta, Metric, MetricError, Result, Total,
    measure::{Measure, Measured, Measures, weighted},
    ops::{exp_of_negative, ln_1p},
};

/// The cross entropy of binary predictions, divided by the cross entropy of always predicting the share of positives.
///
/// It is `H(target, score) / H(p)`, where `p` is the share of positives. Values are not negative, and lower is better;
/// always predicting `p` gives 1. Logarithms of probabilities are at least -100, as in torcheval, so that a single
/// confident mistake does not make the value infinite. Scores outside [0, 1] are an error unless they are logits. The
/// metric is undefined without both positives and negatives, which is an error, too.
///
/// Options: [`ignore_index`](Options::ignore_index), [`from_logits`](Options::from_logits). Inputs: scores `[N, ...]` and 0/1
/// labels, as in [`ClassificationInput`]. Errors: [`MetricError`].
///
/// Source: He et al., Practical lessons from predicting clicks on ads at Facebook (2014); torcheval's
/// `BinaryNormalizedEntropy`.
///
/// # When to use
///
/// Use it for predicted probabilities of rare events such as clicks, because dividing by the entropy of the base rate
/// makes data sets with different shares of positives more comparable. A few confident mistakes can dominate the value.
/// It measures calibration and ranking at once; [`CalibrationError`](super::CalibrationError) and
/// [`Auroc`](super::Auroc) measure them separately.
///
/// # Example
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_metrics::prelude::*;
///
/// let device = Device::flex();
/// let scores = Tensor::<1>::from_floats([0.5, 0.5], &device);
/// let target = Tensor::<1, Int>::from_ints([0, 1], &device);
///
/// let entropy = NormalizedEntropy::binary().evaluate((scores, target))?;
/// assert!((entropy - 1.0).abs() < 1e-6);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "a metric computes nothing until it is given batches"]
pub struct NormalizedEntropy {
    elements: Measures<CrossEntropy>,
}

/// The type of [`NormalizedEntropy::binary`], under its torcheval name.
pub type BinaryNormalizedEntropy = NormalizedEntropy;

impl NormalizedEntropy {
    /// Creates the metric for two classes.
    pub fn binary() -> Self {
        Self::new(Binary::new())
    }

    /// Creates the metric for a task with options.
    pub fn new(task: Binary) -> Self {
        Self {
            elements: Measures::of(CrossEntropy { task }),
        }
    }
}

impl Options for NormalizedEntropy {
    type Task = Binary;

    fn task_mut(&mut self) -> &mut Binary {
        &mut self.elements.measure_mut().task
    }
}

/// The measure of [`NormalizedEntropy`]: the cross entropy of each element, and whether it is positive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossEntropy {
    task: Binary,
}

/// The indices of the numbers of an element.
const ENTROPY: usize = 0;
const POSITIVE: usize = 1;

impl Measure for CrossEntropy {
    type Input = ClassificationInput;

    fn meta(&self) -> Meta {
        Meta::new("Cross entropy")
            .lower_is_better()
            .within(Bounds::POSITIVE)
    }

    fn numbers(&self) -> usize {
        2
    }

    fn measure(&self, input: ClassificationInput) -> Result<Option<Measured>> {
        let (labels, examples) = (self.task.labels(), input.clone());
        // Logits are better not rounded to probabilities.
        let batch = self.task.scored(input, LogitMap::Identity)?;
        let entropy = Entropy {
            from_logits: self.task.has_logits(),
        };
        Ok((batch.spec.scores() > 0)
            .then(|| measure(batch, entropy).showing(move || examples.wrong_label(labels))))
    }

    fn explain(&self, error: MetricError) -> MetricError {
        self.task.explain(error)
    }
}

#[derive(Debug, Clone, Copy)]
struct Entropy {
    from_logits: bool,
}

impl ElementFormula for Entropy {
    fn numbers(&self) -> usize {
        2
    }

    fn probabilities(&self) -> bool {
        !self.from_logits
    }

    #[inline(always)]
    fn measure(&self, element: &Element<'_>, numbers: &mut [f64]) -> bool {
        let score = element.scores[0];
        // Probabilities may exceed 0 and 1 by what was rounded.
        let probability = score.clamp(0.0, 1.0);
        let Some(relevant) = element.relevant(0) else {
            return false;
        };
        numbers[ENTROPY] = match (self.from_logits, relevant) {
            (true, _) => {
                let logit = if relevant { -score } else { score };
                ln_1p(exp_of_negative(-logit.abs())) + logit.max(0.0)
            }
            (false, true) => -probability.ln().max(-100.0),
            (false, false) => -(-probability).ln_1p().max(-100.0),
        };
        numbers[POSITIVE] = f64::from(u8::from(relevant));
        true
    }

    fn expression(&self, elements: &Elements) -> (Tensor<3>, Tensor<3, Bool>) {
        let scores = elements.scores.clone();
        let positive = elements.number(elements.relevant.clone());
        let entropy = if self.from_logits {
            // log(1 + exp(-s)) of positives, log(1 + exp(s)) of negatives, without overflow
            let logits = scores
                .clone()
                .mask_where(elements.relevant.clone(), scores.neg());
            logits.clone().abs().neg().exp().log1p() + logits.clamp_min(0.0)
        } else {
            let scores = scores.clamp(0.0, 1.0);
            let hit = scores.clone().log().clamp_min(-100.0);
            let miss = scores.neg().log1p().clamp_min(-100.0);
            miss.mask_where(elements.relevant.clone(), hit).neg()
        };
        let numbers = Tensor::cat(vec![entropy, positive], 1);
        (numbers, elements.counts.clone())
    }
}

crate::combinator::arithmetic!([] NormalizedEntropy);

const NAME: &str = "Normalized entropy";

impl Metric for NormalizedEntropy {
    type Statistic = Measures<CrossEntropy>;
    type Value = f64;

    fn statistic(&self) -> &Measures<CrossEntropy> {
        &self.elements
    }

    fn compute(&self, total: Total<'_, Self>) -> Result<f64> {
        let numbers = weighted(total, NAME)?;
        let p = numbers[POSITIVE].mean();
        let missing = match (p > 0.0, p < 1.0) {
            (false, _) => "positive",
            (_, false) => "negative",
            _ => {
                let baseline = -p * p.ln() - (1.0 - p) * (1.0 - p).ln();
                return Ok(numbers[ENTROPY].mean() / baseline);
            }
        };
        let metric = NAME.to_owned();
        Err(MetricError::Absent { metric, missing })
    }

    fn meta(&self) -> Meta {
        Meta::new(NAME).lower_is_better().within(Bounds::POSITIVE)
    }
}
