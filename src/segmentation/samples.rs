use std::{fmt::Debug, marker::PhantomData, ops::Range};

use super::SampleAverage;
use crate::{
    Faults,
    classification::parts::ClassScores,
    measure::{Block, HostLoop, Measured},
    state::Unread,
};

/// The samples of a batch in host memory, each of which has a score per class.
pub(super) trait ScoredSamples: Debug + Send + Sync + 'static {
    /// The number of samples.
    fn samples(&self) -> usize;

    /// The number of classes that have a score.
    fn classes(&self) -> usize;

    /// The number of samples that is worth a thread.
    fn block(&self) -> usize;

    /// The faults of the batch.
    fn faults(&self) -> Faults;

    /// Computes the scores of a sample.
    fn scores(&self, sample: usize) -> impl ClassScores;
}

/// The samples of a batch and the average over their classes.
#[derive(Debug)]
struct SampleLoop<S, A> {
    samples: S,
    average: PhantomData<fn() -> A>,
}

/// Measures the samples of a batch, once they are in host memory.
pub(super) fn measured<S: ScoredSamples, A: SampleAverage>(
    classes: usize,
    samples: Unread<S>,
) -> Measured {
    let samples = samples.map(|samples| SampleLoop::<S, A> {
        samples,
        average: PhantomData,
    });
    Measured::on_host(A::numbers(classes), samples).per_sample(A::values(classes))
}

impl<S: ScoredSamples, A: SampleAverage> HostLoop for SampleLoop<S, A> {
    fn samples(&self) -> usize {
        self.samples.samples() * A::values(self.samples.classes())
    }

    fn numbers(&self) -> usize {
        A::numbers(self.samples.classes())
    }

    fn has_gaps(&self) -> bool {
        true
    }

    /// Whole samples, whatever the number of their values.
    fn block(&self) -> usize {
        self.samples.block() * A::values(self.samples.classes())
    }

    fn measure(&self, values: Range<usize>, block: &mut Block<'_>) {
        if values.start == 0 {
            block.faults += self.samples.faults();
        }
        let classes = self.samples.classes();
        let first = values.start / A::values(classes);
        let numbers = A::values(classes) * A::numbers(classes);
        for (i, numbers) in block.numbers.chunks_exact_mut(numbers).enumerate() {
            A::fill(&self.samples.scores(first + i), numbers);
        }
    }
}
