use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{
    Binary, ClassificationInput, ScoredBatch, ScoredTask, Task,
    elements::{Elements, host_sums},
    tally::{accept, probabilities, seen},
};
use crate::{
    Bounds, Meta, Metric, MetricError, Result, State, Statistic,
    ops::{exp_of_negative, is_host, ln_1p},
    state::{Counts, CountsTotal},
};

/// The cross entropy of binary predictions, divided by that of always predicting the share of positives.
///
/// `H(target, score) / H(p)`, where `p` is the share of positives. From 0, lower is better; 1 is what knowing `p` gives.
/// Logarithms of probabilities are cut at -100, as in the reference, so that one sure mistake does not make it infinite. Without both
/// positives and negatives it is undefined: an error.
///
/// Options: [`ignore_index`](Self::ignore_index), [`from_logits`](Self::from_logits). Inputs: scores `[N, ...]` and 0/1
/// labels, as in [`ClassificationInput`]. Errors: [`MetricError`].
///
/// Source: He et al., Practical lessons from predicting clicks on ads at Facebook (2014); torcheval's
/// `BinaryNormalizedEntropy`.
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
pub struct NormalizedEntropy {
    task: Binary,
    from_logits: bool,
}

/// [`NormalizedEntropy::binary`].
pub type BinaryNormalizedEntropy = NormalizedEntropy;

impl NormalizedEntropy {
    /// For two classes.
    pub fn binary() -> Self {
        Self {
            task: Binary::new(),
            from_logits: false,
        }
    }

    /// Leaves out the elements whose target is `index`.
    pub fn ignore_index(mut self, index: i64) -> Self {
        self.task.set_ignore_index(index);
        self
    }

    /// Takes scores as logits, before the sigmoid.
    #[allow(clippy::wrong_self_convention)]
    pub fn from_logits(mut self) -> Self {
        self.from_logits = true;
        self
    }
}

impl NormalizedEntropy {
    /// The sums of a batch, element by element.
    fn on_host(&self, batch: ScoredBatch) -> Result<Tensor<1>> {
        let from_logits = self.from_logits;
        host_sums(batch, 4, |sums, element| {
            let (score, weight) = (element.scores[0], element.weight);
            let Some(relevant) = element.relevant(0) else {
                return;
            };
            let entropy = match (from_logits, relevant) {
                (true, _) => {
                    let logit = if relevant { -score } else { score };
                    ln_1p(exp_of_negative(-logit.abs())) + logit.max(0.0)
                }
                (false, true) => -score.ln().max(-100.0),
                (false, false) => -(-score).ln_1p().max(-100.0),
            };
            let outside = !from_logits && !(0.0..=1.0).contains(&score);
            if weight != 0.0 {
                sums[0] += weight * entropy;
                sums[1] += weight;
                sums[2] += weight * f64::from(u8::from(relevant));
            }
            sums[3] += f64::from(u8::from(outside));
        })
    }

    /// The same, for all elements at once.
    fn on_device(&self, batch: ScoredBatch) -> Tensor<1> {
        let elements = Elements::of(batch);
        let scores = elements.scores.clone();
        let target = elements.number(elements.relevant.clone());
        let entropy = if self.from_logits {
            // log(1 + exp(-s)) of positives, log(1 + exp(s)) of negatives, without overflow
            let logits = scores
                .clone()
                .mask_where(elements.relevant.clone(), scores.clone().neg());
            logits.clone().abs().neg().exp().log1p() + logits.clamp_min(0.0)
        } else {
            let hit = scores.clone().log().clamp_min(-100.0);
            let miss = scores.neg().log1p().clamp_min(-100.0);
            miss.mask_where(elements.relevant.clone(), hit).neg()
        };
        let outside = match self.from_logits {
            true => target.zeros_like(),
            false => {
                let scores = elements.scores.clone();
                let outside = scores
                    .clone()
                    .lower_elem(0.0)
                    .bool_or(scores.greater_elem(1.0));
                elements.number(outside)
            }
        };
        let weights = elements.weights.clone() * elements.number(elements.counts.clone());
        let entropy = entropy.mask_fill(weights.clone().equal_elem(0.0), 0.0);
        let sum = |values: Tensor<3>| values.sum();
        let sums = [
            entropy * weights.clone(),
            weights.clone(),
            target * weights,
            outside,
        ];
        elements.result(sums.map(sum).to_vec())
    }
}

impl Statistic for NormalizedEntropy {
    type Input = ClassificationInput;
    /// The sums of the cross entropy, of the weights and of those of the positives; the number of scores that are no
    /// probabilities.
    type State = Counts;

    fn accept(&self, state: &Counts) -> Result<()> {
        accept(4, state.total().len())
    }

    fn update(&self, state: &mut Counts, input: ClassificationInput) -> Result<()> {
        // Logits are better not rounded to probabilities.
        let batch = self.task.scored(input, false)?;
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

const NAME: &str = "Normalized entropy";

impl Metric for NormalizedEntropy {
    type Statistic = Self;
    type Value = f64;

    fn statistic(&self) -> &Self {
        self
    }

    fn compute(&self, total: &CountsTotal) -> Result<f64> {
        seen(total, NAME)?;
        let [entropy, weight, positive, outside] = [0, 1, 2, 3].map(|cell| total.get(cell));
        probabilities(outside)?;
        let missing = match (positive > 0.0, positive < weight) {
            (false, _) => "positive",
            (_, false) => "negative",
            _ => {
                let p = positive / weight;
                let baseline = -p * p.ln() - (1.0 - p) * (1.0 - p).ln();
                return Ok(entropy / weight / baseline);
            }
        };
        let metric = NAME.to_owned();
        Err(MetricError::Absent { metric, missing })
    }

    fn meta(&self) -> Meta {
        Meta::new(NAME).lower_is_better().within(Bounds::POSITIVE)
    }
}
