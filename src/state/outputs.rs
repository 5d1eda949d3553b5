//! Statistics of several outputs.

use serde::{Deserialize, Serialize};

use super::{
    Deferred, Fold, Pending, ReadRequests, ReadResults, Results, Unread, expect_outputs, same_width,
};
use crate::{
    Faults, MetricError, Result,
    ops::{Part, Parts},
};

/// Keeps one [`Part`] per output.
pub type Outputs<P> = Deferred<OutputsTotal<P>>;

/// The host form of [`Outputs`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct OutputsTotal<P: Part> {
    seen: u64,
    width: usize,
    faults: Faults,
    parts: Vec<P>,
}

impl<P: Part> Default for OutputsTotal<P> {
    fn default() -> Self {
        Self {
            seen: 0,
            width: 0,
            faults: Faults::default(),
            parts: Vec::new(),
        }
    }
}

impl<P: Part> Outputs<P> {
    /// Adds the parts of a batch, `[samples, outputs]`.
    pub(crate) fn add(&mut self, dims: [usize; 2], parts: Parts<P>) -> Result<()> {
        self.add_result(BatchParts {
            samples: dims[0] as u64,
            width: dims[1],
            parts: match parts {
                Parts::Host(parts, faults) => Kept::Host(parts, faults),
                Parts::Device(numbers) => Kept::Device(Results::of(numbers)),
            },
        })
    }

    /// Adds the parts that the host computes from tensors, one per output, with the number of samples and the faults.
    pub(crate) fn add_unread(
        &mut self,
        width: usize,
        parts: Unread<(u64, Vec<P>, Faults)>,
    ) -> Result<()> {
        self.add_result(BatchParts {
            samples: 0,
            width,
            parts: Kept::Unread(parts),
        })
    }

    /// Checks that a batch, `[samples, outputs]`, has as many outputs as the batches before.
    pub(crate) fn expect_width(&self, dims: [usize; 2]) -> Result<()> {
        expect_outputs(self.settled().width, dims)
    }
}

impl<P: Part> OutputsTotal<P> {
    /// The number of outputs, or 0 before the first sample.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The number of samples that were seen.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The part of each output.
    ///
    /// # Errors
    ///
    /// [`MetricError::Empty`] if no sample was seen.
    pub fn parts(&self, metric: &str) -> Result<&[P]> {
        match self.seen {
            0 => Err(MetricError::empty(metric)),
            _ => Ok(&self.parts),
        }
    }
}

/// The contribution of updates: one part per output.
#[derive(Debug, Clone)]
pub struct BatchParts<P> {
    samples: u64,
    width: usize,
    parts: Kept<P>,
}

#[derive(Debug, Clone)]
enum Kept<P> {
    Host(Vec<P>, Faults),
    Device(Results),
    Unread(Unread<(u64, Vec<P>, Faults)>),
}

impl<P: Part> Pending for BatchParts<P> {
    type Read = ReadParts<P>;

    fn is_ready(&self) -> bool {
        match &self.parts {
            Kept::Host(..) => true,
            Kept::Device(numbers) => numbers.is_ready(),
            Kept::Unread(parts) => parts.is_ready(),
        }
    }

    fn bytes(&self) -> usize {
        match &self.parts {
            Kept::Host(..) => 0,
            Kept::Device(numbers) => numbers.bytes(),
            Kept::Unread(parts) => parts.bytes(),
        }
    }

    fn register(&self, requests: &mut ReadRequests) {
        match &self.parts {
            Kept::Host(..) => {}
            Kept::Device(numbers) => numbers.register(requests),
            Kept::Unread(parts) => parts.register(requests),
        }
    }

    fn read(self, results: &mut ReadResults) -> ReadParts<P> {
        let mut samples = self.samples;
        let (mut parts, mut faults) = (vec![P::default(); self.width], Faults::default());
        match self.parts {
            Kept::Host(own, of_batch) => (parts, faults) = (own, of_batch),
            Kept::Device(numbers) => numbers.read(results).for_each(|row| {
                let (own, of_batch) = Parts::decode(row, self.width);
                parts
                    .iter_mut()
                    .zip(&own)
                    .for_each(|(part, own)| part.merge(own));
                faults += of_batch;
            }),
            Kept::Unread(unread) => (samples, parts, faults) = unread.read(results),
        }
        ReadParts {
            samples,
            parts,
            faults,
        }
    }

    fn join(&mut self, later: Self) -> Option<Self> {
        let (samples, width) = (later.samples, later.width);
        let rest = match (&mut self.parts, later.parts) {
            (Kept::Device(numbers), Kept::Device(later)) if self.width == width => {
                numbers.join(later).map(Kept::Device)
            }
            (_, parts) => Some(parts),
        };
        match rest {
            None => {
                self.samples += samples;
                None
            }
            Some(parts) => Some(Self {
                samples,
                width,
                parts,
            }),
        }
    }

    fn faults(read: &ReadParts<P>) -> Faults {
        read.faults
    }
}

/// [`BatchParts`] in host memory.
#[derive(Debug)]
pub struct ReadParts<P> {
    samples: u64,
    parts: Vec<P>,
    faults: Faults,
}

impl<P: Part> Fold for OutputsTotal<P> {
    type Pending = BatchParts<P>;
    type View<'a> = &'a Self;

    fn expect(&self, pending: &BatchParts<P>) -> Result<()> {
        expect_outputs(self.width, [pending.samples as usize, pending.width])
    }

    fn announce(&mut self, pending: &BatchParts<P>) {
        self.width = pending.width;
    }

    fn add(&mut self, read: ReadParts<P>) {
        self.seen = self.seen.saturating_add(read.samples);
        self.width = read.parts.len();
        self.faults += read.faults;
        self.parts.resize_with(self.width, P::default);
        let own = self.parts.iter_mut().zip(&read.parts);
        own.for_each(|(part, read)| part.merge(read));
    }

    fn is_consistent(&self) -> bool {
        let empty = self.parts.is_empty() && self.seen == 0;
        empty || self.width > 0 && self.parts.len() == self.width
    }

    fn check_merge(&self, other: &Self) -> Result<()> {
        same_width("outputs", self.width, other.width)
    }

    fn merge(&mut self, other: Self) {
        self.width = self.width.max(other.width);
        self.seen = self.seen.saturating_add(other.seen);
        self.faults += other.faults;
        self.parts.resize_with(self.width, P::default);
        let own = self.parts.iter_mut().zip(&other.parts);
        own.for_each(|(part, other)| part.merge(other));
    }

    fn view(&self) -> &Self {
        self
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}
