use serde::{Deserialize, Serialize};

use super::{
    measured::{HostLoop, Measured},
    moments::{block_weights, measure},
};
use crate::{
    Faults, MetricError, Result,
    encoding::number,
    state::{Deferred, Fold, Unread},
};

/// Keeps the value and the weight of each sample, in the order of the updates.
pub type SampleValues = Deferred<SampleValuesTotal>;

/// The host form of [`SampleValues`].
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleValuesTotal {
    #[serde(with = "number::list")]
    values: Vec<f64>,
    /// Empty if all weights are 1.
    #[serde(with = "number::list")]
    weights: Vec<f64>,
    faults: Faults,
}

/// The values of a batch in host memory.
#[derive(Debug)]
pub struct ReadValues {
    values: Vec<f64>,
    weights: Option<Vec<f64>>,
    faults: Faults,
}

impl SampleValuesTotal {
    /// The value of each sample.
    ///
    /// # Errors
    ///
    /// [`MetricError::Empty`] if no sample was seen.
    pub fn values(&self, metric: &str) -> Result<&[f64]> {
        match self.values.is_empty() {
            true => Err(MetricError::empty(metric)),
            false => Ok(&self.values),
        }
    }

    /// The weight of each sample, if samples have weights.
    pub fn weights(&self) -> Option<&[f64]> {
        (!self.weights.is_empty()).then_some(&self.weights)
    }
}

impl Fold for SampleValuesTotal {
    type Pending = Unread<ReadValues>;
    type View<'a> = &'a Self;

    fn add(&mut self, read: ReadValues) {
        self.merge(Self {
            values: read.values,
            weights: read.weights.unwrap_or_default(),
            faults: read.faults,
        });
    }

    fn try_add(&mut self, read: ReadValues) -> Result<()> {
        read.faults.check()?;
        self.add(read);
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        let [own, others] = [self.values.len(), other.values.len()];
        if self.weights.len() + other.weights.len() > 0 {
            self.weights.resize(own, 1.0);
            self.weights.extend(other.weights);
            self.weights.resize(own + others, 1.0);
        }
        self.values.extend(other.values);
        self.faults += other.faults;
    }

    fn is_consistent(&self) -> bool {
        self.weights.is_empty() || self.weights.len() == self.values.len()
    }

    fn view(&self) -> &Self {
        self
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

/// Adds the values of a batch.
pub(super) fn add(state: &mut SampleValues, batch: Measured) -> Result<()> {
    let per_sample = batch.per_sample;
    state.add_result(batch.unread().map(move |(samples, weights)| {
        let weighted = weights.is_some();
        let (values, weights, faults) = measure_all(samples.as_ref(), weights.as_ref(), per_sample);
        ReadValues {
            values,
            weights: weighted.then_some(weights),
            faults,
        }
    }))
}

/// Measures all samples of a loop, and returns their numbers and weights.
pub(super) fn measure_all(
    samples: &dyn HostLoop,
    weights: Option<&std::sync::Arc<[f64]>>,
    per_sample: usize,
) -> (Vec<f64>, Vec<f64>, Faults) {
    use rayon::prelude::*;
    let (n, width, size) = (samples.samples(), samples.numbers(), samples.block().max(1));
    if n == 0 {
        // Faults may have left nothing else.
        let faults = measure(samples, 0..0, &mut [], &mut []);
        return (Vec::new(), Vec::new(), faults);
    }
    let mut numbers = vec![0.0; n * width];
    let mut own = block_weights(weights, 0..n, per_sample);
    let blocks = numbers
        .par_chunks_mut(size * width)
        .zip(own.par_chunks_mut(size));
    let faults = blocks.enumerate().map(|(block, (numbers, weights))| {
        let start = block * size;
        measure(samples, start..start + weights.len(), numbers, weights)
    });
    let faults = faults.reduce(Faults::default, |mut sum, faults| {
        sum += faults;
        sum
    });
    (numbers, own, faults)
}
